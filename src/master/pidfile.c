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
#include "conf/rundir.h"
#include "contract/fdplan.h"
#include "master/errand.h"

static bool is_at(int fd, const char *path)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

/* Lock whatever file is at path, made if need be. Between open and lock somebody may have put another there. A read
 * lock is no daemon's: anybody who may read the file can have one, and it does not count. */
static int lock_present(const char *path, struct reason *why)
{
    for (int tries = 0; tries < 10; tries++) {
        struct stat st;
        int fd = fd_move(open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644), FD_PRIVATE);
        if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
            reason_set(why, "cannot open %s: %s", path, fd < 0 ? strerror(errno) : "not a regular file");
            fd_close(fd);
            return -1;
        }
        if (!fd_lock(fd) && fd_is_locked(fd)) {
            reason_set(why, "%s is locked: mpechod runs already; stop it, or name another process.pid_file", path);
            close(fd);
            return -1;
        }
        if (is_at(fd, path))
            return fd;
        close(fd);
    }
    reason_set(why, "%s keeps changing", path);
    return -1;
}

/* Readers see the old number or the new one, never half of it: the file is replaced, by one that is locked already,
 * while the old one is locked too. So there is no moment at which anybody could open the path and lock what is there.
 */
bool pidfile_take(struct pidfile *pidfile, const char *path, pid_t pid, struct reason *why)
{
    char text[32];
    *pidfile = (struct pidfile){.path = path, .fd = -1};
    int forerunner = rundir_prepare(path, why) ? lock_present(path, why) : -1;
    if (forerunner < 0)
        return false;
    int n = snprintf(text, sizeof text, "%d\n", (int)pid);
    pidfile->fd = file_create(path, 0644, text, (size_t)n, true, FD_PRIVATE);
    if (pidfile->fd < 0)
        reason_set(why, "cannot write %s: %s", path, strerror(errno));
    close(forerunner);
    return pidfile->fd >= 0;
}

void pidfile_drop(struct pidfile *pidfile)
{
    if (pidfile->fd < 0)
        return;
    struct stat st;
    if (fstat(pidfile->fd, &st) == 0)
        errand_unlink(pidfile->path, st.st_dev, st.st_ino);
    close(pidfile->fd);
    pidfile->fd = -1;
}
