/* render.h: a datagram as lines of the log. Pure but for the local time zone, which the system log wants. */
#ifndef MPECHOD_RENDER_H
#define MPECHOD_RENDER_H

#include <time.h>

#include "base/line.h"
#include "logger/spool.h"

/* No record has more lines than this, each of LOG_LINE_MAX bytes at most. */
enum { RENDER_LINES_MAX = 16 };

/* Give each line to emit. now: for what has no time of its own. Whatever is no record is text that a library has
 * printed to standard error, and comes as warnings. Lines that were lost are no lines: those are counted elsewhere. */
void render(const struct spool_record *record, struct line_style style, const struct timespec *now,
            void (*emit)(void *context, const struct line *line), void *context);

/* The line that tells of lost ones. */
void render_lost(struct line *line, struct line_style style, const struct timespec *now, pid_t pid, uint64_t lost);

/* What kind of record it is, if it is a valid one; -1: it is none. Addresses and texts are within its size. */
int render_kind(const struct spool_record *record);

#endif
