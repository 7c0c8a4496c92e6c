/* state.h: what master.c, requests.c, rollout.c and stopping.c share; nobody else includes it. */
#ifndef MPECHOD_MASTER_STATE_H
#define MPECHOD_MASTER_STATE_H

#include <ev.h>
#include <stdbool.h>

#include "contract/log.h"
#include "decide/renewal.h"
#include "master/children.h"
#include "master/deploy.h"
#include "master/errand.h"
#include "master/logger.h"
#include "master/master.h"
#include "master/pool/pool.h"

enum phase {
    PHASE_STARTING, /* not ready yet: whatever fails is fatal */
    PHASE_RUNNING,
    PHASE_EMPTYING, /* stopping: nobody new gets in, the queues are served */
    PHASE_DRAINING, /* stopping: connections get the drain time */
};

/* Why a generation is started. */
enum rollout_kind {
    ROLLOUT_NONE,
    ROLLOUT_START,   /* the first one */
    ROLLOUT_RELOAD,  /* for a configuration that was read anew */
    ROLLOUT_RENEWAL, /* for the same configuration: something that workers share was broken, such as a listener */
};

/* What is on its way to take the place of what is live; see rollout.h. */
struct rollout {
    enum rollout_kind kind;
    struct errand errand;        /* prepares the candidate */
    double errand_end;           /* when it is given up, clock_now() */
    bool opening;                /* the logger opens the candidate's target */
    struct deploy *candidate;    /* what the new generation belongs to; NULL: none, or the live one */
    struct generation *starting; /* NULL: none */
    bool reload_wanted;          /* to be done when this one is over */
    bool renewal_wanted;
    struct renewal renewals;
};

struct master {
    const struct master_setup *setup;
    enum phase phase;
    int exit_code;
    bool paused;
    struct children children;
    bool reap_wanted; /* children have died, or may have */
    struct rollout rollout;
    double stop_deadline; /* clock_now(); 0: none */
    unsigned generation;  /* the newest one's number */
    int stderr_fd;        /* what we were started with; -1: let go of */
    struct logger *logger;
    struct log log; /* at the level of the live configuration */
    struct pool *pool;
    struct deploy *live; /* NULL: starting */
    struct ev_loop *loop;
    ev_io signals, doorbell, errand, answers;
    ev_timer tick, again;
    double last_look; /* clock_now() */
};

/* Look at the pool after so many seconds, at the latest. */
void master_look_after(struct master *m, double seconds);

#endif
