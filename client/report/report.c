/* report.c: where the report goes, in which format, and what to exit with; see report.h. */
#include "client/report/report.h"

#include <assert.h>
#include <err.h>
#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/base/output.h"
#include "client/report/hgrm.h"
#include "client/report/report_format.h"
#include "client/report/svg.h"

enum { COLUMNS_DEFAULT = 80 };

static const struct report_format *text_of(const struct options *options)
{
    return options->mode == MODE_PING ? &report_ping : &report_text;
}

static const struct report_format *format_of(const struct options *options)
{
    const struct report_format *const formats[] = {
        [REPORT_TEXT] = text_of(options),
        [REPORT_JSON] = &report_json,
        [REPORT_JSON_STREAM] = &report_json_stream,
        [REPORT_CSV] = &report_csv,
    };
    return formats[options->report];
}

static int columns_of_output(void)
{
    struct winsize size = {0};
    bool known = isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : COLUMNS_DEFAULT;
}

/* no-color.org: set and not empty. */
static struct screen look_at_output(FILE *out)
{
    const char *no_colour = getenv("NO_COLOR"), *kind = getenv("TERM");
    bool terminal = isatty(STDOUT_FILENO) == 1, dumb = kind == NULL || strcmp(kind, "dumb") == 0;
    struct screen screen = {.out = out, .live = terminal && !dumb, .columns = columns_of_output()};
    screen.colour = screen.live && (no_colour == NULL || no_colour[0] == '\0');
    screen.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    return screen;
}

/* Beginning. ------------------------------------------------------------------------------------------------------- */

bool report_check(const struct options *options)
{
    struct assertions assertions;
    struct assertion_error error;
    char names[METRIC_NAMES];
    if (options->assertions == NULL || assertion_parse(&assertions, options->assertions, &error))
        return true;
    warnx("--assert: %s", error.what);
    fprintf(stderr, "  %s\n  %*s^\nQuantities: %s.\n", options->assertions, (int)error.at, "", metric_names(names));
    return false;
}

/* False: no memory. */
static bool prepare(struct report *report, const struct options *options)
{
    struct assertion_error error;
    report->options = options;
    report->format = format_of(options);
    report->screen = look_at_output(output_open());
    bool checked = options->assertions == NULL || assertion_parse(&report->assertions, options->assertions, &error);
    assert(checked);
    (void)checked;
    if (report->screen.out == NULL)
        warnx("out of memory");
    return report->screen.out != NULL;
}

/* path: NULL if no such file is wanted. Tells the user if it cannot be written. */
static bool open_file(FILE **file, const char *path)
{
    if (path == NULL)
        return true;
    *file = fopen(path, "we");
    if (*file == NULL)
        warn("%s", path);
    return *file != NULL;
}

static void destroy(struct report *report)
{
    if (report->svg != NULL)
        fclose(report->svg);
    if (report->hgrm != NULL)
        fclose(report->hgrm);
    if (report->screen.out != NULL)
        fclose(report->screen.out);
    series_clear(&report->series);
    free(report);
}

/* Asked right after the output, as stdio keeps no errno. */
static void look_for_error(struct report *report)
{
    if (report->error == 0 && ferror(report->screen.out) != 0)
        report->error = errno;
}

struct report *report_open(const struct options *options, const struct target *target)
{
    struct report *report = calloc(1, sizeof *report);
    if (report == NULL) {
        warnx("out of memory");
        return NULL;
    }
    report->target = target;
    if (!prepare(report, options) || !open_file(&report->hgrm, options->hgrm) ||
        !open_file(&report->svg, options->svg)) {
        destroy(report);
        return NULL;
    }
    if (report->format->begin != NULL)
        report->format->begin(report);
    look_for_error(report);
    return report;
}

/* During the run. -------------------------------------------------------------------------------------------------- */

/* Does the end show the run over time? JSON does of a bench only. */
static bool shows_course(const struct options *options)
{
    bool json = options->report == REPORT_JSON || options->report == REPORT_JSON_STREAM;
    return options->svg != NULL || (json && options->mode == MODE_BENCH);
}

bool report_has_failed(const struct report *report)
{
    return report->error != 0;
}

void report_probe(struct report *report, const struct probe *probe)
{
    if (shows_course(report->options) && !probe->again)
        series_add_probe(&report->series, probe->at, probe->rtt, probe->bytes > 0);
    if (report->format->probe != NULL && !report->options->quiet)
        report->format->probe(report, probe);
    look_for_error(report);
}

void report_interval(struct report *report, const struct interval *interval, bool written)
{
    if (shows_course(report->options))
        series_add(&report->series, interval);
    if (report->format->interval != NULL && written && !report->options->quiet)
        report->format->interval(report, interval);
    look_for_error(report);
}

bool report_is_live(const struct report *report)
{
    return report->format->progress != NULL && report->screen.live && !report->options->quiet;
}

/* The terminal's size may have changed. */
void report_progress(struct report *report, const struct interval *interval)
{
    report->screen.columns = columns_of_output();
    report->format->progress(report, interval);
    look_for_error(report);
}

void report_so_far(struct report *report, const struct result *result)
{
    const struct screen screen = {.out = stderr, .columns = COLUMNS_DEFAULT};
    if (report->format->pause != NULL)
        report->format->pause(report);
    text_of(report->options)->end(report, &screen, result);
}

/* The end. --------------------------------------------------------------------------------------------------------- */

/* Of ping, a connection that ended owing nothing is no loss: the next probe gets a new one. */
static enum status verdict(const struct result *result)
{
    bool ping = result->options->mode == MODE_PING;
    const struct tally *total = &result->total;
    if (result->failed || total->local > 0)
        return STATUS_LOCAL;
    if (total->connected == 0 && (!result->options->udp || total->refused > 0))
        return STATUS_NO_CONNECTION;
    return total->lost + total->wrong + (ping ? 0 : total->broken + total->refused) > 0 ? STATUS_LOSS : STATUS_GOOD;
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

static enum status fail(enum status status)
{
    return status == STATUS_GOOD ? STATUS_LOCAL : status;
}

static void close_file(struct report *report, FILE **file, const char *path)
{
    bool failed = ferror(*file) != 0;
    if (fclose(*file) != 0 || failed) {
        warn("cannot write %s", path);
        report->status = fail(report->status);
    }
    *file = NULL;
}

static void write_files(struct report *report, const struct result *result)
{
    if (report->hgrm != NULL) {
        hgrm_write(report->hgrm, &result->total.response);
        close_file(report, &report->hgrm, report->options->hgrm);
    }
    if (report->svg != NULL) {
        svg_write(report->svg, result, &report->series);
        close_file(report, &report->svg, report->options->svg);
    }
}

static enum status check_output(struct report *report)
{
    fflush(report->screen.out);
    look_for_error(report);
    if (report->error == 0)
        return report->status;
    errno = report->error;
    warn("cannot write standard output");
    return fail(report->status);
}

enum status report_close(struct report *report, const struct result *result)
{
    report->status = verdict(result);
    check_assertions(report, result);
    write_files(report, result);
    if (report->format->end != NULL)
        report->format->end(report, &report->screen, result);
    enum status status = check_output(report);
    destroy(report);
    return status;
}

enum status report_nothing(const struct options *options, enum status status, const char *why)
{
    struct report report = {.status = status};
    if (!prepare(&report, options))
        return status;
    if (report.format->nothing != NULL)
        report.format->nothing(&report, why);
    status = check_output(&report);
    fclose(report.screen.out);
    return status;
}
