/* lockfile.h: the lock file, which has the accept turn of each generation on a page of its own. It is made once for a
 * configuration, so that a generation can be made without looking up a path. It is mapped only if it is in memory
 * itself (tmpfs, ramfs): a process that touches a page of a file waits while the file system is frozen, and dies if it
 * is full. Otherwise, and if no path is given, the pages are in an anonymous file in memory; the file at the path,
 * called the sign, then only shows that the daemon runs. */
#ifndef MPECHOD_LOCKFILE_H
#define MPECHOD_LOCKFILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/reason.h"
#include "contract/turn.h"

struct lockfile {
    int fd;              /* the pages; -1: there are none */
    int sign;            /* the file at path, if the pages are not in it; -1: they are, or there is no path */
    char path[PATH_MAX]; /* "": none */
};

/* Make one at path, "" for none, in place of a lock file that an earlier daemon of the same user has left there;
 * anything else is left alone. False with a reason. */
bool lockfile_open(struct lockfile *lockfile, const char *path, struct reason *why);

/* Whether the file at the path is still this one, or there is none to be. */
bool lockfile_is_there(const struct lockfile *lockfile);

/* Remove it, if it is still this one, and close it. Pages that are mapped stay. */
void lockfile_end(struct lockfile *lockfile);

/* Make page number index anew, the turn free, and map it. NULL with a reason. */
struct turn *lockfile_map(const struct lockfile *lockfile, size_t index, struct reason *why);
void lockfile_unmap(struct turn *turn);

/* Where that page is in the file. */
off_t lockfile_offset(size_t index);

#endif
