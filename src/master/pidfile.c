/* pidfile.c: the pid file; see pidfile.h. Its lock belongs to the open file, so it survives daemonizing, and ends with
 * the master, since workers close their copies. */
#include "master/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/reason.h"
#include "contract/fdplan.h"
#include "master/errand.h"
#include "master/rundir.h"

static bool is_at(int fd, const char *path)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

static int write_number(const struct pidfile *pidfile,
                        int (*create)(const char *, unsigned, const void *, size_t, bool, int))
{
    char text[32];
    int n = snprintf(text, sizeof text, "%d\n", (int)pidfile->pid);
    return create(pidfile->path, 0644, text, (size_t)n, true, FD_PRIVATE);
}

/* Lock the file that is at path. A read lock does not mean that a daemon runs: anybody who may read the file can hold
 * one, and it is ignored. False with a reason; *fd is -1 if there is no such file any more. */
static bool lock_present(const char *path, int *fd, struct reason *why)
{
    struct stat st;
    *fd = fd_move(open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), FD_PRIVATE);
    if (*fd < 0 && errno == ENOENT)
        return true;
    if (*fd < 0 || fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode))
        reason_set(why, "cannot open %s: %s", path, *fd < 0 ? strerror(errno) : "not a regular file");
    else if (!fd_lock(*fd) && fd_is_locked(*fd))
        reason_set(why, "%s is locked: mpechod runs already; stop it, or name another process.pid_file", path);
    else
        return true;
    fd_close(*fd);
    return false;
}

/* Between open and lock somebody may have put another file there. False with a reason, unless it is to be tried
 * again. */
static bool replace(struct pidfile *pidfile, struct reason *why)
{
    int forerunner;
    if (!lock_present(pidfile->path, &forerunner, why))
        return false;
    if (forerunner >= 0 && is_at(forerunner, pidfile->path)) {
        pidfile->fd = write_number(pidfile, file_create);
        if (pidfile->fd < 0)
            reason_set(why, "cannot write %s: %s", pidfile->path, strerror(errno));
        close(forerunner);
        return pidfile->fd >= 0;
    }
    fd_close(forerunner);
    return true;
}

/* Readers see the old number or the new one, never half of it: the file appears whole and locked, or it replaces one
 * that is locked, too, while it is replaced. So there is no moment at which anybody could open the path and lock what
 * is there. */
bool pidfile_take(struct pidfile *pidfile, const char *path, pid_t pid, struct reason *why)
{
    *pidfile = (struct pidfile){.pid = pid, .fd = -1};
    snprintf(pidfile->path, sizeof pidfile->path, "%s", path);
    if (path[0] == '\0')
        return true;
    if (!rundir_prepare(path, why))
        return false;
    for (int tries = 0; tries < 10; tries++) {
        pidfile->fd = write_number(pidfile, file_create_new);
        if (pidfile->fd < 0 && errno != EEXIST)
            return reason_set(why, "cannot write %s: %s", path, strerror(errno));
        if (pidfile->fd < 0 && !replace(pidfile, why))
            return false;
        if (pidfile->fd >= 0) {
            pidfile->unwatched = file_may_hang(path);
            return true;
        }
    }
    return reason_set(why, "%s keeps changing", path);
}

void pidfile_tend(struct pidfile *pidfile, struct log *log)
{
    struct stat st;
    struct reason why;
    if (pidfile->fd < 0 || pidfile->unwatched || lstat(pidfile->path, &st) == 0 || errno != ENOENT)
        return;
    bool prepared = rundir_prepare(pidfile->path, &why);
    int fd = prepared ? write_number(pidfile, file_create_new) : -1;
    if (prepared && fd < 0)
        reason_set(&why, "cannot write %s: %s", pidfile->path, strerror(errno));
    if (fd >= 0) {
        close(pidfile->fd);
        pidfile->fd = fd;
        log_warn(log, "the pid file %s was removed: written again", pidfile->path);
    } else if (!pidfile->failing) {
        log_error(log, "the pid file was removed and cannot be written again: %s; trying again", why.text);
    }
    pidfile->failing = fd < 0;
}

void pidfile_end(struct pidfile *pidfile)
{
    if (pidfile->fd < 0)
        return;
    errand_remove_own(pidfile->path, pidfile->fd);
    close(pidfile->fd);
    pidfile->fd = -1;
}
