/* report.h: what the user gets to see or to parse of a run: as text, JSON or CSV on standard output, and in files.
 * Called by main, ping and bench. report_check and report_open fail, before anything is measured, when assertions
 * cannot be understood or a file cannot be written; they have told the user. Not here: measuring; the formats, see
 * report_*.c, hgrm.h, svg.h. */
#ifndef MPECHO_REPORT_H
#define MPECHO_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "result.h"
#include "status.h"

struct report;

/* One reply of ping, or the lack of it. */
struct probe {
    uint64_t sequence; /* from 1, as ping(8) counts */
    uint64_t bytes;    /* 0: no reply */
    int64_t at;        /* ns since the beginning */
    int64_t rtt;       /* ns */
    int64_t connect;   /* ns: how long the connection took, if this was the first on it; 0: it was not */
    bool again;        /* one that has been told before: as a duplicate, or late */
    const char *note;  /* "DUP!" and the like, or why it is lost; or NULL */
};

/* Do the options for reports make sense? Tells if not. */
bool report_check(const struct options *options);

/* The options have passed report_check; they and the target must outlive the report. NULL: no memory, or a file cannot
 * be written, which it has told: STATUS_LOCAL. */
struct report *report_open(const struct options *options, const struct target *target);

void report_probe(struct report *report, const struct probe *probe);

/* Bench: at every interval. */
void report_interval(struct report *report, const struct interval *interval);

/* Bench: where it is shown how the interval goes before it has ended; by report_progress, a few times a second. */
bool report_is_live(const struct report *report);
void report_progress(struct report *report, const struct interval *interval);

/* The summary so far: asked for by SIGQUIT. To standard error, so that it does not get into JSON. */
void report_so_far(struct report *report, const struct result *result);

/* Write the rest, check the assertions, free the report. Returns what to exit with: STATUS_GOOD, STATUS_LOSS,
 * STATUS_NO_CONNECTION if there never was one, or STATUS_LOCAL when something could not be written. */
enum status report_close(struct report *report, const struct result *result);

/* Instead of all that, when there was nobody to measure: programs get the keys or columns of any run, and in JSON the
 * status. Returns status. */
enum status report_nothing(const struct options *options, enum status status);

#endif
