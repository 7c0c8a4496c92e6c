/* sockopt.h: socket options that are set in more than one process. */
#ifndef MPECHOD_SOCKOPT_H
#define MPECHOD_SOCKOPT_H

#include <stdbool.h>

/* Set an integer option. False with errno. */
bool sockopt_int(int fd, int level, int option, int value);

/* How long a receive may wait: seconds, 0 = for ever; at least 1 ms. A send waits for an eighth of that: one that has
 * moved some bytes before it timed out does not tell when, so the shorter the wait, the better that is known. */
void sockopt_timeouts(int fd, double seconds);

#endif
