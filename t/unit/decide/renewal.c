/* renewal.c: the pauses between renewals. */
#include "unit.h"

#include "decide/renewal.h"

static void test_pauses_double_up_to_the_slowest(void **state)
{
    static const double pauses[] = {0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60, 60, 60};
    struct renewal renewal = {0};
    double now = 1000;
    (void)state;
    assert_true(renewal_take(&renewal, now)); /* the first one at once */
    for (size_t i = 0; i < unit_count(pauses); i++) {
        assert_false(renewal_take(&renewal, now));
        assert_false(renewal_take(&renewal, now + pauses[i] - 1e-6));
        now += pauses[i] + 1e-6;
        assert_true(renewal_take(&renewal, now));
    }
}

static void test_a_quiet_time_ends_the_episode(void **state)
{
    struct renewal renewal = {0};
    (void)state;
    assert_true(renewal_take(&renewal, 100));
    assert_true(renewal_take(&renewal, 101));
    assert_true(renewal_take(&renewal, 102)); /* 0.4 s until the next */
    assert_true(renewal_take(&renewal, 162)); /* not quiet for long enough: 0.8 s */
    assert_false(renewal_take(&renewal, 162.7));
    assert_true(renewal_take(&renewal, 223)); /* quiet: 0.1 s again */
    assert_false(renewal_take(&renewal, 223.05));
    assert_true(renewal_take(&renewal, 223.15));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pauses_double_up_to_the_slowest),
        cmocka_unit_test(test_a_quiet_time_ends_the_episode),
    };
    return unit_run("renewal", tests, NULL, NULL);
}
