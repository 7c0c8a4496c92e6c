/* thread.c: the lock of a thread that never waits can be had all the same, its counters are handed over once, and it
 * comes to its end. */
#include "unit.h"

#include <stdatomic.h>
#include <sys/eventfd.h>

#include "client/load/thread.h"

#define BUSY (100 * CLOCK_US)

/* A load that is busy all the time: each turn of the loop takes BUSY, and counts one. */
struct busy {
    ev_idle idle;
    _Atomic uint64_t turns;
    struct thread *thread;
    bool begun, destroyed;
    int64_t at;
};

static void on_idle(struct ev_loop *loop, ev_idle *idle, int events)
{
    struct busy *busy = idle->data;
    int64_t until = clock_now() + BUSY;
    (void)loop;
    (void)events;
    while (clock_now() < until)
        ;
    busy->turns++;
    busy->thread->tally.sent++;
    hist_add(&busy->thread->tally.response, 1000);
    problems_add(&busy->thread->problems, NULL, "a turn", 1);
}

static struct busy the_busy; /* the load has no other place that outlives it */
static bool is_destroyed;

static bool create(struct thread *thread)
{
    the_busy = (struct busy){.thread = thread};
    thread->load = &the_busy;
    ev_idle_init(&the_busy.idle, on_idle);
    the_busy.idle.data = &the_busy;
    is_destroyed = false;
    return true;
}

static void begin(struct thread *thread, int64_t now)
{
    struct busy *busy = thread->load;
    busy->begun = true;
    busy->at = now;
    ev_idle_start(thread->loop, &busy->idle);
}

static void sweep(struct thread *thread, int64_t now)
{
    (void)thread;
    (void)now;
}

static void finish(struct thread *thread, int64_t now)
{
    struct busy *busy = thread->load;
    (void)now;
    ev_idle_stop(thread->loop, &busy->idle);
    thread_done(thread);
}

static void destroy(struct thread *thread)
{
    (void)thread;
    is_destroyed = true;
}

static const struct load load = {create, begin, sweep, finish, destroy};

static struct thread *start(struct options *options, int notify)
{
    options->connections = 7;
    options->threads = 3;
    struct thread *thread =
        thread_create(&(struct thread_plan){.options = options, .kind = &load, .notify = notify}, 0);
    assert_non_null(thread);
    assert_true(thread_start(thread));
    return thread;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* In the middle, as others run here, too. On most kernels a bare mutex would do as well: whoever waits for it is woken
 * while the loop polls. The gate is for when it is not. */
static void test_whoever_wants_the_lock_has_it_next(void **state)
{
    enum { TIMES = 101 };
    static struct options options;
    struct tally *tally = calloc(1, sizeof *tally);
    static struct problems problems;
    uint64_t turns[TIMES], sent = 0;
    int notify = eventfd(0, EFD_CLOEXEC);
    (void)state;
    struct thread *thread = start(&options, notify);
    assert_int_equal(thread->members, 3);
    thread_begin(thread, 77, 78);
    while (the_busy.turns == 0)
        usleep(100);
    for (int i = 0; i < TIMES; i++) {
        usleep(300); /* to wake up in the middle of a turn */
        uint64_t before = the_busy.turns;
        memset(tally, 0, sizeof *tally);
        thread_collect(thread, tally, &problems);
        turns[i] = the_busy.turns - before;
        sent += tally->sent;
        assert_int_equal(tally->sent, tally->response.count);
    }
    qsort(turns, TIMES, sizeof turns[0], by_size);
    assert_in_range(turns[TIMES / 2], 0, 3);
    assert_int_equal(the_busy.at, 77);
    assert_int_equal(thread->since, 78);
    assert_false(thread_is_done(thread));
    thread_end(thread, false);
    uint64_t one;
    assert_int_equal(read(notify, &one, sizeof one), sizeof one);
    assert_true(thread_is_done(thread));
    assert_false(thread->hurry);
    memset(tally, 0, sizeof *tally);
    thread_collect(thread, tally, &problems);
    sent += tally->sent;
    assert_int_equal(sent, the_busy.turns);
    assert_int_equal(problems.problem[0].count, sent);
    memset(tally, 0, sizeof *tally);
    thread_collect(thread, tally, &problems);
    assert_int_equal(tally->sent, 0);
    assert_int_equal(problems.problem[0].count, sent);
    thread_destroy(thread);
    assert_true(is_destroyed);
    free(tally);
    close(notify);
}

/* It may be ended before it has begun, in a hurry or not; and a hurry is not taken back. */
static void test_ends_before_it_begins(void **state)
{
    static struct options options;
    int notify = eventfd(0, EFD_CLOEXEC);
    struct thread *thread = start(&options, notify);
    uint64_t one;
    (void)state;
    thread_end(thread, true);
    thread_end(thread, false);
    assert_int_equal(read(notify, &one, sizeof one), sizeof one);
    assert_true(thread->hurry);
    assert_false(the_busy.begun);
    thread_destroy(thread);
    close(notify);
}

static void test_shares(void **state)
{
    static struct options options = {.connections = 7, .threads = 3};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct thread *thread = thread_create(&(struct thread_plan){.options = &options, .kind = &load}, i);
        assert_int_equal(thread->members, i == 0 ? 3 : 2);
        thread_destroy(thread);
    }
    thread_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whoever_wants_the_lock_has_it_next),
        cmocka_unit_test(test_ends_before_it_begins),
        cmocka_unit_test(test_shares),
    };
    return unit_run("thread", tests, NULL, NULL);
}
