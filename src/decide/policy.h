/* policy.h: how many workers there should be. A pure function of what is seen, the limits, a little state and the
 * time: no clock, no system call, no log inside, so that it can be simulated and property-tested on its own.
 *
 * The rules: what is missing (min_spare - idle + connections waiting) is forked at once, but never above max_workers.
 * Surplus workers are sent away gradually ("thinned"), by the lowest idle count seen lately, so that this never undoes
 * a fork that load asked for. An example, with min_spare 5 and max_spare 10: 3 workers are idle and 4 connections wait,
 * so 5 - 3 + 4 = 6 workers are forked. When 30 workers have been idle for one to two seconds, (30 - 10) / 2 = 10 of
 * them are sent away, a second later 5, then 3, 1 and 1.
 *
 * There are two kinds of bad death, told apart by whether the worker had been ready to serve. A stillborn worker shows
 * that starting workers does not work: ten of them, and only one worker is forked at a time, to probe, after longer and
 * longer pauses, until one is ready. A worker that crashes later on may have been crashed by its client, who must not
 * be able to shut the others out: it is replaced at once, from a token bucket, which bounds what replacing costs.
 * Whether a worker was ready is its own word: by a lie it chooses between these two rates, and no more. */
#ifndef MPECHOD_POLICY_H
#define MPECHOD_POLICY_H

#include <stdbool.h>

#include "decide/bucket.h"

/* Workers, 1 to 32768 each; min_spare <= max_spare <= max_workers. */
struct policy_limits {
    unsigned min_spare, max_spare, max_workers;
};

/* What the pool looks like. The counts are gossip in part and may be a little old. */
struct policy_view {
    unsigned total;    /* workers of the current generation, whatever they do */
    unsigned idle;     /* those of them that wait for a connection or are starting */
    unsigned thinning; /* idle workers that have been told to leave and have not left yet */
    unsigned waiting;  /* connections in the accept queues */
};

/* What the log is to say. */
enum policy_notice {
    POLICY_FULL = 1 << 0,          /* max_workers reached and connections are waiting */
    POLICY_STILLBORN = 1 << 1,     /* forking slows down, for workers end before they are ready */
    POLICY_STARTING = 1 << 2,      /* workers can be started again */
    POLICY_CRASHING = 1 << 3,      /* workers crash faster than they are replaced */
    POLICY_SPOILT = 1 << 4,        /* so many crash by a fault that new workers should share nothing with them */
    POLICY_CALM = 1 << 5,          /* after one of these two: none has crashed for a while */
    POLICY_FORK_FAILING = 1 << 6,  /* fork failed and will be tried again */
    POLICY_FORKING_AGAIN = 1 << 7, /* fork works again */
};

struct policy_decision {
    unsigned fork, thin; /* at most one of the two is not 0 */
    unsigned notices;    /* enum policy_notice, each once an episode */
    bool more;           /* fork is not all that is wanted: ask again at once */
    double retry;        /* seconds until something held back may be done; 0: nothing is held back */
};

enum {
    POLICY_BATCH = 256,        /* forks between two looks at signals: some 30 ms */
    POLICY_STILLBORN_MAX = 10, /* this many stillborn workers without a pause begin an episode */
    POLICY_FAULTS_MAX = 10,    /* this many faults within POLICY_CRASH_MEMORY: what they share may be spoilt */
    POLICY_REPLACE_BURST = 64, /* crashed workers that are replaced at once; min_spare, if that is more */
    POLICY_REPLACE_RATE = 16,  /* and so many a second after that */
};

#define POLICY_SLOWEST 60.0      /* seconds between two probes at most */
#define POLICY_WINDOW 1.0        /* seconds; thinning goes by the lowest idle count of the last one to two windows */
#define POLICY_CRASH_MEMORY 10.0 /* seconds without a crash after which the earlier ones are forgotten */

/* How a worker ended that should not have. */
enum policy_death {
    POLICY_DEATH_STILLBORN, /* before it was ready, or of its own accord before it had served anybody */
    POLICY_DEATH_CRASH,
};

/* All 0 to begin. */
struct policy {
    unsigned notices; /* not yet handed out */
    bool full;
    unsigned lowest_now, lowest_before; /* idle, in this window and the one before it */
    double window_end;
    /* Workers that cannot be started. */
    unsigned stillborn;
    double last_stillborn; /* when the last of them was */
    bool slow;             /* an episode of them */
    double probe_delay;    /* seconds, in an episode */
    double probe_next;     /* when the next probe may be forked */
    double probe_born;     /* when the last one was; 0: none lives */
    double slow_ended;     /* when the last episode of them was over */
    /* Workers that crash. */
    struct bucket replacements;
    unsigned unreplaced; /* crashed, and not replaced yet */
    double last_crash;
    bool crashing, spoilt;            /* an episode of them, in which this has been said */
    double faults[POLICY_FAULTS_MAX]; /* when the last ones were */
    unsigned fault_next;              /* the oldest of them */
    bool fork_failing;
    double fork_delay, fork_next;
};

/* From now on this is about another generation, with idle workers of its own. What is known of deaths and failures
 * stays: the new one may be no better. */
void policy_begin_generation(struct policy *policy);

struct policy_decision policy_decide(struct policy *policy, const struct policy_limits *limits,
                                     const struct policy_view *view, double now);

/* A worker ended as it should not have. fault: by a signal that says that its memory was not as it should be. */
void policy_note_death(struct policy *policy, enum policy_death death, bool fault, double now);

/* A worker has become ready. */
void policy_note_ready(struct policy *policy, double now);

/* A fork was tried. */
void policy_note_fork(struct policy *policy, bool worked, double now);

#endif
