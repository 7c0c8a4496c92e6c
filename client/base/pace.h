/* pace.h: the open loop's clock: arrivals at a constant rate, whatever the server does. All threads share one schedule:
 * its arrivals go to the connections in turn, and a pace has those of one thread's connections. It wakes up by a
 * timerfd, as libev's own timers on epoll are good to a millisecond only. Not here: who sends what is due, and when it
 * cannot be sent at once. */
#ifndef MPECHO_PACE_H
#define MPECHO_PACE_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct pace {
    struct ev_loop *loop;
    ev_io io;
    int fd;
    double period;        /* ns between arrivals, of all threads */
    uint64_t connections; /* of all threads */
    uint64_t index, step; /* of all arrivals of a round, its own are index, index + step, ...: */
    uint64_t members;     /* so many of them */
    int64_t start;        /* when the schedule begins */
    uint64_t next;        /* arrivals, its own counted from 0: the first that on_due has not been called for */
    uint64_t end;         /* this arrival does not happen, nor does any after it */
    void *owner;
    void (*on_due)(struct pace *pace, uint64_t arrival, int64_t now); /* each once, in order, never early */
};

/* Set before: loop, period, connections, index, step, members, owner, on_due. False: no descriptor, which was reported.
 */
bool pace_create(struct pace *pace);

/* Start the schedule: arrivals from begin until before end; INT64_MAX: for ever. */
void pace_begin(struct pace *pace, int64_t begin, int64_t end);

/* When an arrival is due. It belongs to connection arrival % members of this thread. */
int64_t pace_due(const struct pace *pace, uint64_t arrival);

/* The first arrival that is due then or later, not bounded by the end. */
uint64_t pace_first(const struct pace *pace, int64_t time);

/* on_due is not called until pace_resume, and never for what becomes due before that. */
void pace_pause(struct pace *pace);

void pace_resume(struct pace *pace, int64_t now);

/* The end is now, if it has not been before. What is due by now may still have its on_due to come. */
void pace_end(struct pace *pace, int64_t now);

void pace_destroy(struct pace *pace);

#endif
