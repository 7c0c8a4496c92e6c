/* roster.c: the private table of workers. */
#include "unit.h"

#include "master/pool/roster.h"

static void add(struct roster *roster, size_t slot, pid_t pid)
{
    const struct roster_worker worker = {.pid = pid, .born = 100.0 + pid};
    roster_add(roster, slot, &worker);
}

static void test_begins_empty(void **state)
{
    struct roster roster;
    (void)state;
    assert_true(roster_init(&roster));
    assert_int_equal(roster.count, 0);
    assert_int_equal(roster.high, 0);
    assert_int_equal(roster_vacancy(&roster), 0);
    assert_int_equal(roster_find(&roster, 1), ROSTER_NONE);
    roster_free(&roster);
}

static void test_gives_the_lowest_vacancy(void **state)
{
    struct roster roster;
    (void)state;
    assert_true(roster_init(&roster));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(roster_vacancy(&roster), i);
        add(&roster, (size_t)i, 1000 + i);
    }
    roster_remove(&roster, 3);
    roster_remove(&roster, 1);
    assert_int_equal(roster_vacancy(&roster), 1);
    add(&roster, 1, 2001);
    assert_int_equal(roster_vacancy(&roster), 3);
    add(&roster, 3, 2003);
    assert_int_equal(roster_vacancy(&roster), 5);
    assert_int_equal(roster_find(&roster, 2003), 3);
    assert_int_equal(roster_find(&roster, 1003), ROSTER_NONE);
    unit_assert_near(roster.slots[3].born, 2103);
    roster_free(&roster);
}

static void test_fills_up(void **state)
{
    struct roster roster;
    (void)state;
    assert_true(roster_init(&roster));
    for (int i = 0; i < ROSTER_SLOTS; i++)
        add(&roster, (size_t)roster_vacancy(&roster), 1 + i);
    assert_int_equal(roster.count, ROSTER_SLOTS);
    assert_int_equal(roster_vacancy(&roster), ROSTER_NONE);
    assert_int_equal(roster_find(&roster, ROSTER_SLOTS), ROSTER_SLOTS - 1);
    roster_remove(&roster, 12345);
    assert_int_equal(roster_vacancy(&roster), 12345);
    for (size_t i = ROSTER_SLOTS; i-- > 0;)
        if (roster.slots[i].pid != 0)
            roster_remove(&roster, i);
    assert_int_equal(roster.count, 0);
    assert_int_equal(roster.high, 0);
    assert_int_equal(roster_vacancy(&roster), 0);
    roster_free(&roster);
}

/* Beside a table that is searched from end to end. */
static void test_random_lives(void **state)
{
    enum { SLOTS = 64 };
    uint64_t first = unit_seed();
    (void)state;
    for (uint64_t seed = first; seed < first + 200; seed++) {
        struct unit_random random = {seed};
        struct roster roster;
        pid_t pids[SLOTS] = {0}, next = 1;
        assert_true(roster_init(&roster));
        for (int i = 0; i < 500; i++) {
            size_t slot = unit_below(&random, SLOTS), count = 0, high = 0, vacancy = 0;
            bool fresh = pids[slot] == 0 && unit_chance(&random, 60);
            if (fresh)
                add(&roster, slot, pids[slot] = next++);
            else if (pids[slot] != 0)
                roster_remove(&roster, slot);
            if (!fresh)
                pids[slot] = 0;
            for (size_t j = 0; j < SLOTS; j++) {
                count += pids[j] != 0;
                high = pids[j] != 0 ? j + 1 : high;
                vacancy += vacancy == j && pids[j] != 0;
                if (pids[j] != 0 && roster_find(&roster, pids[j]) != (long)j)
                    fail_msg("UNIT_SEED=%" PRIu64 ": a worker is lost", seed);
            }
            if (roster.count != count || roster.high != high || roster_vacancy(&roster) != (long)vacancy)
                fail_msg("UNIT_SEED=%" PRIu64 ", step %d", seed, i);
        }
        roster_free(&roster);
    }
}

/* A different pid for each n below 1 << 22: in order, or so that many have the same home in the index. */
static pid_t nth_pid(unsigned n, bool in_order)
{
    unsigned pid = 0;
    for (unsigned bit = 0; bit < 22; bit++)
        pid |= ((n >> bit) & 1) << (21 - bit);
    return 1 + (pid_t)(in_order ? n : pid);
}

/* Thousands of workers that come and go. Those that are not there are not found either. */
static void test_random_pids(void **state)
{
    uint64_t first = unit_seed();
    (void)state;
    for (uint64_t seed = first; seed < first + 2; seed++) {
        struct unit_random random = {seed};
        struct roster roster;
        pid_t *pids = calloc(ROSTER_SLOTS, sizeof *pids);
        assert_true(roster_init(&roster));
        for (unsigned i = 0; i < 4 * ROSTER_SLOTS; i++) {
            size_t slot = unit_below(&random, ROSTER_SLOTS);
            pid_t next = nth_pid(i, seed % 2 != 0);
            assert_int_equal(roster_find(&roster, next), ROSTER_NONE);
            if (pids[slot] != 0)
                roster_remove(&roster, slot);
            else
                add(&roster, slot, next);
            pids[slot] = pids[slot] != 0 ? 0 : next;
        }
        for (size_t slot = 0; slot < ROSTER_SLOTS; slot++)
            if (pids[slot] != 0 && roster_find(&roster, pids[slot]) != (long)slot)
                fail_msg("UNIT_SEED=%" PRIu64 ": a worker is lost", seed);
        roster_free(&roster);
        free(pids);
    }
}

/* A worker that went astray can read nothing in it: it is not there. */
static void test_a_fork_leaves_it_behind(void **state)
{
    struct roster roster;
    (void)state;
    assert_true(roster_init(&roster));
    add(&roster, 0, 1000);
    pid_t pid = unit_fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        _exit(((volatile struct roster_worker *)roster.slots)->pid == 1000);
    }
    int status = unit_wait(pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    assert_int_equal(roster.slots[0].pid, 1000);
    roster_free(&roster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begins_empty), cmocka_unit_test(test_gives_the_lowest_vacancy),
        cmocka_unit_test(test_fills_up),     cmocka_unit_test(test_random_lives),
        cmocka_unit_test(test_random_pids),  cmocka_unit_test(test_a_fork_leaves_it_behind),
    };
    return unit_run("roster", tests, NULL, NULL);
}
