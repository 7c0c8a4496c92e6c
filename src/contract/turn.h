/* turn.h: the accept turn: a word in a page that all workers of a generation share with the master. Whoever has the
 * turn waits at the listeners; the others sleep in the kernel until it is theirs.
 *
 * The word is a bare futex (futex(2)) as the kernel's robust lists know it (get_robust_list(2)): 0, or the holder's
 * thread id; with FUTEX_WAITERS if somebody sleeps; and FUTEX_OWNER_DIED alone or with FUTEX_WAITERS if the holder has
 * died, by which the kernel frees it. A release wakes one sleeper, however many there are. Each worker's robust list is
 * in memory of its own: nothing here is a pointer, so whatever a worker writes here, no other writes or reads through
 * it. The worst that comes of it is that nobody takes the turn, which the master notices (decide/stall.h).
 *
 * The page is in the lock file, which has one for each generation; see master/lockfile.h. */
#ifndef MPECHOD_TURN_H
#define MPECHOD_TURN_H

#include <stdatomic.h>
#include <stdint.h>

/* What tells a lock file of ours from somebody else's file. */
#define TURN_TEXT "\nmpechod accept lock, version 1\n"

struct turn {
    _Atomic uint32_t word;
    char text[60]; /* TURN_TEXT */
};

#endif
