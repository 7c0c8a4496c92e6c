/* stall.h: tells when the accept turn is stuck: connections wait, idle workers are there, and nobody has accepted for
 * a while. Pure; the pool calls it at each look. */
#ifndef MPECHOD_STALL_H
#define MPECHOD_STALL_H

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialised is a good start. */
struct stall {
    bool watching;
    double since;     /* the look that first saw connections wait with no accept */
    uint64_t accepts; /* what the workers said they had accepted, then */
};

/* accepts: any number that changes when a connection is accepted. timeout: seconds, 0 = never stalled. True once the
 * turn has been stuck for timeout; then the watch begins anew. */
bool stall_check(struct stall *stall, unsigned waiting, unsigned idle, uint64_t accepts, double timeout, double now);

/* Seconds until stall_check may say so, for whoever would rather not be late; 0: nothing is watched. */
double stall_left(const struct stall *stall, double timeout, double now);

#endif
