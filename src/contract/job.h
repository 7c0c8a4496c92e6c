/* job.h: what the master gives a worker. Beside it there are only the descriptors of fdplan.h, its page and the turn;
 * how a worker ends is in exits.h. */
#ifndef MPECHOD_JOB_H
#define MPECHOD_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/title.h"
#include "contract/fdplan.h"
#include "contract/hints.h"
#include "contract/log.h"
#include "contract/page.h"
#include "contract/turn.h"

/* A listener as a worker knows it. */
struct endpoint {
    int fd;            /* under the master's number; -1: there is nothing to serve at this one */
    bool leaving;      /* it may be ended at any time, when its queue has been served */
    struct addr bound; /* as clients know it */
};

/* What holds for all workers of a generation; never changed once it is made. Times are seconds, 0 = no limit. */
struct worker_terms {
    uid_t uid; /* to become, if the master is root */
    gid_t gid;
    unsigned max_connections; /* until the worker leaves; 0: never */
    double idle, connection, drain;
    double patience; /* the longest wait after which a worker looks whether its generation is over; 0: the master may
                        send signals, which tell */
    bool log_access;
    size_t endpoints;
    struct endpoint endpoint[FD_LISTEN_MAX];
};

/* All of it is the child's copy; descriptors are still under the master's numbers. */
struct worker_job {
    const struct worker_terms *terms;
    struct log *log;
    struct turn *turn;
    struct hints *hints;
    const _Atomic double *deadline; /* when connections must have ended, once the generation is over: clock_now()
                                       seconds, 0 = no limit; no worker can write there */
    void *seat;                     /* where the page may be moved to: memory that has page tables already */
    struct page *page;              /* its own; no other worker's is mapped */
    page_mark *mark;                /* its byte in the row */
    size_t slot;
    int lifeline; /* read end */
    int doorbell; /* write end */
    pid_t master;
    const struct title *title;
    unsigned char *buffer; /* for the echo; untouched so far, so that it costs nothing until it is used */
    size_t buffer_size;
};

#endif
