/* Unit tests of client/hist.c: the cells, and what is read back beside the samples themselves, sorted. */
#include "client/hist.h"

#include <math.h>

#include "../unit.h"

enum { RUNS = 200, SAMPLES = 3000 };

static void test_cells_adjoin(void **state)
{
    (void)state;
    assert_int_equal(hist_lowest(0), 0);
    for (size_t cell = 0; cell + 1 < HIST_CELLS; cell++) {
        assert_int_equal(hist_highest(cell) + 1, hist_lowest(cell + 1));
        assert_int_equal(hist_cell(hist_lowest(cell)), cell);
        assert_int_equal(hist_cell(hist_highest(cell)), cell);
    }
    assert_int_equal(hist_highest(HIST_CELLS - 1), HIST_MAX);
}

/* No wider than one part in 128 of what they hold, and 1 wide up to 256. */
static void test_cells_are_narrow(void **state)
{
    (void)state;
    for (size_t cell = 0; cell < HIST_CELLS; cell++) {
        int64_t width = hist_highest(cell) - hist_lowest(cell) + 1;
        assert_true(width == 1 || width * HIST_HALF <= hist_lowest(cell));
        assert_true(hist_highest(cell) >= 2 * HIST_HALF || width == 1);
    }
}

static void test_out_of_range(void **state)
{
    (void)state;
    struct hist hist = {0};
    assert_int_equal(hist_cell(-1), 0);
    assert_int_equal(hist_cell(INT64_MAX), HIST_CELLS - 1);
    hist_add(&hist, -5);
    hist_add(&hist, INT64_MAX);
    assert_int_equal(hist.count, 2);
    assert_int_equal(hist.min, 0);
    assert_true(hist.max == INT64_MAX);
    assert_int_equal(hist_percentile(&hist, 50), 0);
    assert_true(hist_percentile(&hist, 100) == INT64_MAX);
}

static void test_empty(void **state)
{
    (void)state;
    struct hist hist = {0}, other = {0};
    assert_int_equal(hist_percentile(&hist, 0), 0);
    assert_int_equal(hist_percentile(&hist, 99), 0);
    assert_true(hist_mean(&hist) == 0 && hist_deviation(&hist) == 0);
    hist_merge(&hist, &other);
    assert_int_equal(hist.count, 0);
    hist_add(&hist, 7);
    hist_merge(&hist, &other);
    assert_int_equal(hist.min, 7);
    hist_merge(&other, &hist);
    assert_int_equal(other.min, 7);
    assert_int_equal(hist_percentile(&other, 50), 7);
}

/* Distributions as latencies have them, and some that they have not. */
static int64_t draw(struct unit_random *random, unsigned kind)
{
    double u = unit_between(random, 0, 1);
    switch (kind) {
    case 0:
        return (int64_t)(u * 1e6);
    case 1:
        return (int64_t)(-log(1 - u) * 50e3);
    case 2:
        return (int64_t)exp(u * log((double)HIST_MAX));
    case 3:
        return 123456789;
    case 4:
        return unit_chance(random, 99) ? (int64_t)(50e3 + u * 1e3) : (int64_t)(u * 1e9);
    default:
        return (int64_t)(u * 300);
    }
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* What the definition says: the least sample that so many percent are not above. */
static int64_t exact(const int64_t *sorted, unsigned count, double percent)
{
    double rank = ceil(percent / 100 * count);
    return sorted[rank < 1 ? 0 : (unsigned)rank - 1];
}

static void assert_percentiles(const struct hist *hist, const int64_t *sorted, unsigned count)
{
    static const double percents[] = {0, 0.01, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100};
    int64_t before = 0;
    for (size_t i = 0; i < unit_count(percents); i++) {
        int64_t truth = exact(sorted, count, percents[i]), told = hist_percentile(hist, percents[i]);
        assert_true(told >= truth);
        assert_true(told - truth <= truth / HIST_HALF);
        assert_true(told >= before && told <= hist->max);
        before = told;
    }
    assert_int_equal(hist_percentile(hist, 0), sorted[0]);
    assert_int_equal(hist_percentile(hist, 100), sorted[count - 1]);
}

static void assert_moments(const struct hist *hist, const int64_t *samples, unsigned count)
{
    double mean = 0, squares = 0;
    for (unsigned i = 0; i < count; i++)
        mean += (double)samples[i] / count;
    for (unsigned i = 0; i < count; i++)
        squares += ((double)samples[i] - mean) * ((double)samples[i] - mean) / count;
    assert_true(fabs(hist_mean(hist) - mean) <= 1e-9 * mean);
    /* A difference of large sums: exact as far as doubles are. */
    assert_true(fabs(hist_deviation(hist) - sqrt(squares)) <= 1e-6 * mean + 1e-3 * sqrt(squares));
}

static bool is_same(const struct hist *a, const struct hist *b)
{
    return a->count == b->count && a->min == b->min && a->max == b->max &&
           memcmp(a->cells, b->cells, sizeof a->cells) == 0;
}

/* Merged from parts it is what it would be if all had been added to one. */
static void test_beside_sorted_samples(void **state)
{
    (void)state;
    struct unit_random random = {unit_seed()};
    static const unsigned counts[] = {1, 2, 3, 10, 100, SAMPLES};
    for (unsigned run = 0; run < RUNS; run++) {
        struct hist whole = {0}, parts[3] = {{0}}, merged = {0};
        int64_t samples[SAMPLES];
        unsigned count = counts[unit_below(&random, unit_count(counts))], kind = unit_below(&random, 6);
        for (unsigned i = 0; i < count; i++) {
            samples[i] = draw(&random, kind);
            hist_add(&whole, samples[i]);
            hist_add(&parts[unit_below(&random, 3)], samples[i]);
        }
        for (int i = 0; i < 3; i++)
            hist_merge(&merged, &parts[i]);
        assert_true(is_same(&whole, &merged));
        qsort(samples, count, sizeof samples[0], compare);
        assert_percentiles(&merged, samples, count);
        assert_moments(&merged, samples, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_adjoin),          cmocka_unit_test(test_cells_are_narrow),
        cmocka_unit_test(test_out_of_range),          cmocka_unit_test(test_empty),
        cmocka_unit_test(test_beside_sorted_samples),
    };
    return unit_run("hist", tests, NULL, NULL);
}
