/* logging.h: what the master gives the logger. Beside it there are only the descriptors of fdplan.h. */
#ifndef MPECHOD_LOGGING_H
#define MPECHOD_LOGGING_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/title.h"

/* The size of the memory, zeroed at first, that a logger shares with nobody but the master and the loggers after it:
 * what a logger has received and not yet written when it dies, the next one writes. */
enum { LOGGER_SPOOL_SIZE = 1 << 20 };

/* All of it is the child's copy; descriptors are still under the master's numbers, -1: not there. */
struct logger_job {
    int master;    /* the logger's end of the master's socket */
    int workers;   /* the receiving end of the workers' socket */
    int leftovers; /* of a workers' socket that is in use no more: what is still in it */
    int stderr_fd; /* what the target "stderr" means */
    const struct title *title;
    void *spool; /* LOGGER_SPOOL_SIZE bytes */
    bool json;
    uint32_t ticket; /* answer with this when the target is open, or not; 0: do not answer */
    char target[PATH_MAX];
};

#endif
