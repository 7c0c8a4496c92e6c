/* fd.c: see fd.h. */
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

/* The limit may be a thousand million. */
static bool close_listed(int lowest)
{
    DIR *list = opendir("/proc/self/fd");
    if (list == NULL)
        return false;
    for (const struct dirent *entry; (entry = readdir(list)) != NULL;) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        if (fd >= lowest && fd != dirfd(list))
            close(fd);
    }
    closedir(list);
    return true;
}

void fd_close_from(int lowest)
{
    if (close_range((unsigned)lowest, ~0U, 0) == 0)
        return;
    if (close_listed(lowest))
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
