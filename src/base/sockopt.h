/* sockopt.h: socket options that are set in more than one process. */
#ifndef MPECHOD_SOCKOPT_H
#define MPECHOD_SOCKOPT_H

#include <stdbool.h>

/* Set an integer option. False with errno. */
bool sockopt_int(int fd, int level, int option, int value);

/* How long a receive, and a send, may wait: seconds, 0 = for ever. */
void sockopt_timeouts(int fd, double seconds);

#endif
