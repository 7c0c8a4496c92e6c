/* stall.h: tells when the accept turn is stuck: connections wait, there are idle workers, and nobody has accepted for a
 * while. Pure; to be called at each look. */
#ifndef MPECHOD_STALL_H
#define MPECHOD_STALL_H

#include <stdbool.h>
#include <stdint.h>

/* All 0 to begin. */
struct stall {
    bool watching;
    double since;     /* the look that first saw connections wait with no accept */
    uint64_t accepts; /* what the workers said they had accepted, then */
};

/* accepts: any number that changes when a connection is accepted. timeout: seconds, 0 = never stalled. True once the
 * turn has been stuck for timeout; then the watch begins anew. */
bool stall_check(struct stall *stall, unsigned waiting, unsigned idle, uint64_t accepts, double timeout, double now);

/* Seconds until stall_check may say so, for a caller that would not be late; 0: nothing is watched. */
double stall_left(const struct stall *stall, double timeout, double now);

#endif
