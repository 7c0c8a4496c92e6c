/* turn.h: the page that all workers of a generation share with the master, mapped from the lock file: the accept turn,
 * and a few hints.
 *
 * The turn is a robust process-shared mutex: the kernel hands it on when its holder dies, waiters sleep in the
 * kernel, a release wakes one of them however many there are, and the lock word holds the holder's pid (futex(2),
 * set_robust_list(2)), so that the master can tell who sits on it. Workers can write anything into this page: the
 * master takes what it reads as a hint, and never locks the mutex itself. */
#ifndef MPECHOD_TURN_H
#define MPECHOD_TURN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/reason.h"

struct turn;

/* Make a new lock file at path, in place of one that is there, and map it. *fd gets its descriptor (private), by which
 * the file can be told from a successor's. NULL with a reason on failure. */
struct turn *turn_create(const char *path, int *fd, struct reason *why);

/* Unmap, close, and remove the file if it is still this one. */
void turn_destroy(struct turn *turn, int fd, const char *path);

/* A worker: wait for the turn; pass it on. False: the lock is broken beyond use. */
bool turn_take(struct turn *turn);
void turn_give(struct turn *turn);

/* The master: who holds the turn; 0: nobody. Gossip. */
pid_t turn_holder(const struct turn *turn);

/* The master: wake one that waits for the turn, in case the one last woken was stopped before it could take it. */
void turn_kick(struct turn *turn);

/* Hints. At every look the master says how many idle places may be taken before it wants to be rung; workers count down
 * as they take one and up as they are idle again. The count drifts; the next look sets it right. Whoever takes a place
 * between turn_begin_count and turn_set_spare rings, and stays counted: the look may have missed it. */
void turn_begin_count(struct turn *turn);
void turn_set_spare(struct turn *turn, int spare);
bool turn_place_taken(struct turn *turn); /* true: ring */
void turn_place_free(struct turn *turn);

/* The master waits for so many workers to be ready; the last of them rings. */
void turn_set_awaited(struct turn *turn, int workers);
bool turn_ready(struct turn *turn); /* true: ring */

/* When the connections of a retired generation must have ended: clock_now() seconds, 0 = no limit. */
void turn_set_deadline(struct turn *turn, double deadline);
double turn_deadline(const struct turn *turn);

#endif
