/* log.h: one line per event, one write per line, to stderr, a file or syslog. Nothing here ever blocks or fails a
 * caller: a line that cannot be written is counted, and the count is logged when writing works again. */
#ifndef MPECHOD_LOG_H
#define MPECHOD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/level.h"
#include "base/reason.h"

/* Lines are cut to this; below PIPE_BUF, so that lines of different processes never mix in a pipe. */
enum { LOG_LINE_MAX = 2048 };

struct log {
    int fd;      /* where lines go; owned */
    int console; /* errors go here too, until the daemon is ready; -1: nowhere */
    enum log_level level;
    bool json;
    bool syslog; /* fd is a datagram socket to the system log */
    bool socket; /* fd is a socket of some kind, so that it can be written without blocking */
    bool shared; /* fd is somebody else's pipe or terminal, which may block */
    bool torn;   /* the last line was written in part (a full disk): the next begins on a line of its own */
    unsigned long lost;
    pid_t pid; /* of this process, for the lines */
};

/* One member of a structured line. Text if text is not NULL, else a number. */
struct log_field {
    const char *key;
    const char *text;
    double number;
    int decimals;
};

/* Begin with lines up to level info, to stderr. Never fails. */
void log_init(struct log *log);

/* Open a log in a fresh struct. target: "stderr" (then stderr_fd is duplicated; -1: refused), "syslog", or an absolute
 * path. Leaves level at info and format at text. On failure *log is untouched. */
bool log_open(struct log *log, const char *target, int stderr_fd, struct reason *why);

/* Whether lines are going somewhere, as far as can be told: false if the system log is not there. */
bool log_works(const struct log *log);

/* Make fd number FD_LOG the log too, for whatever libraries print. */
void log_install(const struct log *log);

/* In a child: lines go to FD_LOG from now on, under this process's pid. log->fd is not closed. */
void log_adopt(struct log *log);

void log_close(struct log *log);

void log_write(struct log *log, enum log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define log_error(log, ...) log_write(log, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(log, ...) log_write(log, LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(log, ...) log_write(log, LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_write(log, LOG_LEVEL_DEBUG, __VA_ARGS__)

/* A line of key=value pairs (in JSON: members), level info. */
void log_fields(struct log *log, const struct log_field *fields, size_t n);

#endif
