/* pace.h: the open loop's clock: arrivals at a constant rate, whatever the server does. Called by stream and datagrams.
 * Wakes up by a timerfd, as libev's own timers on epoll are good to a millisecond only. Fails for want of a descriptor,
 * having told the user. Not here: what an arrival is, nor who sends it when it cannot be sent at once. */
#ifndef MPECHO_PACE_H
#define MPECHO_PACE_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct pace {
    struct ev_loop *loop;
    ev_io io;
    int fd;
    double period; /* ns between arrivals */
    int64_t start; /* when arrival 0 is due */
    uint64_t next; /* the first that on_due has not been called for */
    uint64_t end;  /* there are none from this one on */
    void *owner;
    void (*on_due)(struct pace *pace, uint64_t arrival, int64_t now); /* each once, in order, never early */
};

/* Set loop, period, owner and on_due before. */
bool pace_create(struct pace *pace);

void pace_begin(struct pace *pace, int64_t start);

int64_t pace_due(const struct pace *pace, uint64_t arrival);

/* Nothing that is not due yet becomes so. on_due is not called any more, also for what is due since a moment. */
void pace_end(struct pace *pace, int64_t now);

void pace_destroy(struct pace *pace);

#endif
