/* job.h: the whole contract between the master and a worker: what the one gives and how the other ends. Beside it there
 * are only the descriptors of fdplan.h, the board and the turn. */
#ifndef MPECHOD_JOB_H
#define MPECHOD_JOB_H

#include <stddef.h>
#include <sys/types.h>

#include "contract/board.h"
#include "conf/conf.h"
#include "master/listen.h"
#include "base/log.h"
#include "contract/turn.h"

/* What the master gives a worker. All of it is the child's copy; descriptors are still under the master's numbers. */
struct worker_job {
    const struct conf *conf;
    const struct listen_set *listeners;
    struct log *log;
    struct turn *turn;
    const struct board *board;
    size_t slot;
    int lifeline; /* read end */
    int doorbell;
    pid_t master;
    unsigned char *buffer; /* for the echo; untouched so far, so that it costs nothing until it is used */
    size_t buffer_size;
};

/* Exit statuses, from sysexits.h. All but WORKER_DONE are abnormal to the master. */
enum worker_exit {
    WORKER_DONE = 0,      /* retired, out of connections, or told to leave */
    WORKER_LISTENER = 69, /* a listening socket is broken, and the master did not mend it */
    WORKER_TURN = 70,     /* the lock of the accept turn is broken beyond use */
    WORKER_SETUP = 71,    /* could not become a worker: descriptors, memory */
    WORKER_LIFELINE = 74, /* the lifeline cannot be read */
    WORKER_PRIVILEGE = 77 /* could not give up its privileges */
};

#endif
