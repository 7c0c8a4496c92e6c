/* lane.c: the thread, its lock, and handing over what was counted; see lane.h. libev calls `release` before it waits
 * and `acquire` after, so that the lock is held while anything of the lane is touched, at a cost for each wake-up and
 * none for each message. */
#include "lane.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

static void release(struct ev_loop *loop) EV_THROW
{
    struct lane *lane = ev_userdata(loop);
    pthread_mutex_unlock(&lane->lock);
}

/* A mutex alone is not fair: a busy lane has it again before another thread that was woken gets to run, for as long as
 * it is busy. With the gate, which that thread has shut behind itself, the lane comes after it. */
static void take_lock(struct lane *lane)
{
    pthread_mutex_lock(&lane->gate);
    pthread_mutex_lock(&lane->lock);
    pthread_mutex_unlock(&lane->gate);
}

static void acquire(struct ev_loop *loop) EV_THROW
{
    take_lock(ev_userdata(loop));
}

static void on_wake(struct ev_loop *loop, ev_async *wake, int events)
{
    struct lane *lane = wake->data;
    (void)loop;
    (void)events;
    if (lane->begun != 0 && !lane->beginning) {
        lane->beginning = true;
        ev_timer_start(lane->loop, &lane->sweep);
        lane->plan.kind->begin(lane, lane->begun);
    }
    if (lane->ended && !lane->ending && !lane->done) {
        lane->ending = true;
        lane->plan.kind->end(lane, clock_now());
    }
}

static void on_sweep(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct lane *lane = timer->data;
    (void)loop;
    (void)events;
    lane->plan.kind->sweep(lane, clock_now());
}

static void watch(struct lane *lane)
{
    const double period = (double)LANE_SWEEP / (double)CLOCK_SECOND;
    ev_async_init(&lane->wake, on_wake);
    lane->wake.data = lane;
    ev_async_start(lane->loop, &lane->wake);
    ev_timer_init(&lane->sweep, on_sweep, period, period);
    lane->sweep.data = lane;
    ev_set_userdata(lane->loop, lane);
    ev_set_loop_release_cb(lane->loop, release, acquire);
}

/* Its share, so that all together are as many as asked for. */
static size_t share(const struct options *options, size_t index)
{
    return options->connections / options->threads + (index < options->connections % options->threads);
}

struct lane *lane_create(const struct lane_plan *plan, size_t index)
{
    struct lane *lane = calloc(1, sizeof *lane);
    if (lane == NULL) {
        warnx("out of memory");
        return NULL;
    }
    lane->plan = *plan;
    lane->index = index;
    lane->members = share(plan->options, index);
    pthread_mutex_init(&lane->gate, NULL);
    pthread_mutex_init(&lane->lock, NULL);
    lane->loop = ev_loop_new(EVFLAG_NOENV);
    if (lane->loop == NULL)
        warnx("cannot make an event loop");
    if (lane->loop == NULL || !plan->kind->create(lane)) {
        lane_destroy(lane);
        return NULL;
    }
    watch(lane);
    return lane;
}

static void *run(void *argument)
{
    struct lane *lane = argument;
    const uint64_t one = 1;
    take_lock(lane);
    ev_run(lane->loop, 0);
    pthread_mutex_unlock(&lane->lock);
    if (write(lane->plan.notify, &one, sizeof one) != sizeof one)
        warn("eventfd");
    return NULL;
}

bool lane_start(struct lane *lane)
{
    int error = pthread_create(&lane->thread, NULL, run, lane);
    if (error == 0)
        return true;
    lane->thread = 0;
    errno = error;
    warn("cannot make a thread");
    return false;
}

void lane_begin(struct lane *lane, int64_t now)
{
    take_lock(lane);
    lane->begun = now;
    pthread_mutex_unlock(&lane->lock);
    ev_async_send(lane->loop, &lane->wake);
}

static void hand_over(struct lane *lane, struct tally *tally, struct problems *problems)
{
    tally_merge(tally, &lane->tally);
    problems_merge(problems, &lane->problems);
    memset(&lane->tally, 0, sizeof lane->tally);
    memset(&lane->problems, 0, sizeof lane->problems);
}

void lane_collect(struct lane *lane, struct tally *tally, struct problems *problems)
{
    take_lock(lane);
    hand_over(lane, tally, problems);
    pthread_mutex_unlock(&lane->lock);
}

void lane_measure(struct lane *lane, struct tally *tally, struct problems *problems)
{
    take_lock(lane);
    hand_over(lane, tally, problems);
    lane->since = clock_now();
    pthread_mutex_unlock(&lane->lock);
}

void lane_end(struct lane *lane, bool hurry)
{
    take_lock(lane);
    lane->ended = true;
    lane->hurry = lane->hurry || hurry;
    pthread_mutex_unlock(&lane->lock);
    ev_async_send(lane->loop, &lane->wake);
}

bool lane_is_done(struct lane *lane)
{
    take_lock(lane);
    bool done = lane->done;
    pthread_mutex_unlock(&lane->lock);
    return done;
}

void lane_destroy(struct lane *lane)
{
    if (lane == NULL)
        return;
    if (lane->thread != 0) {
        lane_end(lane, true);
        pthread_join(lane->thread, NULL);
    }
    if (lane->load != NULL)
        lane->plan.kind->destroy(lane);
    if (lane->loop != NULL)
        ev_loop_destroy(lane->loop);
    pthread_mutex_destroy(&lane->lock);
    pthread_mutex_destroy(&lane->gate);
    free(lane);
}

void lane_done(struct lane *lane)
{
    lane->done = true;
    ev_break(lane->loop, EVBREAK_ALL);
}
