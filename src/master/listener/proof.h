/* proof.h: what the options of a listening socket were, to see whether somebody has changed one. A worker may set
 * nearly all of them without any privilege, connections inherit them, and some make a listener deaf for ever: a filter,
 * say, can be locked. */
#ifndef MPECHOD_PROOF_H
#define MPECHOD_PROOF_H

#include <stdbool.h>
#include <stdint.h>

enum { PROOF_OPTIONS = 47 };

/* A digest of each option's value; those that the kernel or the address family does not know have one, too. */
struct proof {
    uint32_t digest[PROOF_OPTIONS];
};

void proof_take(struct proof *proof, int fd);

/* After the backlog or the timeouts were set on purpose. */
void proof_retake_tuned(struct proof *proof, int fd);

/* Whether all is as it was; if not, *changed is the number of an option that is not. */
bool proof_holds(struct proof *proof, int fd, unsigned *changed);

const char *proof_name(unsigned option);

#endif
