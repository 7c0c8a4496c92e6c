/* Unit tests of client/hgrm.c: the text is read back. */
#include "client/hgrm.h"

#include "../unit.h"

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

static void test_few(void **state)
{
    (void)state;
    struct hist hist = {0};
    hist_add(&hist, 1000000);
    hist_add(&hist, 3000000);
    FILE *file = written(&hist);
    assert_line(file, "       Value     Percentile TotalCount 1/(1-Percentile)\n");
    assert_line(file, "\n");
    assert_line(file, "       1.004 0.000000000000          1           1.00\n");
    assert_line(file, "       1.004 0.100000000000          1           1.11\n");
    assert_line(file, "       1.004 0.200000000000          1           1.25\n");
    assert_line(file, "       1.004 0.300000000000          1           1.43\n");
    assert_line(file, "       1.004 0.400000000000          1           1.67\n");
    assert_line(file, "       1.004 0.500000000000          1           2.00\n");
    assert_line(file, "       3.000 1.000000000000          2\n");
    assert_line(file, "#[Mean    =        2.000, StdDeviation   =        1.000]\n");
    assert_line(file, "#[Max     =        3.000, Total count    =            2]\n");
    assert_line(file, "#[Buckets =           35, SubBuckets     =          256]\n");
    fclose(file);
}

static void test_empty(void **state)
{
    (void)state;
    struct hist hist = {0};
    FILE *file = written(&hist);
    assert_line(file, "       Value     Percentile TotalCount 1/(1-Percentile)\n");
    assert_line(file, "\n");
    assert_line(file, "#[Mean    =        0.000, StdDeviation   =        0.000]\n");
    fclose(file);
}

/* Every line rises, and says what the histogram says. */
static void test_many(void **state)
{
    (void)state;
    struct unit_random random = {unit_seed()};
    struct hist hist = {0};
    double value, percentile, before[2] = {-1, -1};
    uint64_t count, last = 0;
    char line[200];
    for (int i = 0; i < 100000; i++)
        hist_add(&hist, (int64_t)unit_between(&random, 1e4, unit_chance(&random, 1) ? 1e9 : 1e6));
    FILE *file = written(&hist);
    int lines = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%lf %lf %" SCNu64, &value, &percentile, &count) != 3)
            continue;
        assert_true(value >= before[0] && percentile > before[1] && count >= last);
        assert_true((double)count >= percentile * 100000 - 1e-6);
        assert_true(percentile == 0 || value - (double)hist_percentile(&hist, percentile * 100) / 1e6 < 0.001);
        before[0] = value;
        before[1] = percentile;
        last = count;
        lines++;
    }
    assert_int_equal(last, 100000);
    assert_true(percentile == 1.0);
    assert_in_range(lines, 50, 120);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_few), cmocka_unit_test(test_empty),
                                       cmocka_unit_test(test_many)};
    return unit_run("hgrm", tests, NULL, NULL);
}
