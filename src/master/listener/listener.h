/* listener.h: one listening socket, whatever its kind. Used by listen.c, for the sets of them; the kinds are in kind.h.
 *
 * Two verbs let go of a socket. To *release* it closes our descriptor and is noticed by nobody. To *end* it shuts the
 * socket down and removes its name, for whoever holds it: that is only for a socket that is ours alone. */
#ifndef MPECHOD_LISTENER_H
#define MPECHOD_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/reason.h"
#include "conf/conf.h"
#include "master/listener/proof.h"

enum listener_kind { LISTENER_INET, LISTENER_UNIX, LISTENER_KINDS };

enum listener_fault {
    LISTENER_SOUND,
    LISTENER_SHUT,     /* it does not listen any more */
    LISTENER_NAMELESS, /* the file of a Unix socket is gone, or is another: nobody can reach it */
    LISTENER_TAMPERED, /* an option is not as we set it */
};

/* Plain data beside the descriptor, so that another process can prepare it. */
struct listener {
    int fd; /* -1: nothing is left of it */
    enum listener_kind kind;
    bool shared;   /* a process that is no worker of ours may hold the socket too: it is released, never ended */
    bool down;     /* broken, and could not be opened anew so far: workers do not get it */
    bool leaving;  /* no longer wanted: workers serve its queue, and then it is ended */
    bool failing;  /* it could not be opened anew, and that has been said */
    bool refusing; /* lets nobody new in */
    enum listener_fault fault;
    unsigned changed;   /* the option of a LISTENER_TAMPERED, for proof_name */
    double tried;       /* clock_now(): when it was last opened anew, or should have been; 0: never */
    double left;        /* clock_now(): since when it is leaving */
    double leave_by;    /* clock_now(): when a leaving one is ended, whoever waits; 0: no limit */
    struct addr wanted; /* as configured; port 0: any */
    struct addr bound;  /* as clients know it: with the port; the kernel has another path for a Unix one */
    dev_t dev;          /* of a Unix socket's file, to tell it from one that somebody else put there since */
    ino_t ino;
    bool unwatched; /* that file is on a file system that may hang, and is not looked at again */
    mode_t mode;    /* the file's, and its owner's, as they were set */
    uid_t uid;
    gid_t gid;
    struct proof proof; /* its options as they were when it was opened */
};

/* Open what wanted says, at the address `at`. False with a reason, and nothing is left behind. */
bool listener_open(struct listener *listener, const struct conf_listen *wanted, const struct addr *at,
                   const struct conf *conf, struct reason *why);

/* Whether workers are given it. */
bool listener_serves(const struct listener *listener);

/* See whether it is still as it was opened; sets listener->fault. What workers can change and we can set right without
 * a new socket is set right on the way. Not for every look: it asks for some fifty options. */
void listener_inspect(struct listener *listener, const struct conf *conf);

/* Whether poll(2) says of a listening socket that it does not listen any more. */
bool listener_is_shut(short revents);

/* What is wrong with it, in words. */
void listener_fault_text(const struct listener *listener, char *text, size_t size);

/* Open a broken one anew, in place of the old socket, which is ended, or, if its queue can still be served, goes to
 * *rest (fd -1: nothing is left). On failure false with a reason; workers go on with the old one if they can. */
bool listener_reopen(struct listener *listener, const struct conf_listen *wanted, const struct conf *conf,
                     struct listener *rest, struct reason *why);

/* Set what a configuration says of a socket that was kept: backlog, timeouts, the owner and mode of a Unix socket. */
void listener_tune(struct listener *listener, const struct conf_listen *wanted, const struct conf *conf);

/* Connections that wait, given that it is readable; one that cannot tell says 1. */
unsigned listener_queue(const struct listener *listener);

/* Let nobody new in; what is in the queue, or on its way there, can still be accepted. */
void listener_refuse(struct listener *listener);

void listener_release(struct listener *listener);
void listener_end(struct listener *listener); /* a shared one is released */

/* "cannot WHAT ADDRESS: errno", with a hint. Returns false. */
bool listener_cannot(struct reason *why, const char *what, const struct addr *addr);

#endif
