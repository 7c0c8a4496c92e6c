/* log.h: how the master and its workers log: they send records to the logger (record.h). Nothing here fails for its
 * caller. The master never waits for the logger. A worker waits for 10 ms at most, and where a connection has ended,
 * only after it has been closed. A line that cannot be sent is counted, and the log says how many were not. */
#ifndef MPECHOD_LOG_H
#define MPECHOD_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/level.h"
#include "contract/record.h"

/* Messages are cut to this. */
enum { LOG_TEXT_MAX = RECORD_TEXT_MAX };

struct log {
    int fd;       /* to the logger; -1: there is none */
    int workers;  /* what workers are to use in its place: log_adopt */
    int console;  /* errors go here too, until the daemon is ready; -1: nowhere */
    int patience; /* milliseconds that a line may wait for room */
    bool stuck;   /* the last line waited in vain: the next one does not wait */
    enum log_level level;
    _Atomic uint64_t *lost; /* lines that could not be sent, so far */
};

void log_write(struct log *log, enum log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define log_error(log, ...) log_write(log, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(log, ...) log_write(log, LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(log, ...) log_write(log, LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_write(log, LOG_LEVEL_DEBUG, __VA_ARGS__)

/* A connection has ended: an access line, level info. All but the head is filled in, and addresses hold both. */
void log_access(struct log *log, struct record_access *access);

/* Fill in a record's head: what it is, and that it is now. */
void log_stamp(struct record_head *head, enum record_kind kind, enum log_level level);

/* In a new worker: lines go through descriptor FD_LOG from now on, to which libraries print, too; what is lost is
 * counted there. */
void log_adopt(struct log *log, _Atomic uint64_t *lost);

#endif
