/* report_ping.c: the report of ping for people, in the manner of ping(8); see report_format.h. */
#include <inttypes.h>
#include <time.h>

#include "client/base/clock.h"
#include "client/report/metric.h"
#include "client/report/report_format.h"

static void begin(struct report *report)
{
    const struct options *options = report->options;
    fprintf(report->screen.out, "PING %s (%s) %" PRIu64, options->host, report->target->text, options->sizes.size[0]);
    if (options->sizes.sweep)
        fprintf(report->screen.out, "-%" PRIu64, options->sizes.size[1]);
    fputs(" bytes of data.\n", report->screen.out);
    fflush(report->screen.out);
}

static void write_time_of_day(FILE *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    fprintf(out, "[%jd.%06ld] ", (intmax_t)now.tv_sec, now.tv_nsec / 1000);
}

static void write_reply(FILE *out, const struct report *report, const struct probe *probe)
{
    const struct options *options = report->options;
    fprintf(out, "%" PRIu64 " bytes from %s: seq=%" PRIu64, probe->bytes, report->target->text, probe->sequence);
    if (probe->connect > 0 && (options->connect || options->crr))
        fprintf(out, " connect=%.3f ms", clock_ms(probe->connect));
    fprintf(out, " time=%.3f ms", clock_ms(probe->rtt));
    if (options->crr)
        fprintf(out, " total=%.3f ms", clock_ms(probe->connect + probe->rtt));
    if (probe->note != NULL)
        fprintf(out, " (%s)", probe->note);
}

static void probe(struct report *report, const struct probe *probe)
{
    FILE *out = report->screen.out;
    if (report->options->timestamps)
        write_time_of_day(out);
    if (probe->bytes > 0)
        write_reply(out, report, probe);
    else
        fprintf(out, "seq=%" PRIu64 " %s%s", probe->sequence,
                report->options->sizes.sweep ? "" : "lost: ", probe->note);
    fputc('\n', out);
    fflush(out);
}

/* The summary. ----------------------------------------------------------------------------------------------------- */

/* Left out when 0. */
static void write_extra(FILE *out, uint64_t count, const char *what)
{
    if (count > 0)
        fprintf(out, ", +%" PRIu64 " %s", count, what);
}

static void write_counts(FILE *out, const struct result *result)
{
    const struct tally *total = &result->total;
    fprintf(out, "%" PRIu64 " sent, %" PRIu64 " received", total->sent, total->replied);
    write_extra(out, total->wrong, "wrong");
    write_extra(out, total->broken, "broken");
    write_extra(out, total->refused - total->unanswered, "refused");
    write_extra(out, total->unanswered, "not answered");
    write_extra(out, total->duplicates, "duplicates");
    write_extra(out, total->reordered, "reordered");
    fprintf(out, ", %.4g%% loss, time %.0fms\n", tally_loss(total), clock_ms(result->measured));
}

static void write_spread(FILE *out, const char *name, const struct hist *hist)
{
    if (hist->count > 0)
        fprintf(out, "%s min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n", name, clock_ms(hist->min),
                hist_mean(hist) / CLOCK_MS, clock_ms(hist->max), hist_deviation(hist) / CLOCK_MS);
}

static void write_percentiles(FILE *out, const char *name, const struct hist *hist)
{
    if (hist->count > 0)
        fprintf(out, "%s p50/p90/p99 = %.3f/%.3f/%.3f ms\n", name, clock_ms(hist_percentile(hist, 50)),
                clock_ms(hist_percentile(hist, 90)), clock_ms(hist_percentile(hist, 99)));
}

/* "At least" if the largest size asked for came back, or if it was not tried: the path may take more. */
static void write_path_mtu(FILE *out, const struct result *result)
{
    uint64_t mtu = result->path_mtu_at_least;
    if (mtu == 0)
        fputs("path MTU not found", out);
    else
        fprintf(out, "path MTU %s%" PRIu64 " (%" PRIu64 " bytes of data in a datagram)",
                result->path_mtu == 0 ? "at least " : "", mtu, mtu - target_headers(result->target));
    fputs(result->interrupted ? "; the search was ended early\n" : "\n", out);
}

static void write_datagrams(FILE *out, const struct result *result)
{
    const struct hist *variation = &result->total.variation;
    double jitter;
    if (result->options->sizes.sweep)
        write_path_mtu(out, result);
    else if (metric_jitter(result, &jitter))
        fprintf(out, "jitter %.3f ms, avg/p99 = %.3f/%.3f ms\n", jitter / CLOCK_MS, hist_mean(variation) / CLOCK_MS,
                clock_ms(hist_percentile(variation, 99)));
}

/* Problems only if no line has told them: with -q, and of datagrams that answer none of ours. */
static void end(const struct report *report, const struct screen *screen, const struct result *result)
{
    FILE *out = screen->out;
    const struct options *options = report->options;
    const struct tally *total = &result->total;
    const struct hist *rtt = options->crr ? &total->service : &total->response;
    fprintf(out, "\n--- %s ping statistics ---\n", report->target->text);
    write_counts(out, result);
    if (options->quiet || (options->udp && total->wrong > 0))
        report_text_problems(out, &result->problems);
    if (options->connect || options->crr)
        write_spread(out, "connect", &total->connect);
    write_spread(out, "rtt", rtt);
    write_percentiles(out, "rtt", rtt);
    if (options->crr) {
        write_spread(out, "total", &total->response);
        write_percentiles(out, "total", &total->response);
    }
    if (options->udp)
        write_datagrams(out, result);
    fflush(out);
}

const struct report_format report_ping = {.begin = begin, .probe = probe, .end = end};
