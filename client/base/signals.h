/* signals.h: the signals a person sends to a run, as something to wait for. */
#ifndef MPECHO_SIGNALS_H
#define MPECHO_SIGNALS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* Block INT, TERM and QUIT, for threads made later too; returns a descriptor that is readable when one comes, or -1,
 * which was reported. */
int signals_open(void);

/* The next one that came, or 0. INT and TERM: end early, with the summary; after the first one another ends the process
 * at once. QUIT: show the summary so far. */
int signals_next(int fd);

/* poll(2), at most until then, as clock_now() has it; INT64_MAX: no limit. */
int signals_poll(struct pollfd *fds, nfds_t count, int64_t until);

/* Wait until standard output can take a line. Signals are blocked, so during a write that blocks, while the reader is
 * slow, we would not notice any. False: a signal came, or `until` has passed. */
bool signals_wait_for_output(int fd, int64_t until);

/* From now on all of them do what they do by default. */
void signals_release(void);

#endif
