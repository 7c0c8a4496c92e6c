/* stall.c: when the accept turn is said to be stuck. */
#include "unit.h"

#include "decide/stall.h"

struct sight {
    unsigned waiting, idle;
    uint64_t accepts;
    double when;
};

static bool check(struct stall *stall, struct sight sight)
{
    return stall_check(stall, sight.waiting, sight.idle, sight.accepts, 1.0, sight.when);
}

static void test_examples(void **state)
{
    static const struct {
        struct sight sights[5]; /* only the last of which is a stall, if there is one */
        bool stalled;
    } cases[] = {
        {{{1, 1, 7, 10.0}, {1, 1, 7, 10.5}, {1, 1, 7, 10.9}, {1, 1, 7, 10.9}, {1, 1, 7, 11.0}}, true},
        {{{9, 3, 0, 10.0}, {1, 9, 0, 10.5}, {5, 5, 0, 10.9}, {2, 2, 0, 10.9}, {3, 1, 0, 99.0}}, true},
        {{{1, 1, 7, 10.0}, {1, 1, 7, 10.5}, {1, 1, 8, 10.9}, {1, 1, 8, 11.0}, {1, 1, 8, 11.8}}, false}, /* accepted */
        {{{1, 1, 7, 10.0}, {1, 1, 7, 10.5}, {1, 1, 6, 10.9}, {1, 1, 6, 11.0}, {1, 1, 6, 11.8}}, false}, /* one left */
        {{{1, 1, 7, 10.0}, {1, 1, 7, 10.5}, {0, 1, 7, 10.9}, {1, 1, 7, 11.0}, {1, 1, 7, 11.9}}, false}, /* none waits */
        {{{1, 1, 7, 10.0}, {1, 1, 7, 10.5}, {1, 0, 7, 10.9}, {1, 1, 7, 11.0}, {1, 1, 7, 11.9}}, false}, /* all busy */
        {{{0, 0, 0, 10.0}, {0, 0, 0, 10.5}, {0, 0, 0, 10.9}, {0, 0, 0, 11.0}, {1, 1, 0, 11.9}}, false},
        {{{1, 1, 7, 10.0}, {1, 1, 8, 10.5}, {1, 1, 8, 10.9}, {1, 1, 8, 11.4}, {1, 1, 8, 11.5}}, true},
    };
    (void)state;
    for (size_t i = 0; i < unit_count(cases); i++) {
        struct stall stall = {0};
        for (size_t j = 0; j < 5; j++)
            if (check(&stall, cases[i].sights[j]) != (cases[i].stalled && j == 4))
                fail_msg("case %zu, look %zu", i, j);
    }
}

static void test_watches_anew_after_a_stall(void **state)
{
    struct stall stall = {0};
    (void)state;
    assert_false(check(&stall, (struct sight){1, 1, 7, 10}));
    assert_true(check(&stall, (struct sight){1, 1, 7, 11}));
    assert_false(check(&stall, (struct sight){1, 1, 7, 11.5}));
    assert_false(check(&stall, (struct sight){1, 1, 7, 12}));
    assert_true(check(&stall, (struct sight){1, 1, 7, 12.5}));
}

static void test_says_when_it_will_be_due(void **state)
{
    struct stall stall = {0};
    (void)state;
    assert_true(stall_left(&stall, 1.0, 10) == 0);
    assert_false(check(&stall, (struct sight){1, 1, 7, 10}));
    assert_true(stall_left(&stall, 1.0, 10.25) == 0.75);
    assert_true(stall_left(&stall, 1.0, 11.5) > 0); /* never 0 while it watches */
    assert_false(check(&stall, (struct sight){0, 1, 7, 10.5}));
    assert_true(stall_left(&stall, 1.0, 10.5) == 0);
}

static void test_no_timeout_is_no_stall(void **state)
{
    struct stall stall = {0};
    (void)state;
    for (double now = 0; now < 1e6; now += 1000)
        assert_false(stall_check(&stall, 1, 1, 7, 0, now));
}

/* The definition, word for word: at this look and all those before it, back to one at least timeout ago and since the
 * last stall, connections waited, idle workers were there, and the count was the same. */
static bool is_stalled(const struct sight *sights, size_t first, size_t last, double timeout)
{
    for (size_t i = last;; i--) {
        if (sights[i].waiting == 0 || sights[i].idle == 0 || sights[i].accepts != sights[last].accepts)
            return false;
        if (sights[last].when - sights[i].when >= timeout)
            return true;
        if (i == first)
            return false;
    }
}

static void test_random_looks(void **state)
{
    enum { LOOKS = 60 };
    uint64_t begin = unit_seed();
    unsigned stalls = 0;
    (void)state;
    for (uint64_t seed = begin; seed < begin + 5000; seed++) {
        struct unit_random random = {seed};
        struct sight sights[LOOKS] = {{.when = 1}};
        struct stall stall = {0};
        const double timeout = 0.25 * (1 + unit_below(&random, 8)); /* quarters add up without an error */
        for (size_t i = 0, first = 0; i < LOOKS; i++) {
            if (i > 0)
                sights[i] = sights[i - 1];
            sights[i].when += 0.25 * unit_below(&random, 4);
            sights[i].waiting = !unit_chance(&random, 10);
            sights[i].idle = !unit_chance(&random, 10);
            sights[i].accepts += unit_chance(&random, 10) ? UINT64_MAX / 2 : 0;
            bool expected = is_stalled(sights, first, i, timeout);
            if (stall_check(&stall, sights[i].waiting, sights[i].idle, sights[i].accepts, timeout, sights[i].when) !=
                expected)
                fail_msg("UNIT_SEED=%" PRIu64 ", look %zu: should be %d", seed, i, expected);
            if (expected)
                first = i + 1;
            stalls += expected;
        }
    }
    assert_true(stalls > 5000); /* or nothing was tested */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_watches_anew_after_a_stall),
        cmocka_unit_test(test_says_when_it_will_be_due),
        cmocka_unit_test(test_no_timeout_is_no_stall),
        cmocka_unit_test(test_random_looks),
    };
    return unit_run("stall", tests, NULL, NULL);
}
