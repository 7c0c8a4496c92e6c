/* line.h: what a line of the log looks like, in text or as JSON, for a file or for syslog. Pure: who logs, and when, is
 * handed in. Built by the logger; text from outside cannot forge a line, a field or a terminal's escape sequence. */
#ifndef MPECHOD_LINE_H
#define MPECHOD_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/level.h"

/* Lines are cut to this many bytes, the newline included; below PIPE_BUF, so that a pipe takes a line whole. */
enum { LOG_LINE_MAX = 2048 };

struct line_style {
    bool json;
    bool syslog; /* each line begins with the header of the system log */
};

struct line_head {
    enum log_level level;
    pid_t pid;
    time_t second; /* on CLOCK_REALTIME */
    unsigned millisecond;
    const struct tm *local; /* that second in local time, which syslog wants; else it may be NULL */
};

/* A line under construction; what does not fit is cut, but the line is always well formed. */
struct line {
    struct line_style style;
    size_t length;
    bool fields; /* it has one already */
    char text[LOG_LINE_MAX];
};

void line_begin(struct line *line, struct line_style style, const struct line_head *head);

/* Then either a message of n bytes, whatever they are, */
void line_message(struct line *line, const char *text, size_t n);

/* or fields: key=value, or members of the JSON object. Keys are our own words, and not escaped. */
void line_text(struct line *line, const char *key, const char *text);
void line_number(struct line *line, const char *key, uint64_t number);
void line_seconds(struct line *line, const char *key, uint64_t microseconds); /* with three decimals, rounded */

/* Close the line; it ends with a newline. */
void line_end(struct line *line);

/* A whole line for a terminal, without a head: words of our own, then a text that is escaped like a message. */
void line_bare(struct line *line, const char *before, const char *text);

#endif
