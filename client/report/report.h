/* report.h: what the user gets to see or to parse of a run: as text, JSON or CSV on standard output, and in files.
 * What would make a report impossible, report_check and report_open find before anything is measured. The formats are
 * in report_*.c, hgrm.h and svg.h. */
#ifndef MPECHO_REPORT_H
#define MPECHO_REPORT_H

#include <stdbool.h>

#include "client/base/status.h"
#include "client/report/result.h"

struct report;

/* Can the options for reports be understood? Tells the user if not. */
bool report_check(const struct options *options);

/* The options have passed report_check; they and the target must outlive the report. NULL: no memory, or a file cannot
 * be written, which it has told: STATUS_LOCAL. */
struct report *report_open(const struct options *options, const struct target *target);

void report_probe(struct report *report, const struct probe *probe);

/* Bench: at the end of every interval. written: whether the interval is reported at once; otherwise it is only in what
 * is written at the end of the run. */
void report_interval(struct report *report, const struct interval *interval, bool written);

/* Bench. True on a terminal: the caller then calls report_progress a few times a second to redraw the row of the
 * current interval. */
bool report_is_live(const struct report *report);
void report_progress(struct report *report, const struct interval *interval);

/* Whether standard output takes nothing more, so that nobody would see the rest. */
bool report_has_failed(const struct report *report);

/* SIGQUIT: the summary so far, on standard error, so that it does not get into JSON. */
void report_so_far(struct report *report, const struct result *result);

/* Write the rest, check the assertions, free the report. Returns what to exit with: STATUS_GOOD, STATUS_LOSS,
 * STATUS_NO_CONNECTION if there never was one, or STATUS_LOCAL when something could not be written. */
enum status report_close(struct report *report, const struct result *result);

/* To be called instead of the functions above if nothing was measured, because no server was found, or because this
 * machine refused what was needed. JSON and CSV have the same keys and columns as otherwise; JSON has the status, and
 * why, unless that is NULL, among its problems. The user has been told already. Returns status. */
enum status report_nothing(const struct options *options, enum status status, const char *why);

#endif
