/* Unit tests of client/hist.c: the buckets, and what is read back beside the samples themselves, sorted. */
#include "client/base/hist.h"

#include <math.h>

#include "unit.h"

enum { RUNS = 200, SAMPLES = 3000 };

static void test_buckets_adjoin(void **state)
{
    (void)state;
    assert_int_equal(hist_lowest(0), 0);
    for (size_t bucket = 0; bucket + 1 < HIST_BUCKETS; bucket++) {
        assert_int_equal(hist_highest(bucket) + 1, hist_lowest(bucket + 1));
        assert_int_equal(hist_bucket(hist_lowest(bucket)), bucket);
        assert_int_equal(hist_bucket(hist_highest(bucket)), bucket);
    }
    assert_int_equal(hist_highest(HIST_BUCKETS - 1), HIST_MAX);
}

/* No wider than one part in 128 of what they hold, and 1 wide up to 256. */
static void test_buckets_are_narrow(void **state)
{
    (void)state;
    for (size_t bucket = 0; bucket < HIST_BUCKETS; bucket++) {
        int64_t width = hist_highest(bucket) - hist_lowest(bucket) + 1;
        assert_true(width == 1 || width * HIST_HALF <= hist_lowest(bucket));
        assert_true(hist_highest(bucket) >= 2 * HIST_HALF || width == 1);
    }
}

/* Clamped, so that percentiles, moments and drawings all speak of the same values. */
static void test_out_of_range(void **state)
{
    (void)state;
    struct hist hist = {0};
    assert_int_equal(hist_bucket(-1), 0);
    assert_int_equal(hist_bucket(INT64_MIN), 0);
    assert_int_equal(hist_bucket(HIST_MAX + 1), HIST_BUCKETS - 1);
    assert_int_equal(hist_bucket(INT64_MAX), HIST_BUCKETS - 1);
    hist_add(&hist, -5);
    hist_add(&hist, INT64_MAX);
    assert_int_equal(hist.count, 2);
    assert_int_equal(hist.min, 0);
    assert_int_equal(hist.max, HIST_MAX);
    assert_int_equal(hist_percentile(&hist, 50), 0);
    assert_int_equal(hist_percentile(&hist, 50.1), HIST_MAX);
    assert_int_equal(hist_percentile(&hist, 100), HIST_MAX);
    assert_true(hist_mean(&hist) == (double)HIST_MAX / 2);
    assert_true(hist_deviation(&hist) == (double)HIST_MAX / 2);
}

/* A jitter of 1 ns about a mean of a second is seen, and so is that there is none, after however many. */
static void test_small_deviation_of_large_values(void **state)
{
    (void)state;
    struct hist hist = {0}, constant = {0};
    for (int i = 0; i < 1000000; i++) {
        hist_add(&hist, 1000000001 + i % 2 * 2);
        hist_add(&constant, 123456789012);
    }
    assert_true(hist_mean(&hist) == 1000000002);
    assert_true(hist_deviation(&hist) == 1);
    assert_true(hist_mean(&constant) == 123456789012);
    assert_true(hist_deviation(&constant) == 0);
}

/* Fractions that doubles do not have are not rounded up to one more. In tenths of a percent all can be counted in whole
 * numbers. */
static void test_rank(void **state)
{
    (void)state;
    for (uint64_t count = 1; count < 3000; count += 1 + count / 7)
        for (unsigned tenths = 0; tenths <= 1000; tenths++) {
            uint64_t rank = (tenths * count + 999) / 1000;
            assert_int_equal(hist_rank(tenths / 10.0, count), rank > 0 ? rank : 1);
        }
    assert_int_equal(hist_rank(70.4, 375), 264);
    assert_int_equal(hist_rank(99.04, 625), 619);
    assert_int_equal(hist_rank(99.9, 1000000000000), 999000000000);
    assert_int_equal(hist_rank(99.999, 1000000000000), 999990000000);
    assert_int_equal(hist_rank(100, 1000000000000), 1000000000000);
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
static int64_t exact(const int64_t *sorted, unsigned count, unsigned hundredths)
{
    unsigned rank = (hundredths * count + 9999) / 10000;
    return sorted[rank < 1 ? 0 : rank - 1];
}

static void assert_percentiles(const struct hist *hist, const int64_t *sorted, unsigned count)
{
    int64_t before = 0;
    for (unsigned hundredths = 0; hundredths <= 10000;
         hundredths += hundredths % 100 == 0 && hundredths < 9900 ? 100 : 1) {
        int64_t truth = exact(sorted, count, hundredths), told = hist_percentile(hist, hundredths / 100.0);
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
    long double mean = 0, squares = 0;
    for (unsigned i = 0; i < count; i++)
        mean += (long double)samples[i] / count;
    for (unsigned i = 0; i < count; i++)
        squares += ((long double)samples[i] - mean) * ((long double)samples[i] - mean) / count;
    assert_true(fabsl(hist_mean(hist) - mean) <= 1e-12L * mean);
    assert_true(fabsl(hist_deviation(hist) - sqrtl(squares)) <= 1e-9L * sqrtl(squares) + 1e-6L);
}

static bool is_same(const struct hist *a, const struct hist *b)
{
    return a->count == b->count && a->min == b->min && a->max == b->max && a->sum == b->sum &&
           a->squares == b->squares && memcmp(a->buckets, b->buckets, sizeof a->buckets) == 0;
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
        cmocka_unit_test(test_buckets_adjoin),
        cmocka_unit_test(test_buckets_are_narrow),
        cmocka_unit_test(test_out_of_range),
        cmocka_unit_test(test_small_deviation_of_large_values),
        cmocka_unit_test(test_rank),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_beside_sorted_samples),
    };
    return unit_run("hist", tests, NULL, NULL);
}
