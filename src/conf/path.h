/* path.h: whether two paths name the same file. */
#ifndef MPECHOD_CONF_PATH_H
#define MPECHOD_CONF_PATH_H

#include <stdbool.h>

/* By another spelling, through a symbolic link or as a hard link, as far as can be told: the files need not exist. Both
 * are absolute and shorter than PATH_MAX. */
bool path_is_same(const char *one, const char *other);

#endif
