/* prober.h: one message after another, each timed and verified, on a connection that is made anew when it broke, or for
 * every probe. The owner says when to probe and for how long, and is told by callbacks from the loop.
 */
#ifndef MPECHO_PROBER_H
#define MPECHO_PROBER_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/base/tally.h"
#include "client/base/target.h"
#include "client/report/result.h"

struct prober;

/* Within them prober_send and prober_stop may be called. now: see clock.h. */
struct prober_events {
    /* A probe came to its end. Its note: why it is lost, or that its connection replaced another. */
    void (*ended)(void *owner, const struct probe *probe, int64_t now);
    /* The connection broke while nothing was owed. The next probe makes another. */
    void (*broke)(void *owner, const char *why);
};

struct prober_plan {
    struct ev_loop *loop;
    const struct target_found *found; /* the target, and the first connection to it; its fd, which does not
                                         block, becomes the prober's */
    int64_t begun;                    /* when the run began: what a probe's `at` counts from */
    int64_t limit;             /* for a probe and the connection it needs; once more if this process was stopped */
    bool lines;                /* messages are lines */
    bool single;               /* a connection for every probe */
    bool reset;                /* such a connection is ended by a reset, which leaves no TIME-WAIT */
    struct tally *tally;       /* the caller's. single: response counts from before connecting, service does not */
    struct problems *problems; /* the caller's, for why probes and connections were lost; or NULL */
    const struct prober_events *events;
    void *owner;
};

/* Copies the plan. NULL: no memory or no random numbers, which was reported; the connection is closed. */
struct prober *prober_create(const struct prober_plan *plan);

/* Is a probe on its way? */
bool prober_is_busy(const struct prober *prober);

/* So many bytes, the first of the first connection, hold every value that a byte can have, or a line's. Of the first 64
 * of them, some are those that servers and what lies between change most: newline, carriage return, NUL and 0xff. */
enum { PROBER_COMPLETE = 1400 };

/* When not busy: send a message of this size, at least 1. `ended` will be told. */
void prober_send(struct prober *prober, uint64_t size, int64_t now);

/* Stop. If a probe on its way has come back, or failed, that is told. Else it counts as lost if some of its reply is
 * wrong, or if it has waited for more than twice the slowest reply, and otherwise as never sent, as in ping(8). */
void prober_stop(struct prober *prober, int64_t now);

/* May be NULL. */
void prober_destroy(struct prober *prober);

#endif
