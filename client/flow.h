/* flow.h: one stream connection that carries the pattern: connect, send messages, verify what comes back, time it.
 * Driven by a libev loop; used by lane and ping, which say when to send what. A connection that fails is closed and
 * told to its owner, with why. Not here: deciding to send, to wait longer, or to connect again. */
#ifndef MPECHO_FLOW_H
#define MPECHO_FLOW_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"
#include "pattern.h"
#include "target.h"

struct flow;

/* One message. end: offset in the stream after its last byte. due: when it should have been sent; sent: when it was. */
struct flow_message {
    uint64_t size, end;
    int64_t due, sent;
};

enum flow_end {
    FLOW_REFUSED, /* could not connect, or not in time: errno in error */
    FLOW_CLOSED,  /* the server ended the connection */
    FLOW_BROKEN,  /* reset or the like: errno in error */
    FLOW_SILENT,  /* no reply in time: the owner's judgement, see flow_give_up */
    FLOW_WRONG, /* what came back is not what was sent: see fault. Replies that came in the same breath are not told */
};

/* Told to the owner from the loop and from flow_give_up. Within them the flow may be closed and, after `failed`, opened
 * again: but a server that refuses is then asked as fast as it refuses. now: see clock.h. */
struct flow_events {
    void (*connected)(struct flow *flow, int64_t now);
    void (*replied)(struct flow *flow, const struct flow_message *message, int64_t now);
    void (*failed)(struct flow *flow, enum flow_end end, int64_t now);
};

enum { FLOW_BUFFER = 1 << 18 };

/* What the flows of one thread share. */
struct flow_shared {
    struct ev_loop *loop;
    const struct target *target;
    const struct flow_events *events;
    uint64_t run;        /* see pattern.h */
    uint32_t next, step; /* numbers for connections: the next one, and how far it is to the one after */
    size_t depth;        /* messages on their way at a time */
    bool lines;          /* a message ends in a newline, and has no other */
    unsigned char buffer[FLOW_BUFFER];
};

/* So many wrong bytes tell what is wrong; fewer are waited for, for a moment. */
enum { FLOW_EVIDENCE = 64 };

enum flow_state { FLOW_IDLE, FLOW_CONNECTING, FLOW_OPEN };

/* All 0 to begin, but for shared and messages. */
struct flow {
    struct flow_shared *shared;
    struct flow_message *messages; /* room for shared->depth; the caller's */
    void *owner;                   /* the caller's, for its callbacks */

    enum flow_state state;
    ev_io io;
    ev_timer timer; /* connecting: to try again; open: to judge by what has come of `evidence` */
    int fd;
    struct pattern pattern;
    uint64_t queued, sent, got; /* offsets in the stream */
    size_t first, outstanding;  /* in messages, a ring: queued and not replied */
    int64_t opened;             /* when connecting began */
    int error;                  /* errno, after a failure */
    size_t doubtful;            /* wrong bytes that have come, in evidence; 0: none yet */
    unsigned char evidence[FLOW_EVIDENCE];
    struct fault fault; /* after FLOW_WRONG */
};

/* Begin to connect; the outcome is an event. From FLOW_IDLE only. */
void flow_open(struct flow *flow, int64_t now);

/* Begin with a connection that was made already: fd becomes the flow's. `connected` is not told. From FLOW_IDLE only.
 */
void flow_adopt(struct flow *flow, int fd, int64_t now);

/* End the connection, by a reset if so asked (no TIME-WAIT is left). Nothing is told. */
void flow_close(struct flow *flow, bool reset);

/* From FLOW_OPEN and with fewer than depth outstanding: add a message of this size (>= 1). Sent by flow_push. */
void flow_queue(struct flow *flow, uint64_t size, int64_t due);

/* Send what is queued, as far as the kernel takes it; the rest goes when it can. Within `replied` and `connected` it
 * need not be called: flow does it after them. */
void flow_push(struct flow *flow, int64_t now);

/* Since when the server has owed a reply or a connection; 0: it owes nothing. */
int64_t flow_waiting_since(const struct flow *flow);

/* Of the messages that are outstanding, those that were due then or later. */
size_t flow_outstanding_since(const struct flow *flow, int64_t due);

/* The owner's verdict that it waited long enough: close, and tell `failed`. */
void flow_give_up(struct flow *flow, int64_t now);

/* "the server closed the connection" and the like. Returns text. */
enum { FLOW_END_TEXT = 200 };
const char *flow_end_text(const struct flow *flow, enum flow_end end, char text[FLOW_END_TEXT]);

#endif
