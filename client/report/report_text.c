/* report_text.c: the report of bench for people; see report_format.h. */
#include <inttypes.h>
#include <string.h>

#include "client/base/clock.h"
#include "client/base/units.h"
#include "client/report/describe.h"
#include "client/report/draw.h"
#include "client/report/metric.h"
#include "client/report/report_format.h"

static void begin(struct report *report)
{
    char load[DESCRIBE_TEXT];
    fprintf(report->screen.out, "%s: %s\n", report->target->text, describe_load(report->options, load));
    fflush(report->screen.out);
}

/* Rows. ------------------------------------------------------------------------------------------------------------ */

/* Bytes. A row takes 79 columns, unless numbers are very large. */
enum { ROW = 160 };

static const char *format_row(const struct interval *interval, char row[ROW])
{
    char range[UNITS_TEXT * 2], rate[UNITS_TEXT], throughput[UNITS_TEXT], p50[UNITS_TEXT], p99[UNITS_TEXT],
        max[UNITS_TEXT];
    const struct tally *tally = interval->tally;
    const struct hist *response = &tally->response;
    double length = clock_seconds(interval->end - interval->start);
    snprintf(range, sizeof range, "%.2f-%.2f", clock_seconds(interval->start), clock_seconds(interval->end));
    snprintf(row, ROW, "%15s %9s %10s %8s %8s %8s %7" PRIu64 " %7" PRIu64, range,
             units_rate(length > 0 ? (double)tally->replied / length : 0, rate),
             units_throughput(length > 0 ? (double)tally->bytes / length : 0, throughput),
             response->count == 0 ? "-" : units_duration((double)hist_percentile(response, 50), p50),
             response->count == 0 ? "-" : units_duration((double)hist_percentile(response, 99), p99),
             response->count == 0 ? "-" : units_duration((double)response->max, max), tally->lost,
             tally->refused + tally->local + tally->broken + tally->wrong);
    return row;
}

static bool is_bad(const struct tally *tally)
{
    return tally->lost + tally->refused + tally->local + tally->broken + tally->wrong > 0;
}

static void write_heading(struct report *report)
{
    if (!report->rows.headed)
        fprintf(report->screen.out, "%s%15s %9s %10s %8s %8s %8s %7s %7s%s\n", report->screen.colour ? "\033[1m" : "",
                "seconds", "rate", "throughput", "p50", "p99", "max", "lost", "errors",
                report->screen.colour ? "\033[m" : "");
    report->rows.headed = true;
}

/* The row of an interval that has not ended; it is overwritten by the next. Cut off at the terminal's width: a line
 * that wraps could not be overwritten. */
static void progress(struct report *report, const struct interval *interval)
{
    char row[ROW];
    write_heading(report);
    fprintf(report->screen.out, "\r%.*s\033[K", report->screen.columns - 1, format_row(interval, row));
    fflush(report->screen.out);
    report->rows.unfinished = true;
}

static void interval(struct report *report, const struct interval *interval)
{
    char row[ROW];
    bool red = report->screen.colour && is_bad(interval->tally);
    write_heading(report);
    fprintf(report->screen.out, "%s%s%s%s%s\n", report->rows.unfinished ? "\r" : "", red ? "\033[31m" : "",
            format_row(interval, row), red ? "\033[m" : "", report->rows.unfinished ? "\033[K" : "");
    fflush(report->screen.out);
    report->rows.unfinished = false;
}

static void pause_rows(struct report *report)
{
    if (report->rows.unfinished)
        fputs("\r\033[K", report->screen.out);
    fflush(report->screen.out);
    report->rows.unfinished = false;
}

/* The summary. ----------------------------------------------------------------------------------------------------- */

enum { LABEL = 13 };

static void write_label(FILE *out, const char *label)
{
    fprintf(out, "%-*s", LABEL, label);
}

/* ", 3 refused". Left out when 0. */
static void write_count(FILE *out, uint64_t count, const char *what)
{
    char text[UNITS_TEXT];
    if (count > 0)
        fprintf(out, ", %s %s", units_count(count, text), what);
}

static void write_messages(FILE *out, const struct tally *total)
{
    char text[UNITS_TEXT];
    write_label(out, "messages");
    fprintf(out, "%s sent", units_count(total->sent, text));
    fprintf(out, ", %s came back", units_count(total->replied, text));
    if (total->lost > 0)
        fprintf(out, ", %s lost (%.3g %%)", units_count(total->lost, text), tally_loss(total));
    else
        fputs(", none lost", out);
    write_count(out, total->unsent, "of them never sent");
    write_count(out, total->duplicates, "came twice");
    write_count(out, total->reordered, "out of order");
    fputc('\n', out);
}

static void write_rate(FILE *out, const struct result *result)
{
    char rate[UNITS_TEXT], throughput[UNITS_TEXT], wanted[UNITS_TEXT];
    double length = clock_seconds(result_rated(result));
    if (length <= 0)
        return;
    write_label(out, "rate");
    fprintf(out, "%s, %s each way", units_rate((double)result->replied / length, rate),
            units_throughput((double)result->bytes / length, throughput));
    if (result->options->rate > 0)
        fprintf(out, "; wanted %s", units_rate(result->options->rate, wanted));
    fputc('\n', out);
}

static void write_connections(FILE *out, const struct result *result)
{
    const struct tally *total = &result->total;
    char text[UNITS_TEXT];
    if (result->options->udp)
        return;
    write_label(out, "connections");
    fprintf(out, "%s made", units_count(total->connected, text));
    if (total->connected < result->options->connections)
        fprintf(out, " of %s asked for", units_count(result->options->connections, text));
    write_count(out, total->refused - total->unanswered, "refused");
    write_count(out, total->unanswered, "not answered");
    write_count(out, total->local, "not possible here");
    write_count(out, total->broken, "broken");
    write_count(out, total->wrong, "with wrong bytes");
    fputc('\n', out);
}

static void write_datagrams(FILE *out, const struct result *result)
{
    const struct tally *total = &result->total;
    const struct hist *variation = &total->variation;
    char text[UNITS_TEXT], mean[UNITS_TEXT], p99[UNITS_TEXT];
    double jitter;
    if (!result->options->udp)
        return;
    write_label(out, "jitter");
    if (metric_jitter(result, &jitter))
        fprintf(out, "%s at the end; %s on average, p99 %s\n", units_duration(jitter, text),
                units_duration(hist_mean(variation), mean),
                units_duration((double)hist_percentile(variation, 99), p99));
    else
        fputs("not measured\n", out);
    if (total->refused + total->wrong == 0)
        return;
    write_label(out, "failures");
    fprintf(out, "%s refused", units_count(total->refused, text));
    write_count(out, total->wrong, "wrong");
    fputc('\n', out);
}

/* Of those that were held. If the run was ended early, some were not asked for an echo. */
static void write_survivors(FILE *out, const struct result *result)
{
    char survived[UNITS_TEXT], text[UNITS_TEXT];
    const struct tally *total = &result->total;
    if (result->options->hold == 0)
        return;
    write_label(out, "idle");
    if (total->held == 0)
        fputs("no connection was held", out);
    else
        fprintf(out, "%s of %s survived %g s", units_count(total->survived, survived), units_count(total->held, text),
                clock_seconds(result->options->hold));
    write_count(out, total->held - total->survived - total->dropped, "not asked");
    fputc('\n', out);
}

void report_text_problems(FILE *out, const struct problems *problems)
{
    char text[UNITS_TEXT];
    for (unsigned i = 0; i < problems->kept; i++) {
        write_label(out, i == 0 ? "problems" : "");
        fputs(problems->problem[i].text, out);
        if (problems->problem[i].count > 1 && problems->problem[i].kind != NULL)
            fprintf(out, ", and %s like it", units_count(problems->problem[i].count - 1, text));
        else if (problems->problem[i].count > 1)
            fprintf(out, ", %s times", units_count(problems->problem[i].count, text));
        fputc('\n', out);
    }
    if (problems->others > 0) {
        write_label(out, "");
        fprintf(out, "and %s more\n", units_count(problems->others, text));
    }
}

static void write_assertions(FILE *out, const struct report *report, const struct result *result)
{
    size_t hold = 0, all = report->assertions.count;
    for (size_t i = 0; i < all; i++)
        hold += assertion_holds(&report->assertions.assertion[i], result);
    if (all == 0)
        return;
    write_label(out, "assertions");
    if (hold == all)
        fputs(all == 1 ? "it holds\n" : "all hold\n", out);
    else
        fprintf(out, "%zu of %zu failed\n", all - hold, all);
}

/* All but the deviation, for which there is no room: of latency, which is skewed, it says the least. */
static bool is_shown(const struct metric_latency *latency)
{
    return strcmp(latency->name, "mdev") != 0;
}

static void write_latency(FILE *out, const char *name, const struct hist *hist)
{
    char text[UNITS_TEXT];
    if (hist->count == 0)
        return;
    write_label(out, name);
    for (size_t i = 0; i < METRIC_LATENCIES; i++)
        if (is_shown(&metric_latencies[i]))
            fprintf(out, "%8s", units_duration(metric_latency_of(&metric_latencies[i], hist), text));
    fputc('\n', out);
}

static void write_latencies(FILE *out, const struct result *result)
{
    const struct tally *total = &result->total;
    if (total->response.count + total->connect.count == 0)
        return;
    fprintf(out, "\n%*s", LABEL, "");
    for (size_t i = 0; i < METRIC_LATENCIES; i++)
        if (is_shown(&metric_latencies[i]))
            fprintf(out, "%8s", metric_latencies[i].name);
    fputc('\n', out);
    write_latency(out,
                  result->options->rate > 0 ? "response"
                  : result->options->burst  ? "first echo"
                                            : "latency",
                  &total->response);
    write_latency(out, "service", &total->service);
    write_latency(out, "connecting", &total->connect);
    fputc('\n', out);
}

static void end(const struct report *report, const struct screen *screen, const struct result *result)
{
    FILE *out = screen->out;
    fputc('\n', out);
    write_messages(out, &result->total);
    write_rate(out, result);
    write_connections(out, result);
    write_datagrams(out, result);
    write_survivors(out, result);
    report_text_problems(out, &result->problems);
    write_assertions(out, report, result);
    write_latencies(out, result);
    draw_hist(out, &result->total.response,
              &(struct draw_style){.columns = screen->columns, .colour = screen->colour, .utf8 = screen->utf8});
}

const struct report_format report_text = {
    .begin = begin, .interval = interval, .progress = progress, .pause = pause_rows, .end = end};
