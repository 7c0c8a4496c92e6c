/* stall.c: when the accept turn is said to be stuck. */
#include "unit.h"

#include "decide/stall.h"

struct look {
    unsigned waiting, able;
    uint64_t accepts;
    double when;
};

static enum stall_verdict check(struct stall *stall, struct look look)
{
    const struct stall_sight sight = {look.waiting, true, look.able, look.accepts};
    return stall_check(stall, &sight, 1.0, look.when);
}

static void test_examples(void **state)
{
    static const struct {
        struct look looks[5];
        enum stall_verdict last; /* the verdict of the last look; before it there is none */
    } cases[] = {
        {{{1, 1, 7, 10.0}, {1, 1, 7, 10.5}, {1, 1, 7, 10.9}, {1, 1, 7, 10.9}, {1, 1, 7, 11.0}}, STALL_END},
        {{{5, 3, 0, 10.0}, {5, 9, 0, 10.5}, {5, 5, 0, 10.9}, {9, 2, 0, 10.9}, {9, 1, 0, 11.2}},
         STALL_END}, /* it grows */
        {{{1, 1, 7, 10.0}, {1, 1, 7, 10.5}, {1, 1, 8, 10.9}, {1, 1, 8, 11.0}, {1, 1, 8, 11.2}},
         STALL_NONE}, /* they say */
        {{{3, 1, 7, 10.0}, {3, 1, 7, 10.5}, {2, 1, 7, 10.9}, {2, 1, 7, 11.0}, {2, 1, 7, 11.8}},
         STALL_NONE}, /* it shrank */
        {{{1, 1, 7, 10.0}, {1, 1, 7, 10.5}, {0, 1, 7, 10.9}, {1, 1, 7, 11.0}, {1, 1, 7, 11.9}},
         STALL_NONE}, /* none waits */
        {{{1, 1, 7, 10.0}, {1, 1, 7, 10.5}, {1, 0, 7, 10.9}, {1, 1, 7, 11.0}, {1, 1, 7, 11.9}},
         STALL_NONE}, /* all busy */
        {{{1, 1, 7, 10.0}, {1, 1, 8, 10.5}, {1, 1, 9, 10.9}, {1, 1, 10, 11.2}, {1, 1, 11, 11.25}},
         STALL_RENEW}, /* a lie */
        {{{5, 1, 7, 10.0}, {6, 1, 8, 10.5}, {6, 1, 9, 10.9}, {5, 1, 10, 11.4}, {5, 1, 11, 12.6}},
         STALL_NONE}, /* no lie */
        {{{5, 1, 7, 10.0}, {6, 1, 8, 10.5}, {6, 1, 9, 10.9}, {5, 1, 10, 11.4}, {5, 1, 10, 12.7}}, STALL_RENEW},
    };
    (void)state;
    for (size_t i = 0; i < unit_count(cases); i++) {
        struct stall stall = {0};
        for (size_t j = 0; j < 5; j++)
            if (check(&stall, cases[i].looks[j]) != (j == 4 ? cases[i].last : STALL_NONE))
                fail_msg("case %zu, look %zu", i, j);
    }
}

/* If it helps, that was it; if not, the rest is replaced. */
static void test_first_the_holder_then_all(void **state)
{
    struct stall stall = {0};
    (void)state;
    assert_int_equal(check(&stall, (struct look){3, 1, 7, 10}), STALL_NONE);
    unit_assert_near(stall_left(&stall, 1.0, 10.98), 0.02);
    assert_int_equal(check(&stall, (struct look){3, 1, 7, 11}), STALL_END);
    unit_assert_near(stall_left(&stall, 1.0, 11.01), 0.05); /* no need to hurry until all is replaced */
    assert_int_equal(check(&stall, (struct look){3, 1, 7, 11.2}), STALL_NONE);
    assert_int_equal(check(&stall, (struct look){2, 1, 8, 11.3}), STALL_NONE);
    assert_int_equal(check(&stall, (struct look){2, 1, 8, 12.3}), STALL_END);
    assert_int_equal(check(&stall, (struct look){2, 1, 8, 12.5}), STALL_NONE);
    assert_int_equal(check(&stall, (struct look){2, 1, 8, 12.56}), STALL_RENEW);
    assert_int_equal(check(&stall, (struct look){2, 1, 8, 12.6}), STALL_NONE);
}

/* Of a Unix socket nobody knows how many wait: some, at every look, is no evidence while workers say they accept. */
static void test_what_cannot_be_counted(void **state)
{
    struct stall stall = {0};
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        const struct stall_sight sight = {1, false, 3, i};
        assert_int_equal(stall_check(&stall, &sight, 1.0, 10 + i * 0.05), STALL_NONE);
    }
    const struct stall_sight sight = {1, false, 3, 999};
    assert_int_equal(stall_check(&stall, &sight, 1.0, 60.94), STALL_NONE);
    assert_int_equal(stall_check(&stall, &sight, 1.0, 60.96), STALL_END);
    assert_int_equal(stall_check(&stall, &sight, 1.0, 61.46), STALL_RENEW);
}

static void test_no_timeout_is_no_stall(void **state)
{
    const struct stall_sight sight = {1, true, 1, 7};
    struct stall stall = {0};
    (void)state;
    for (double now = 0; now < 1e6; now += 1000)
        assert_int_equal(stall_check(&stall, &sight, 0, now), STALL_NONE);
}

/* A server and its master, a millisecond at a time: the master looks as often as it is told to, and in between whenever
 * something happens. */
struct world {
    struct unit_random random;
    struct stall stall;
    double now, timeout;
    unsigned waiting;
    uint64_t accepts;
    bool stuck;   /* nobody accepts */
    bool lying;   /* and the workers say they do */
    bool helpful; /* ending the holder helps */
    double stuck_since, next_look;
    unsigned ends, renewals;
};

static void live(struct world *world)
{
    if (unit_chance(&world->random, 5))
        world->waiting += unit_below(&world->random, 3);
    if (!world->stuck && world->waiting > 0 && unit_chance(&world->random, 60)) {
        unsigned some = 1 + unit_below(&world->random, world->waiting);
        world->waiting -= some;
        world->accepts += some;
    }
    if (world->stuck && world->lying && unit_chance(&world->random, 20))
        world->accepts++;
}

static void look(struct world *world)
{
    const struct stall_sight sight = {world->waiting, true, 1, world->accepts};
    enum stall_verdict verdict = stall_check(&world->stall, &sight, world->timeout, world->now);
    double left = stall_left(&world->stall, world->timeout, world->now);
    world->next_look = world->now + (left > 0 ? left : 0.5);
    world->ends += verdict == STALL_END;
    world->renewals += verdict == STALL_RENEW;
    if (verdict == STALL_RENEW || (verdict == STALL_END && world->helpful && !world->lying))
        world->stuck = false;
}

static void test_worlds(void **state)
{
    uint64_t begin = unit_seed();
    unsigned ends = 0, renewals = 0;
    (void)state;
    for (uint64_t seed = begin; seed < begin + 300; seed++) {
        struct world world = {.random = {seed}, .now = 1, .next_look = 1};
        world.timeout = unit_between(&world.random, 0.05, 2);
        world.helpful = unit_chance(&world.random, 50);
        world.lying = unit_chance(&world.random, 50);
        for (unsigned i = 0; i < 20000; i++, world.now += 0.001) {
            if (i == 5000) { /* from here on */
                if (world.ends + world.renewals > 0)
                    fail_msg("UNIT_SEED=%" PRIu64 ": nothing was stuck", seed);
                world.stuck = true;
                world.waiting += 1;
                world.stuck_since = world.now;
            }
            live(&world);
            if (world.now >= world.next_look || unit_chance(&world.random, 1))
                look(&world);
            if (world.stuck && world.now - world.stuck_since > world.timeout + STALL_MORE + 0.51)
                fail_msg("UNIT_SEED=%" PRIu64 ": still stuck after %f s", seed, world.now - world.stuck_since);
        }
        if (world.lying && world.ends > 1)
            fail_msg("UNIT_SEED=%" PRIu64 ": ended %u", seed, world.ends);
        ends += world.ends;
        renewals += world.renewals;
    }
    assert_true(ends > 50 && renewals > 50); /* or nothing was tested */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_first_the_holder_then_all),
        cmocka_unit_test(test_what_cannot_be_counted),
        cmocka_unit_test(test_no_timeout_is_no_stall),
        cmocka_unit_test(test_worlds),
    };
    return unit_run("stall", tests, NULL, NULL);
}
