/* policy.h: how many workers there should be. A pure function of what is seen, the limits, a little state and the
 * time: no clock, no system call, no log inside, so that it can be simulated and property-tested on its own.
 *
 * The rules: fork what is missing at once (min_spare - idle + connections waiting), never above max_workers;
 * retire gradually, by the lowest idle count seen lately, so that retiring never undoes a fork that load asked for;
 * when workers die young, or fork fails, slow down and say so once an episode. */
#ifndef MPECHOD_POLICY_H
#define MPECHOD_POLICY_H

#include <stdbool.h>

/* Workers, 1 to 32768 each; min_spare <= max_spare <= max_workers. */
struct policy_limits {
    unsigned min_spare, max_spare, max_workers;
};

/* What the pool looks like. The counts are gossip in part and may be a little old. */
struct policy_view {
    unsigned total;    /* workers of the current generation, whatever they do */
    unsigned idle;     /* those of them that wait for a connection or are starting */
    unsigned retiring; /* idle workers that have been told to leave and have not left yet */
    unsigned waiting;  /* connections in the accept queues */
};

enum policy_notice {
    POLICY_FULL = 1 << 0,          /* max_workers reached and connections are waiting */
    POLICY_DYING_YOUNG = 1 << 1,   /* forking slows down, for workers die at once */
    POLICY_LIVING_AGAIN = 1 << 2,  /* they no longer do */
    POLICY_FORK_FAILING = 1 << 3,  /* fork failed and will be tried again */
    POLICY_FORKING_AGAIN = 1 << 4, /* fork works again */
};

struct policy_order {
    unsigned fork, retire; /* at most one of the two is not 0 */
    unsigned notices;      /* enum policy_notice, each once an episode */
    bool more;             /* fork is not all that is wanted: ask again at once */
    double retry;          /* seconds until something held back may be done; 0: nothing is held back */
};

enum {
    POLICY_BATCH = 256,       /* forks between two looks at signals: some 30 ms */
    POLICY_YOUNG_DEATHS = 10, /* this many young deaths without a pause begin an episode */
};

#define POLICY_YOUNG 1.0    /* seconds; who dies abnormally before this age died young */
#define POLICY_SLOWEST 60.0 /* seconds between two probes at most */
#define POLICY_WINDOW 1.0   /* seconds; retiring goes by the lowest idle count of the last one to two windows */

/* All 0 to begin. */
struct policy {
    unsigned notices; /* not yet handed out */
    bool full;
    unsigned lowest_now, lowest_before; /* idle, in this window and the one before it */
    double window_end;
    unsigned young_deaths;
    double last_young;  /* when the last of them was */
    bool dying;         /* an episode of dying young */
    double probe_delay; /* seconds, in an episode */
    double probe_next;  /* when the next probe may be forked */
    double probe_born;  /* when the last one was; 0: none lives */
    bool fork_failing;
    double fork_delay, fork_next;
};

/* From now on this is about another generation, with idle workers of its own. What is known of deaths and failures
 * stays: the new one may be no better. */
void policy_begin_generation(struct policy *policy);

struct policy_order policy_decide(struct policy *policy, const struct policy_limits *limits,
                                  const struct policy_view *view, double now);

/* A worker died abnormally, age seconds after its start. */
void policy_note_death(struct policy *policy, double age, double now);

/* A fork was tried. */
void policy_note_fork(struct policy *policy, bool worked, double now);

#endif
