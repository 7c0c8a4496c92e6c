/* pidfile.h: the pid file, whose lock keeps a second daemon out. The number in it is for people and scripts: it is
 * never read here, let alone signalled. */
#ifndef MPECHOD_PIDFILE_H
#define MPECHOD_PIDFILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/reason.h"

/* fd: open and locked, -1: not held. path is the caller's and must live as long. */
struct pidfile {
    const char *path;
    int fd;
};

/* Lock the file at path and write pid into it. False with a reason, if another daemon holds it or it cannot be made. */
bool pidfile_take(struct pidfile *pidfile, const char *path, pid_t pid, struct reason *why);

/* Remove it, if it is still ours, and let go of the lock. */
void pidfile_drop(struct pidfile *pidfile);

#endif
