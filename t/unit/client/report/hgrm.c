/* Unit tests of client/hgrm.c: the text is read back. */
#include "client/report/hgrm.h"

#include "unit.h"

static FILE *written(const struct hist *hist)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    hgrm_write(file, hist);
    assert_int_equal(fflush(file), 0);
    rewind(file);
    return file;
}

static void assert_line(FILE *file, const char *expected)
{
    char line[200];
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, expected);
}

static void assert_end(FILE *file)
{
    assert_int_equal(fgetc(file), EOF);
}

/* The plotter draws what has four numbers, so max is among them; a value is written to the nanosecond. */
static void test_few(void **state)
{
    (void)state;
    struct hist hist = {0};
    hist_add(&hist, 1000000);
    hist_add(&hist, 3000000);
    FILE *file = written(&hist);
    assert_line(file, "       Value     Percentile TotalCount 1/(1-Percentile)\n");
    assert_line(file, "\n");
    assert_line(file, "    1.003519 0.000000000000          1           1.00\n");
    assert_line(file, "    1.003519 0.100000000000          1           1.11\n");
    assert_line(file, "    1.003519 0.200000000000          1           1.25\n");
    assert_line(file, "    1.003519 0.300000000000          1           1.43\n");
    assert_line(file, "    1.003519 0.400000000000          1           1.67\n");
    assert_line(file, "    1.003519 0.500000000000          1           2.00\n");
    assert_line(file, "    3.000000 0.550000000000          2           2.22\n");
    assert_line(file, "    3.000000 1.000000000000          2\n");
    assert_line(file, "#[Mean    =     2.000000, StdDeviation   =     1.000000]\n");
    assert_line(file, "#[Max     =     3.000000, Total count    =            2]\n");
    assert_line(file, "#[Buckets =           35, SubBuckets     =          256]\n");
    assert_end(file);
    fclose(file);
}

static void test_empty(void **state)
{
    (void)state;
    struct hist hist = {0};
    FILE *file = written(&hist);
    assert_line(file, "       Value     Percentile TotalCount 1/(1-Percentile)\n");
    assert_line(file, "\n");
    assert_line(file, "#[Mean    =     0.000000, StdDeviation   =     0.000000]\n");
    assert_line(file, "#[Max     =     0.000000, Total count    =            0]\n");
    assert_line(file, "#[Buckets =           35, SubBuckets     =          256]\n");
    assert_end(file);
    fclose(file);
}

/* The plotter has something to draw of one value. */
static void test_one(void **state)
{
    (void)state;
    struct hist hist = {0};
    hist_add(&hist, 20345);
    FILE *file = written(&hist);
    assert_line(file, "       Value     Percentile TotalCount 1/(1-Percentile)\n");
    assert_line(file, "\n");
    assert_line(file, "    0.020345 0.000000000000          1           1.00\n");
    assert_line(file, "    0.020345 1.000000000000          1\n");
    assert_line(file, "#[Mean    =     0.020345, StdDeviation   =     0.000000]\n");
    fclose(file);
}

/* Of 100 values, a bucket each: 55 % are 55, though 0.55 * 100 is a little more. */
static void test_ticks_are_exact(void **state)
{
    (void)state;
    struct hist hist = {0};
    double value, percentile, inverse;
    uint64_t count;
    char line[200];
    int lines = 0;
    for (int ns = 1; ns <= 100; ns++)
        hist_add(&hist, ns);
    FILE *file = written(&hist);
    for (; fgets(line, sizeof line, file) != NULL; lines++) {
        if (sscanf(line, "%lf %lf %" SCNu64 " %lf", &value, &percentile, &count, &inverse) != 4)
            continue;
        uint64_t millionths = (uint64_t)(percentile * 1e8 + 0.5), expected = (millionths * 100 + 99999999) / 100000000;
        assert_int_equal(count, expected > 0 ? expected : 1);
        assert_true(value * 1e6 - (double)count < 1e-3 && (double)count - value * 1e6 < 1e-3);
        assert_true(inverse * (1 - percentile) > 0.98 && inverse * (1 - percentile) < 1.02);
    }
    assert_int_equal(count, 100);
    assert_in_range(lines, 30, 45);
    fclose(file);
}

static int64_t any(struct unit_random *random)
{
    double high = unit_chance(random, 1) ? 1e9 : 1e6;
    return (int64_t)unit_between(random, 1e4, high);
}

/* Every line rises, and says what the histogram says. */
static void test_many(void **state)
{
    (void)state;
    enum { VALUES = 100000 };
    struct unit_random random = {unit_seed()};
    struct hist hist = {0};
    double value, percentile, before[2] = {-1, -1};
    uint64_t count, last = 0;
    char line[200];
    for (int i = 0; i < VALUES; i++)
        hist_add(&hist, any(&random));
    FILE *file = written(&hist);
    int lines = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%lf %lf %" SCNu64, &value, &percentile, &count) != 3)
            continue;
        assert_true(value >= before[0] && percentile > before[1] && count >= last);
        assert_true((double)count >= percentile * VALUES - 1e-6);
        if (percentile > 0)
            unit_assert_near(value, (double)hist_percentile(&hist, percentile * 100) / 1e6);
        before[0] = value;
        before[1] = percentile;
        last = count;
        lines++;
    }
    assert_int_equal(last, VALUES);
    assert_true(percentile == 1.0);
    assert_in_range(lines, 50, 120);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_few), cmocka_unit_test(test_one),
                                       cmocka_unit_test(test_empty), cmocka_unit_test(test_ticks_are_exact),
                                       cmocka_unit_test(test_many)};
    return unit_run("hgrm", tests, NULL, NULL);
}
