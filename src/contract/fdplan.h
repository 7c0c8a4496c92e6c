/* fdplan.h: which descriptor number means what. Constants, so that neither a signal handler nor a worker
 * needs a variable to find its descriptors. Everything that is not named here is private to the master,
 * lives at FD_PRIVATE or above, and is closed in a worker before it reads its first byte. */
#ifndef MPECHOD_FDPLAN_H
#define MPECHOD_FDPLAN_H

enum fdplan {
    /* every process: 0 and 1 are /dev/null */
    FD_LOG = 2,

    /* a worker */
    FD_CONN = 3,     /* the connection; free between connections, so accept(2)'s lowest-number rule gives it */
    FD_LIFELINE = 4, /* read end of its generation's lifeline, O_NONBLOCK */
    FD_DOORBELL = 5, /* write end of the pipe that calls the master, O_NONBLOCK; each byte is a ring */
    /* 6 and 7 are free for what may come */
    FD_LISTEN = 8, /* the first listening socket; the others follow without a gap, FD_LISTEN_MAX at most */

    /* the logger; see logging.h */
    FD_LOGGER_MASTER = 3,
    FD_LOGGER_WORKERS = 4,
    FD_LOGGER_LEFTOVERS = 5,
    FD_LOGGER_STDERR = 6,
    FD_LOGGER_OTHERS = 7, /* the first one without a meaning of its own */

    /* the master */
    FD_SELFPIPE_READ = 72,
    FD_SELFPIPE_WRITE = 73,
    FD_PRIVATE = 74,
};

/* As many as a configuration may have, and as many again that an earlier one had and whose queues are being served. */
enum { FD_LISTEN_MAX = FD_SELFPIPE_READ - FD_LISTEN };

#endif
