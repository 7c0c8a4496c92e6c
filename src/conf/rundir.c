/* rundir.c: finds and makes the run directory. Called before a file is put into it, at start and at reload. */
#include "conf/rundir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void rundir_path(char *path)
{
    const char *xdg = getenv("XDG_RUNTIME_DIR");
    if (geteuid() == 0)
        snprintf(path, PATH_MAX, "%s/mpechod", RUNSTATEDIR);
    else if (xdg != NULL && xdg[0] == '/')
        snprintf(path, PATH_MAX, "%s/mpechod", xdg);
    else
        snprintf(path, PATH_MAX, "/tmp/mpechod-%u", (unsigned)geteuid());
}

static bool make_one(const char *path, struct reason *why)
{
    if (mkdir(path, geteuid() == 0 ? 0755 : 0700) != 0 && errno != EEXIST)
        return reason_set(why, "cannot make the directory %s: %s", path, strerror(errno));
    return true;
}

/* Whoever made it first in /tmp decides what is in it: it must have been us. */
static bool check_owner(const char *path, struct reason *why)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return reason_set(why, "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return reason_set(why, "%s is not a directory that only this user can write to: remove it, or name other paths",
                          path);
    return true;
}

bool rundir_prepare(const char *path, struct reason *why)
{
    char base[PATH_MAX], part[PATH_MAX];
    rundir_path(base);
    size_t n = strlen(base);
    if (strncmp(path, base, n) != 0 || path[n] != '/')
        return true;
    if (geteuid() == 0 && mkdir(RUNSTATEDIR, 0755) != 0 && errno != EEXIST)
        return reason_set(why, "cannot make the directory %s: %s", RUNSTATEDIR, strerror(errno));
    if (!make_one(base, why) || !check_owner(base, why))
        return false;
    for (const char *slash = strchr(path + n + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (!make_one(part, why))
            return false;
    }
    return true;
}
