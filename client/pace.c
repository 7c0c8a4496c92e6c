/* pace.c: one timerfd, set to the next arrival; see pace.h. */
#include "pace.h"

#include <err.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"

int64_t pace_due(const struct pace *pace, uint64_t arrival)
{
    return pace->start + (int64_t)((double)arrival * pace->period);
}

/* Arrivals handled at a time: others have their turn between, however far behind we are. */
enum { PACE_BATCH = 1024 };

/* Setting it anew also takes back that it was readable. */
static void set_timer(struct pace *pace)
{
    int64_t due = pace_due(pace, pace->next);
    struct itimerspec when = {.it_value = {.tv_sec = due / CLOCK_SECOND, .tv_nsec = due % CLOCK_SECOND}};
    timerfd_settime(pace->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void on_time(struct ev_loop *loop, ev_io *io, int events)
{
    struct pace *pace = io->data;
    int64_t now = clock_now();
    (void)events;
    for (int i = 0; i < PACE_BATCH && pace->next < pace->end && pace_due(pace, pace->next) <= now; i++)
        pace->on_due(pace, pace->next++, now);
    if (pace->next < pace->end)
        set_timer(pace);
    else
        ev_io_stop(loop, io);
}

bool pace_create(struct pace *pace)
{
    pace->end = UINT64_MAX;
    pace->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (pace->fd == -1) {
        warn("timerfd");
        return false;
    }
    ev_io_init(&pace->io, on_time, pace->fd, EV_READ);
    pace->io.data = pace;
    return true;
}

void pace_begin(struct pace *pace, int64_t start)
{
    pace->start = start;
    set_timer(pace);
    ev_io_start(pace->loop, &pace->io);
}

void pace_end(struct pace *pace, int64_t now)
{
    uint64_t due =
        pace->start == 0 || now < pace->start ? 0 : (uint64_t)((double)(now - pace->start) / pace->period) + 1;
    pace->end = due > pace->next ? due : pace->next;
    ev_io_stop(pace->loop, &pace->io);
}

void pace_destroy(struct pace *pace)
{
    ev_io_stop(pace->loop, &pace->io);
    close(pace->fd);
}
