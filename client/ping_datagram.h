/* ping_datagram.h: mpecho ping -u: a datagram every interval, whether or not the last one was answered; or the search
 * for the path MTU, see ping_mtu.h. Called by main, once. Fails as exit statuses say, and then has told the user. Not
 * here: ping over connections; what is printed, see report.h. */
#ifndef MPECHO_PING_DATAGRAM_H
#define MPECHO_PING_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datagram.h"
#include "options.h"
#include "report.h"
#include "result.h"
#include "status.h"
#include "target.h"

/* One run, for ping_mtu too. */
struct ping_datagram {
    const struct options *options;
    struct report *report;
    int signals;
    int64_t begun;
    bool stopped; /* by the user, or by options->duration */
    struct result result;
    struct datagram_shared shared; /* told, and the owner in socket, are set by who sends */
    struct datagram_socket socket;
};

enum status ping_datagram_run(const struct options *options, const struct target *targets, size_t count);

/* A line, unless it is not wanted. */
void ping_datagram_tell(struct ping_datagram *ping, const struct probe *probe);

/* Wait for what comes, for this time at the latest, or for an end; what was not answered in time is given up. */
void ping_datagram_wait(struct ping_datagram *ping, int64_t until);

#endif
