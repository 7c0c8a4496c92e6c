/* listen.h: the listening sockets. The master makes, keeps, watches and closes them; workers only accept. */
#ifndef MPECHOD_LISTEN_H
#define MPECHOD_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/reason.h"
#include "conf/conf.h"
#include "contract/fdplan.h"

struct listener {
    int fd;
    struct addr wanted; /* as configured; port 0: any */
    struct addr bound;  /* as clients know it: with the port; the kernel has another path for a Unix one */
    dev_t dev;          /* of a Unix socket's file, to tell it from one that somebody else put there since */
    ino_t ino;
};

/* The listeners of a generation. A socket may be in the sets of two generations. */
struct listen_set {
    struct listener at[FD_LISTEN_MAX];
    size_t n;
};

/* Open what conf asks for into *set. A socket of old (may be empty) with the same address is taken over if it is sound,
 * and made anew in its place, on the same port, if it is broken. All or nothing: on failure old is as it was, and
 * *failed tells which of conf's listeners it was. */
bool listen_open(struct listen_set *set, const struct conf *conf, const struct listen_set *old, size_t *failed,
                 struct reason *why);

/* Close the sockets of set that are not in kept, and remove their socket files, if they are still theirs. */
void listen_close(const struct listen_set *set, const struct listen_set *kept);

/* Set what conf says of kept sockets too: backlog, timeouts, the mode of a Unix socket. */
void listen_tune(const struct listen_set *set, const struct conf *conf);

/* Connections that wait to be accepted; a socket that cannot tell how many counts as one at most. *broken: whether a
 * socket no longer listens, because somebody shut it down, say, or has lost its file. */
unsigned listen_waiting(const struct listen_set *set, bool *broken);

/* From now on let nobody new in; what is in the queues, or on its way there, can still be accepted. */
void listen_refuse(const struct listen_set *set);

/* "ADDR:PORT, ADDR:PORT" as bound. */
void listen_names(const struct listen_set *set, char *text, size_t size);

/* How long an accept queue may be on this system, whatever accept.backlog asks for; 0: cannot tell. */
unsigned listen_backlog_limit(void);

#endif
