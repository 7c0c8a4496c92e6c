/* stall.h: tells when the accept turn is stuck: connections wait, there are workers that could accept, and nobody does.
 * Pure; to be called at each look.
 *
 * There are two clocks. The first goes by the workers' word: if their count of accepted connections stands still, and
 * the queue does not shrink, for timeout, then whoever has the turn is ended, since most likely it was stopped. The
 * second goes by the kernel's evidence alone: if the queue neither empties nor shrinks from one look to the next for
 * half a second more, whatever the workers say, then ending somebody has not helped, or nobody was found, and a new
 * generation takes over. So a lie gains no more than that half second. An example, with a timeout of 1 s:
 *
 *   at 0.0    3 connections wait, 70 accepted     the watch begins
 *   at 0.5    4 wait, 70 accepted                 no progress by either clock
 *   at 1.0    4 wait, 70 accepted                 STALL_END
 *   at 1.1    3 wait, 71 accepted                 progress by both clocks: both begin anew
 *
 * If a worker counts up without accepting, so that 71, 72, 73 are accepted and 4 still wait, the first clock begins
 * anew each time; the second does not, and says STALL_RENEW at 1.5. */
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

#define STALL_MORE 0.25 /* seconds beyond timeout, by the kernel's clock */

/* timeout: seconds, 0 = never stuck. After STALL_RENEW the watch begins anew. */
enum stall_verdict stall_check(struct stall *stall, const struct stall_sight *sight, double timeout, double now);

/* Seconds until the next look, so that nothing is said late and no shrinking is missed; 0: nothing is watched. */
double stall_left(const struct stall *stall, double timeout, double now);

#endif
