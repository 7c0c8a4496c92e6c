/* report.c: finds out where the report goes and in which format, and what the run has to exit with; see report.h. */
#include "report.h"

#include <err.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report_format.h"

enum { COLUMNS_DEFAULT = 80 };

struct report {
    const struct options *options;
    const struct target *target;
    const struct report_format *format;
    struct screen screen;
};

static const struct report_format *format_of(const struct options *options)
{
    static const struct report_format *const formats[] = {
        [REPORT_TEXT] = &report_text,
    };
    return formats[options->report];
}

/* no-color.org: set and not empty. */
static struct screen look_at_output(void)
{
    struct winsize size = {0};
    const char *no_colour = getenv("NO_COLOR"), *kind = getenv("TERM");
    struct screen screen = {.out = stdout, .terminal = isatty(STDOUT_FILENO) == 1, .columns = COLUMNS_DEFAULT};
    bool dumb = kind == NULL || strcmp(kind, "dumb") == 0;
    screen.colour = screen.terminal && !dumb && (no_colour == NULL || no_colour[0] == '\0');
    screen.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (screen.terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        screen.columns = size.ws_col;
    return screen;
}

struct report *report_open(const struct options *options, const struct target *target, enum status *status)
{
    struct report *report = calloc(1, sizeof *report);
    *status = STATUS_LOCAL;
    if (report == NULL) {
        warnx("out of memory");
        return NULL;
    }
    report->options = options;
    report->target = target;
    report->format = format_of(options);
    report->screen = look_at_output();
    if (report->format->begin != NULL)
        report->format->begin(&report->screen, options, target);
    return report;
}

void report_probe(struct report *report, const struct probe *probe)
{
    if (report->format->probe != NULL && !report->options->quiet)
        report->format->probe(&report->screen, report->options, report->target, probe);
}

void report_interval(struct report *report, const struct interval *interval)
{
    if (report->format->interval != NULL && !report->options->quiet)
        report->format->interval(&report->screen, report->options, interval);
}

void report_so_far(struct report *report, const struct result *result)
{
    struct screen screen = report->screen;
    screen.out = stderr;
    report_text.end(&screen, result);
}

static enum status verdict(const struct result *result)
{
    const struct tally *total = &result->total;
    if (total->connected == 0 && !result->options->udp)
        return STATUS_NO_CONNECTION;
    return total->lost + total->faults + total->broken + total->refused > 0 ? STATUS_LOSS : STATUS_GOOD;
}

enum status report_close(struct report *report, const struct result *result)
{
    enum status status = verdict(result);
    report->format->end(&report->screen, result);
    if (fflush(stdout) != 0) {
        warn("cannot write standard output");
        status = status == STATUS_GOOD ? STATUS_LOCAL : status;
    }
    free(report);
    return status;
}
