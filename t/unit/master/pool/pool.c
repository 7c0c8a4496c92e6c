/* pool.c: how a generation that is begun gets on, with real children: when it is ready, and when it is given up. */
#include "unit.h"

#include <poll.h>

#include "contract/exits.h"
#include "master/pool/generation.h"
#include "master/pool/pool.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_ready_when_all_are),
        cmocka_unit_test(test_is_given_up_when_some_hang),
        cmocka_unit_test(test_is_given_up_when_they_leave_at_once),
    };
    return unit_run("pool", tests, NULL, NULL);
}
