/* report.h: what the user gets to see or to parse of a run: as text, JSON or CSV on standard output, and in files.
 * Called by ping and bench. report_open fails, before anything is measured, when a file cannot be written or an
 * assertion cannot be understood; it has told the user. Not here: measuring; the formats, see report_*.c, hgrm.h,
 * svg.h. */
#ifndef MPECHO_REPORT_H
#define MPECHO_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "result.h"
#include "status.h"

struct report;

/* One reply of ping, or the lack of it. */
struct probe {
    uint64_t sequence; /* from 0 */
    uint64_t bytes;    /* 0: no reply */
    int64_t at;        /* ns since the beginning */
    int64_t rtt;       /* ns */
    int64_t connect;   /* ns; 0: not timed */
    const char *note;  /* "DUP!" and the like, or why there is no reply; or NULL */
};

/* NULL after a failure; *status says which (STATUS_LOCAL, STATUS_USAGE). */
struct report *report_open(const struct options *options, const struct target *target, enum status *status);

void report_probe(struct report *report, const struct probe *probe);

/* Bench: at every interval. */
void report_interval(struct report *report, const struct interval *interval);

/* The summary so far: asked for by SIGQUIT. To standard error, so that it does not get into JSON. */
void report_so_far(struct report *report, const struct result *result);

/* Write the rest, check the assertions, free the report. Returns what to exit with: STATUS_GOOD, STATUS_LOSS,
 * STATUS_NO_CONNECTION if there never was one, or STATUS_LOCAL when something could not be written. */
enum status report_close(struct report *report, const struct result *result);

#endif
