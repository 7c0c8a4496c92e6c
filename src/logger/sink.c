/* sink.c: see sink.h. syslog(3) is not used: it waits for a system logger that hangs, and tells of no failure. */
#include "logger/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "contract/fdplan.h"

/* A pipe takes so much at once or nothing. */
enum { WHOLE = 4096 };

static int syslog_connect(int fd)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    return connect(fd, (struct sockaddr *)&un, sizeof un);
}

/* A pipe or terminal that nobody reads must not hold the logger up, but O_NONBLOCK on somebody else's description would
 * be felt by everybody who shares it. Linux gives a description of our own through /proc. */
static int open_stderr(int fd)
{
    struct stat st;
    char path[32];
    int own = -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || isatty(fd)))
        own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, FD_LOGGER_OTHERS); /* it is another user's, perhaps */
}

static int open_path(const char *path)
{
    int flags = O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    int fd = open(path, O_WRONLY | flags, 0640);
    if (fd < 0 && errno == ENXIO) /* a FIFO that nobody reads yet */
        fd = open(path, O_RDWR | flags, 0640);
    return fd;
}

static enum sink_kind kind_of(int fd, const struct stat *st)
{
    if (S_ISREG(st->st_mode))
        return SINK_FILE;
    if (S_ISSOCK(st->st_mode))
        return SINK_SOCKET;
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 ? SINK_STREAM : SINK_SHARED;
}

bool sink_open(struct sink *sink, const char *target, int stderr_fd, struct reason *why)
{
    bool syslog = strcmp(target, "syslog") == 0, error = strcmp(target, "stderr") == 0;
    struct stat st = {0};
    *sink = (struct sink){.fd = -1};
    snprintf(sink->target, sizeof sink->target, "%s", target);
    if (error && stderr_fd < 0)
        return reason_set(why, "there is no stderr: the daemon let go of it when it detached");
    int fd = syslog  ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
             : error ? open_stderr(stderr_fd)
                     : open_path(target);
    if (fd < 0 || fstat(fd, &st) != 0)
        return reason_set(why, "cannot open %s: %s", target, strerror(errno));
    if (syslog)
        syslog_connect(fd); /* if nobody listens yet, the first line tries again */
    sink->fd = fd;
    sink->kind = syslog ? SINK_SYSLOG : kind_of(fd, &st);
    sink->device = st.st_dev;
    sink->inode = st.st_ino;
    return true;
}

void sink_close(struct sink *sink)
{
    fd_close(sink->fd);
    sink->fd = -1;
    sink->kind = SINK_NONE;
}

bool sink_works(const struct sink *sink)
{
    struct sockaddr_un peer;
    socklen_t size = sizeof peer;
    return sink->kind != SINK_SYSLOG || getpeername(sink->fd, (struct sockaddr *)&peer, &size) == 0;
}

bool sink_is_same(const struct sink *a, const struct sink *b)
{
    return a->kind == SINK_FILE && b->kind == SINK_FILE && a->device == b->device && a->inode == b->inode;
}

off_t sink_size(const struct sink *sink)
{
    struct stat st;
    return sink->kind == SINK_FILE && fstat(sink->fd, &st) == 0 ? st.st_size : -1;
}

bool sink_ends_a_line(const struct sink *sink)
{
    char path[32], last = '\n';
    off_t size = sink_size(sink);
    if (size <= 0)
        return true;
    snprintf(path, sizeof path, "/proc/self/fd/%d", sink->fd);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && pread(fd, &last, 1, size - 1) != 1)
        last = '\n';
    fd_close(fd);
    return last == '\n';
}

/* How far to go from text so as to end with a line, if there is one that ends within `most` bytes. */
static size_t whole_lines(const char *text, size_t n, size_t most)
{
    if (n <= most)
        return n;
    const char *end = memrchr(text, '\n', most);
    return end != NULL ? (size_t)(end - text) + 1 : most;
}

/* The system's logger takes a datagram a line, without a newline. */
static ssize_t write_syslog(int fd, const char *text, size_t n)
{
    const char *end = memchr(text, '\n', n);
    size_t line = end != NULL ? (size_t)(end - text) : n;
    ssize_t sent = send(fd, text, line, MSG_DONTWAIT | MSG_NOSIGNAL);
    /* It was restarted: its socket is a new one under the old name. */
    if (sent < 0 && errno != EAGAIN && errno != EINTR && syslog_connect(fd) == 0)
        sent = send(fd, text, line, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? -1 : (ssize_t)line + (end != NULL);
}

/* A single write to a pipe can be told not to block; one to a terminal cannot, but poll can tell whether there is some
 * room. There may be less than is wanted; then this waits, until the terminal goes on or a signal comes. */
static ssize_t write_shared(int fd, const char *text, size_t n)
{
    struct iovec piece = {.iov_base = (void *)text, .iov_len = n};
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    ssize_t wrote = pwritev2(fd, &piece, 1, -1, RWF_NOWAIT);
    if (wrote >= 0 || errno != EOPNOTSUPP)
        return wrote;
    if (poll(&room, 1, 0) == 1 && (room.revents & POLLOUT) != 0)
        return write(fd, text, n);
    errno = (room.revents & (POLLERR | POLLHUP)) != 0 ? EPIPE : EAGAIN;
    return -1;
}

ssize_t sink_write(const struct sink *sink, const char *text, size_t n)
{
    switch (sink->kind) {
    case SINK_FILE:
        return write(sink->fd, text, n);
    case SINK_STREAM:
        return write(sink->fd, text, whole_lines(text, n, WHOLE));
    case SINK_SOCKET:
        return send(sink->fd, text, whole_lines(text, n, WHOLE), MSG_DONTWAIT | MSG_NOSIGNAL);
    case SINK_SHARED:
        return write_shared(sink->fd, text, whole_lines(text, n, WHOLE));
    case SINK_SYSLOG:
        return write_syslog(sink->fd, text, n);
    case SINK_NONE:
        break;
    }
    errno = EBADF;
    return -1;
}
