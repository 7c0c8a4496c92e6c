/* tally.h: what was counted and timed, in an interval or in a whole run, on one thread or on all.
 * Filled by whatever sends, read by whatever reports. Pure, nothing fails. Not here: names for people, see metric.h. */
#ifndef MPECHO_TALLY_H
#define MPECHO_TALLY_H

#include <stdint.h>

#include "client/base/hist.h"

/* 180 KiB, nearly all of it histograms. All 0 to begin. A message that was sent, or was due, ends as one
 * of: replied, lost. So in the end sent + unsent is replied + lost. */
struct tally {
    uint64_t sent, replied, lost;   /* messages. lost: no reply in time, or none could be, or never sent */
    uint64_t unsent;                /* messages that were due, or to be, and never sent; they are in lost too */
    uint64_t bytes;                 /* that came back right */
    uint64_t wrong;                 /* connections or datagrams that came back wrong, see fault.h */
    uint64_t connected;             /* connections made; UDP: sockets that got a reply */
    uint64_t refused;               /* connections that could not be made, in time or at all; UDP: datagrams, by ICMP */
    uint64_t unanswered;            /* of them those that had no answer in time; not UDP */
    uint64_t local;                 /* connections that this machine had no descriptor, port or the like for */
    uint64_t broken;                /* connections that the server closed, reset, or was silent on for too long */
    uint64_t held, survived;        /* connections that were held idle; of them those that echoed after it */
    uint64_t dropped;               /* of them those that did not */
    uint64_t duplicates, reordered; /* UDP: replies that came again, or after a later one */
    double jitter;                  /* UDP: ns, as RFC 3550 6.4.1 has it; merged: of the last that has one. It is an
                                       average that forgets: of the last few replies */
    struct hist response;           /* reply - when the message was due. Closed loop: when it was sent */
    struct hist service;            /* reply - when it was sent; used in the open loop only */
    struct hist connect;            /* time to connect */
    struct hist variation;          /* UDP: by how much the round trips of replies differ from those just before them */
    struct hist answers;            /* burst: reply - when the load began */
};

void tally_merge(struct tally *into, const struct tally *from);

/* Messages lost in percent of those that ended; 0 if none did. */
double tally_loss(const struct tally *tally);
double tally_loss_of(uint64_t replied, uint64_t lost);

#endif
