/* report_csv.c: the report for spreadsheets: a line of column names, then one for each interval or probe; see
 * report_format.h. Quoted as in RFC 4180. What was not measured is empty. Columns keep their names; a new quantity
 * makes a new column among the others. The problems go to standard error. */
#include <inttypes.h>
#include <string.h>

#include "client/base/clock.h"
#include "client/report/metric.h"
#include "client/report/report_format.h"

static void write_seconds(FILE *out, int64_t ns)
{
    fprintf(out, "%.6f", clock_seconds(ns));
}

static void write_text(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++)
        fputs(*text == '"' ? "\"\"" : (char[]){*text, '\0'}, out);
    fputc('"', out);
}

/* Probes. ---------------------------------------------------------------------------------------------------------- */

static void write_time(FILE *out, int64_t ns, bool measured)
{
    fputc(',', out);
    if (measured)
        fprintf(out, "%" PRId64, ns);
}

static void write_probe(struct report *report, const struct probe *probe)
{
    FILE *out = report->screen.out;
    fprintf(out, "%" PRIu64 ",", probe->sequence);
    write_seconds(out, probe->at);
    fprintf(out, ",%" PRIu64, probe->bytes);
    write_time(out, probe->rtt, probe->bytes > 0);
    write_time(out, probe->connect, probe->connect > 0);
    fputc(',', out);
    write_text(out, probe->note == NULL ? "" : probe->note);
    fputc('\n', out);
    fflush(out);
}

/* Intervals. ------------------------------------------------------------------------------------------------------- */

static void write_latencies(FILE *out, const struct hist *hist)
{
    for (size_t i = 0; i < METRIC_LATENCIES; i++) {
        fputc(',', out);
        if (hist->count > 0)
            fprintf(out, "%.*f", metric_latencies[i].whole ? 0 : 1, metric_latency_of(&metric_latencies[i], hist));
    }
}

static void write_rates(FILE *out, const struct interval *interval)
{
    double seconds = clock_seconds(interval->end - interval->start);
    if (seconds > 0)
        fprintf(out, ",%.1f,%.1f", (double)interval->tally->replied / seconds,
                (double)interval->tally->bytes / seconds);
    else
        fputs(",,", out);
}

static void write_interval(struct report *report, const struct interval *interval)
{
    FILE *out = report->screen.out;
    const struct tally *tally = interval->tally;
    write_seconds(out, interval->start);
    fputc(',', out);
    write_seconds(out, interval->end);
    for (size_t i = 0; i < METRIC_COUNTS; i++)
        fprintf(out, ",%" PRIu64, metric_count_of(&metric_counts[i], tally));
    write_rates(out, interval);
    for (size_t i = 0; i < METRIC_TIMINGS; i++)
        write_latencies(out, metric_timing_of(&metric_timings[i], tally));
    fputc('\n', out);
    fflush(out);
}

/* Column names. ---------------------------------------------------------------------------------------------------- */

static void name_timing(FILE *out, const struct metric_timing *timing)
{
    for (size_t i = 0; i < METRIC_LATENCIES; i++)
        fprintf(out, ",%s_%s", timing->name, metric_latencies[i].key);
}

static void begin(struct report *report)
{
    FILE *out = report->screen.out;
    if (report->options->mode == MODE_PING) {
        fputs("sequence,at,bytes,rtt_ns,connect_ns,note\n", out);
        return;
    }
    fputs("start,end", out);
    for (size_t i = 0; i < METRIC_COUNTS; i++)
        fprintf(out, ",%s", metric_counts[i].name);
    fputs(",rate_per_second,bytes_per_second", out);
    for (size_t i = 0; i < METRIC_TIMINGS; i++)
        name_timing(out, &metric_timings[i]);
    fputc('\n', out);
}

static void write_names(struct report *report, const char *why)
{
    (void)why;
    begin(report);
}

/* There is no column for the first wrong byte, nor a row for what happened after the last one. */
static void end(const struct report *report, const struct screen *screen, const struct result *result)
{
    (void)report;
    (void)screen;
    report_text_problems(stderr, &result->problems);
}

const struct report_format report_csv = {
    .begin = begin, .probe = write_probe, .interval = write_interval, .end = end, .nothing = write_names};
