/* rundir.h: the run directory, where the pid file, the lock file and Unix sockets live by default. */
#ifndef MPECHOD_RUNDIR_H
#define MPECHOD_RUNDIR_H

#include <limits.h>
#include <stdbool.h>

#include "base/reason.h"

/* The daemon's run directory: RUNSTATEDIR/mpechod for root; $XDG_RUNTIME_DIR/mpechod, else /tmp/mpechod-UID, for
 * others. path: PATH_MAX bytes. */
void rundir_path(char *path);

/* Make the directories that path needs, as far as they are the run directory or within it; others are the operator's to
 * make. A run directory in /tmp must be a real directory of ours that nobody else can write to. */
bool rundir_prepare(const char *path, struct reason *why);

#endif
