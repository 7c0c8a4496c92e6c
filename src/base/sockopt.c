/* sockopt.c: see sockopt.h. */
#include "base/sockopt.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

bool sockopt_int(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static void set_timeout(int fd, int option, double seconds)
{
    struct timeval t = {.tv_sec = (time_t)seconds, .tv_usec = (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)};
    if (seconds > 0 && t.tv_sec == 0 && t.tv_usec < 1000)
        t.tv_usec = 1000; /* 0 would mean for ever */
    setsockopt(fd, SOL_SOCKET, option, &t, sizeof t);
}

void sockopt_timeouts(int fd, double seconds)
{
    set_timeout(fd, SO_RCVTIMEO, seconds);
    set_timeout(fd, SO_SNDTIMEO, seconds / 8);
}
