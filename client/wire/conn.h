/* conn.h: one stream connection that carries the pattern: connect, send messages, verify what comes back, time it.
 * Driven by a libev loop; its owner says when to send what. A connection that fails is closed and
 * told to its owner, with why. Not here: deciding to send, to wait longer, or to connect again. */
#ifndef MPECHO_CONN_H
#define MPECHO_CONN_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/base/tally.h"
#include "client/base/target.h"
#include "client/wire/fault.h"
#include "client/wire/pattern.h"

struct conn;

/* One message. end: offset in the stream after its last byte. due: when it should have been sent; sent: when it was. */
struct conn_message {
    uint64_t size, end;
    int64_t due, sent;
};

enum conn_end {
    CONN_LOCAL,      /* this machine refuses what a connection needs: errno in error */
    CONN_REFUSED,    /* could not connect: errno in error */
    CONN_UNANSWERED, /* could not connect in time */
    CONN_CLOSED,     /* the server ended the connection */
    CONN_BROKEN,     /* reset or the like: errno in error */
    CONN_SILENT,     /* no reply in time: the owner's judgement, see conn_give_up */
    CONN_WRONG, /* what came back is not what was sent: see fault. Replies that came in the same breath are not told */
};

/* Told to the owner from the loop, conn_catch_up, conn_judge and conn_give_up; `connected` also from conn_open, if that
 * takes no time. Within them the conn may be closed and,
 * after `failed`, opened again: but a server that refuses is then asked as fast as it refuses. now: see clock.h. */
struct conn_events {
    void (*connected)(struct conn *conn, int64_t now);
    void (*replied)(struct conn *conn, const struct conn_message *message, int64_t now);
    void (*failed)(struct conn *conn, enum conn_end end, int64_t now);
};

enum { CONN_BUFFER = 1 << 18 };

/* What the conns of one thread share. */
struct conn_shared {
    struct ev_loop *loop;
    const struct target *target;
    const struct conn_events *events;
    uint64_t seed;             /* see pattern.h */
    _Atomic uint32_t *numbers; /* of connections: the next one's, for all threads of the run */
    size_t depth;              /* messages on their way at a time */
    bool lines;                /* a message ends in a newline, and has no other */
    unsigned char buffer[CONN_BUFFER];
};

/* So many wrong bytes tell what is wrong; if fewer have come, more are waited for, up to 50 ms. */
enum { CONN_EVIDENCE = 64 };

enum conn_state { CONN_IDLE, CONN_CONNECTING, CONN_OPEN };

/* All 0 to begin, but for shared, messages and owner. */
struct conn {
    struct conn_shared *shared;
    struct conn_message *messages; /* room for shared->depth; the caller's */
    void *owner;                   /* the caller's, for its callbacks */

    enum conn_state state;
    ev_io io;
    ev_timer timer; /* connecting to a Unix socket whose queue is full: to try again; open: to judge by what has come of
                       `evidence` */
    int fd;
    struct pattern pattern;
    uint64_t queued, sent, got; /* offsets in the stream */
    size_t first, outstanding;  /* in messages, a ring: queued and not replied */
    int64_t opened;             /* when connecting began */
    int64_t
        caught_up;   /* after this process was stopped, when a part of the next reply was found, or sent; 0: not yet */
    int error;       /* errno, after a failure */
    size_t doubtful; /* wrong bytes that have come, in evidence; 0: none yet */
    unsigned char evidence[CONN_EVIDENCE];
    struct fault fault; /* after CONN_WRONG */
};

/* Begin to connect; the outcome is an event, `failed` never before this returns. From CONN_IDLE only. */
void conn_open(struct conn *conn, int64_t now);

/* Begin with a connection that was made already: fd becomes the conn's. `connected` is not told. From CONN_IDLE only.
 */
void conn_adopt(struct conn *conn, int fd, int64_t now);

/* End the connection, by a reset if so asked (no TIME-WAIT is left). Nothing is told. */
void conn_close(struct conn *conn, bool reset);

/* From CONN_OPEN and with fewer than depth outstanding: add a message of this size (>= 1). Sent by conn_push. */
void conn_queue(struct conn *conn, uint64_t size, int64_t due);

/* Send what is queued, as far as the kernel takes it; the rest goes when it can. Within `replied` and `connected` it
 * need not be called: conn does it after them. */
void conn_push(struct conn *conn, int64_t now);

/* Since when the server has owed a reply or a connection; 0: it owes nothing. */
int64_t conn_waiting_since(const struct conn *conn);

/* Of the messages that are outstanding, those that were due then or later. */
size_t conn_outstanding_since(const struct conn *conn, int64_t due);

/* Take what has come, without waiting for the loop to say so: after this process was stopped, timers may be first. */
void conn_catch_up(struct conn *conn);

/* The owner's verdict that it waited long enough: close, and tell `failed`, by conn_judge if there is evidence. But if
 * what is waited for has come meanwhile, that is told instead, and the conn goes on. */
void conn_give_up(struct conn *conn, int64_t now);

/* Judge by the wrong bytes that have come, instead of waiting for more evidence: close, and tell `failed`. False: none
 * have. Called where the owner gives up for reasons of its own. */
bool conn_judge(struct conn *conn, int64_t now);

/* Count such an end. */
void conn_count_end(struct tally *tally, enum conn_end end);

/* The group of such ends, see problems.h. */
const char *conn_end_kind(const struct conn *conn, enum conn_end end);

/* "192.0.2.1:9190 closed the connection" and the like. Returns text. */
enum { CONN_END_TEXT = 240 };
const char *conn_end_text(const struct conn *conn, enum conn_end end, char text[CONN_END_TEXT]);

#endif
