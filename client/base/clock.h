/* clock.h: the one clock that everything is measured by. CLOCK_MONOTONIC is slewed but never steps, and reading it is
 * no system call (vdso(7)). */
#ifndef MPECHO_CLOCK_H
#define MPECHO_CLOCK_H

#include <stdint.h>
#include <time.h>

/* All times and durations of the client are in nanoseconds, unless their name says otherwise. */
#define CLOCK_US INT64_C(1000)
#define CLOCK_MS INT64_C(1000000)
#define CLOCK_SECOND INT64_C(1000000000)

static inline int64_t clock_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * CLOCK_SECOND + time.tv_nsec;
}

static inline double clock_seconds(int64_t ns)
{
    return (double)ns / (double)CLOCK_SECOND;
}

static inline double clock_ms(int64_t ns)
{
    return (double)ns / (double)CLOCK_MS;
}

#endif
