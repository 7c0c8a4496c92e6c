/* report_text.c: the report for people; see report.h and report_format.h. */
#include <inttypes.h>

#include "clock.h"
#include "draw.h"
#include "report_format.h"
#include "units.h"

static double seconds(int64_t ns)
{
    return (double)ns / (double)CLOCK_SECOND;
}

static void write_load(FILE *out, const struct options *options)
{
    char rate[UNITS_TEXT];
    if (options->burst)
        fputs("all at once", out);
    else if (options->hold > 0)
        fprintf(out, "held idle for %g s", seconds(options->hold));
    else if (options->crr)
        fputs("a connection for every message", out);
    else if (options->rate > 0)
        fprintf(out, "%s in all, open loop", units_rate(options->rate, rate));
    else
        fputs("closed loop", out);
}

static void write_sizes(FILE *out, const struct sizes *sizes)
{
    for (unsigned i = 0; i < sizes->count; i++)
        fprintf(out, "%s%" PRIu64, i == 0 ? "" : ",", sizes->size[i]);
    fputs(" bytes", out);
}

static void begin(struct report *report)
{
    const struct options *options = report->options;
    const struct screen *screen = &report->screen;
    fprintf(screen->out, "%s: ", report->target->text);
    if (options->mode == MODE_BENCH)
        fprintf(screen->out, "%" PRIu64 " %s, ", options->connections, options->udp ? "sockets" : "connections");
    write_sizes(screen->out, &options->sizes);
    if (options->mode == MODE_BENCH) {
        if (options->depth > 1)
            fprintf(screen->out, ", %" PRIu64 " at a time", options->depth);
        fputs(", ", screen->out);
        write_load(screen->out, options);
    }
    fputc('\n', screen->out);
    fflush(screen->out);
}

static void probe(struct report *report, const struct probe *probe)
{
    const struct screen *screen = &report->screen;
    fprintf(screen->out, "%" PRIu64 " bytes from %s: seq=%" PRIu64 " time=%.3f ms\n", probe->bytes,
            report->target->text, probe->sequence, (double)probe->rtt / CLOCK_MS);
    fflush(screen->out);
}

/* On a terminal each one takes the place of the one before. */
static void interval(struct report *report, const struct interval *interval)
{
    const struct screen *screen = &report->screen;
    char rate[UNITS_TEXT], throughput[UNITS_TEXT], p50[UNITS_TEXT], p99[UNITS_TEXT], max[UNITS_TEXT];
    const struct tally *tally = interval->tally;
    double length = seconds(interval->end - interval->start);
    if (length <= 0)
        return;
    fprintf(screen->out, "%7.2f-%-7.2f s %10s %10s   p50 %8s  p99 %8s  max %8s", seconds(interval->start),
            seconds(interval->end), units_rate((double)tally->replied / length, rate),
            units_throughput((double)tally->bytes / length, throughput),
            units_duration((double)hist_percentile(&tally->response, 50), p50),
            units_duration((double)hist_percentile(&tally->response, 99), p99),
            units_duration((double)tally->response.max, max));
    if (tally->lost > 0)
        fprintf(screen->out, "  lost %" PRIu64, tally->lost);
    fputc('\n', screen->out);
    fflush(screen->out);
}

static void write_latency(FILE *out, const char *name, const struct hist *hist)
{
    static const double percents[] = {50, 90, 99, 99.9};
    char text[UNITS_TEXT];
    if (hist->count == 0)
        return;
    fprintf(out, "%-12s min %s", name, units_duration((double)hist->min, text));
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++)
        fprintf(out, "  p%g %s", percents[i], units_duration((double)hist_percentile(hist, percents[i]), text));
    fprintf(out, "  max %s", units_duration((double)hist->max, text));
    fprintf(out, "  avg %s", units_duration(hist_mean(hist), text));
    fprintf(out, "  mdev %s\n", units_duration(hist_deviation(hist), text));
}

static void write_problems(FILE *out, const struct problems *problems)
{
    for (unsigned i = 0; i < problems->kept; i++) {
        fprintf(out, "  %s", problems->problem[i].text);
        if (problems->problem[i].count > 1)
            fprintf(out, ", %" PRIu64 " times", problems->problem[i].count);
        fputc('\n', out);
    }
    if (problems->others > 0)
        fprintf(out, "  and %" PRIu64 " more\n", problems->others);
}

static void end(struct report *report, const struct result *result)
{
    const struct screen *screen = &report->screen;
    char count[UNITS_TEXT], text[UNITS_TEXT];
    const struct tally *total = &result->total;
    double length = seconds(result->measured);
    fprintf(screen->out, "\nmessages     %s back", units_count(total->replied, count));
    fprintf(screen->out, ", %s lost (%.3g %%)\n", units_count(total->lost, text), tally_loss(total));
    if (length > 0) {
        fprintf(screen->out, "rate         %s", units_rate((double)result->replied / length, text));
        fprintf(screen->out, ", %s each way\n", units_throughput((double)result->bytes / length, text));
    }
    write_latency(screen->out, result->options->rate > 0 ? "response" : "latency", &total->response);
    write_latency(screen->out, "service", &total->service);
    write_latency(screen->out, "connecting", &total->connect);
    fprintf(screen->out, "connections  %s made", units_count(total->connected, text));
    fprintf(screen->out, ", %s refused", units_count(total->refused, text));
    fprintf(screen->out, ", %s broken", units_count(total->broken, text));
    fprintf(screen->out, ", %s wrong\n", units_count(total->faults, text));
    write_problems(screen->out, &result->problems);
    fputc('\n', screen->out);
    draw_hist(screen->out, &total->response,
              &(struct draw_style){.columns = screen->columns, .colour = screen->colour, .utf8 = screen->utf8});
}

const struct report_format report_text = {.begin = begin, .probe = probe, .interval = interval, .end = end};
