/* inherited.c: listening sockets that whoever starts us has opened already (socket activation, sd_listen_fds(3)).
 * Called by main before anything is closed. */
#include <stdlib.h>
#include <unistd.h>

#include "master/listener/listen.h"

unsigned listen_inherited(void)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    if (pid == NULL || fds == NULL || strtol(pid, NULL, 10) != getpid())
        return 0;
    long n = strtol(fds, NULL, 10);
    return n > 0 && n < FD_LISTEN_MAX ? (unsigned)n : 0;
}
