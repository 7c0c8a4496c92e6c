/* hints.h: what tells a worker when to ring the doorbell: a page that all workers of a generation share with the
 * master. Hints, never the truth: any worker can write anything here, and counts drift; the next look sets them right.
 *
 * An example: min_spare is 5, and a look finds 8 idle workers. Three more connections may be taken before there are
 * fewer than 5 left, so the master sets spare to 8 - 5 + 1 = 4. Connections come: 3, 2, 1, and the fourth takes it to
 * 0: four idle ones are left, that worker rings, and the look that follows forks. A worker that is idle again counts
 * up. While the master counts, spare stands at 0, so that whoever takes a place meanwhile rings, for the count may have
 * missed it: it goes to -1, and the master then adds 4, not sets it: 3, and that one stays counted. */
#ifndef MPECHOD_HINTS_H
#define MPECHOD_HINTS_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct hints {
    atomic_int spare;         /* idle places that may be taken before the master wants to be rung */
    atomic_int awaited;       /* workers that are not ready yet; the last one rings */
    _Atomic uint64_t accepts; /* by all workers of the generation; only whoever has the turn counts */
};

/* Nothing could be forked: do not ring. */
enum { HINTS_PLENTY = INT_MAX / 2 };

/* The master, around each count. */
void hints_begin_count(struct hints *hints);
void hints_set_spare(struct hints *hints, int spare);

/* A worker, as it takes a connection and as it is idle again. True: ring. */
bool hints_place_taken(struct hints *hints);
void hints_place_free(struct hints *hints);

/* A worker is ready. True: ring. */
bool hints_ready(struct hints *hints);

/* Whoever has the turn has accepted a connection. */
void hints_count_accept(struct hints *hints);

#endif
