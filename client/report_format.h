/* report_format.h: what a format of the report is: for report.c and the report_*.c files only. */
#ifndef MPECHO_REPORT_FORMAT_H
#define MPECHO_REPORT_FORMAT_H

#include <stdbool.h>
#include <stdio.h>

#include "report.h"

/* Standard output, as it was found. */
struct screen {
    FILE *out;
    bool terminal, colour, utf8;
    int columns;
};

/* Any may be NULL. Nothing here fails: report_close sees to errors of the file. */
struct report_format {
    void (*begin)(const struct screen *screen, const struct options *options, const struct target *target);
    void (*probe)(const struct screen *screen, const struct options *options, const struct target *target,
                  const struct probe *probe);
    void (*interval)(const struct screen *screen, const struct options *options, const struct interval *interval);
    void (*end)(const struct screen *screen, const struct result *result);
};

extern const struct report_format report_text, report_json, report_json_stream, report_csv;

#endif
