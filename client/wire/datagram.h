/* datagram.h: one connected UDP socket that carries numbered datagrams of the pattern: send, verify what comes back,
 * time it, count it. The owner waits for the socket and says when to send. What the network does is
 * no failure of a call: it is told to the owner. Not here: deciding to send; waiting. */
#ifndef MPECHO_DATAGRAM_H
#define MPECHO_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/base/icmp.h"
#include "client/base/problems.h"
#include "client/base/tally.h"
#include "client/base/target.h"
#include "client/wire/pattern.h"

/* A datagram's bytes are those of the pattern whose connection is the datagram's number on its socket, modulo 2^32,
 * from the offset of the socket on: so any eight of them tell of which socket, which datagram and which place they are.
 * Sockets above 2^19 repeat. */
enum { DATAGRAM_SPACE = 1 << 16 };

enum datagram_kind {
    DATAGRAM_REPLIED,
    DATAGRAM_LOST,      /* no reply within the timeout */
    DATAGRAM_FAILED,    /* it could not be sent, or an ICMP message says why it did not get there: see error */
    DATAGRAM_DUPLICATE, /* its reply came again */
    DATAGRAM_LATE,      /* its reply came after it was told as lost or failed, or so late that nothing is known of it */
    /* From here on: wrong bytes. */
    DATAGRAM_CHANGED,   /* its reply has other bytes: see offset */
    DATAGRAM_TRUNCATED, /* fewer bytes */
    DATAGRAM_EXTENDED,  /* more bytes */
    DATAGRAM_FOREIGN,   /* a reply to a datagram of another of our sockets */
    DATAGRAM_UNKNOWN,   /* something of unknown origin */
};

/* What became of a datagram, or what came. */
struct datagram_event {
    enum datagram_kind kind;
    bool known;        /* it is about `number`, a datagram of this socket; else the next four are not set */
    uint64_t number;   /* from 0 */
    uint64_t size;     /* bytes sent; 0: forgotten */
    int64_t due, sent; /* 0: forgotten */
    bool ended;        /* it was waited for, and by this is no longer: it is replied or lost */
    bool first;        /* replied, and nothing was before it on this socket */
    bool reordered;    /* replied, and the reply to a later one has come before (RFC 4737 section 3) */
    int64_t
        variation; /* replied: ns, by how much its round trip differs from the last reply's; below 0: it is the first */
    uint64_t length;                  /* bytes that came */
    uint64_t offset;                  /* changed: of the first such byte, and it */
    unsigned char expected, received; /* is in `received`, if that many came */
    uint64_t socket;                  /* foreign: whose it is */
    bool refused;                     /* failed: and that was not told of it before */
    int error;                        /* failed: errno */
    unsigned mtu;                     /* failed, EMSGSIZE: what would have fitted, with all headers; 0: not said */
    struct icmp icmp;                 /* failed: the message that says so; all 0: there was none */
};

struct datagram_socket;

/* What the sockets of one thread share. */
struct datagram_shared {
    const struct target *target;
    uint64_t seed;   /* see pattern.h */
    int64_t timeout; /* ns: what is not answered within it is lost */
    size_t memory;   /* how many of the last datagrams are remembered, on each socket: a power of two */
    uint64_t sockets;
    bool dont_fragment;
    bool patient;         /* a full send buffer is DATAGRAM_BUSY; else a failure like any other */
    bool open_loop;       /* a datagram may be sent later than it is due: count the service time too */
    const int64_t *since; /* what was due before is not counted; NULL: all is */
    struct tally *tally;
    struct problems *problems;
    void (*on_event)(struct datagram_socket *socket, const struct datagram_event *event, int64_t now);
    unsigned char buffer[DATAGRAM_SPACE];
};

struct datagram_record;

/* All 0 to begin, but for shared, owner and index. */
struct datagram_socket {
    struct datagram_shared *shared;
    void *owner;
    uint64_t index; /* among all sockets of the run */

    int fd;
    struct datagram_record *records; /* of the last shared->memory datagrams */
    uint64_t next;                   /* number of the next one */
    uint64_t first;                  /* none before it waits for its reply */
    uint64_t outstanding;            /* how many do */
    uint64_t heard;                  /* 1 + the highest number that was answered; 0: none was */
    int64_t transit;                 /* of the last reply */
    double jitter;                   /* ns */
    uint64_t overflowed;             /* see datagram_overflowed */
    int64_t looked;                  /* when datagram_receive or datagram_expire looked at the clock last */
};

/* The value for shared->memory that remembers at least so many datagrams: a power of two from 2^8 to 2^20. */
size_t datagram_memory(double wanted);

/* False: no memory, no descriptor, or no route; errno says which. Sockets that never were opened have records NULL. */
bool datagram_open(struct datagram_socket *socket);

void datagram_close(struct datagram_socket *socket);

enum datagram_sent {
    DATAGRAM_SENT,
    DATAGRAM_UNSENT, /* it could not be, and that was told: it is lost */
    DATAGRAM_BUSY,   /* the kernel takes no more for now, as if it had not been asked: wait for POLLOUT */
};

/* Send one of this size, DATAGRAM_MIN to DATAGRAM_MAX. If all that are remembered still wait, the oldest is given up as
 * lost. due: INT64_MAX: when it is sent. */
enum datagram_sent datagram_send(struct datagram_socket *socket, uint64_t size, int64_t due);

/* When poll(2) says so: take what has come, ICMP messages too, a bounded lot at a time. Returns how many were answered.
 */
size_t datagram_receive(struct datagram_socket *socket);

/* Take what has come, and give up what has not been answered in time. */
void datagram_expire(struct datagram_socket *socket, int64_t now);

/* When the oldest that waits is given up, or INT64_MAX. */
int64_t datagram_deadline(const struct datagram_socket *socket);

/* How many replies the kernel has thrown away since the last call, as nobody read them fast enough. */
uint64_t datagram_overflowed(struct datagram_socket *socket);

/* What is wrong: "port unreachable, says 192.0.2.1"; "" if nothing is. Without the number. Returns text. */
enum { DATAGRAM_TEXT = 120 };
const char *datagram_text(const struct datagram_event *event, char text[DATAGRAM_TEXT]);

#endif
