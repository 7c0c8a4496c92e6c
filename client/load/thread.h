/* thread.h: one thread of bench: its libev loop, its share of the connections, and what it counts. The functions may be
 * called from any other thread and at any time: the lock is free while the loop waits for events. What is sent is the
 * affair of its load. */
#ifndef MPECHO_THREAD_H
#define MPECHO_THREAD_H

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/base/clock.h"
#include "client/base/options.h"
#include "client/base/problems.h"
#include "client/base/tally.h"
#include "client/base/target.h"

struct thread;

/* What a thread drives. Called in it, with its lock held. */
struct load {
    bool (*create)(struct thread *thread);             /* set thread->load up; false: no memory or the like, reported */
    void (*begin)(struct thread *thread, int64_t now); /* start sending */
    void (*sweep)(struct thread *thread, int64_t now); /* every THREAD_SWEEP: give up on what has waited for too long */
    void (*end)(struct thread *thread, int64_t now);   /* start nothing new; thread_done when nothing is outstanding */
    void (*destroy)(struct thread *thread);
};

#define THREAD_SWEEP (100 * CLOCK_MS)
#define THREAD_HURRY CLOCK_SECOND

/* What bench asks of every thread. */
struct thread_plan {
    const struct options *options;
    const struct target *target;
    const struct load *kind;
    uint64_t seed;             /* see pattern.h */
    _Atomic uint32_t *numbers; /* see conn.h */
    int64_t trial_took;        /* ns to connect */
    int trial;                 /* the connection that found the server, for the first thread to begin with; -1: none */
    int notify;                /* an eventfd: written to when the thread is done */
};

enum thread_phase { THREAD_CREATED, THREAD_SENDING, THREAD_ENDING, THREAD_DONE };

struct thread {
    /* For the load. */
    struct thread_plan plan;
    size_t index;   /* among the threads */
    size_t members; /* its share of the connections */
    struct ev_loop *loop;
    void *load;
    enum thread_phase phase;
    bool hurry;         /* what is outstanding THREAD_HURRY after the end is lost */
    struct tally tally; /* since thread_collect */
    int64_t since;      /* what was due before is not counted */
    struct problems problems;

    /* Its own. */
    pthread_t handle;
    pthread_mutex_t gate; /* who wants the lock next; see thread.c */
    pthread_mutex_t lock;
    ev_async wake;
    ev_timer sweep;
    int64_t begun; /* the time given to thread_begin; 0: not called yet */
    bool ended;    /* thread_end was called */
};

/* NULL: no memory or no descriptors, which was reported. */
struct thread *thread_create(const struct thread_plan *plan, size_t index);

/* Start it; it then waits for thread_begin. */
bool thread_start(struct thread *thread);

/* Begin to send, and to count what is due at `since` or later. now: the same for all threads, after all have been
 * started. */
void thread_begin(struct thread *thread, int64_t now, int64_t since);

/* Add what was counted since the last time to *tally, and what went wrong to *problems. */
void thread_collect(struct thread *thread, struct tally *tally, struct problems *problems);

/* Tell it to come to its end: when nothing is outstanding any more. What was due has a second more to be sent, and
 * options->timeout to be answered; in a hurry it comes after THREAD_HURRY, and what is outstanding then is lost. Called
 * again it can only hurry. */
void thread_end(struct thread *thread, bool hurry);

bool thread_is_done(struct thread *thread);

/* Joins it, if it was started; ends it first. */
void thread_destroy(struct thread *thread);

/* For the load: its end has come. */
void thread_done(struct thread *thread);

#endif
