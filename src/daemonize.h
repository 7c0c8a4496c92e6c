/* daemonize.h: detaching from who started us, who waits until clients can connect. */
#ifndef MPECHOD_DAEMONIZE_H
#define MPECHOD_DAEMONIZE_H

#include <stdbool.h>

#include "util.h"

/* Make 0 and 1 /dev/null, and 2 too if it is closed; close all others; make sure
 * that enough may be opened; leave the working directory. */
bool daemonize_clean(struct reason *why);

/* Go on in a process of its own session. The one that called waits for daemonize_ready and exits with 0, or with 1 if
 * this process ends before it. *ready gets the descriptor for daemonize_ready. */
bool daemonize_detach(int *ready, struct reason *why);

/* Let the one that waits go. Closes ready. */
void daemonize_ready(int ready);

#endif
