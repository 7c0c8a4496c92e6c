/* report_format.h: what a format of the report is, and what it has to work with. For report*.c only. */
#ifndef MPECHO_REPORT_FORMAT_H
#define MPECHO_REPORT_FORMAT_H

#include <stdbool.h>
#include <stdio.h>

#include "client/report/assertion.h"
#include "client/report/report.h"
#include "client/report/series.h"

/* Where text goes, and what can be done there. */
struct screen {
    FILE *out;
    bool live; /* what was written can be overwritten */
    bool colour, utf8;
    int columns;
};

/* Any may be NULL. None need look at errors of standard output: report_close does. */
struct report_format {
    void (*begin)(struct report *report);
    void (*probe)(struct report *report, const struct probe *probe);
    void (*interval)(struct report *report, const struct interval *interval);
    void (*progress)(struct report *report, const struct interval *interval); /* one that has not ended yet */
    void (*pause)(struct report *report); /* something else will be written, perhaps to the same terminal */
    void (*end)(const struct report *report, const struct screen *screen, const struct result *result);
    /* Instead of all that: nothing was measured, target is NULL, and so may why be. */
    void (*nothing)(struct report *report, const char *why);
};

/* What report_text remembers from one row to the next. */
struct report_rows {
    bool headed;     /* they have their heading */
    bool unfinished; /* the last one is to be overwritten */
};

struct report {
    const struct options *options;
    const struct target *target;
    const struct report_format *format;
    struct screen screen; /* standard output, as it was found */
    struct series series;
    struct assertions assertions;
    struct report_rows rows;
    int error;          /* errno of the first write to standard output that failed; 0: none has */
    FILE *hgrm, *svg;   /* or NULL */
    enum status status; /* at the end: what to exit with */
};

/* For report_ping, too: a line for each. */
void report_text_problems(FILE *out, const struct problems *problems);

extern const struct report_format report_text, report_ping, report_json, report_json_stream, report_csv;

#endif
