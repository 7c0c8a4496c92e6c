/* policy.c: how many workers there should be: each rule of policy.h by example, then all of them together under
 * thousands of random loads, in a pool that is simulated. */
#include "unit.h"

#include "decide/policy.h"

/* By example */

static const struct policy_limits defaults = {.min_spare = 5, .max_spare = 10, .max_workers = 256};

/* A pool of which all are idle. */
static struct policy_view idle(unsigned workers)
{
    return (struct policy_view){.total = workers, .idle = workers};
}

static struct policy_decision decide(struct policy *policy, struct policy_view view, double now)
{
    return policy_decide(policy, &defaults, &view, now);
}

static void test_forks_what_is_missing(void **state)
{
    static const struct {
        struct policy_view view;
        unsigned fork;
    } cases[] = {
        {{.total = 0}, 5},
        {{.total = 3, .idle = 3}, 2},
        {{.total = 5, .idle = 5}, 0},
        {{.total = 9, .idle = 5}, 0},
        {{.total = 9, .idle = 4}, 1},
        {{.total = 0, .waiting = 7}, 12},
        {{.total = 9, .idle = 9, .waiting = 4}, 0},
        {{.total = 9, .idle = 9, .waiting = 5}, 1},
        {{.total = 9, .idle = 8, .thinning = 4}, 1},    /* who leaves is not there any more */
        {{.total = 9, .idle = 2, .thinning = 4}, 5},    /* gossip may be odd */
        {{.total = 250, .idle = 0, .waiting = 100}, 6}, /* max_workers */
        {{.total = 256, .idle = 0, .waiting = 100}, 0},
        {{.total = 300, .idle = 0, .waiting = 100}, 0},
        {{.total = 0, .idle = 0, .waiting = 4294967290U}, 256}, /* the sum would not fit */
    };
    (void)state;
    for (size_t i = 0; i < unit_count(cases); i++) {
        struct policy policy = {0};
        struct policy_decision decision = decide(&policy, cases[i].view, 100);
        if (decision.fork != cases[i].fork || decision.thin != 0 || decision.more || decision.retry > 0)
            fail_msg("case %zu: fork %u, thin %u, more %d, retry %f", i, decision.fork, decision.thin, decision.more,
                     decision.retry);
    }
}

static void test_forks_in_batches(void **state)
{
    const struct policy_limits limits = {.min_spare = 5, .max_spare = 10, .max_workers = 32768};
    struct policy_view view = {.waiting = 1000};
    struct policy policy = {0};
    (void)state;
    for (unsigned left = 1005; left > 0;) {
        struct policy_decision decision = policy_decide(&policy, &limits, &view, 100);
        assert_int_equal(decision.fork, left < POLICY_BATCH ? left : POLICY_BATCH);
        left -= decision.fork;
        assert_int_equal(decision.more, left > 0);
        view.total += decision.fork;
        view.idle += decision.fork;
    }
}

static void test_thins_half_of_the_excess_each_window(void **state)
{
    static const unsigned expected[] = {50, 25, 13, 6, 3, 2, 1, 0, 0, 0};
    struct policy policy = {0};
    unsigned workers = 110;
    double now = 100;
    (void)state;
    assert_int_equal(decide(&policy, idle(workers), now).thin, 0);
    now += POLICY_WINDOW;
    assert_int_equal(decide(&policy, idle(workers), now).thin, 0); /* it has not been so for a whole window yet */
    for (size_t i = 0; i < unit_count(expected); i++) {
        assert_int_equal(decide(&policy, idle(workers), now + POLICY_WINDOW / 2).thin, 0);
        now += POLICY_WINDOW;
        struct policy_decision decision = decide(&policy, idle(workers), now);
        assert_int_equal(decision.thin, expected[i]);
        assert_int_equal(decision.fork, 0);
        workers -= decision.thin;
    }
    assert_int_equal(workers, defaults.max_spare);
}

static void test_thins_by_the_lowest_count_lately(void **state)
{
    struct policy policy = {0};
    struct policy_view busy = {.total = 50, .idle = 12};
    (void)state;
    for (double now = 100; now < 105; now += POLICY_WINDOW)
        decide(&policy, idle(50), now);
    decide(&policy, busy, 104.5);
    assert_int_equal(decide(&policy, idle(50), 105).thin, 1); /* (12 - 10) / 2 */
    assert_int_equal(decide(&policy, idle(50), 106).thin, 1);
    assert_int_equal(decide(&policy, idle(50), 107).thin, 20);
}

static void test_does_not_thin_while_connections_wait(void **state)
{
    struct policy policy = {0};
    struct policy_view waiting = idle(50);
    waiting.waiting = 1;
    (void)state;
    for (double now = 100; now < 105; now += POLICY_WINDOW)
        assert_int_equal(decide(&policy, waiting, now).thin, 0);
    assert_int_equal(decide(&policy, idle(50), 105).thin, 20);
}

static void test_says_full_once_an_episode(void **state)
{
    const struct policy_view full = {.total = 256}, relieved = {.total = 256, .waiting = 2, .idle = 1},
                             over = idle(256);
    struct policy_view crowded = full;
    struct policy policy = {0};
    crowded.waiting = 9;
    (void)state;
    assert_int_equal(decide(&policy, full, 100).notices, 0); /* nobody minds */
    assert_int_equal(decide(&policy, crowded, 101).notices, POLICY_FULL);
    assert_int_equal(decide(&policy, crowded, 102).notices, 0);
    assert_int_equal(decide(&policy, full, 103).notices, 0);
    assert_int_equal(decide(&policy, crowded, 104).notices, 0); /* still full, so still the same episode */
    assert_int_equal(decide(&policy, relieved, 105).notices, 0);
    assert_int_equal(decide(&policy, crowded, 106).notices, 0); /* somebody waited all the time */
    assert_int_equal(decide(&policy, over, 107).notices, 0);
    assert_int_equal(decide(&policy, crowded, 108).notices, POLICY_FULL);
}

/* Ten stillborn workers at once: an episode has begun. */
static void die_unborn(struct policy *policy, double now)
{
    for (int i = 0; i < POLICY_STILLBORN_MAX; i++)
        policy_note_death(policy, POLICY_DEATH_STILLBORN, false, now);
}

static void test_probes_ever_more_slowly_while_workers_are_stillborn(void **state)
{
    static const double delays[] = {2, 4, 8, 16, 32, 60, 60, 60};
    struct policy policy = {0};
    double now = 100;
    (void)state;
    die_unborn(&policy, now);
    for (size_t i = 0; i < unit_count(delays); i++) {
        struct policy_decision decision = decide(&policy, idle(0), now);
        assert_int_equal(decision.notices, i == 0 ? POLICY_STILLBORN : 0);
        assert_int_equal(decision.fork, 0);
        unit_assert_near(decision.retry, delays[i]);
        assert_int_equal(decide(&policy, idle(0), now + delays[i] - 0.01).fork, 0);
        now += delays[i];
        decision = decide(&policy, idle(0), now);
        assert_int_equal(decision.fork, 1);
        assert_true(decision.more);
        now += unit_between(&(struct unit_random){i}, 0, 30);
        decision = decide(&policy, idle(1), now); /* one probe at a time, however long it takes */
        assert_int_equal(decision.fork, 0);
        assert_true(decision.retry > 0);
        policy_note_death(&policy, POLICY_DEATH_STILLBORN, false, now);
    }
}

static void test_a_probe_that_hangs_is_not_the_last(void **state)
{
    struct policy policy = {0};
    (void)state;
    die_unborn(&policy, 100);
    assert_int_equal(decide(&policy, idle(0), 102).fork, 1);
    assert_int_equal(decide(&policy, idle(1), 101.9 + POLICY_SLOWEST).fork, 0);
    assert_int_equal(decide(&policy, idle(1), 102 + POLICY_SLOWEST).fork, 1);
}

static void test_recovers_when_a_probe_is_ready(void **state)
{
    struct policy policy = {0};
    (void)state;
    die_unborn(&policy, 100);
    decide(&policy, idle(0), 100);
    policy_note_ready(&policy, 100.5); /* forked before */
    assert_int_equal(decide(&policy, idle(0), 101).fork, 0);
    assert_int_equal(decide(&policy, idle(0), 102).fork, 1);
    policy_note_ready(&policy, 102.01);
    struct policy_decision decision = decide(&policy, idle(1), 102.01);
    assert_int_equal(decision.notices, POLICY_STARTING);
    assert_int_equal(decision.fork, 4);
    /* and as many as ever must die before the next episode, which begins as slowly as the first */
    for (int i = 0; i < POLICY_STILLBORN_MAX - 1; i++)
        policy_note_death(&policy, POLICY_DEATH_STILLBORN, false, 114);
    assert_int_equal(decide(&policy, idle(0), 114).fork, 5);
    policy_note_death(&policy, POLICY_DEATH_STILLBORN, false, 114);
    decision = decide(&policy, idle(0), 114);
    assert_int_equal(decision.notices, POLICY_STILLBORN);
    unit_assert_near(decision.retry, 2);
}

static void test_an_episode_that_follows_another_is_slower(void **state)
{
    static const double delays[] = {2, 4, 8, 16, 32, 60, 60};
    struct policy policy = {0};
    double now = 100;
    (void)state;
    for (size_t i = 0; i < unit_count(delays); i++) {
        die_unborn(&policy, now);
        unit_assert_near(decide(&policy, idle(0), now).retry, delays[i]);
        now += delays[i];
        assert_int_equal(decide(&policy, idle(0), now).fork, 1);
        policy_note_ready(&policy, now);
        assert_int_equal(decide(&policy, idle(1), now).fork, 4);
    }
}

/* When it is over can only be seen by a probe, but nobody wants one. */
static void test_an_episode_ends_when_no_worker_is_wanted(void **state)
{
    struct policy policy = {0};
    (void)state;
    die_unborn(&policy, 100);
    assert_int_equal(decide(&policy, idle(9), 100).notices, POLICY_STILLBORN);
    assert_int_equal(decide(&policy, idle(9), 110).notices, 0);
    assert_int_equal(decide(&policy, idle(9), 120).notices, POLICY_STARTING);
    assert_int_equal(decide(&policy, idle(0), 120).fork, 5);
}

static void test_a_stillborn_batch_is_one_lesson(void **state)
{
    struct policy policy = {0};
    (void)state;
    die_unborn(&policy, 100);
    die_unborn(&policy, 100.5);
    unit_assert_near(decide(&policy, idle(0), 100.5).retry, 1.5);
}

static void test_a_few_stillborn_are_made_good_at_once(void **state)
{
    struct policy policy = {0};
    (void)state;
    for (double now = 100; now < 300; now += 20) { /* nine, and nine, and nine... */
        for (int i = 0; i < POLICY_STILLBORN_MAX - 1; i++)
            policy_note_death(&policy, POLICY_DEATH_STILLBORN, false, now);
        struct policy_decision decision = decide(&policy, idle(0), now);
        assert_int_equal(decision.fork, 5);
        assert_int_equal(decision.notices, 0);
        assert_int_equal(decide(&policy, idle(5), now + 10).notices, 0); /* by now they are forgotten */
    }
}

static void crash(struct policy *policy, unsigned n, bool fault, double now)
{
    for (unsigned i = 0; i < n; i++)
        policy_note_death(policy, POLICY_DEATH_CRASH, fault, now);
}

/* One at a time, as fast as can be: each new worker serves the crashing client first. */
static void test_replaces_who_crashes_at_a_bounded_rate(void **state)
{
    struct policy policy = {0};
    unsigned forks = 0;
    (void)state;
    for (double now = 100; now < 110; now += 0.001) {
        crash(&policy, 1, false, now);
        struct policy_decision decision = decide(&policy, idle(4), now);
        forks += decision.fork;
        assert_true(decision.fork == 1 || (decision.retry > 0 && decision.retry <= 1.0 / POLICY_REPLACE_RATE));
    }
    assert_in_range(forks, POLICY_REPLACE_BURST + 10 * POLICY_REPLACE_RATE - 1,
                    POLICY_REPLACE_BURST + 10 * POLICY_REPLACE_RATE + 1);
}

static void test_the_others_do_not_pay_for_crashes(void **state)
{
    struct policy policy = {0};
    struct policy_view crowd = {.total = 5, .waiting = 50};
    (void)state;
    crash(&policy, 64, false, 100);
    assert_int_equal(decide(&policy, crowd, 100).fork, 55);
    crash(&policy, 20, false, 100.1);
    struct policy_decision decision = decide(&policy, crowd, 100.1); /* 29 are owed, and there are 10 tokens */
    assert_int_equal(decision.fork, 26 + 10);
    assert_int_equal(decision.notices, POLICY_CRASHING);
    unit_assert_near(decision.retry, 0.4 / POLICY_REPLACE_RATE);
}

static void test_replaces_a_whole_pool_at_once(void **state)
{
    const struct policy_limits limits = {.min_spare = 200, .max_spare = 300, .max_workers = 400};
    const struct policy_view none = {0};
    struct policy policy = {0};
    (void)state;
    crash(&policy, 300, false, 100);
    assert_int_equal(policy_decide(&policy, &limits, &none, 100).fork, 200);
}

static void test_an_episode_of_crashes_ends_with_none(void **state)
{
    struct policy policy = {0};
    (void)state;
    crash(&policy, 100, false, 100);
    assert_int_equal(decide(&policy, idle(0), 100).notices, 0); /* there are tokens for as many as are wanted */
    for (int i = 0; i < 11; i++)
        decide(&policy, idle(0), 100);
    assert_int_equal(decide(&policy, idle(0), 100).fork, 4);
    struct policy_decision decision = decide(&policy, idle(0), 100);
    assert_int_equal(decision.fork, 0);
    assert_int_equal(decision.notices, 0); /* it has been said, with the four */
    assert_int_equal(decide(&policy, idle(5), 109.9).notices, 0);
    assert_int_equal(decide(&policy, idle(5), 110).notices, POLICY_CALM);
    assert_int_equal(decide(&policy, idle(5), 120).notices, 0);
    assert_int_equal(decide(&policy, (struct policy_view){.waiting = 90}, 120).fork, 95);
}

/* The pool has grown smaller since: nobody stands in for them, and later ones are not counted as if they did. */
static void test_crashes_long_ago_cost_nothing(void **state)
{
    const struct policy_limits many = {.min_spare = 5, .max_spare = 300, .max_workers = 300};
    struct policy policy = {0};
    (void)state;
    for (unsigned i = 0; i < 200; i++)
        policy_note_death(&policy, POLICY_DEATH_CRASH, false, 100);
    assert_int_equal(policy_decide(&policy, &many, &(struct policy_view){.total = 9, .idle = 9}, 101).fork, 0);
    struct policy_view crowded = {.total = 9, .waiting = 195};
    assert_int_equal(policy_decide(&policy, &many, &crowded, 100 + POLICY_CRASH_MEMORY).fork, 200);
}

/* More than a batch is missing, and no token is left: it is no use to ask again at once. */
static void test_what_has_to_wait_is_not_asked_for_at_once(void **state)
{
    const struct policy_limits many = {.min_spare = 5, .max_spare = 1000, .max_workers = 1000};
    struct policy policy = {0};
    (void)state;
    for (unsigned i = 0; i < 600; i++)
        policy_note_death(&policy, POLICY_DEATH_CRASH, false, 100);
    struct policy_decision decision =
        policy_decide(&policy, &many, &(struct policy_view){.total = 9, .waiting = 600}, 100);
    assert_int_equal(decision.fork, POLICY_REPLACE_BURST);
    assert_true(decision.retry > 0);
    assert_false(decision.more);
}

static void test_faults_call_for_a_fresh_start_once_an_episode(void **state)
{
    struct policy policy = {0};
    double now = 100;
    (void)state;
    crash(&policy, 1000, false, now); /* the OOM killer */
    assert_int_equal(decide(&policy, idle(5), now).notices, 0);
    for (int i = 0; i < 100; i++, now += 2) /* too seldom */
        crash(&policy, 1, true, now);
    assert_int_equal(decide(&policy, idle(5), now).notices, 0);
    crash(&policy, POLICY_FAULTS_MAX - 5, true, now);
    assert_int_equal(decide(&policy, idle(5), now).notices, POLICY_SPOILT);
    for (int i = 0; i < 100; i++, now += 2) {
        crash(&policy, POLICY_FAULTS_MAX, true, now);
        assert_int_equal(decide(&policy, idle(5), now).notices, 0);
    }
    assert_int_equal(decide(&policy, idle(5), now + POLICY_CRASH_MEMORY).notices, POLICY_CALM);
    now += 20;
    for (int i = 0; i < POLICY_FAULTS_MAX; i++) { /* whether they were ready says nothing about what they share */
        assert_int_equal(decide(&policy, idle(5), now).notices, 0);
        policy_note_death(&policy, i % 2 ? POLICY_DEATH_CRASH : POLICY_DEATH_STILLBORN, true, now);
    }
    assert_int_equal(decide(&policy, idle(5), now).notices, POLICY_SPOILT);
}

static void test_tries_a_failing_fork_again(void **state)
{
    static const double delays[] = {0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5};
    struct policy policy = {0};
    double now = 100;
    (void)state;
    assert_int_equal(decide(&policy, idle(0), now).fork, 5);
    for (size_t i = 0; i < unit_count(delays); i++) {
        policy_note_fork(&policy, false, now);
        struct policy_decision decision = decide(&policy, idle(0), now);
        assert_int_equal(decision.notices, i == 0 ? POLICY_FORK_FAILING : 0);
        assert_int_equal(decision.fork, 0);
        unit_assert_near(decision.retry, delays[i]);
        assert_int_equal(decide(&policy, idle(0), now + delays[i] * 0.99).fork, 0);
        now += delays[i];
        decision = decide(&policy, idle(0), now);
        assert_int_equal(decision.fork, 1); /* one, to see */
        assert_true(decision.more);
    }
    policy_note_fork(&policy, true, now);
    struct policy_decision decision = decide(&policy, idle(1), now);
    assert_int_equal(decision.notices, POLICY_FORKING_AGAIN);
    assert_int_equal(decision.fork, 4);
    policy_note_fork(&policy, false, now);
    decision = decide(&policy, idle(1), now);
    assert_int_equal(decision.notices, POLICY_FORK_FAILING);
    unit_assert_near(decision.retry, 0.1);
}

static void test_a_probe_that_could_not_be_forked_is_none(void **state)
{
    struct policy policy = {0};
    (void)state;
    die_unborn(&policy, 100);
    assert_int_equal(decide(&policy, idle(0), 102).fork, 1);
    policy_note_fork(&policy, false, 102);
    struct policy_decision decision = decide(&policy, idle(0), 104);
    assert_int_equal(decision.fork, 1); /* another, for none has lived */
    assert_int_equal(decision.notices, POLICY_FORK_FAILING);
}

/* A pool, simulated */

enum { WORKERS_MAX = 700, HISTORY = 1024 };

struct worker {
    double born;
    bool ready, busy;
};

/* What a look saw: the idle workers that were not about to leave. */
struct sight {
    double when;
    unsigned available;
};

struct world {
    uint64_t seed;
    struct unit_random random;
    struct policy policy;
    struct policy_limits limits;
    double now;

    struct worker workers[WORKERS_MAX];
    unsigned total, busy;
    unsigned waiting; /* connections in the queue */
    unsigned told;    /* bytes in the lifeline */

    /* the load */
    unsigned clients; /* at once */
    unsigned churn;   /* of them may go and come back between two looks */

    /* the weather */
    double start_delay;    /* seconds until a new worker takes connections */
    unsigned stillborn;    /* percent of workers that end before they are ready */
    unsigned crashing;     /* percent of busy workers that their clients crash between two looks */
    unsigned faults;       /* percent of crashes by a fault */
    unsigned fork_failure; /* percent of all forks */

    /* the record */
    unsigned attempts, forks, thinned, slow_notices, starting_notices, failing_notices, working_notices;
    unsigned crashes, crashing_notices, spoilt_notices, calm_notices;
    double last_thin;
    bool said_full;
    struct sight sights[HISTORY];
    size_t looks;
};

static unsigned minus(unsigned a, unsigned b)
{
    return a > b ? a - b : 0;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

#define hold(world, condition)                                                                                         \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            fail_msg("UNIT_SEED=%" PRIu64 ", at %.3f s: not so: %s", (world)->seed, (world)->now, #condition);         \
    } while (0)

static struct policy_view look_at(const struct world *world)
{
    return (struct policy_view){
        .total = world->total,
        .idle = world->total - world->busy,
        .thinning = world->told,
        .waiting = world->waiting,
    };
}

static unsigned available(const struct policy_view *view)
{
    return minus(view->idle, view->thinning);
}

/* The lowest count of available workers in the last window; 0 if the record does not reach so far back. */
static unsigned lowest_lately(const struct world *world)
{
    unsigned lowest = UINT_MAX;
    for (size_t i = world->looks; i > 0 && world->looks - i < HISTORY; i--) {
        const struct sight *sight = &world->sights[(i - 1) % HISTORY];
        lowest = least(lowest, sight->available);
        if (sight->when <= world->now - POLICY_WINDOW)
            return lowest;
    }
    return 0;
}

static void check_forks(struct world *world, const struct policy_view *view, const struct policy_decision *decision)
{
    unsigned wanted = minus(world->limits.min_spare + view->waiting, available(view));
    unsigned room = minus(world->limits.max_workers, view->total);
    wanted = least(wanted, room);
    hold(world, decision->fork <= wanted);
    hold(world, decision->fork <= POLICY_BATCH);
    hold(world, decision->fork == 0 || decision->more == (decision->fork < wanted && decision->retry <= 0));
    hold(world, decision->retry >= 0 && decision->retry <= POLICY_SLOWEST + 1e-6);
    hold(world, decision->retry <= 0 || decision->fork < wanted);
    hold(world, wanted == 0 || decision->fork > 0 || decision->retry > 0); /* at once, or it is said when */
    bool at_full_speed = !world->policy.slow && !world->policy.fork_failing;
    unsigned most = at_full_speed ? least(wanted, POLICY_BATCH) : least(wanted, 1);
    hold(world, decision->fork <= most);
    hold(world, !at_full_speed || decision->fork == most || world->policy.crashing);
    hold(world, !at_full_speed || decision->retry <= 1.0 / POLICY_REPLACE_RATE);
}

static void check_thinning(struct world *world, const struct policy_view *view, const struct policy_decision *decision)
{
    world->sights[world->looks++ % HISTORY] = (struct sight){world->now, available(view)};
    if (decision->thin == 0)
        return;
    hold(world, decision->fork == 0);
    hold(world, view->waiting == 0);
    hold(world, world->now - world->last_thin > POLICY_WINDOW * 0.999);
    hold(world, decision->thin <= (minus(lowest_lately(world), world->limits.max_spare) + 1) / 2);
    world->last_thin = world->now;
}

static void check_notices(struct world *world, const struct policy_view *view, unsigned notices)
{
    bool full = view->total >= world->limits.max_workers && available(view) == 0;
    if (notices & POLICY_FULL) {
        hold(world, full && view->waiting > 0);
        hold(world, !world->said_full);
        world->said_full = true;
    } else if (full && view->waiting > 0) {
        hold(world, world->said_full);
    } else if (!full && view->waiting == 0) {
        world->said_full = false;
    }
    world->slow_notices += (notices & POLICY_STILLBORN) != 0;
    world->starting_notices += (notices & POLICY_STARTING) != 0;
    world->failing_notices += (notices & POLICY_FORK_FAILING) != 0;
    world->working_notices += (notices & POLICY_FORKING_AGAIN) != 0;
    world->crashing_notices += (notices & POLICY_CRASHING) != 0;
    world->spoilt_notices += (notices & POLICY_SPOILT) != 0;
    world->calm_notices += (notices & POLICY_CALM) != 0;
    hold(world, world->slow_notices - world->starting_notices <= 1);
    hold(world, world->calm_notices <= world->crashing_notices + world->spoilt_notices);
    hold(world, world->crashing_notices <= world->calm_notices + 1 && world->spoilt_notices <= world->calm_notices + 1);
    hold(world, world->failing_notices - world->working_notices <= 1);
}

static bool spawn(struct world *world)
{
    bool worked = !unit_chance(&world->random, world->fork_failure);
    world->attempts++;
    policy_note_fork(&world->policy, worked, world->now);
    if (worked) {
        world->workers[world->total++] = (struct worker){.born = world->now};
        world->forks++;
    }
    return worked;
}

/* The master looks and does what it is told, as pool_look does. Returns when to look again at the latest. */
static double look(struct world *world)
{
    const struct policy_view view = look_at(world);
    struct policy_decision decision = policy_decide(&world->policy, &world->limits, &view, world->now);
    check_forks(world, &view, &decision);
    check_thinning(world, &view, &decision);
    unsigned forked = 0;
    while (forked < decision.fork && spawn(world))
        forked++;
    world->told += decision.thin;
    world->thinned += decision.thin;
    check_notices(world, &view, decision.notices | world->policy.notices);
    world->policy.notices = 0;
    hold(world, world->total <= world->limits.max_workers);
    if (decision.more && forked == decision.fork)
        return 0;
    return decision.retry > 0 && decision.retry < 0.5 ? decision.retry : 0.5;
}

static void bury(struct world *world, unsigned at)
{
    world->busy -= world->workers[at].busy;
    world->workers[at] = world->workers[--world->total];
}

/* Clients come and go until there are as many as there should be. */
static void move_clients(struct world *world)
{
    unsigned there = world->busy + world->waiting;
    unsigned away = world->churn > 0 ? unit_below(&world->random, least(world->churn, world->clients) + 1) : 0;
    unsigned wanted = world->clients - away;
    if (there < wanted)
        world->waiting += wanted - there;
    else
        there -= wanted;
    for (unsigned i = 0; there > wanted && i < world->total; i++) {
        there -= world->workers[i].busy;
        world->busy -= world->workers[i].busy;
        world->workers[i].busy = false;
    }
}

/* Whoever has the turn reads the lifeline first, then accepts. */
static void take_turns(struct world *world)
{
    for (unsigned i = world->total; i-- > 0;) {
        struct worker *worker = &world->workers[i];
        if (worker->busy || !worker->ready)
            continue;
        if (world->told > 0 && !unit_chance(&world->random, 10)) {
            world->told--;
            bury(world, i);
        } else if (world->waiting > 0) {
            world->waiting--;
            world->busy++;
            worker->busy = true;
        }
    }
}

/* New workers get ready, or die of it. */
static void get_ready(struct world *world)
{
    for (unsigned i = world->total; i-- > 0;) {
        struct worker *worker = &world->workers[i];
        if (worker->ready || world->now - worker->born < world->start_delay)
            continue;
        if (unit_chance(&world->random, world->stillborn)) {
            bury(world, i);
            policy_note_death(&world->policy, POLICY_DEATH_STILLBORN, false, world->now);
        } else {
            worker->ready = true;
            policy_note_ready(&world->policy, world->now);
        }
    }
}

static void crash_workers(struct world *world)
{
    for (unsigned i = world->total; world->crashing > 0 && i-- > 0;) {
        if (!world->workers[i].busy || !unit_chance(&world->random, world->crashing))
            continue;
        bury(world, i);
        policy_note_death(&world->policy, POLICY_DEATH_CRASH, unit_chance(&world->random, world->faults), world->now);
        world->crashes++;
    }
}

/* Time passes until the next look: a ring or a death, mostly soon, or the tick. */
static void pass(struct world *world, double at_most)
{
    double some = unit_chance(&world->random, 60) ? 0.05 : 0.5;
    if (some < at_most)
        at_most = some;
    world->now += unit_chance(&world->random, 30) ? at_most : unit_between(&world->random, 0, at_most);
    crash_workers(world);
    get_ready(world);
    move_clients(world);
    take_turns(world);
}

static void live_until(struct world *world, double end)
{
    while (world->now < end)
        pass(world, look(world));
}

static struct world begin(uint64_t seed, unsigned most_workers)
{
    struct world world = {.seed = seed, .random = {seed}, .now = 1000, .last_thin = -1};
    struct unit_random *random = &world.random;
    world.limits.max_workers = 1 + unit_below(random, most_workers);
    world.limits.max_spare = 1 + unit_below(random, least(world.limits.max_workers, 20));
    world.limits.min_spare = 1 + unit_below(random, world.limits.max_spare);
    world.start_delay = unit_chance(random, 50) ? 0 : unit_between(random, 0, 0.2);
    return world;
}

enum load { LOAD_BURSTS, LOAD_RAMP, LOAD_STEADY, LOAD_ON_OFF, LOAD_JUMPS, LOADS };

/* A load of one kind for a while, with some trouble now and then. */
static void live_through_load(struct world *world, double seconds)
{
    struct unit_random *random = &world->random;
    enum load load = unit_below(random, LOADS);
    unsigned most = world->limits.max_workers * 3 / 2 + 1;
    unsigned height = unit_below(random, most), begun_with = world->clients;
    double begun = world->now, period = unit_between(random, 0.1, 4);
    world->churn = unit_chance(random, 50) ? unit_below(random, most) : 0;
    world->fork_failure = unit_chance(random, 20) ? 30 + 70 * unit_below(random, 2) : 0;
    world->stillborn = unit_chance(random, 20) ? 20 + 80 * unit_below(random, 2) : 0;
    world->crashing = unit_chance(random, 20) ? 5 + 95 * unit_below(random, 2) : 0;
    world->faults = 50 * unit_below(random, 3);
    while (world->now < begun + seconds) {
        double progress = (world->now - begun) / seconds;
        bool on = (unsigned)((world->now - begun) / period) % 2 == 0;
        if (load == LOAD_BURSTS)
            world->clients = unit_chance(random, 5) ? height : 0;
        else if (load == LOAD_RAMP)
            world->clients = (unsigned)((double)begun_with + progress * ((double)height - (double)begun_with));
        else if (load == LOAD_ON_OFF)
            world->clients = on ? height : height / 8;
        else if (load == LOAD_STEADY || unit_chance(random, 10))
            world->clients = load == LOAD_STEADY ? height : unit_below(random, most);
        pass(world, look(world));
    }
}

/* The same load for ever, and all is well: what the churn takes and brings fits between the bounds of idle. */
static void calm(struct world *world)
{
    unsigned play = world->limits.max_spare - world->limits.min_spare;
    world->stillborn = world->crashing = 0;
    world->fork_failure = 0;
    world->clients = unit_below(&world->random, world->limits.max_workers + 4);
    world->churn = unit_chance(&world->random, 50) ? play : 0;
}

/* Everybody who can be served is, idle is within its bounds, and nothing moves. */
static void check_steady(struct world *world, double seconds)
{
    unsigned forks = world->forks, thinned = world->thinned, churn = world->churn;
    for (double end = world->now + seconds; world->now < end; pass(world, look(world))) {
        const struct policy_view view = look_at(world);
        hold(world, available(&view) + churn >= least(world->limits.min_spare, view.total - world->busy));
        hold(world, available(&view) >= least(world->limits.min_spare, minus(world->limits.max_workers, world->busy)));
        hold(world, available(&view) <= world->limits.max_spare + churn);
        hold(world, view.waiting == 0 || view.total == world->limits.max_workers);
    }
    hold(world, world->forks == forks);
    hold(world, world->thinned - thinned <= churn);
    hold(world, world->slow_notices == world->starting_notices);
}

/* Seconds in which any pool has settled: a probe is due in POLICY_SLOWEST at most, and half of the excess leaves a
 * window. */
#define SETTLED (POLICY_SLOWEST + 20)

static void test_random_loads(void **state)
{
    uint64_t first = unit_seed();
    (void)state;
    for (uint64_t seed = first; seed < first + 8000; seed++) {
        struct world world = begin(seed, 48);
        for (int i = 0; i < 3; i++)
            live_through_load(&world, 5);
        calm(&world);
        live_until(&world, world.now + (world.policy.slow ? SETTLED : 20));
        hold(&world, !world.policy.crashing && !world.policy.spoilt);
        check_steady(&world, 15);
    }
}

/* However many come: no more looks than there are batches, and not a moment of time. */
static void test_random_bursts(void **state)
{
    uint64_t first = unit_seed();
    (void)state;
    for (uint64_t seed = first; seed < first + 1000; seed++) {
        struct world world = begin(seed, WORKERS_MAX);
        live_until(&world, world.now + unit_between(&world.random, 0, 4));
        world.clients = 1 + unit_below(&world.random, WORKERS_MAX);
        move_clients(&world);
        unsigned enough = least(world.clients + world.limits.min_spare, world.limits.max_workers), looks = 0;
        unsigned batches = (minus(enough, world.total) + POLICY_BATCH - 1) / POLICY_BATCH;
        while (world.total - least(world.total, world.told) < enough && world.total < world.limits.max_workers) {
            look(&world);
            hold(&world, ++looks <= batches + 1);
        }
        live_until(&world, world.now + 2);
        hold(&world, world.busy == least(world.clients, world.limits.max_workers));
    }
}

/* Ten minutes in which every worker is stillborn: a few forks, one notice. Then they live, and all is well unaided. */
static void test_random_plagues(void **state)
{
    uint64_t first = unit_seed();
    (void)state;
    for (uint64_t seed = first; seed < first + 300; seed++) {
        struct world world = begin(seed, 48);
        world.clients = unit_below(&world.random, world.limits.max_workers);
        world.stillborn = 100;
        live_until(&world, world.now + 600);
        unsigned at_once = least(world.limits.min_spare + world.clients, world.limits.max_workers);
        hold(&world, world.forks < POLICY_STILLBORN_MAX + at_once + 16);
        hold(&world, world.forks >= POLICY_STILLBORN_MAX + 10);
        hold(&world, world.slow_notices == 1 && world.starting_notices == 0);
        calm(&world);
        live_until(&world, world.now + SETTLED);
        hold(&world, world.slow_notices == 1 && world.starting_notices == 1);
        check_steady(&world, 5);
    }
}

/* Two minutes in which every client crashes its worker: forking is bounded, yet never slower than it may be. */
static void test_random_crashes(void **state)
{
    const double seconds = 120;
    uint64_t first = unit_seed();
    (void)state;
    for (uint64_t seed = first; seed < first + 300; seed++) {
        struct world world = begin(seed, 48);
        world.start_delay = 0;
        live_until(&world, world.now + 1);
        world.clients = world.limits.max_workers + 1 + unit_below(&world.random, 48);
        world.crashing = 100;
        world.faults = unit_chance(&world.random, 50) ? 100 : 0;
        unsigned before = world.forks, bound = world.limits.max_workers + world.clients + POLICY_REPLACE_BURST;
        live_until(&world, world.now + seconds);
        hold(&world, world.forks - before <= bound + seconds * POLICY_REPLACE_RATE);
        hold(&world, world.limits.max_workers < 16 || world.forks - before >= 0.8 * seconds * POLICY_REPLACE_RATE);
        hold(&world, world.slow_notices == 0 && world.calm_notices == 0);
        hold(&world, world.spoilt_notices == (world.faults > 0));
        calm(&world);
        live_until(&world, world.now + 20);
        hold(&world, world.calm_notices == 1 || world.crashing_notices + world.spoilt_notices == 0);
        check_steady(&world, 5);
    }
}

/* Ten minutes in which no fork works. */
static void test_random_famines(void **state)
{
    uint64_t first = unit_seed();
    (void)state;
    for (uint64_t seed = first; seed < first + 100; seed++) {
        struct world world = begin(seed, 48);
        world.fork_failure = 100;
        live_until(&world, world.now + 600);
        hold(&world, world.attempts < 7 + 600 / 5 + 1);
        hold(&world, world.attempts >= 100);
        hold(&world, world.failing_notices == 1 && world.working_notices == 0);
        calm(&world);
        live_until(&world, world.now + 20);
        hold(&world, world.failing_notices == 1 && world.working_notices == 1);
        check_steady(&world, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forks_what_is_missing),
        cmocka_unit_test(test_forks_in_batches),
        cmocka_unit_test(test_thins_half_of_the_excess_each_window),
        cmocka_unit_test(test_thins_by_the_lowest_count_lately),
        cmocka_unit_test(test_does_not_thin_while_connections_wait),
        cmocka_unit_test(test_says_full_once_an_episode),
        cmocka_unit_test(test_probes_ever_more_slowly_while_workers_are_stillborn),
        cmocka_unit_test(test_a_probe_that_hangs_is_not_the_last),
        cmocka_unit_test(test_recovers_when_a_probe_is_ready),
        cmocka_unit_test(test_an_episode_that_follows_another_is_slower),
        cmocka_unit_test(test_an_episode_ends_when_no_worker_is_wanted),
        cmocka_unit_test(test_a_stillborn_batch_is_one_lesson),
        cmocka_unit_test(test_a_few_stillborn_are_made_good_at_once),
        cmocka_unit_test(test_replaces_who_crashes_at_a_bounded_rate),
        cmocka_unit_test(test_the_others_do_not_pay_for_crashes),
        cmocka_unit_test(test_replaces_a_whole_pool_at_once),
        cmocka_unit_test(test_an_episode_of_crashes_ends_with_none),
        cmocka_unit_test(test_crashes_long_ago_cost_nothing),
        cmocka_unit_test(test_what_has_to_wait_is_not_asked_for_at_once),
        cmocka_unit_test(test_faults_call_for_a_fresh_start_once_an_episode),
        cmocka_unit_test(test_tries_a_failing_fork_again),
        cmocka_unit_test(test_a_probe_that_could_not_be_forked_is_none),
        cmocka_unit_test(test_random_loads),
        cmocka_unit_test(test_random_bursts),
        cmocka_unit_test(test_random_plagues),
        cmocka_unit_test(test_random_crashes),
        cmocka_unit_test(test_random_famines),
    };
    return unit_run("policy", tests, NULL, NULL);
}
