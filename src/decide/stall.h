/* stall.h: tells when the accept turn is stuck: connections wait, there are workers that could accept, and nobody does.
 * Pure; to be called at each look.
 *
 * Two clocks. By the workers' word: their count of accepted connections stands still, and the queue does not shrink,
 * for timeout: whoever has the turn is ended, since most likely it was stopped. By the kernel's evidence alone:
 * whatever the workers say, the queue neither empties nor shrinks from one look to the next for half a second more:
 * then what they share is not to be trusted, ending somebody has not helped or nobody was to be found, and a fresh
 * generation takes over. So a lie gains no more than that half second. */
#ifndef MPECHOD_STALL_H
#define MPECHOD_STALL_H

#include <stdbool.h>
#include <stdint.h>

/* What a look has seen. */
struct stall_sight {
    unsigned waiting; /* connections that wait to be accepted */
    bool counted;     /* waiting is a number, and not just "some", as of a Unix socket */
    unsigned able;    /* workers that are idle, or stopped without a connection; not those that say accept fails */
    uint64_t accepts; /* any number that changes when a connection is accepted; the workers' word */
};

enum stall_verdict {
    STALL_NONE,
    STALL_END,   /* end the holder of the turn, and who is stopped */
    STALL_RENEW, /* start a fresh generation */
};

/* All 0 to begin. */
struct stall {
    bool watching;
    bool ended;          /* STALL_END was said */
    double word_since;   /* the look at which accepts last changed, or at which the watch began */
    double kernel_since; /* likewise, the queue last shrank */
    uint64_t accepts;
    unsigned waiting;
};

#define STALL_MORE 0.5 /* seconds beyond timeout, by the kernel's clock */

/* timeout: seconds, 0 = never stuck. After STALL_RENEW the watch begins anew. */
enum stall_verdict stall_check(struct stall *stall, const struct stall_sight *sight, double timeout, double now);

/* Seconds until the next look, so that nothing is said late and no shrinking is missed; 0: nothing is watched. */
double stall_left(const struct stall *stall, double timeout, double now);

#endif
