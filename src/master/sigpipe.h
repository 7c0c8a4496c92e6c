/* sigpipe.h: the self-pipe. A signal's handler writes the signal's number into a pipe whose descriptors have constant
 * numbers, and the master's loop reads it there: nothing else happens at a signal, and no variable is needed. */
#ifndef MPECHOD_SIGPIPE_H
#define MPECHOD_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"

/* Make the pipe, take over the signals that the master answers, ignore SIGPIPE and SIGXFSZ, give every other signal
 * back its default disposition, whatever the parent left us, and unblock all. */
bool sigpipe_open(struct reason *why);

/* Read what has come. Returns how many signal numbers were stored (0: none is left); never blocks. */
size_t sigpipe_read(int *signals, size_t max);

/* All signals are blocked from before a fork until the child has dispositions of its own: until then it shares the
 * pipe, and a signal meant for it would reach the master. Returns what was blocked before. */
sigset_t sigpipe_block(void);
void sigpipe_restore(const sigset_t *before);

/* "SIGTERM" and the like, for messages. buffer of 16 bytes is used for signals without a name. */
const char *sigpipe_name(int sig, char *buffer);

#endif
