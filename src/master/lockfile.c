/* lockfile.c: the lock file; see lockfile.h. Opened and ended by deploy, mapped by the pool. What fails at the start is
 * fatal, and at a reload changes nothing. */
#include "master/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/reason.h"
#include "contract/fdplan.h"
#include "master/errand.h"
#include "master/rundir.h"

static const struct turn fresh = {.text = TURN_TEXT};

off_t lockfile_offset(size_t index)
{
    return (off_t)index * (off_t)sysconf(_SC_PAGESIZE);
}

static bool is_in_memory(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 &&
           ((unsigned long)fs.f_type == TMPFS_MAGIC || (unsigned long)fs.f_type == RAMFS_MAGIC);
}

/* A device is not even opened, since that may do something. Between lstat and open the name may come to be another's.
 */
static bool is_ours(const char *path)
{
    struct turn there;
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool ours = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
                pread(fd, &there, sizeof there, 0) == sizeof there &&
                memcmp(there.text, fresh.text, sizeof there.text) == 0;
    fd_close(fd);
    return ours;
}

/* A lock file that is there may still be mapped by workers of a daemon that was killed, so it is not used again, but
 * replaced. */
static int create(const char *path, struct reason *why)
{
    for (int tries = 0; tries < 10; tries++) {
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0)
            return fd;
        if (errno != EEXIST)
            break;
        if (!is_ours(path)) {
            reason_set(why,
                       "%s is there already, and is not a lock file of this daemon's user: remove it, or name "
                       "another path",
                       path);
            return -1;
        }
        unlink(path);
    }
    reason_set(why, "cannot make the lock file %s: %s", path, strerror(errno));
    return -1;
}

/* Which descriptor the file at path becomes. */
static bool settle(struct lockfile *lockfile, int fd)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, FD_PRIVATE);
    if (is_in_memory(fd))
        lockfile->fd = moved;
    else
        lockfile->sign = moved;
    return moved >= 0 && fchmod(fd, 0600) == 0 && pwrite(fd, &fresh, sizeof fresh, 0) == sizeof fresh;
}

static bool open_at_path(struct lockfile *lockfile, struct reason *why)
{
    int fd = rundir_prepare(lockfile->path, why) ? create(lockfile->path, why) : -1;
    if (fd < 0)
        return false;
    bool settled = settle(lockfile, fd);
    if (!settled) {
        reason_set(why, "cannot make the lock file %s: %s", lockfile->path, strerror(errno));
        unlink(lockfile->path);
        lockfile->path[0] = '\0';
        lockfile_end(lockfile);
    }
    close(fd);
    return settled;
}

bool lockfile_open(struct lockfile *lockfile, const char *path, struct reason *why)
{
    *lockfile = (struct lockfile){.fd = -1, .sign = -1};
    strncpy(lockfile->path, path, sizeof lockfile->path - 1);
    if (path[0] != '\0' && !open_at_path(lockfile, why))
        return false;
    if (lockfile->fd < 0)
        lockfile->fd = fd_move(memfd_create("mpechod accept lock", MFD_CLOEXEC), FD_PRIVATE);
    if (lockfile->fd >= 0)
        return true;
    reason_set(why, "cannot make the accept lock: %s", strerror(errno));
    lockfile_end(lockfile);
    return false;
}

static int file_of(const struct lockfile *lockfile)
{
    return lockfile->sign >= 0 ? lockfile->sign : lockfile->fd;
}

bool lockfile_is_there(const struct lockfile *lockfile)
{
    return lockfile->path[0] == '\0' || file_is_at(lockfile->path, file_of(lockfile));
}

void lockfile_end(struct lockfile *lockfile)
{
    if (lockfile->path[0] != '\0')
        errand_remove_own(lockfile->path, file_of(lockfile));
    fd_close(lockfile->sign);
    fd_close(lockfile->fd);
    *lockfile = (struct lockfile){.fd = -1, .sign = -1};
}

/* The whole page is written, so that the file system has room for it: touching a mapped page that a full file system
 * cannot provide would be a SIGBUS. */
struct turn *lockfile_map(const struct lockfile *lockfile, size_t index, struct reason *why)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char page[65536] = {0};
    memcpy(page, &fresh, sizeof fresh);
    ssize_t wrote = size <= sizeof page ? pwrite(lockfile->fd, page, size, lockfile_offset(index)) : -1;
    void *turn = wrote != (ssize_t)size ? MAP_FAILED
                                        : mmap(NULL, sizeof(struct turn), PROT_READ | PROT_WRITE, MAP_SHARED,
                                               lockfile->fd, lockfile_offset(index));
    if (turn != MAP_FAILED)
        return turn;
    reason_set(why, "cannot make the accept lock: %s",
               wrote >= 0 && wrote < (ssize_t)size ? strerror(ENOSPC) : strerror(errno));
    return NULL;
}

void lockfile_unmap(struct turn *turn)
{
    munmap(turn, sizeof *turn);
}
