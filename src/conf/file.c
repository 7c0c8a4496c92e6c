/* file.c: the configuration file, read whole. Called while a configuration is read; fails with a reason that names the
 * file. Whatever is not a plain file of bounded size is refused unread. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "conf/reader.h"

enum { FILE_MAX = 1 << 20 };

/* A FIFO would hang a reload, a directory or device is a mistake; /dev/null stands for "all defaults". */
static int open_file(const struct conf_reader *reader, bool *null)
{
    struct stat st;
    int fd = open(reader->conf->file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        reason_set(reader->why, "%s: cannot open: %s", reader->conf->file, strerror(errno));
        fd_close(fd);
        return -1;
    }
    *null = S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
    if (!S_ISREG(st.st_mode) && !*null) {
        reason_set(reader->why, "%s: not a regular file", reader->conf->file);
        close(fd);
        return -1;
    }
    return fd;
}

/* At most size bytes; -1: none could be read. */
static ssize_t read_all(int fd, char *text, size_t size)
{
    size_t have = 0;
    ssize_t got = 1;
    while (got > 0 && have < size) {
        got = read(fd, text + have, size - have);
        have += got > 0 ? (size_t)got : 0;
    }
    return got < 0 ? -1 : (ssize_t)have;
}

/* An editor that truncates a file before writing it leaves it empty for a moment. That does not mean that all defaults
 * are wanted. */
static bool check(const struct conf_reader *reader, const char *text, ssize_t size, bool null)
{
    if (size < 0)
        return reason_set(reader->why, "%s: cannot read: %s", reader->conf->file, strerror(errno));
    if (size > FILE_MAX)
        return reason_set(reader->why, "%s: larger than %d bytes", reader->conf->file, FILE_MAX);
    if (memchr(text, '\0', (size_t)size) != NULL)
        return reason_set(reader->why, "%s: holds a NUL byte: not a text", reader->conf->file);
    if (!null && text[strspn(text, " \t\r\n\f\v")] == '\0')
        return reason_set(reader->why, "%s: is empty: for all defaults use /dev/null, or a comment",
                          reader->conf->file);
    return true;
}

bool conf_read_file(const struct conf_reader *reader)
{
    bool null = false, good = false;
    int fd = open_file(reader, &null);
    if (fd < 0)
        return false;
    char *text = calloc(1, FILE_MAX + 2);
    ssize_t size = text != NULL ? read_all(fd, text, FILE_MAX + 1) : -1;
    if (check(reader, text, size, null)) {
        if (size > 0 && text[size - 1] != '\n')
            text[size] = '\n'; /* libconfig wants a comment to end so */
        good = conf_read_text(reader, text);
    }
    free(text);
    close(fd);
    return good;
}
