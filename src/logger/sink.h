/* sink.h: where lines end up: standard error, a file (or FIFO, device, terminal), or the system log. Used by the logger
 * alone. A file system may hold it up; a pipe, a terminal that it has opened itself, or the system log does not. */
#ifndef MPECHOD_SINK_H
#define MPECHOD_SINK_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/reason.h"

enum sink_kind {
    SINK_NONE,
    SINK_FILE,   /* takes what there is room for, and may be slow */
    SINK_STREAM, /* a pipe, terminal or device, open with O_NONBLOCK */
    SINK_SOCKET, /* standard error, as a service manager hands it over */
    SINK_SHARED, /* somebody else's pipe or terminal, which may block */
    SINK_SYSLOG,
};

struct sink {
    enum sink_kind kind;
    int fd; /* -1: not open */
    dev_t device;
    ino_t inode;
    char target[PATH_MAX];
};

/* "stderr" (stderr_fd is duplicated; -1: refused), "syslog", or an absolute path. False with a reason; the sink then
 * has its target, but is not open. */
bool sink_open(struct sink *sink, const char *target, int stderr_fd, struct reason *why);
void sink_close(struct sink *sink);

/* Whether lines are going somewhere, as far as can be told: false if the system log is not there. */
bool sink_works(const struct sink *sink);

/* Whether both are one file. */
bool sink_is_same(const struct sink *a, const struct sink *b);

/* Whether the last byte of a file is the end of a line; true where that cannot be told. */
bool sink_ends_a_line(const struct sink *sink);

/* Bytes that are in a regular file; -1: it is none. */
off_t sink_size(const struct sink *sink);

/* Write some of the lines in text; it begins within a line if the last call ended there. Returns how many bytes were
 * taken, or -1 with errno; EAGAIN: there is no room at present, and poll tells when there will be. */
ssize_t sink_write(const struct sink *sink, const char *text, size_t n);

#endif
