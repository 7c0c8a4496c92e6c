/* worker.h: what a worker knows of itself: shared by process.c, stream.c and session.c. */
#ifndef MPECHOD_WORKER_H
#define MPECHOD_WORKER_H

#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "contract/job.h"
#include "worker/turn.h"

#define WORKER_TITLE "mpechod: worker, " /* and what it does */

/* Waiting for connections, see stream.h. */
struct stream {
    nfds_t polled; /* the lifeline and the listeners */
    nfds_t next;   /* the listener to be served first, so that none starves */
    struct pollfd pollfds[1 + FD_LISTEN_MAX];
    bool settled[FD_LISTEN_MAX]; /* the connections of that listener have inherited its timeouts as they are now */
    size_t unsettled;            /* listeners of which that is not known yet */
    unsigned failures;           /* of accept, in a row */
    double pause;                /* seconds to wait after the last of them; 0: accepting works */
    bool warned;                 /* that it does not */
};

struct worker {
    const struct worker_job *job;
    struct taker taker; /* of the accept turn; .dismissed: TERM has come */
    struct stream stream;
    bool over; /* the generation is: no more connections */
};

/* An accepted connection, at FD_CONN. */
struct connection {
    struct sockaddr_storage peer;
    socklen_t peer_length;
    const struct endpoint *endpoint;
    bool inherits; /* its timeouts are timeout.idle's already */
};

/* Ring the doorbell: the master is to look. */
void worker_ring(void);

/* Let go of the listening sockets, or the port could not be taken again. For signal handlers, too. */
void worker_close_listeners(void);

#endif
