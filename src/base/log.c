/* log.c: lines to stderr, a file or syslog. Not for signal handlers. syslog(3) is not used: it blocks when the system's
 * logger hangs, and an echo must not wait for a logger. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/console.h"
#include "base/fd.h"
#include "base/reason.h"
#include "contract/fdplan.h"

/* A line under construction; what does not fit is cut. */
struct line {
    char text[LOG_LINE_MAX];
    size_t length;
};

static void line_raw(struct line *line, const char *text, size_t n)
{
    size_t room = sizeof line->text - 1 - line->length; /* the newline always fits */
    n = n < room ? n : room;
    memcpy(line->text + line->length, text, n);
    line->length += n;
}

static void line_format(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line_format(struct line *line, const char *format, ...)
{
    char piece[128];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(piece, sizeof piece, format, ap);
    va_end(ap);
    line_raw(line, piece, n < (int)sizeof piece ? (size_t)n : sizeof piece - 1);
}

/* Text from outside cannot forge a line, a field or a terminal's escape: whatever is not plain ASCII is spelled out. */
static void line_escaped(struct line *line, const char *text, bool json, bool one_word)
{
    /* Room is left for what closes the line, or a long one would not be JSON. */
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0' && line->length < LOG_LINE_MAX - 64; p++) {
        bool plain = *p >= (one_word ? 0x21 : 0x20) && *p < 0x7f && *p != '\\' && !(json && *p == '"');
        if (plain)
            line_raw(line, (const char *)p, 1);
        else if (*p == '\\' || *p == '"')
            line_format(line, "\\%c", *p);
        else
            line_format(line, json ? "\\u%04x" : "\\x%02x", *p);
    }
}

static const char *level_word(enum log_level level)
{
    static const char *const words[] = {"ERROR", "WARN", "INFO", "DEBUG"};
    return words[level];
}

static void line_time(struct line *line)
{
    struct timespec now;
    struct tm tm;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    line_format(line, "%s.%03dZ", text, (int)(now.tv_nsec / 1000000));
}

static void line_syslog_header(struct line *line, enum log_level level, pid_t pid)
{
    static const int severities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
    time_t now = time(NULL);
    struct tm tm;
    char text[32];
    localtime_r(&now, &tm);
    strftime(text, sizeof text, "%b %e %H:%M:%S", &tm);
    line_format(line, "<%d>%s mpechod[%d]: ", LOG_DAEMON | severities[level], text, (int)pid);
}

static void line_begin(struct line *line, const struct log *log, enum log_level level)
{
    line->length = 0;
    if (log->syslog)
        line_syslog_header(line, level, log->pid);
    if (log->json) {
        line_raw(line, "{\"timestamp\":\"", 14);
        line_time(line);
        line_format(line, "\",\"level\":\"%s\",\"pid\":%d", log_level_names[level], (int)log->pid);
    } else if (log->syslog) {
        line_format(line, "%s ", level_word(level));
    } else {
        line_time(line);
        line_format(line, " %s [%d] ", level_word(level), (int)log->pid);
    }
}

static void line_message(struct line *line, const struct log *log, enum log_level level, const char *message)
{
    line_begin(line, log, level);
    if (log->json)
        line_raw(line, ",\"message\":\"", 12);
    line_escaped(line, message, log->json, false);
    if (log->json)
        line_raw(line, "\"}", 2);
}

static int syslog_connect(int fd)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    return connect(fd, (struct sockaddr *)&un, sizeof un);
}

/* A single write to a pipe can be told not to block; one to a terminal cannot, but poll can tell beforehand. */
static ssize_t write_shared(int fd, const char *text, size_t n)
{
    struct iovec piece = {.iov_base = (void *)text, .iov_len = n};
    struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
    ssize_t wrote = pwritev2(fd, &piece, 1, -1, RWF_NOWAIT);
    if (wrote >= 0 || errno != EOPNOTSUPP)
        return wrote;
    if (poll(&pollfd, 1, 0) == 1)
        return write(fd, text, n);
    errno = EAGAIN;
    return -1;
}

static ssize_t write_once(const struct log *log, const char *text, size_t n)
{
    ssize_t wrote;
    do {
        wrote = log->socket   ? send(log->fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL)
                : log->shared ? write_shared(log->fd, text, n)
                              : write(log->fd, text, n);
    } while (wrote < 0 && errno == EINTR);
    return wrote;
}

static bool write_line(struct log *log, struct line *line)
{
    if (!log->syslog)
        line->text[line->length++] = '\n';
    ssize_t wrote = write_once(log, line->text, line->length);
    /* The system's logger was restarted: its socket is a new one under the old name. */
    if (wrote < 0 && log->syslog && errno != EAGAIN && syslog_connect(log->fd) == 0)
        wrote = write_once(log, line->text, line->length);
    log->torn = wrote > 0 && (size_t)wrote < line->length;
    return wrote == (ssize_t)line->length;
}

static void emit(struct log *log, struct line *line)
{
    if (log->torn && write_once(log, "\n", 1) != 1) {
        log->lost++;
        return;
    }
    log->torn = false;
    if (log->lost > 0) {
        struct line notice;
        char text[64];
        snprintf(text, sizeof text, "%lu log lines lost", log->lost);
        line_message(&notice, log, LOG_LEVEL_WARN, text);
        if (write_line(log, &notice))
            log->lost = 0;
    }
    if (log->lost > 0 || !write_line(log, line))
        log->lost++;
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    char message[LOG_LINE_MAX];
    va_list ap;
    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    if (level == LOG_LEVEL_ERROR && log->console >= 0)
        console_say(log->console, "mpechod: ", message);
    if (level > log->level)
        return;
    struct line line;
    line_message(&line, log, level, message);
    emit(log, &line);
}

static void line_field(struct line *line, const struct log *log, const struct log_field *field, bool first)
{
    if (log->json)
        line_format(line, ",\"%s\":", field->key);
    else
        line_format(line, "%s%s=", first ? "" : " ", field->key);
    if (field->text == NULL) {
        line_format(line, "%.*f", field->decimals, field->number);
        return;
    }
    if (log->json)
        line_raw(line, "\"", 1);
    line_escaped(line, field->text, log->json, !log->json);
    if (log->json)
        line_raw(line, "\"", 1);
}

void log_fields(struct log *log, const struct log_field *fields, size_t n)
{
    if (LOG_LEVEL_INFO > log->level)
        return;
    struct line line;
    line_begin(&line, log, LOG_LEVEL_INFO);
    for (size_t i = 0; i < n; i++)
        line_field(&line, log, &fields[i], i == 0);
    if (log->json)
        line_raw(&line, "}", 1);
    emit(log, &line);
}

static bool is_socket(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* A pipe or terminal that nobody reads must not stop the daemon, but O_NONBLOCK on somebody else's description would
 * be felt by everybody who shares it. Linux gives a description of our own through /proc. */
static int open_stderr(int fd, bool *shared)
{
    struct stat st;
    int own = -1;
    *shared = fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || isatty(fd));
    if (*shared) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    if (own < 0) /* another user's, perhaps */
        return fcntl(fd, F_DUPFD_CLOEXEC, FD_PRIVATE);
    *shared = false;
    return own;
}

static int open_file(const char *path)
{
    int flags = O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    int fd = open(path, O_WRONLY | flags, 0640);
    if (fd < 0 && errno == ENXIO) /* a FIFO that nobody reads yet */
        fd = open(path, O_RDWR | flags, 0640);
    return fd;
}

void log_init(struct log *log)
{
    tzset(); /* now, since it reads a file, and workers have no file to spare */
    *log = (struct log){.fd = FD_LOG, .console = -1, .level = LOG_LEVEL_INFO, .pid = getpid()};
    log->socket = is_socket(FD_LOG);
}

bool log_open(struct log *log, const char *target, int stderr_fd, struct reason *why)
{
    struct log new = {.console = -1, .level = LOG_LEVEL_INFO, .pid = getpid()};
    new.syslog = strcmp(target, "syslog") == 0;
    if (new.syslog)
        new.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    else if (strcmp(target, "stderr") != 0)
        new.fd = open_file(target);
    else if (stderr_fd >= 0)
        new.fd = open_stderr(stderr_fd, &new.shared);
    else
        return reason_set(why, "there is no stderr: the daemon let go of it when it detached");

    new.fd = fd_move(new.fd, FD_PRIVATE);
    if (new.fd < 0)
        return reason_set(why, "cannot open %s: %s", target, strerror(errno));
    if (new.syslog)
        syslog_connect(new.fd); /* if nobody listens yet, the first line tries again */
    new.socket = is_socket(new.fd);
    *log = new;
    return true;
}

bool log_works(const struct log *log)
{
    struct sockaddr_un peer;
    socklen_t size = sizeof peer;
    return !log->syslog || getpeername(log->fd, (struct sockaddr *)&peer, &size) == 0;
}

void log_install(const struct log *log)
{
    dup3(log->fd, FD_LOG, 0);
}

void log_adopt(struct log *log)
{
    dup3(log->fd, FD_LOG, 0);
    log->fd = FD_LOG;
    log->console = -1;
    log->pid = getpid();
}

void log_close(struct log *log)
{
    if (log->fd > FD_LOG)
        close(log->fd);
    log->fd = FD_LOG;
}
