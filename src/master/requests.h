/* requests.h: what the master is asked for, whoever asks: signals today. The last request wins: a pause drops a reload
 * that is under way, and a reload ends a pause. */
#ifndef MPECHOD_REQUESTS_H
#define MPECHOD_REQUESTS_H

struct master;

/* Act on a signal other than SIGCHLD. */
void requests_signal(struct master *m, int sig);

#endif
