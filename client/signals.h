/* signals.h: the signals a person sends to a run, as something to wait for. Called by ping and bench.
 * Fails when the kernel refuses a descriptor, having told the user. */
#ifndef MPECHO_SIGNALS_H
#define MPECHO_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

/* Block INT, TERM and QUIT, for threads made later too; returns a descriptor that is readable when one comes, or -1. */
int signals_open(void);

/* The next one that came, or 0. INT and TERM: end early, with the summary; and from the first one on both end the
 * process at once, as they do by default. QUIT: show the summary so far. */
int signals_next(int fd);

/* Wait until standard output takes a line, at most until then, as clock_now() has it (INT64_MAX: no limit): blocked
 * signals would not be heard while a reader that does not read holds us up. False: a signal, or that time, came first.
 */
bool signals_wait_for_output(int fd, int64_t until);

/* From now on all of them do what they do by default. */
void signals_release(void);

#endif
