/* clock.h: the time, in seconds on CLOCK_MONOTONIC. */
#ifndef MPECHOD_CLOCK_H
#define MPECHOD_CLOCK_H

double clock_now(void);

/* The same to the last scheduler tick (1-10 ms ago): no more than a memory read, for paths that run per message. */
double clock_coarse(void);

#endif
