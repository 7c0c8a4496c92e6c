/* echo.h: one connection, from its first byte to its end (RFC 862). Knows nothing of processes or listeners. */
#ifndef MPECHOD_ECHO_H
#define MPECHOD_ECHO_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "contract/ends.h"

struct echo {
    int fd; /* a connected, blocking stream socket, whose SO_RCVTIMEO and SO_SNDTIMEO are idle */
    unsigned char *buffer;
    size_t size;
    double idle;  /* how long no byte may move, seconds, 0 = no limit */
    double limit; /* of the whole connection, seconds, 0 = no limit */
    /* When the connection must end for the daemon's sake, clock_now() seconds, 0 = never. Asked about once a second
     * while bytes flow, and when a signal has interrupted the wait for them. */
    double (*drain_deadline)(void *context);
    void *context;
};

struct echo_result {
    enum echo_end end;
    uint64_t in, out; /* bytes */
    double seconds;
};

/* Send back what comes until the connection ends. Shuts the socket down for sending, but leaves it open. In the steady
 * state a message costs two system calls. */
struct echo_result echo_run(const struct echo *echo);

#endif
