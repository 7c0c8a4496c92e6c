/* pool.c: how a generation that is begun gets on, with real children: when it is ready, and when it is given up. */
#include "unit.h"

#include <poll.h>

#include "contract/exits.h"
#include "master/pool/generation.h"
#include "master/pool/pool.h"
#include "master/pool/state.h"

enum { START = 3 };

struct bed {
    struct pool *pool;
    struct conf conf;
    struct listen_set listeners;
    struct log log;
    struct generation *generation;
    struct lockfile lockfile;
};

static void make_bed(struct bed *bed, void (*run)(const struct worker_job *))
{
    *bed = (struct bed){0};
    const char *const set[] = {"pool.start=3"};
    const struct conf_source source = {.file = "/dev/null", .set = set, .sets = unit_count(set), .foreground = true};
    struct reason why;
    assert_true(conf_load(&source, &bed->conf, &why));
    bed->log = (struct log){.fd = -1, .workers = -1, .console = -1, .level = LOG_LEVEL_ERROR};
    bed->pool = pool_create(run, NULL, &why);
    assert_non_null(bed->pool);
    assert_true(lockfile_open(&bed->lockfile, "", &why));
    const struct generation_parts parts = {1, &bed->conf, &bed->listeners, &bed->lockfile, &bed->log};
    bed->generation = pool_begin(bed->pool, &parts, &why);
    assert_non_null(bed->generation);
}

static void reap(struct bed *bed)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        pool_note_child(bed->pool, pid, status, &bed->log);
}

static void reap_down_to(struct bed *bed, unsigned workers)
{
    while (pool_size(bed->pool) > workers) {
        poll(NULL, 0, 1);
        reap(bed);
    }
}

static void free_bed(struct bed *bed)
{
    if (bed->generation != NULL)
        pool_retire(bed->pool, bed->generation);
    pool_kill(bed->pool);
    reap_down_to(bed, 0);
    pool_destroy(bed->pool);
    lockfile_end(&bed->lockfile);
}

/* Children */

_Noreturn static void wait_for_the_end(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
        pause();
}

static void say_ready(const struct worker_job *job)
{
    atomic_store(&job->page->state, PAGE_IDLE);
    unit_require(write(job->doorbell, "", 1) == 1);
}

static void become_ready(const struct worker_job *job)
{
    say_ready(job);
    wait_for_the_end();
}

/* All but the first hang. */
static void become_ready_or_hang(const struct worker_job *job)
{
    if (job->slot == 0)
        say_ready(job);
    wait_for_the_end();
}

static void leave_at_once(const struct worker_job *job)
{
    (void)job;
    _exit(WORKER_DONE);
}

/* Each finds what a fresh one should find, and leaves what a worker may leave. */
static void leave_traces(const struct worker_job *job)
{
    atomic_fetch_add(&job->page->accepts, 7);
    atomic_fetch_add(&job->page->lost, 2);
    if (atomic_load(&job->page->state) != PAGE_STARTING)
        atomic_fetch_add(&job->page->lost, 100); /* which will be noticed */
    atomic_store(&job->page->state, PAGE_BUSY);
    raise(SIGKILL);
}

static void say_that_the_turn_is_broken(const struct worker_job *job)
{
    say_ready(job);
    _exit(WORKER_TURN);
}

static void wait_for_bell(const struct bed *bed)
{
    struct pollfd bell = {.fd = pool_doorbell(bed->pool), .events = POLLIN};
    assert_int_equal(poll(&bell, 1, -1), 1);
    pool_answer_doorbell(bed->pool);
}

/* The tests */

static void test_is_ready_when_all_are(void **state)
{
    struct bed bed;
    (void)state;
    make_bed(&bed, become_ready);
    enum pool_progress progress;
    struct reason why;
    while ((progress = pool_start(bed.pool, bed.generation, &why)) == POOL_STARTING)
        wait_for_bell(&bed);
    assert_int_equal(progress, POOL_READY);
    assert_int_equal(pool_size(bed.pool), START);
    bed.generation->progress -= 3600; /* whoever is ready is never too late */
    assert_int_equal(pool_start(bed.pool, bed.generation, &why), POOL_READY);
    free_bed(&bed);
}

/* Those that hang, stopped perhaps, do not hear that they may leave. Who is ready may have a connection already. */
static void test_is_given_up_when_some_hang(void **state)
{
    struct bed bed;
    (void)state;
    make_bed(&bed, become_ready_or_hang);
    struct reason why;
    assert_int_equal(pool_start(bed.pool, bed.generation, &why), POOL_STARTING);
    wait_for_bell(&bed);
    if (bed.generation->readied == 0) { /* one has become ready since: there is progress */
        bed.generation->progress -= 3600;
        assert_int_equal(pool_start(bed.pool, bed.generation, &why), POOL_STARTING);
    }
    bed.generation->progress -= 29;
    assert_int_equal(pool_start(bed.pool, bed.generation, &why), POOL_STARTING);
    bed.generation->progress -= 1;
    assert_int_equal(pool_start(bed.pool, bed.generation, &why), POOL_FAILED);
    assert_string_equal(why.text, "the new workers are not ready after 30 s");
    pool_abandon(bed.pool, bed.generation);
    reap_down_to(&bed, 1);
    reap(&bed);
    assert_int_equal(pool_size(bed.pool), 1);
    free_bed(&bed);
}

static void test_is_given_up_when_they_leave_at_once(void **state)
{
    struct bed bed;
    (void)state;
    make_bed(&bed, leave_at_once);
    struct reason why;
    unsigned rounds = 0;
    while (pool_start(bed.pool, bed.generation, &why) == POOL_STARTING) {
        reap_down_to(&bed, 0);
        rounds++;
    }
    assert_string_equal(why.text, "the new workers die at once");
    assert_in_range(rounds, 1, 10);
    free_bed(&bed);
}

/* Whoever comes after a worker that died has a page of its own, and what that one has lost is counted once. */
static void test_nothing_is_left_of_who_died(void **state)
{
    struct bed bed;
    (void)state;
    make_bed(&bed, leave_traces);
    for (unsigned round = 1; round <= 3; round++) {
        assert_int_equal(pool_fork(bed.pool, bed.generation, START), START);
        reap_down_to(&bed, 0);
        assert_int_equal(bed.generation->buried.accepts, 7 * START * round);
        assert_int_equal(pool_lost(bed.pool), 2 * START * round);
    }
    free_bed(&bed);
}

/* That its lock is broken is no news of a generation that is retired. */
static void test_only_the_present_lock_matters(void **state)
{
    struct bed bed;
    struct reason why;
    (void)state;
    make_bed(&bed, say_that_the_turn_is_broken);
    const struct generation_parts parts = {2, &bed.conf, &bed.listeners, &bed.lockfile, &bed.log};
    assert_int_equal(pool_fork(bed.pool, bed.generation, 1), 1);
    pool_promote(bed.pool, bed.generation, true);
    reap_down_to(&bed, 0);
    assert_true(bed.pool->turn_broken);
    assert_int_equal(pool_fork(bed.pool, bed.generation, 1), 1);
    struct generation *next = pool_begin(bed.pool, &parts, &why);
    assert_non_null(next);
    pool_promote(bed.pool, next, false);
    reap_down_to(&bed, 0);
    assert_false(bed.pool->turn_broken);
    pool_retire(bed.pool, next);
    bed.generation = NULL;
    free_bed(&bed);
}

/* A reload is a fresh start, a renewal is not. */
static void test_what_is_known_of_deaths_ends_with_a_reload(void **state)
{
    struct bed bed;
    (void)state;
    make_bed(&bed, become_ready);
    bed.pool->policy.slow = true;
    pool_promote(bed.pool, bed.generation, false);
    assert_true(bed.pool->policy.slow);
    pool_promote(bed.pool, bed.generation, true);
    assert_false(bed.pool->policy.slow);
    free_bed(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_ready_when_all_are),
        cmocka_unit_test(test_is_given_up_when_some_hang),
        cmocka_unit_test(test_is_given_up_when_they_leave_at_once),
        cmocka_unit_test(test_nothing_is_left_of_who_died),
        cmocka_unit_test(test_only_the_present_lock_matters),
        cmocka_unit_test(test_what_is_known_of_deaths_ends_with_a_reload),
    };
    return unit_run("pool", tests, NULL, NULL);
}
