/* lockfile.h: the lock file: where the accept turns of a configuration's generations are, a page for each. It is made
 * once for a configuration, so that making a generation does no path operation. It is mapped only if it lies in memory
 * itself (tmpfs, ramfs): whoever touches a page of a file waits while its file system is frozen, and dies if it is
 * full. Elsewhere, and if no path is given, the pages are in an anonymous file in memory, and the one at the path is no
 * more than a sign. */
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
