/* rundir.c: the run directory, made and kept; see rundir.h. Called before a file is put into it, at start and at
 * reload. */
#include "master/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "conf/rundir.h"
#include "contract/fdplan.h"

static bool make_one(const char *path, struct reason *why)
{
    if (mkdir(path, geteuid() == 0 ? 0755 : 0700) != 0 && errno != EEXIST)
        return reason_set(why, "cannot make the directory %s: %s", path, strerror(errno));
    return true;
}

/* In /tmp anybody can make a directory of that name first, and would then decide what is in it: it must be ours. */
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

static bool is_within(const char *path, const char *base)
{
    size_t n = strlen(base);
    return strncmp(path, base, n) == 0 && path[n] == '/';
}

bool rundir_prepare(const char *path, struct reason *why)
{
    char base[PATH_MAX], part[PATH_MAX];
    rundir_path(base);
    if (!is_within(path, base))
        return true;
    if (geteuid() == 0 && mkdir(RUNSTATEDIR, 0755) != 0 && errno != EEXIST)
        return reason_set(why, "cannot make the directory %s: %s", RUNSTATEDIR, strerror(errno));
    if (!make_one(base, why) || !check_owner(base, why))
        return false;
    for (const char *slash = strchr(path + strlen(base) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (!make_one(part, why))
            return false;
    }
    return true;
}

static bool is_used(const struct conf *conf, const char *base)
{
    bool used =
        is_within(conf->pid_file, base) || is_within(conf->lock_file, base) || is_within(conf->log_target, base);
    for (size_t i = 0; i < conf->listens && !used; i++) {
        const char *path = addr_path(&conf->listen[i].addr);
        used = path != NULL && is_within(path, base);
    }
    return used;
}

int rundir_hold(const struct conf *conf)
{
    char base[PATH_MAX];
    rundir_path(base);
    if (!is_used(conf, base))
        return -1;
    int fd = fd_move(open(base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), FD_PRIVATE);
    if (fd >= 0)
        flock(fd, LOCK_SH | LOCK_NB); /* several daemons may share it */
    return fd;
}
