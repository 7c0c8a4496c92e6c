/* lane.h: one thread of bench: its libev loop, its share of the connections, and what it counts. Called by bench, from
 * its own thread; the functions may be called at any time, for the lane's lock is free while it waits for events.
 * lane_create fails for want of memory or descriptors, having told the user. Not here: what is sent, see stream.h. */
#ifndef MPECHO_LANE_H
#define MPECHO_LANE_H

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "problems.h"
#include "tally.h"
#include "target.h"

struct lane;

/* What a lane drives. Called in its thread, with its lock held. */
struct lane_load {
    bool (*create)(struct lane *lane);             /* set lane->load up; false: out of memory or the like, told */
    void (*begin)(struct lane *lane, int64_t now); /* start sending */
    void (*sweep)(struct lane *lane, int64_t now); /* every LANE_SWEEP: give up on what waits for too long */
    void (*end)(struct lane *lane, int64_t now);   /* start nothing new; lane_done when nothing is on its way */
    void (*destroy)(struct lane *lane);
};

#define LANE_SWEEP (100 * CLOCK_MS)
#define LANE_HURRY CLOCK_SECOND

/* What bench asks of every lane. */
struct lane_plan {
    const struct options *options;
    const struct target *target;
    const struct lane_load *kind;
    uint64_t run;       /* see pattern.h */
    int64_t trial_took; /* to connect */
    int trial;          /* a connection that was made to find the server, for the first lane to begin with; -1: none */
    int notify;         /* an eventfd: written to when a lane is done */
};

/* For the load: all of it in its own thread. */
struct lane {
    struct lane_plan plan;
    size_t index;   /* among the lanes */
    size_t members; /* its share of the connections */
    struct ev_loop *loop;
    void *load;
    bool ending;
    struct tally tally; /* since lane_collect */
    int64_t since;      /* what was due before is not counted */
    struct problems problems;

    pthread_t thread;
    pthread_mutex_t gate; /* who wants the lock next; see lane.c */
    pthread_mutex_t lock;
    ev_async wake;
    ev_timer sweep;
    int64_t begun; /* lane_begin was called: with this time */
    bool beginning;
    bool ended; /* lane_end was called */
    bool hurry;
    bool done;
};

/* NULL after a failure. */
struct lane *lane_create(const struct lane_plan *plan, size_t index);

/* Start its thread, which then waits for lane_begin. */
bool lane_start(struct lane *lane);

/* Begin to send. now: the same for all lanes, after all have been started. */
void lane_begin(struct lane *lane, int64_t now);

/* The same as lane_collect, and from this moment on do not count what was due before. */
void lane_measure(struct lane *lane, struct tally *tally, struct problems *problems);

/* Add what was counted since the last time to *tally, and what went wrong to *problems. */
void lane_collect(struct lane *lane, struct tally *tally, struct problems *problems);

/* Tell it to come to its end: when nothing is on its way any more, at the latest after options->timeout; or, in a
 * hurry, after LANE_HURRY, and what is on its way then is lost. */
void lane_end(struct lane *lane, bool hurry);

bool lane_is_done(struct lane *lane);

/* Joins the thread, if it was started; ends it first. */
void lane_destroy(struct lane *lane);

/* For the load: its end has come. */
void lane_done(struct lane *lane);

#endif
