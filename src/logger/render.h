/* render.h: a datagram as lines of the log. Pure but for the local time zone, which the system log wants. */
#ifndef MPECHOD_RENDER_H
#define MPECHOD_RENDER_H

#include <time.h>

#include "base/line.h"
#include "logger/spool.h"

/* No record has more lines than this, each of LOG_LINE_MAX bytes at most. */
enum { RENDER_LINES_MAX = 16 };

/* Give each line to emit. now: the time of a line that has none of its own. A datagram that is not a record is text
 * that a library has printed to standard error, and becomes warnings. A RECORD_LOST gives no line: the logger counts
 * it. */
void render(const struct spool_record *record, struct line_style style, const struct timespec *now,
            void (*emit)(void *context, const struct line *line), void *context);

/* The line that tells of lost ones. */
void render_lost(struct line *line, struct line_style style, const struct timespec *now, pid_t pid, uint64_t lost);

/* The kind of a record, whose addresses and texts are then within its size; -1: it is not a valid record. */
int render_kind(const struct spool_record *record);

#endif
