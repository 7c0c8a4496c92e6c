/* options.h: the command line of mpecho, by one table. Opens and resolves nothing, see target.h. */
#ifndef MPECHO_OPTIONS_H
#define MPECHO_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/base/threshold.h"

enum options_action { OPTIONS_RUN, OPTIONS_VERSION, OPTIONS_HELP };

enum options_mode { MODE_INTERACTIVE, MODE_PIPE, MODE_PING, MODE_BENCH, MODE_CHECK, MODE_COUNT };

enum options_report { REPORT_TEXT, REPORT_JSON, REPORT_JSON_STREAM, REPORT_CSV };

/* For messages. */
#define OPTIONS_MODES "interactive, pipe, ping, bench and check"

enum { OPTIONS_SIZES = 16 };

/* Bytes of data in a datagram: by its first eight it tells which it is, and over IPv4 no more go into one. */
enum { DATAGRAM_MIN = 8, DATAGRAM_MAX = 65507 };

/* Of messages, in bytes, taken in turn; or, if sweep, the two ends of a range (UDP). */
struct sizes {
    bool sweep;
    unsigned count;
    uint64_t size[OPTIONS_SIZES];
};

/* Strings point into argv or are constant. Times are in ns; 0 = none, unless said otherwise. */
struct options {
    enum options_action action;
    enum options_mode mode;
    bool mode_given;
    const char *host;
    const char *port; /* decimal within 1-65535, or a service name; NULL for a Unix socket */
    bool ipv4, ipv6;  /* only addresses of this kind; neither: either */

    int64_t timeout;                    /* of a connection being made, and of a reply that is owed */
    int64_t interval;                   /* ping: between probes; bench: between reports */
    int64_t duration;                   /* ping: of the whole (-w); bench: of the measuring; check: of the whole */
    int64_t omit;                       /* bench: at the beginning, not measured */
    int64_t hold;                       /* bench: how long connections are left idle */
    struct threshold warning, critical; /* check: of the round trip time, in ms */
    double rate;                        /* bench: messages a second, of all connections together; 0: closed loop */
    uint64_t count;                     /* ping: probes; 0: no limit */
    uint64_t connections;
    uint64_t threads;
    uint64_t depth; /* messages on their way at a time, on each connection */
    struct sizes sizes;

    bool udp;
    bool dont_fragment;
    bool crr;        /* connect, request, response: a connection for every message */
    bool connect;    /* ping: tell connect and echo apart */
    bool burst;      /* bench: all connections at once, held */
    bool lines;      /* messages are lines: for servers that echo by line */
    bool quiet;      /* no line for every reply or interval */
    bool timestamps; /* before every line */
    bool yes_i_may;  /* flood an address that is not this machine's own */

    enum options_report report;
    const char *hgrm, *svg; /* files to write, or NULL */
    const char *assertions; /* as given, or NULL; see assertion.h */
};

/* False: a usage error, which was reported. */
bool options_parse(struct options *options, int argc, char **argv);

/* What --help prints: of the mode, or an overview if none was given. */
void options_help(const struct options *options, FILE *out);

#endif
