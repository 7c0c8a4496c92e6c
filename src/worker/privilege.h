/* privilege.h: how a worker gives up what it does not need, for good. */
#ifndef MPECHOD_PRIVILEGE_H
#define MPECHOD_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/reason.h"

/* Become uid and gid with no other groups and no way back, and verify that it is so. Not as root: user and group are
 * left alone. Either way no program that this process might execute gains privileges. */
bool privilege_drop(uid_t uid, gid_t gid, struct reason *why);

#endif
