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

static const struct report_format *format_of(const struct options *options)
{
    static const struct report_format *const formats[] = {
        [REPORT_TEXT] = &report_text,
        [REPORT_JSON] = &report_json,
        [REPORT_JSON_STREAM] = &report_json_stream,
        [REPORT_CSV] = &report_csv,
    };
    return formats[options->report];
}

/* no-color.org: set and not empty. */
static struct screen look_at_output(void)
{
    struct winsize size = {0};
    const char *no_colour = getenv("NO_COLOR"), *kind = getenv("TERM");
    bool terminal = isatty(STDOUT_FILENO) == 1, dumb = kind == NULL || strcmp(kind, "dumb") == 0;
    struct screen screen = {.out = stdout, .live = terminal && !dumb, .columns = COLUMNS_DEFAULT};
    screen.colour = screen.live && (no_colour == NULL || no_colour[0] == '\0');
    screen.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        screen.columns = size.ws_col;
    return screen;
}

/* Beginning. ------------------------------------------------------------------------------------------------------- */

static bool understand_assertions(struct assertions *assertions, const struct options *options)
{
    struct assertion_error error;
    char names[METRIC_NAMES];
    if (options->assertions == NULL || assertion_parse(assertions, options->assertions, &error))
        return true;
    warnx("--assert: %s", error.what);
    fprintf(stderr, "  %s\n  %*s^\nQuantities: %s.\n", options->assertions, (int)error.at, "", metric_names(names));
    return false;
}

bool report_check(const struct options *options)
{
    struct assertions assertions;
    return understand_assertions(&assertions, options);
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
    if (!understand_assertions(&report->assertions, options)) {
        *status = STATUS_USAGE;
        free(report);
        return NULL;
    }
    if (report->format->begin != NULL)
        report->format->begin(report);
    return report;
}

/* On the way. ------------------------------------------------------------------------------------------------------ */

static bool shows_course(const struct options *options)
{
    return options->report == REPORT_JSON || options->report == REPORT_JSON_STREAM || options->svg != NULL;
}

void report_probe(struct report *report, const struct probe *probe)
{
    if (shows_course(report->options))
        series_add_probe(&report->series, probe->at, probe->rtt, probe->bytes > 0);
    if (report->format->probe != NULL && !report->options->quiet)
        report->format->probe(report, probe);
}

void report_interval(struct report *report, const struct interval *interval)
{
    if (shows_course(report->options))
        series_add(&report->series, interval);
    if (report->format->interval != NULL && !report->options->quiet)
        report->format->interval(report, interval);
}

bool report_is_live(const struct report *report)
{
    return report->format->progress != NULL && report->screen.live && !report->options->quiet;
}

void report_progress(struct report *report, const struct interval *interval)
{
    report->format->progress(report, interval);
}

void report_so_far(struct report *report, const struct result *result)
{
    struct screen screen = report->screen;
    if (report->unfinished)
        fputs("\r\033[K", stdout);
    fflush(stdout);
    report->screen = (struct screen){.out = stderr, .columns = COLUMNS_DEFAULT};
    report_text.end(report, result);
    report->screen = screen;
}

/* The end. --------------------------------------------------------------------------------------------------------- */

static enum status verdict(const struct result *result)
{
    const struct tally *total = &result->total;
    if (total->connected == 0 && !result->options->udp)
        return STATUS_NO_CONNECTION;
    return total->lost + total->faults + total->broken + total->refused > 0 ? STATUS_LOSS : STATUS_GOOD;
}

static void check_assertions(struct report *report, const struct result *result)
{
    char outcome[ASSERTION_OUTCOME];
    for (size_t i = 0; i < report->assertions.count; i++) {
        const struct assertion *assertion = &report->assertions.assertion[i];
        if (assertion_holds(assertion, result))
            continue;
        warnx("assertion failed: %s: %s", assertion->text, assertion_outcome(assertion, result, outcome));
        if (report->status == STATUS_GOOD)
            report->status = STATUS_LOSS;
    }
}

static enum status check_output(enum status status)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return status;
    warn("cannot write standard output");
    return status == STATUS_GOOD ? STATUS_LOCAL : status;
}

enum status report_close(struct report *report, const struct result *result)
{
    report->status = verdict(result);
    check_assertions(report, result);
    if (report->format->end != NULL)
        report->format->end(report, result);
    enum status status = check_output(report->status);
    series_clear(&report->series);
    free(report);
    return status;
}

enum status report_nothing(const struct options *options, enum status status)
{
    const struct report_format *format = format_of(options);
    if (format->nothing != NULL)
        format->nothing(stdout, options, status);
    return status;
}
