/* generation.h: workers that share a configuration and listeners, and leave together: their crews (crew.h) and what is
 * common. */
#ifndef MPECHOD_GENERATION_H
#define MPECHOD_GENERATION_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/reason.h"
#include "conf/conf.h"
#include "contract/job.h"
#include "contract/log.h"
#include "master/listener/listen.h"
#include "master/lockfile.h"
#include "master/pool/crew.h"
#include "master/pool/ledger.h"
#include "master/pool/orders.h"

struct generation {
    unsigned number;
    /* What workers are forked with; the master's, NULL once the generation is retired. */
    const struct conf *conf;
    const struct listen_set *listeners;
    struct log *log;
    struct worker_terms *terms; /* owned */

    struct crew crew;
    size_t index; /* of its places on what generations share: the orders, the lock file */
    struct orders *orders;
    unsigned forked;      /* workers, in all */
    unsigned readied;     /* of them, those that have become ready, dead ones included */
    unsigned stillborn;   /* those that ended before, unasked */
    unsigned workers;     /* alive */
    double progress;      /* when the last became ready, or when it was begun; clock_now() */
    double retired;       /* when generation_retire was */
    int failure;          /* exit status of a worker that could not even start; 0: none */
    struct ledger buried; /* what its dead have counted */
    double deadline;      /* clock_now() seconds: when its connections must have ended; 0: no limit */
    struct generation *older;
};

/* What it is made of; all of it lives as long as workers are forked into it. */
struct generation_parts {
    unsigned number;
    const struct conf *conf;
    const struct listen_set *listeners;
    const struct lockfile *lockfile;
    struct log *log;
};

/* NULL with a reason on failure. */
struct generation *generation_create(const struct generation_parts *parts, struct orders *orders, struct reason *why);

/* Before a worker is forked into it: listeners may have been opened anew or ended since the last one was. */
void generation_refresh(struct generation *generation);

/* Not before its last worker is gone, which could no longer be told when to end. */
void generation_destroy(struct generation *generation);

/* Close the lifeline: its workers take no more connections. */
void generation_retire(struct generation *generation);
bool generation_is_retired(const struct generation *generation);

void generation_set_deadline(struct generation *generation, double deadline);

#endif
