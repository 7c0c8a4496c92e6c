/* crew.h: workers of one kind within a generation: they wait at one lifeline and one accept turn. There is one kind
 * today, which serves connections; what is the generation's (configuration, listeners, deadline) is in generation.h. */
#ifndef MPECHOD_CREW_H
#define MPECHOD_CREW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "contract/hints.h"
#include "contract/turn.h"
#include "decide/stall.h"
#include "master/lockfile.h"

/* The lifeline is a pipe whose only write end is the master's. A byte in it makes the one idle worker leave that reads
 * it. When the write end is closed, all workers leave; that happens by itself if the master dies. */
struct crew {
    int lifeline_read, lifeline_write; /* -1 once retired */
    size_t index;                      /* of the turn's place in the lock file */
    struct turn *turn;                 /* NULL once retired */
    int turn_fd;                       /* the lock file, which is the deploy's; -1 once retired */
    struct hints *hints;               /* NULL once retired */
    bool unshared;                     /* children do not get these two */
    struct stall stall;                /* of the turn */
    double thinned;                    /* when crew_thin was last called, clock_now() */
};

/* Before anything else, so that crew_retire is harmless. */
void crew_init(struct crew *crew);

/* Open a lifeline, and take the place of that index in the lock file. False with a reason; crew_retire undoes a part.
 */
bool crew_open(struct crew *crew, const struct lockfile *lockfile, size_t index, struct reason *why);

/* Whether children get the turn and the hints; at first they do. Costs nothing if it is so already. False with errno.
 */
bool crew_share(struct crew *crew, bool shared);

/* Close the lifeline: its workers take no more connections. What is left costs neither a descriptor nor a page. */
void crew_retire(struct crew *crew);
bool crew_is_retired(const struct crew *crew);

/* Tell n idle workers to leave; how many of those told have not read it yet. */
void crew_thin(struct crew *crew, unsigned n, double now);
unsigned crew_thinning(const struct crew *crew);

#endif
