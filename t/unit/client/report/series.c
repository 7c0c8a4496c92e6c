/* Unit tests of client/series.c. */
#include "client/report/series.h"

#include "unit.h"

/* Intervals of 1 s, each with as many replies as its number. */
static void add(struct series *series, size_t first, size_t count)
{
    struct tally *tally = calloc(1, sizeof *tally);
    assert_non_null(tally);
    for (size_t i = first; i < first + count; i++) {
        memset(tally, 0, sizeof *tally);
        tally->replied = i;
        hist_add(&tally->response, (int64_t)i);
        series_add(series, &(struct interval){(int64_t)i * 1000, (int64_t)(i + 1) * 1000, tally});
    }
    free(tally);
}

static void test_as_they_come(void **state)
{
    (void)state;
    struct series series = {0};
    add(&series, 0, SERIES_POINTS);
    assert_int_equal(series.count, SERIES_POINTS);
    for (size_t i = 0; i < series.count; i++) {
        assert_int_equal(series.points[i]->start, i * 1000);
        assert_int_equal(series.points[i]->end, (i + 1) * 1000);
        assert_int_equal(series.points[i]->counts[METRIC_REPLIED], i);
        assert_int_equal(series.points[i]->response.count, 1);
    }
    series_clear(&series);
}

/* However many there are: no more points than there is room for, without gaps, and nothing gets lost. */
static void test_bounded(void **state)
{
    (void)state;
    struct series series = {0};
    size_t count = 0;
    for (size_t step = 1; count < 3000; step += 7) {
        uint64_t replied = 0, values = 0;
        add(&series, count, step);
        count += step;
        assert_in_range(series.count, 1, SERIES_POINTS);
        for (size_t i = 0; i < series.count; i++) {
            const struct series_point *point = series.points[i];
            assert_int_equal(point->start, i == 0 ? 0 : series.points[i - 1]->end);
            assert_in_range(point->response.max * 1000, point->start, point->end);
            replied += point->counts[METRIC_REPLIED];
            values += point->response.count;
        }
        assert_int_equal(series.points[series.count - 1]->end, count * 1000);
        assert_int_equal(replied, count * (count - 1) / 2);
        assert_int_equal(values, count);
    }
    assert_in_range(series.count, SERIES_POINTS / 2, SERIES_POINTS);
    series_clear(&series);
}

static void test_probes(void **state)
{
    (void)state;
    struct series series = {0};
    series_add_probe(&series, 1000, 50, true);
    series_add_probe(&series, 2000, 0, false);
    assert_int_equal(series.count, 2);
    assert_int_equal(series.points[0]->start, 1000);
    assert_int_equal(series.points[0]->response.max, 50);
    assert_int_equal(series.points[1]->end, 2000);
    assert_int_equal(series.points[1]->counts[METRIC_LOST], 1);
    assert_int_equal(series.points[1]->response.count, 0);
    series_clear(&series);
}

/* A loss is told after the replies to later ones. */
static void test_probes_out_of_order(void **state)
{
    (void)state;
    struct series series = {0};
    const int64_t times[] = {1000, 3000, 4000, 2000, 500};
    for (size_t i = 0; i < 5; i++)
        series_add_probe(&series, times[i], 50, i < 3);
    assert_int_equal(series.count, 5);
    for (size_t i = 1; i < series.count; i++)
        assert_true(series.points[i - 1]->start < series.points[i]->start);
    assert_int_equal(series.points[0]->counts[METRIC_LOST], 1);
    assert_int_equal(series.points[2]->start, 2000);
    assert_int_equal(series.points[2]->counts[METRIC_LOST], 1);
    for (int64_t at = 5000; at < 5000 + 2 * SERIES_POINTS; at++)
        series_add_probe(&series, at % 2 == 0 ? at : at - 1000, 50, true);
    assert_in_range(series.count, 1, SERIES_POINTS);
    for (size_t i = 1; i < series.count; i++)
        assert_true(series.points[i - 1]->end <= series.points[i]->start);
    series_clear(&series);
}

/* Probes of one point in any order: it ends with the latest of them, and begins with the earliest. */
static void test_a_point_of_several_probes(void **state)
{
    (void)state;
    struct series series = {0};
    for (int64_t i = 0; i <= 4 * SERIES_POINTS; i++)
        series_add_probe(&series, i * 10, 50, true);
    assert_true(series.each >= 4);
    int64_t at = 100 * SERIES_POINTS;
    while (series.taken != series.each)
        series_add_probe(&series, at, 50, true);
    series_add_probe(&series, at + 10, 50, true);
    series_add_probe(&series, at + 30, 50, true);
    series_add_probe(&series, at + 20, 50, true);
    const struct series_point *point = series.points[series.count - 1];
    assert_int_equal(point->start, at + 10);
    assert_int_equal(point->end, at + 30);
    assert_int_equal(point->response.count, 3);
    series_clear(&series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_they_come),
        cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_probes),
        cmocka_unit_test(test_probes_out_of_order),
        cmocka_unit_test(test_a_point_of_several_probes),
    };
    return unit_run("series", tests, NULL, NULL);
}
