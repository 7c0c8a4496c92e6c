/* state.h: what pool.c, look.c and reap.c share; nobody else includes it. */
#ifndef MPECHOD_POOL_STATE_H
#define MPECHOD_POOL_STATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "contract/job.h"
#include "decide/bucket.h"
#include "decide/policy.h"
#include "master/board.h"
#include "master/pool/generation.h"
#include "master/pool/orders.h"
#include "master/pool/roster.h"

struct pool {
    void (*run)(const struct worker_job *);
    const struct title *title;
    pid_t master;
    int bell_read, bell_write; /* the doorbell: a pipe, so that the master's end is not the workers' */
    struct board *board;
    struct orders *orders;
    unsigned char *buffer; /* every worker's, copied on its first write to it */
    struct roster roster;
    struct generation *generations; /* the newest first */
    struct generation *current;     /* the one that the policy keeps in shape; NULL: none */
    struct policy policy;
    double deadline; /* of generations that are retired from now on; 0: none */
    uint64_t lost;   /* lines that workers who are dead could not log */
    bool turn_broken;
    int unsignalled; /* errno of a kill(2) that failed; 0: none has */
    bool unsignalled_told;
    bool spoilt;              /* the policy wants workers that share nothing with those that are there */
    struct bucket obituaries; /* lines about deaths */
    unsigned long unnamed;    /* deaths without one, not told of yet */
    double unnamed_since;     /* the first of them */
    bool killing;             /* pool_kill was called: deaths are not worth a line */
};

/* Fork n workers into a generation, or as many as can be in a short time. Returns how many; if fewer, errno is why, or
 * 0 if there was no time for more. */
unsigned pool_fork(struct pool *pool, struct generation *generation, unsigned n);

/* If the worker in that slot says that it is ready, remember it. */
void pool_see(struct pool *pool, size_t slot, double now);

/* Send sig to one worker, or to all workers of a generation (NULL: of all generations). */
void pool_signal_worker(struct pool *pool, struct roster_worker *worker, int sig);
void pool_signal(struct pool *pool, const struct generation *generation, int sig);

/* What workers of that user get as worker_terms.patience; and log, once, that workers cannot be signalled, if that is
 * so. */
double pool_patience(const struct pool *pool, uid_t uid);
void pool_say_unsignalled(struct pool *pool, struct log *log);

/* When the connections of a retired generation must have ended. Workers that wait for a client are woken to see it. */
void pool_set_generation_deadline(struct pool *pool, struct generation *generation, double deadline);

#endif
