/* file.c: see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

static bool fill(int fd, unsigned mode, const void *data, size_t size, bool locked)
{
    return (!locked || fd_lock(fd)) && fchmod(fd, mode) == 0 && write(fd, data, size) == (ssize_t)size;
}

/* Not every file system knows RENAME_NOREPLACE, nor every one hard links. */
static int rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (link(from, to) != 0)
        return -1;
    unlink(from);
    return 0;
}

static int create(const char *path, unsigned mode, const void *data, size_t size, bool locked, int lowest,
                  int (*place)(const char *, const char *))
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return -1;
    int made = mkostemp(temporary, O_CLOEXEC), fd = fd_move(made, lowest);
    if (made >= 0 && (fd < 0 || !fill(fd, mode, data, size, locked) || place(temporary, path) != 0)) {
        int saved = errno;
        unlink(temporary);
        fd_close(fd);
        errno = saved;
        fd = -1;
    }
    free(temporary);
    return fd;
}

int file_create(const char *path, unsigned mode, const void *data, size_t size, bool locked, int lowest)
{
    return create(path, mode, data, size, locked, lowest, rename);
}

int file_create_new(const char *path, unsigned mode, const void *data, size_t size, bool locked, int lowest)
{
    return create(path, mode, data, size, locked, lowest, rename_new);
}

bool file_is_at(const char *path, int fd)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

bool file_may_hang(const char *path)
{
    static const unsigned remote[] = {
        NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, SMB2_SUPER_MAGIC, CIFS_SUPER_MAGIC, FUSE_SUPER_MAGIC,  CEPH_SUPER_MAGIC,
        V9FS_MAGIC,      AFS_SUPER_MAGIC, CODA_SUPER_MAGIC, NCP_SUPER_MAGIC,  OCFS2_SUPER_MAGIC,
    };
    struct statfs fs;
    if (statfs(path, &fs) != 0)
        return true;
    for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++)
        if ((unsigned)fs.f_type == remote[i])
            return true;
    return false;
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
