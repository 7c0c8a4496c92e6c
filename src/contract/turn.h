/* turn.h: the accept turn: a word in a page that all workers of a generation share with the master. The worker that has
 * the turn waits at the listeners; the others sleep in the kernel until the turn is theirs.
 *
 * The word is a bare futex (futex(2)) in the form that the kernel's robust lists know (get_robust_list(2)): 0, or the
 * holder's thread id; with FUTEX_WAITERS if somebody may sleep; and FUTEX_OWNER_DIED, alone or with FUTEX_WAITERS, if
 * the holder has died, in which case the kernel frees the word. An example, with the workers 101, 102 and 103:
 *
 *   0                       nobody has the turn
 *   101                     101 has taken it, without a system call
 *   101 | WAITERS           102 found it taken, has said that somebody waits, and sleeps; then 103 does the same
 *   0                       101 has accepted and gives the turn back; as WAITERS was set, it wakes one sleeper: 102
 *   102 | WAITERS           102 takes it, and leaves WAITERS set, because others may still sleep
 *   OWNER_DIED | WAITERS    102 was killed; the kernel has written this and wakes one sleeper: 103
 *   103 | WAITERS           103 takes it
 *
 * Each worker's robust list is in memory of its own. Nothing here is a pointer, so whatever a worker writes here, no
 * other worker reads or writes memory through it. The worst that can come of it is that nobody takes the turn, which
 * the master notices (decide/stall.h).
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
