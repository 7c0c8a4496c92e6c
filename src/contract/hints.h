/* hints.h: what tells a worker when to ring the doorbell: a page that all workers of a generation share with the
 * master. These are hints, never the truth: any worker can write anything here, and counts drift; the next look sets
 * them right.
 *
 * An example: min_spare is 5, and a look finds 8 idle workers. Three connections may be taken before fewer than 5
 * workers are idle, so the master sets spare to 8 - 5 + 1 = 4. As connections are taken, spare becomes 3, 2 and 1, and
 * the fourth one makes it 0: only four workers are idle, so the worker that has taken it rings, and the look that
 * follows forks. A worker that is idle again adds 1.
 *
 * While the master counts the workers, spare is 0, so that whoever takes a place meanwhile rings, because the count may
 * have missed it. Such a worker makes spare -1. When it has counted, the master does not set spare to 4, but adds 4 to
 * it: the result is 3, and that place stays counted. */
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
