/* turnwatch.h: the accept turn (contract/turn.h), as the master sees it: it never takes it, never waits for it, and
 * touches no mapped page of it, since the file could be cut short under it. */
#ifndef MPECHOD_TURNWATCH_H
#define MPECHOD_TURNWATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/reason.h"
#include "contract/turn.h"

/* Whether the kernel frees the turn of a worker that dies. False with a reason. */
bool turnwatch_possible(struct reason *why);

/* Who has the turn on that page of the lock file (open at fd); 0: nobody. Gossip. */
pid_t turnwatch_holder(int fd, size_t index);

/* Wake one that waits for the turn, in case the one last woken was stopped before it could take it. */
void turnwatch_kick(struct turn *turn);

#endif
