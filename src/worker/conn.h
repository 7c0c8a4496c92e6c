/* conn.h: one connection: receive and send within its limits, of idle time, of total time, and of the daemon's drain
 * time. Knows nothing of processes or listeners, nor of what the bytes are for. */
#ifndef MPECHOD_CONN_H
#define MPECHOD_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "contract/ends.h"

struct conn_terms {
    int fd;          /* a connected, blocking stream socket; sockopt_timeouts has set it to idle */
    double idle;     /* how long no byte may move, seconds, 0 = no limit */
    double limit;    /* of the whole connection, seconds, 0 = no limit */
    double patience; /* the longest wait after which drain_deadline is asked again, seconds; 0: a signal will tell */
    /* When the connection must end for the daemon's sake, clock_now() seconds, 0 = never. Asked about once a second
     * while bytes flow, and when a signal has interrupted the wait for them. */
    double (*drain_deadline)(void *context);
    void *context;
};

struct conn_result {
    enum echo_end end;
    uint64_t in, out; /* bytes */
    double seconds;
};

/* A connection under way; conn.c's own. */
struct conn {
    const struct conn_terms *terms;
    struct conn_result result;
    double begun;
    double next_check; /* of the drain deadline */
    double idle_since; /* when the present wait for the client began */
    bool resuming;     /* that wait was interrupted, and goes on */
    double deadline;   /* the earlier of limit and drain; 0: none */
    enum echo_end deadline_end;
    double timeout; /* that the socket has now */
};

void conn_begin(struct conn *conn, const struct conn_terms *terms);

/* Receive what there is, waiting for it. 0: the connection is over; conn_end says why. */
size_t conn_recv(struct conn *conn, void *buffer, size_t size);

/* Send all of it. False: the connection is over. */
bool conn_send(struct conn *conn, const void *bytes, size_t n);

/* Shut the socket down for sending, unless the client has ended the connection, and leave it open. What the client has
 * sent by then is read into the buffer, and dropped. */
struct conn_result conn_end(struct conn *conn, void *buffer, size_t size);

#endif
