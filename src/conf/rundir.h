/* rundir.h: where the pid file, the lock file and Unix sockets are by default. Pure, but for the environment. */
#ifndef MPECHOD_RUNDIR_H
#define MPECHOD_RUNDIR_H

#include <limits.h>

/* The daemon's run directory: RUNSTATEDIR/mpechod for root; $XDG_RUNTIME_DIR/mpechod, else /tmp/mpechod-UID, for
 * others. path: PATH_MAX bytes. */
void rundir_path(char *path);

#endif
