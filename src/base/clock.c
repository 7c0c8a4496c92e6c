/* clock.c: see clock.h. */
#include "base/clock.h"

#include <time.h>

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double clock_now(void)
{
    return seconds(CLOCK_MONOTONIC);
}

double clock_coarse(void)
{
    return seconds(CLOCK_MONOTONIC_COARSE);
}
