/* result.h: what a run of ping or bench found, for whatever reports it. */
#ifndef MPECHO_RESULT_H
#define MPECHO_RESULT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "client/base/icmp.h"
#include "client/base/options.h"
#include "client/base/problems.h"
#include "client/base/tally.h"
#include "client/base/target.h"

/* A part of the run. start, end: ns since the measuring began, which is after what --omit leaves out. */
struct interval {
    int64_t start, end;
    const struct tally *tally;
};

/* A reply of ping, or that there was none. */
struct probe {
    uint64_t sequence; /* from 1, as ping(8) counts */
    uint64_t bytes;    /* 0: no reply */
    int64_t at;        /* ns since the beginning */
    int64_t rtt;       /* ns */
    int64_t connect;   /* ns: how long connecting took, for the first probe on a connection; else 0 */
    bool again;        /* this sequence number has been reported before: a duplicate, or a reply too late */
    const char *note;  /* "DUP!" and the like, or why it is lost; or NULL */
    struct icmp icmp;  /* the message that told why, if one did */
};

/* The whole. */
struct result {
    const struct options *options;
    const struct target *target;
    time_t begun;            /* wall clock */
    int64_t measured;        /* ns: how long was measured; rates: see result_rated */
    uint64_t replied, bytes; /* within that time; what came later, being on its way at the end, is in total only */
    struct tally total;
    bool failed;                /* this machine refused what the run needs; the user was told */
    bool interrupted;           /* a bench, or a search for the path MTU, that ended early */
    uint64_t path_mtu;          /* bytes, with all headers; 0: not looked for, or not found */
    uint64_t path_mtu_at_least; /* of the largest datagram that came back; 0: none did */
    struct problems problems;
};

/* What is on its way when a ping ends is lost if it has waited for longer than this, in ns, and otherwise was not sent:
 * as in ping(8), twice the longest that any reply took. */
static inline int64_t result_patience(const struct tally *tally)
{
    return tally->response.count == 0 ? 0 : 2 * tally->response.max;
}

/* What rates are computed by, in ns. In the open loop the replies to what was due within the measured time come a round
 * trip later: those that come within it are of a time that is so much shorter. Of a round trip the shortest is taken:
 * what is longer is the server's doing. */
static inline int64_t result_rated(const struct result *result)
{
    const struct hist *service = &result->total.service;
    bool open_loop = result->options->mode == MODE_BENCH && result->options->rate > 0 && service->count > 0;
    return result->measured - (open_loop ? service->min : 0);
}

/* What has been counted so far is what came within this time. */
static inline void result_measure(struct result *result, int64_t measured)
{
    result->measured = measured;
    result->replied = result->total.replied;
    result->bytes = result->total.bytes;
}

#endif
