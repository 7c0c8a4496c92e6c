/* pace.c: one timerfd, set to the next arrival; see pace.h. */
#include "client/base/pace.h"

#include <err.h>
#include <sys/param.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "client/base/clock.h"

/* Arrivals handled at a time: replies have their turn between, however far behind we are. */
enum { PACE_BATCH = 64 };

int64_t pace_due(const struct pace *pace, uint64_t arrival)
{
    uint64_t round = arrival / pace->members, member = arrival % pace->members;
    uint64_t of_all = round * pace->connections + pace->index + member * pace->step;
    return pace->start + (int64_t)((double)of_all * pace->period);
}

/* It, or one a little before it: floating-point numbers are rounded down. */
static uint64_t guess_first(const struct pace *pace, int64_t time)
{
    if (time <= pace->start)
        return 0;
    uint64_t of_all = (uint64_t)((double)(time - pace->start) / pace->period);
    uint64_t round = of_all / pace->connections, rest = of_all % pace->connections;
    uint64_t member = rest < pace->index ? 0 : (rest - pace->index) / pace->step;
    return round * pace->members + member;
}

uint64_t pace_first(const struct pace *pace, int64_t time)
{
    uint64_t arrival = guess_first(pace, time);
    while (pace_due(pace, arrival) < time)
        arrival++;
    return arrival;
}

/* Setting it anew also takes back that it was readable. */
static void set_timer(struct pace *pace)
{
    int64_t due = pace_due(pace, pace->next);
    struct itimerspec when = {.it_value = {.tv_sec = due / CLOCK_SECOND, .tv_nsec = due % CLOCK_SECOND}};
    timerfd_settime(pace->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Within on_due it may be paused, or resumed. */
static void on_time(struct ev_loop *loop, ev_io *io, int events)
{
    struct pace *pace = io->data;
    int64_t now = clock_now();
    (void)events;
    for (int i = 0; i < PACE_BATCH && ev_is_active(io) && pace->next < pace->end && pace_due(pace, pace->next) <= now;
         i++)
        pace->on_due(pace, pace->next++, now);
    if (pace->next >= pace->end)
        ev_io_stop(loop, io);
    else if (ev_is_active(io))
        set_timer(pace);
}

bool pace_create(struct pace *pace)
{
    pace->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (pace->fd == -1) {
        warn("timerfd");
        return false;
    }
    ev_io_init(&pace->io, on_time, pace->fd, EV_READ);
    pace->io.data = pace;
    return true;
}

static void start(struct pace *pace)
{
    if (pace->next >= pace->end)
        return;
    set_timer(pace);
    ev_io_start(pace->loop, &pace->io);
}

void pace_begin(struct pace *pace, int64_t begin, int64_t end)
{
    pace->start = begin;
    pace->end = end == INT64_MAX ? UINT64_MAX : pace_first(pace, end);
    start(pace);
}

void pace_pause(struct pace *pace)
{
    ev_io_stop(pace->loop, &pace->io);
}

void pace_resume(struct pace *pace, int64_t now)
{
    pace->next = MAX(pace->next, pace_first(pace, now + 1));
    start(pace);
}

void pace_end(struct pace *pace, int64_t now)
{
    pace->end = MIN(pace->end, MAX(pace->next, pace_first(pace, now + 1)));
}

void pace_destroy(struct pace *pace)
{
    ev_io_stop(pace->loop, &pace->io);
    close(pace->fd);
}
