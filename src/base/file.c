/* file.c: see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

int file_create(const char *path, unsigned mode, const void *data, size_t size, bool locked, int lowest)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return -1;
    int fd = fd_move(mkostemp(temporary, O_CLOEXEC), lowest);
    bool whole = fd >= 0 && (!locked || fd_lock(fd)) && fchmod(fd, mode) == 0 &&
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

void file_remove_own(const char *path, int fd)
{
    struct stat ours, there;
    if (fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
        unlink(path);
}

unsigned file_number(const char *path, unsigned otherwise)
{
    char text[32], *end = text;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return otherwise;
    unsigned long number = fgets(text, sizeof text, file) != NULL ? strtoul(text, &end, 10) : 0;
    fclose(file);
    return end != text ? (unsigned)number : otherwise;
}
