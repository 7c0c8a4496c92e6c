/* turn.h: how a worker takes its turn and gives it back; see contract/turn.h. */
#ifndef MPECHOD_WORKER_TURN_H
#define MPECHOD_WORKER_TURN_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "contract/turn.h"

/* A worker's own, in memory that no other process has. It must stay where it is: the kernel knows its address. */
struct taker {
    struct robust_list_head list; /* always empty but for the operation that is pending for good: the turn's word */
    struct turn *turn;
    uint32_t tid;
    atomic_bool serving;   /* a connection that was accepted is not done with, though it may be closed */
    atomic_bool dismissed; /* TERM has come: see worker/process.c */
};

/* Once, in a new worker: if this process dies while it has the turn, the kernel frees it. False with errno. */
bool turn_enter(struct taker *taker, struct turn *turn);

/* Wait for the turn. False: the lock is broken beyond use, or the worker is to leave. */
bool turn_take(struct taker *taker);

/* Give it back; wakes one that waits. */
void turn_give(struct taker *taker);

/* The struct taker of this process, for a signal handler, which has no other way to find it. NULL: turn_enter was not
 * called. */
struct taker *turn_taker(void);

#endif
