/* fd.c: see fd.h. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int fd_move(int fd, int lowest)
{
    if (fd < 0)
        return -1;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
    fd_close(fd);
    return moved;
}

void fd_close(int fd)
{
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
}

void fd_close_from(int lowest)
{
    if (close_range((unsigned)lowest, ~0U, 0) == 0)
        return;
    long end = sysconf(_SC_OPEN_MAX);
    for (int fd = lowest; fd < end; fd++)
        close(fd);
}

bool fd_lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

/* Asks whether a read lock could be had: only a write lock prevents that. */
bool fd_is_locked(int fd)
{
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &whole) != 0 || whole.l_type != F_UNLCK;
}

int fd_poll_now(struct pollfd *pollfds, nfds_t n)
{
    int rc;
    do {
        rc = poll(pollfds, n, 0);
    } while (rc < 0 && errno == EINTR);
    return rc;
}
