/* bucket.c: how much a token bucket allows, by example and under random demands. */
#include "unit.h"

#include "decide/bucket.h"

static const struct bucket_size size = {.burst = 10, .rate = 4};

static void test_begins_full(void **state)
{
    struct bucket bucket = {0};
    (void)state;
    unit_assert_near(bucket_wait(&bucket, &size, 5), 0);
    assert_int_equal(bucket_take(&bucket, &size, 0, 5), 0);
    assert_int_equal(bucket_take(&bucket, &size, 7, 5), 7);
    assert_int_equal(bucket_take(&bucket, &size, 7, 5), 3);
    assert_int_equal(bucket_take(&bucket, &size, 7, 5), 0);
}

static void test_fills_at_its_rate(void **state)
{
    struct bucket bucket = {0};
    (void)state;
    bucket_take(&bucket, &size, 10, 100);
    unit_assert_near(bucket_wait(&bucket, &size, 100), 0.25);
    unit_assert_near(bucket_wait(&bucket, &size, 100.2), 0.05);
    assert_int_equal(bucket_take(&bucket, &size, 10, 100.2), 0);
    assert_int_equal(bucket_take(&bucket, &size, 10, 100.25), 1);
    assert_int_equal(bucket_take(&bucket, &size, 10, 101.3), 4);
    assert_int_equal(bucket_take(&bucket, &size, 99, 200), 10); /* and no more than it holds */
    assert_int_equal(bucket_take(&bucket, &size, 99, 199), 0);  /* a clock that goes back brings nothing */
    assert_int_equal(bucket_take(&bucket, &size, 99, 200), 0);  /* nor when it comes forward again */
}

static void test_may_change_its_size(void **state)
{
    const struct bucket_size larger = {.burst = 100, .rate = 4}, smaller = {.burst = 2, .rate = 4};
    struct bucket bucket = {0};
    (void)state;
    assert_int_equal(bucket_take(&bucket, &size, 99, 100), 10);
    assert_int_equal(bucket_take(&bucket, &larger, 99, 100), 90);
    unit_assert_near(bucket_wait(&bucket, &smaller, 100), 0.25); /* it is empty, and owes nothing */
    assert_int_equal(bucket_take(&bucket, &smaller, 99, 100.5), 2);
}

/* Whatever is asked for and when: never more than the burst and what has come since, and whoever waits as long as he is
 * told gets one. */
static void test_random_demands(void **state)
{
    uint64_t first = unit_seed();
    (void)state;
    for (uint64_t seed = first; seed < first + 2000; seed++) {
        struct unit_random random = {seed};
        const struct bucket_size some = {1 + unit_below(&random, 100), unit_between(&random, 0.01, 50)};
        struct bucket bucket = {0};
        double now = unit_between(&random, 1, 1e6), begun = now, got = 0;
        for (int i = 0; i < 100; i++) {
            double wait = bucket_wait(&bucket, &some, now);
            unsigned wanted = unit_below(&random, 40), more = bucket_take(&bucket, &some, wanted, now);
            got += more;
            bool right = more <= wanted && (wait > 0 ? more == 0 : more > 0 || wanted == 0);
            right = right && got <= some.burst + (now - begun) * some.rate + 1e-3;
            now += bucket_wait(&bucket, &some, now);
            right = right && (more == wanted || bucket_take(&bucket, &some, 1, now) == 1);
            if (!right)
                fail_msg("UNIT_SEED=%" PRIu64 ", step %d", seed, i);
            got += more != wanted;
            now += unit_chance(&random, 30) ? unit_between(&random, 0, 5) : 0;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begins_full),
        cmocka_unit_test(test_fills_at_its_rate),
        cmocka_unit_test(test_may_change_its_size),
        cmocka_unit_test(test_random_demands),
    };
    return unit_run("bucket", tests, NULL, NULL);
}
