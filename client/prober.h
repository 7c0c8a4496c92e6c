/* prober.h: one message after another to the first address that answers, each timed and verified; the connection is
 * made anew when it broke, or for every probe. Called by ping and check, which say when to probe and for how long, and
 * are told by callbacks from the loop. prober_create fails for want of memory or random numbers, having told the user.
 * Not here: when to probe, what to print; datagrams. */
#ifndef MPECHO_PROBER_H
#define MPECHO_PROBER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"
#include "tally.h"
#include "target.h"

struct prober;

/* Within them prober_send and prober_stop may be called. now: see clock.h. */
struct prober_events {
    /* This address answered; from now on all connections go there. */
    void (*found)(void *owner, const struct target *target, int64_t now);
    /* None did. error: errno of the last one. */
    void (*unreachable)(void *owner, const char *why, int error);
    /* A probe came to its end. Its note: why it is lost, or that its connection replaced another. */
    void (*ended)(void *owner, const struct probe *probe, int64_t now);
    /* The connection broke while nothing was owed. The next probe makes another. */
    void (*broke)(void *owner, const char *why);
};

struct prober_plan {
    struct ev_loop *loop;
    const struct target *targets; /* the caller's; at least one */
    size_t count;
    uint64_t size;         /* of a message, at least 1 */
    int64_t connect_limit; /* for each address at the beginning */
    int64_t reply_limit;   /* for a probe, making a connection included if it needs one */
    bool single;           /* a connection for every probe */
    bool reset;            /* such a connection is ended by a reset, which leaves no TIME-WAIT */
    struct tally *tally;   /* the caller's. response: with the time to connect if single; service: without, then only */
    const struct prober_events *events;
    void *owner;
};

/* Copies the plan. NULL after a failure. */
struct prober *prober_create(const struct prober_plan *plan);

/* Try one address after the other: found or unreachable will be told. Once. */
void prober_connect(struct prober *prober, int64_t now);

/* Is a probe on its way? */
bool prober_is_busy(const struct prober *prober);

/* After found, and when not busy: `ended` will be told. */
void prober_send(struct prober *prober, int64_t now);

/* The end, with what is under way told now: no address found is unreachable; a probe on its way is lost, unless it has
 * been so for less than twice the longest time that any took: then nobody can tell, and it does not count as sent. */
void prober_stop(struct prober *prober, int64_t now);

/* May be NULL. */
void prober_destroy(struct prober *prober);

#endif
