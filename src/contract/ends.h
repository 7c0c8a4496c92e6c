/* ends.h: how a connection ended, as a worker reports it and the log names it. */
#ifndef MPECHOD_ENDS_H
#define MPECHOD_ENDS_H

/* How a connection ended. eof: the client closed, and got back all it sent; reset: it broke off; idle: no byte moved
 * for the idle time; limit: the connection's total time was up; drain: the daemon is stopping; error: anything else,
 * most often that the peer is gone (ETIMEDOUT, by keepalive or retransmission). */
enum echo_end { ECHO_EOF, ECHO_RESET, ECHO_IDLE, ECHO_LIMIT, ECHO_DRAIN, ECHO_ERROR, ECHO_ENDS };

/* "eof" and so on; NULL if there is no such end. */
const char *echo_end_name(unsigned end);

#endif
