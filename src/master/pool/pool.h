/* pool.h: the workers: forked, watched, reaped and retired. The pool's own memory says who they are; what they say of
 * themselves (board, turn) is gossip that decides no more than how many to fork or to send away. */
#ifndef MPECHOD_POOL_H
#define MPECHOD_POOL_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/reason.h"
#include "conf/conf.h"
#include "contract/job.h"
#include "contract/log.h"
#include "master/listener/listen.h"

struct pool;

struct generation; /* see generation.h */

/* What a look at the pool has shown. */
struct pool_report {
    bool more;        /* look again at once: there is more to fork */
    double retry;     /* seconds after which to look again; 0: the next tick will do */
    unsigned waiting; /* connections in the accept queues */
    bool broken;      /* a listening socket is broken */
    bool renew;       /* the turn is broken: a new generation is needed */
    bool deaf;        /* nobody takes the turn while connections wait: likewise, and at once */
};

/* run: what a new child does; never returns. title: where a worker says what it is. NULL with a reason on failure. */
struct pool *pool_create(void (*run)(const struct worker_job *), const struct title *title, struct reason *why);
void pool_destroy(struct pool *pool);

/* The descriptor that is readable when a worker has rung; and empty it, before the look. */
int pool_doorbell(const struct pool *pool);
void pool_answer_doorbell(struct pool *pool);

/* Begin a generation: its lifeline and turn, no workers yet. NULL with a reason on failure. */
struct generation_parts;
struct generation *pool_begin(struct pool *pool, const struct generation_parts *parts, struct reason *why);

/* Get on with a generation that was begun: fork, a batch at a time, until conf->start workers are ready. */
enum pool_progress { POOL_STARTING, POOL_READY, POOL_FAILED };
enum pool_progress pool_start(struct pool *pool, struct generation *generation, struct reason *why);

/* Whether all workers that it starts with have been forked, ready or not. */
bool pool_is_forked(const struct generation *generation);

/* Make a generation the current one, which the policy keeps in shape. The one before it is retired. anew: it has a new
 * configuration, so what is known of deaths and failures says nothing about it. */
void pool_promote(struct pool *pool, struct generation *generation, bool anew);

/* Retire: no worker of it accepts any more, each finishes the connection it has. */
void pool_retire(struct pool *pool, struct generation *generation);
/* Retire a generation that is not to become the current one; those of its workers that are not ready yet, which may be
 * stuck, are killed. */
void pool_abandon(struct pool *pool, struct generation *generation);
void pool_retire_current(struct pool *pool);
bool pool_has_current(const struct pool *pool);

/* Connections of retired generations, those to come included, must have ended by deadline (clock_now(), 0 = never). */
void pool_set_deadline(struct pool *pool, double deadline);

/* See what there is and do what it calls for: fork, thin, break a stall, end what is overdue. */
struct pool_report pool_look(struct pool *pool, struct log *log);

/* What waitpid says of a child. It is buried if it was a worker and has ended. A look is due afterwards. */
void pool_note_child(struct pool *pool, pid_t pid, int status, struct log *log);

/* End all workers now. */
void pool_kill(struct pool *pool);

/* Lines that workers could not log, so far; those of the dead included. Gossip. */
uint64_t pool_lost(const struct pool *pool);

/* Workers, of all generations. */
unsigned pool_size(const struct pool *pool);

#endif
