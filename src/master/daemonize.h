/* daemonize.h: detaching from the process that started us, which waits until clients can connect. */
#ifndef MPECHOD_DAEMONIZE_H
#define MPECHOD_DAEMONIZE_H

#include <stdbool.h>

#include "base/reason.h"

/* Make descriptors 0 and 1 /dev/null, and 2 too if it is closed; close all others; make sure that enough can be opened;
 * leave the working directory. */
bool daemonize_clean(struct reason *why);

/* Go on in a new process, in a session that has no terminal. The calling process waits for daemonize_ready and exits
 * with 0, or with 1 if the new one ends before that. *ready gets the descriptor for daemonize_ready. */
bool daemonize_detach(int *ready, struct reason *why);

/* Tell the waiting process that clients can connect. Closes ready. */
void daemonize_ready(int ready);

#endif
