/* report_json.c: the report for programs; see report_format.h. Out of memory ends the program, as half a report would
 * be believed. As long as SCHEMA is the same, keys may be added, but none changes its meaning. */
#include <err.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/clock.h"
#include "client/base/utf8.h"
#include "client/report/metric.h"
#include "client/report/report_format.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

enum { SCHEMA = 1, DIGITS = 12 };

/* Building. -------------------------------------------------------------------------------------------------------- */

static json_t *made(json_t *value)
{
    if (value == NULL)
        errx(STATUS_LOCAL, "out of memory");
    return value;
}

static void set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, made(value)) != 0)
        errx(STATUS_LOCAL, "out of memory");
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, made(value)) != 0)
        errx(STATUS_LOCAL, "out of memory");
}

static void set_count(json_t *object, const char *key, uint64_t count)
{
    set(object, key, json_integer((json_int_t)count));
}

static void set_seconds(json_t *object, const char *key, int64_t ns)
{
    set(object, key, json_real(clock_seconds(ns)));
}

/* Names and paths may be any bytes, JSON is UTF-8. */
static json_t *replace_bytes(const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return NULL;
    for (char *c = copy; *c != '\0';) {
        uint32_t character;
        size_t length = utf8_decode(c, &character);
        if (length == 0 && (unsigned char)*c >= 0x80)
            *c = '?';
        c += length > 0 ? length : 1;
    }
    json_t *value = json_string(copy);
    free(copy);
    return value;
}

/* text may be NULL. */
static void set_text(json_t *object, const char *key, const char *text)
{
    if (text == NULL) {
        set(object, key, json_null());
        return;
    }
    json_t *value = json_string(text);
    set(object, key, value != NULL ? value : replace_bytes(text));
}

/* Writing: one object, on a line of its own in a stream. A failure is in the file's error flag. */
static void write_object(FILE *out, json_t *object, size_t indent)
{
    json_dumpf(object, out, JSON_REAL_PRECISION(DIGITS) | indent);
    fputc('\n', out);
    fflush(out);
    json_decref(object);
}

/* Parts. ----------------------------------------------------------------------------------------------------------- */

/* Null if it was not measured. */
static void set_size(json_t *object, const char *name, uint64_t size)
{
    set(object, name, size > 0 ? json_integer((json_int_t)size) : json_null());
}

static void set_counts(json_t *object, const uint64_t counts[METRIC_COUNTS])
{
    for (size_t i = 0; i < METRIC_COUNTS; i++)
        set_count(object, metric_counts[i].name, counts[i]);
    double loss = tally_loss_of(counts[METRIC_REPLIED], counts[METRIC_LOST]);
    bool known = counts[METRIC_REPLIED] + counts[METRIC_LOST] > 0;
    set(object, "loss_percent", known ? json_real(loss) : json_null());
}

static void read_counts(uint64_t counts[METRIC_COUNTS], const struct tally *tally)
{
    for (size_t i = 0; i < METRIC_COUNTS; i++)
        counts[i] = metric_count_of(&metric_counts[i], tally);
}

/* length: in ns. */
static void set_rates(json_t *object, uint64_t replied, uint64_t bytes, int64_t length)
{
    double seconds = clock_seconds(length);
    set(object, "rate_per_second", length > 0 ? json_real((double)replied / seconds) : json_null());
    set(object, "bytes_per_second", length > 0 ? json_real((double)bytes / seconds) : json_null());
}

static json_t *latency_value(const struct metric_latency *latency, const struct hist *hist)
{
    double value = metric_latency_of(latency, hist);
    if (hist->count == 0)
        return json_null();
    return latency->whole ? json_integer((json_int_t)value) : json_real(value);
}

static void set_latencies(json_t *object, const struct hist *hist)
{
    for (size_t i = 0; i < METRIC_LATENCIES; i++)
        set(object, metric_latencies[i].key, latency_value(&metric_latencies[i], hist));
}

static void set_timings(json_t *object, const struct tally *total)
{
    for (size_t i = 0; i < METRIC_TIMINGS; i++) {
        const struct hist *hist = metric_timing_of(&metric_timings[i], total);
        json_t *timing = made(hist->count == 0 ? json_null() : json_object());
        if (hist->count > 0) {
            set_count(timing, "count", hist->count);
            set_latencies(timing, hist);
        }
        set(object, metric_timings[i].name, timing);
    }
}

static void set_stretch(json_t *object, int64_t start, int64_t end, const uint64_t counts[METRIC_COUNTS],
                        const struct hist *response)
{
    set_seconds(object, "start", start);
    set_seconds(object, "end", end);
    set_counts(object, counts);
    set_rates(object, counts[METRIC_REPLIED], counts[METRIC_BYTES], end - start);
    set_latencies(object, response);
}

static json_t *intervals_of(const struct series *series)
{
    json_t *intervals = made(json_array());
    for (size_t i = 0; i < series->count; i++) {
        const struct series_point *point = series->points[i];
        json_t *interval = made(json_object());
        set_stretch(interval, point->start, point->end, point->counts, &point->response);
        append(intervals, interval);
    }
    return intervals;
}

static json_t *sizes_of(const struct sizes *sizes)
{
    json_t *array = made(json_array());
    for (unsigned i = 0; i < sizes->count; i++)
        append(array, json_integer((json_int_t)sizes->size[i]));
    return array;
}

static void set_bench_options(json_t *object, const struct options *options)
{
    set_count(object, "connections", options->connections);
    set_count(object, "threads", options->threads);
    set_count(object, "depth", options->depth);
    set(object, "rate_per_second", options->rate > 0 ? json_real(options->rate) : json_null());
    set(object, "burst", json_boolean(options->burst));
    set_seconds(object, "hold_seconds", options->hold);
    set_seconds(object, "omit_seconds", options->omit);
}

static json_t *options_of(const struct options *options)
{
    json_t *object = made(json_object());
    set(object, "sizes", sizes_of(&options->sizes));
    if (options->mode == MODE_BENCH)
        set_bench_options(object, options);
    else
        set_count(object, "count", options->count);
    set(object, "udp", json_boolean(options->udp));
    set(object, "dont_fragment", json_boolean(options->dont_fragment));
    set(object, "crr", json_boolean(options->crr));
    set(object, "lines", json_boolean(options->lines));
    set_seconds(object, "interval_seconds", options->interval);
    set_seconds(object, "duration_seconds", options->duration);
    set_seconds(object, "timeout_seconds", options->timeout);
    return object;
}

static json_t *icmp_of(const struct icmp *icmp)
{
    if (icmp->version == 0)
        return json_null();
    json_t *object = made(json_object());
    set_count(object, "version", icmp->version);
    set_count(object, "type", icmp->type);
    set_count(object, "code", icmp->code);
    set_text(object, "from", icmp->from[0] == '\0' ? NULL : icmp->from);
    return object;
}

static json_t *problems_of(const struct problems *problems)
{
    json_t *array = made(json_array());
    for (unsigned i = 0; i < problems->kept; i++) {
        json_t *problem = made(json_object());
        set_text(problem, "text", problems->problem[i].text);
        set_count(problem, "count", problems->problem[i].count);
        set(problem, "icmp", icmp_of(&problems->problem[i].icmp));
        append(array, problem);
    }
    return array;
}

/* result: NULL if there was no run. */
static json_t *assertion_of(const struct assertion *assertion, const struct result *result)
{
    double value;
    bool measured = result != NULL && metric_value(&assertion->metric, result, &value);
    json_t *object = made(json_object());
    set_text(object, "text", assertion->text);
    set(object, "value", measured ? json_real(value) : json_null());
    set(object, "holds", json_boolean(measured && assertion_holds(assertion, result)));
    return object;
}

static json_t *assertions_of(const struct assertions *assertions, const struct result *result)
{
    json_t *array = made(json_array());
    for (size_t i = 0; i < assertions->count; i++)
        append(array, assertion_of(&assertions->assertion[i], result));
    return array;
}

static void set_begun(json_t *object, time_t begun)
{
    char text[32];
    struct tm tm;
    strftime(text, sizeof text, "%FT%TZ", gmtime_r(&begun, &tm));
    set_text(object, "begun", text);
}

/* What is known of a run before it begins. */
static void set_request(json_t *object, const struct options *options)
{
    set_text(object, "type", "summary");
    set_count(object, "schema", SCHEMA);
    set_text(object, "program", "mpecho");
    set_text(object, "version", PACKAGE_VERSION);
    set_text(object, "mode", options->mode == MODE_BENCH ? "bench" : "ping");
    set_text(object, "host", options->host);
    set_text(object, "port", options->port);
    set(object, "options", options_of(options));
}

static void set_outcome(json_t *object, const struct report *report, const struct result *result)
{
    uint64_t counts[METRIC_COUNTS];
    double jitter;
    read_counts(counts, &result->total);
    set_text(object, "target", result->target->text);
    set_begun(object, result->begun);
    set_seconds(object, "seconds", result->measured);
    set_counts(object, counts);
    set_count(object, "replied_in_time", result->replied);
    set_rates(object, result->replied, result->bytes, result_rated(result));
    set(object, "jitter_ns", metric_jitter(result, &jitter) ? json_real(jitter) : json_null());
    set_size(object, "path_mtu", result->path_mtu);
    set_size(object, "path_mtu_at_least", result->path_mtu_at_least);
    set_timings(object, &result->total);
    if (report->options->mode == MODE_BENCH)
        set(object, "intervals", intervals_of(&report->series));
    set(object, "problems", problems_of(&result->problems));
    set_count(object, "other_problems", result->problems.others);
    set(object, "interrupted", json_boolean(result->interrupted));
}

static void set_verdict(json_t *object, const struct report *report, const struct result *result)
{
    set(object, "assertions", assertions_of(&report->assertions, result));
    set_count(object, "status", (uint64_t)report->status);
}

static json_t *summary_of(const struct report *report, const struct result *result)
{
    json_t *object = made(json_object());
    set_request(object, report->options);
    set_outcome(object, report, result);
    set_verdict(object, report, result);
    return object;
}

/* Lists are left: of a run that was none they are empty. */
static void forget_values(json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) if (json_is_number(value) || json_is_string(value))
        set(object, key, json_null());
}

/* With all the keys, so that a program need not look at the status before it reads them. */
static json_t *summary_of_nothing(const struct report *report, const char *why)
{
    struct result *result = calloc(1, sizeof *result);
    const struct target nowhere = {.text = ""};
    json_t *object = made(json_object()), *outcome = made(json_object());
    if (result == NULL)
        errx(STATUS_LOCAL, "out of memory");
    result->options = report->options;
    result->target = &nowhere;
    if (why != NULL)
        problems_add(&result->problems, NULL, why, 1);
    set_request(object, report->options);
    set_outcome(outcome, report, result);
    forget_values(outcome);
    if (json_object_update(object, outcome) != 0)
        errx(STATUS_LOCAL, "out of memory");
    set_verdict(object, report, NULL);
    json_decref(outcome);
    free(result);
    return object;
}

/* The formats. ----------------------------------------------------------------------------------------------------- */

static void end_object(const struct report *report, const struct screen *screen, const struct result *result)
{
    write_object(screen->out, summary_of(report, result), JSON_INDENT(2));
}

static void object_nothing(struct report *report, const char *why)
{
    write_object(report->screen.out, summary_of_nothing(report, why), JSON_INDENT(2));
}

static void stream_probe(struct report *report, const struct probe *probe)
{
    json_t *object = made(json_object());
    bool replied = probe->bytes > 0;
    set_text(object, "type", "probe");
    set_count(object, "sequence", probe->sequence);
    set_seconds(object, "at", probe->at);
    set_count(object, "bytes", probe->bytes);
    set(object, "rtt_ns", replied ? json_integer(probe->rtt) : json_null());
    set(object, "connect_ns", probe->connect > 0 ? json_integer(probe->connect) : json_null());
    set_text(object, "note", probe->note);
    set(object, "icmp", icmp_of(&probe->icmp));
    write_object(report->screen.out, object, JSON_COMPACT);
}

static void stream_interval(struct report *report, const struct interval *interval)
{
    uint64_t counts[METRIC_COUNTS];
    json_t *object = made(json_object());
    set_text(object, "type", "interval");
    read_counts(counts, interval->tally);
    set_stretch(object, interval->start, interval->end, counts, &interval->tally->response);
    write_object(report->screen.out, object, JSON_COMPACT);
}

static void stream_end(const struct report *report, const struct screen *screen, const struct result *result)
{
    write_object(screen->out, summary_of(report, result), JSON_COMPACT);
}

static void stream_nothing(struct report *report, const char *why)
{
    write_object(report->screen.out, summary_of_nothing(report, why), JSON_COMPACT);
}

const struct report_format report_json = {.end = end_object, .nothing = object_nothing};
const struct report_format report_json_stream = {
    .probe = stream_probe, .interval = stream_interval, .end = stream_end, .nothing = stream_nothing};
