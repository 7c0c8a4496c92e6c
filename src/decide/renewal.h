/* renewal.h: when something that workers share may be made anew. If it breaks again and again, that is done after
 * longer and longer pauses. Pure. */
#ifndef MPECHOD_RENEWAL_H
#define MPECHOD_RENEWAL_H

#include <stdbool.h>

/* All 0 to begin. */
struct renewal {
    double last;  /* when the last one was */
    double pause; /* seconds until there may be another */
};

#define RENEWAL_FIRST 0.1    /* seconds between two renewals; doubles up to RENEWAL_SLOWEST */
#define RENEWAL_SLOWEST 60.0 /* after this long without one, besides the pause, RENEWAL_FIRST again */

/* Whether there may be one now; if so, it is counted. now: seconds, of a clock that does not go back. */
bool renewal_take(struct renewal *renewal, double now);

#endif
