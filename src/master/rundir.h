/* rundir.h: the run directory, made and kept. Where it is: conf/rundir.h. */
#ifndef MPECHOD_MASTER_RUNDIR_H
#define MPECHOD_MASTER_RUNDIR_H

#include <stdbool.h>

#include "base/reason.h"
#include "conf/conf.h"

/* Make the directories that path needs, as far as they are the run directory or within it; others are the operator's to
 * make. A run directory in /tmp must be a real directory of ours that nobody else can write to. path "" needs none. */
bool rundir_prepare(const char *path, struct reason *why);

/* Lock the run directory, if conf puts anything into it, so that systemd-tmpfiles(8) does not clean it: to it, a file
 * that nobody touches for days looks dead, and so does a Unix socket that was bound under another name. Returns the
 * descriptor, which is to be kept open, or -1: there is nothing to lock, or no way to. */
int rundir_hold(const struct conf *conf);

#endif
