/* sockopt.h: socket options that are set in more than one process. */
#ifndef MPECHOD_SOCKOPT_H
#define MPECHOD_SOCKOPT_H

#include <stdbool.h>

/* Set an integer option. False with errno. */
bool sockopt_int(int fd, int level, int option, int value);

/* Set how long a receive may wait: seconds, 0 = for ever; at least 1 ms. A send may wait for an eighth of that: if it
 * has moved some bytes before it timed out, it does not tell when it moved them, and the shorter the wait is, the more
 * precisely that is known. */
void sockopt_timeouts(int fd, double seconds);

#endif
