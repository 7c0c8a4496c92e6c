/* thread.c: the thread, its lock, and handing over what was counted; see thread.h. libev calls `release` before it
 * waits and `acquire` after, so that the lock is held while anything of the thread is touched, at a cost for each
 * wake-up and none for each message. */
#include "client/load/thread.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/clock.h"

static void release(struct ev_loop *loop) EV_THROW
{
    struct thread *thread = ev_userdata(loop);
    pthread_mutex_unlock(&thread->lock);
}

/* A bare mutex is unfair: a busy loop would take it again before a thread that was woken for it gets to run. Whoever
 * wants the lock holds the gate meanwhile, so that the loop queues behind. */
static void take_lock(struct thread *thread)
{
    pthread_mutex_lock(&thread->gate);
    pthread_mutex_lock(&thread->lock);
    pthread_mutex_unlock(&thread->gate);
}

static void acquire(struct ev_loop *loop) EV_THROW
{
    take_lock(ev_userdata(loop));
}

static void on_wake(struct ev_loop *loop, ev_async *wake, int events)
{
    struct thread *thread = wake->data;
    (void)loop;
    (void)events;
    if (thread->begun != 0 && thread->phase == THREAD_CREATED) {
        thread->phase = THREAD_SENDING;
        ev_timer_start(thread->loop, &thread->sweep);
        thread->plan.kind->begin(thread, thread->begun);
    }
    if (thread->ended && thread->phase < THREAD_ENDING) {
        thread->phase = THREAD_ENDING;
        thread->plan.kind->end(thread, clock_now());
    }
}

static void on_sweep(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct thread *thread = timer->data;
    (void)loop;
    (void)events;
    thread->plan.kind->sweep(thread, clock_now());
}

static void watch(struct thread *thread)
{
    const double period = clock_seconds(THREAD_SWEEP);
    ev_async_init(&thread->wake, on_wake);
    thread->wake.data = thread;
    ev_async_start(thread->loop, &thread->wake);
    ev_timer_init(&thread->sweep, on_sweep, period, period);
    thread->sweep.data = thread;
    ev_set_userdata(thread->loop, thread);
    ev_set_loop_release_cb(thread->loop, release, acquire);
}

/* Its share, so that all together are as many as asked for. */
static size_t share(const struct options *options, size_t index)
{
    return options->connections / options->threads + (index < options->connections % options->threads);
}

struct thread *thread_create(const struct thread_plan *plan, size_t index)
{
    struct thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL) {
        warnx("out of memory");
        return NULL;
    }
    thread->plan = *plan;
    thread->index = index;
    thread->members = share(plan->options, index);
    pthread_mutex_init(&thread->gate, NULL);
    pthread_mutex_init(&thread->lock, NULL);
    thread->loop = ev_loop_new(EVFLAG_NOENV);
    if (thread->loop == NULL)
        warnx("cannot make an event loop");
    if (thread->loop == NULL || !plan->kind->create(thread)) {
        thread_destroy(thread);
        return NULL;
    }
    watch(thread);
    return thread;
}

static void *run(void *argument)
{
    struct thread *thread = argument;
    const uint64_t one = 1;
    take_lock(thread);
    ev_run(thread->loop, 0);
    pthread_mutex_unlock(&thread->lock);
    if (write(thread->plan.notify, &one, sizeof one) != sizeof one)
        warn("eventfd");
    return NULL;
}

bool thread_start(struct thread *thread)
{
    int error = pthread_create(&thread->handle, NULL, run, thread);
    if (error == 0)
        return true;
    thread->handle = 0;
    errno = error;
    warn("cannot make a thread");
    return false;
}

void thread_begin(struct thread *thread, int64_t now, int64_t since)
{
    take_lock(thread);
    thread->begun = now;
    thread->since = since;
    pthread_mutex_unlock(&thread->lock);
    ev_async_send(thread->loop, &thread->wake);
}

void thread_collect(struct thread *thread, struct tally *tally, struct problems *problems)
{
    take_lock(thread);
    tally_merge(tally, &thread->tally);
    problems_merge(problems, &thread->problems);
    memset(&thread->tally, 0, sizeof thread->tally);
    memset(&thread->problems, 0, sizeof thread->problems);
    pthread_mutex_unlock(&thread->lock);
}

void thread_end(struct thread *thread, bool hurry)
{
    take_lock(thread);
    thread->ended = true;
    thread->hurry = thread->hurry || hurry;
    pthread_mutex_unlock(&thread->lock);
    ev_async_send(thread->loop, &thread->wake);
}

bool thread_is_done(struct thread *thread)
{
    take_lock(thread);
    bool done = thread->phase == THREAD_DONE;
    pthread_mutex_unlock(&thread->lock);
    return done;
}

void thread_destroy(struct thread *thread)
{
    if (thread == NULL)
        return;
    if (thread->handle != 0) {
        thread_end(thread, true);
        pthread_join(thread->handle, NULL);
    }
    if (thread->load != NULL)
        thread->plan.kind->destroy(thread);
    if (thread->loop != NULL)
        ev_loop_destroy(thread->loop);
    pthread_mutex_destroy(&thread->lock);
    pthread_mutex_destroy(&thread->gate);
    free(thread);
}

void thread_done(struct thread *thread)
{
    thread->phase = THREAD_DONE;
    ev_break(thread->loop, EVBREAK_ALL);
}
