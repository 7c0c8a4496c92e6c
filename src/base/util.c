/* util.c: small things that every layer may use. None of them logs; failures are returned. */
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "contract/fdplan.h"

bool reason_set(struct reason *why, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(why->text, sizeof why->text, format, ap);
    va_end(ap);
    return false;
}

static double clock_seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double util_now(void)
{
    return clock_seconds(CLOCK_MONOTONIC);
}

double util_now_coarse(void)
{
    return clock_seconds(CLOCK_MONOTONIC_COARSE);
}

int util_fd_private(int fd)
{
    if (fd < 0)
        return -1;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, FD_PRIVATE);
    util_close(fd);
    return moved;
}

void util_close(int fd)
{
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
}

void *util_alloc_unforked(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, size, MADV_DONTFORK);
    return memory;
}

void util_free_unforked(void *memory, size_t size)
{
    if (memory != NULL)
        munmap(memory, size);
}

bool util_lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

/* Asks whether a read lock could be had: only a write lock prevents that. */
bool util_is_locked(int fd)
{
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &whole) != 0 || whole.l_type != F_UNLCK;
}

int util_create_file(const char *path, unsigned mode, const void *data, size_t size, bool locked)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return -1;
    int fd = util_fd_private(mkostemp(temporary, O_CLOEXEC));
    bool whole = fd >= 0 && (!locked || util_lock(fd)) && fchmod(fd, mode) == 0 &&
                 write(fd, data, size) == (ssize_t)size && rename(temporary, path) == 0;
    if (fd >= 0 && !whole) {
        int saved = errno;
        unlink(temporary);
        close(fd);
        errno = saved;
        fd = -1;
    }
    free(temporary);
    return fd;
}

void util_remove_own(const char *path, int fd)
{
    struct stat ours, there;
    if (fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
        unlink(path);
}
