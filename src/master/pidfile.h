/* pidfile.h: the pid file, whose lock keeps a second daemon out. The number in it is for people and scripts: it is
 * never read here, let alone signalled. */
#ifndef MPECHOD_PIDFILE_H
#define MPECHOD_PIDFILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/reason.h"
#include "conf/conf.h"
#include "contract/log.h"

/* Plain data beside the descriptor. */
struct pidfile {
    char path[CONF_PATH_MAX]; /* "": there is none */
    pid_t pid;
    int fd;         /* open and locked, -1: not held */
    bool unwatched; /* it is on a file system that may hang, and is not looked at again */
    bool failing;   /* it has vanished and could not be written again, which has been said */
};

/* Lock the file at path and write pid into it; with path "", nothing. False with a reason, if another daemon holds it
 * or it cannot be made. */
bool pidfile_take(struct pidfile *pidfile, const char *path, pid_t pid, struct reason *why);

/* At a tick: write it again if somebody has removed it. What is at its path instead is left alone. */
void pidfile_tend(struct pidfile *pidfile, struct log *log);

/* Remove it, if it is still ours, and let go of the lock. */
void pidfile_end(struct pidfile *pidfile);

#endif
