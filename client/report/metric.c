/* metric.c: the tables, and finding a name in them; see metric.h. */
#include "client/report/metric.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/clock.h"

/* Counts and histograms. ------------------------------------------------------------------------------------------- */

const struct metric_count metric_counts[METRIC_COUNTS] = {
    [METRIC_SENT] = {"sent", offsetof(struct tally, sent)},
    [METRIC_REPLIED] = {"replied", offsetof(struct tally, replied)},
    [METRIC_LOST] = {"lost", offsetof(struct tally, lost)},
    [METRIC_UNSENT] = {"unsent", offsetof(struct tally, unsent)},
    [METRIC_BYTES] = {"bytes", offsetof(struct tally, bytes)},
    [METRIC_CONNECTED] = {"connected", offsetof(struct tally, connected)},
    [METRIC_REFUSED] = {"refused", offsetof(struct tally, refused)},
    [METRIC_UNANSWERED] = {"unanswered", offsetof(struct tally, unanswered)},
    [METRIC_BROKEN] = {"broken", offsetof(struct tally, broken)},
    [METRIC_WRONG] = {"wrong", offsetof(struct tally, wrong)},
    [METRIC_HELD] = {"held", offsetof(struct tally, held)},
    [METRIC_SURVIVED] = {"survived", offsetof(struct tally, survived)},
    [METRIC_DUPLICATES] = {"duplicates", offsetof(struct tally, duplicates)},
    [METRIC_REORDERED] = {"reordered", offsetof(struct tally, reordered)},
};

uint64_t metric_count_of(const struct metric_count *count, const struct tally *tally)
{
    return *(const uint64_t *)((const char *)tally + count->field);
}

const struct metric_timing metric_timings[METRIC_TIMINGS] = {
    {"response", offsetof(struct tally, response)},
    {"service", offsetof(struct tally, service)},
    {"connect", offsetof(struct tally, connect)},
    {"jitter", offsetof(struct tally, variation)},
};

const struct hist *metric_timing_of(const struct metric_timing *timing, const struct tally *tally)
{
    return (const struct hist *)((const char *)tally + timing->field);
}

static double mean(const struct hist *hist, double percent)
{
    (void)percent;
    return hist_mean(hist);
}

static double deviation(const struct hist *hist, double percent)
{
    (void)percent;
    return hist_deviation(hist);
}

static double percentile(const struct hist *hist, double percent)
{
    return (double)hist_percentile(hist, percent);
}

const struct metric_latency metric_latencies[METRIC_LATENCIES] = {
    {"min", "min_ns", true, 0, percentile},        {"avg", "mean_ns", false, 0, mean},
    {"mdev", "stdev_ns", false, 0, deviation},     {"p50", "p50_ns", true, 50, percentile},
    {"p90", "p90_ns", true, 90, percentile},       {"p99", "p99_ns", true, 99, percentile},
    {"p99.9", "p99.9_ns", true, 99.9, percentile}, {"p99.99", "p99.99_ns", true, 99.99, percentile},
    {"max", "max_ns", true, 100, percentile},
};

double metric_latency_of(const struct metric_latency *latency, const struct hist *hist)
{
    return latency->value(hist, latency->percent);
}

/* Quantities of the whole. ----------------------------------------------------------------------------------------- */

struct metric_ratio {
    const char *name;
    enum metric_unit unit;
    bool (*value)(const struct result *result, double *value);
};

static bool per_second(const struct result *result, uint64_t count, double *value)
{
    int64_t length = result_rated(result);
    *value = length > 0 ? (double)count * (double)CLOCK_SECOND / (double)length : 0;
    return length > 0;
}

static bool rate(const struct result *result, double *value)
{
    return per_second(result, result->replied, value);
}

static bool throughput(const struct result *result, double *value)
{
    return per_second(result, result->bytes, value);
}

static bool loss(const struct result *result, double *value)
{
    *value = tally_loss(&result->total);
    return result->total.replied + result->total.lost > 0;
}

bool metric_jitter(const struct result *result, double *value)
{
    *value = result->total.jitter;
    return result->options->udp && result->total.replied > 1;
}

static bool path_mtu(const struct result *result, double *value)
{
    *value = (double)result->path_mtu;
    return result->path_mtu > 0;
}

static bool path_mtu_at_least(const struct result *result, double *value)
{
    *value = (double)result->path_mtu_at_least;
    return result->path_mtu_at_least > 0;
}

static const struct metric_ratio ratios[] = {
    {"rate", METRIC_UNIT_PER_SECOND, rate},     {"throughput", METRIC_UNIT_BYTES_PER_SECOND, throughput},
    {"loss", METRIC_UNIT_PERCENT, loss},        {"jitter", METRIC_UNIT_NS, metric_jitter},
    {"path_mtu", METRIC_UNIT_NUMBER, path_mtu}, {"path_mtu_at_least", METRIC_UNIT_NUMBER, path_mtu_at_least},
};
enum { RATIOS = sizeof ratios / sizeof ratios[0] };

/* Names. ----------------------------------------------------------------------------------------------------------- */

static bool is_called(const char *known, const char *name, size_t length)
{
    return strlen(known) == length && memcmp(known, name, length) == 0;
}

/* "p50", "p99.95". */
static bool find_percentile(struct metric_latency *latency, const char *name, size_t length)
{
    char number[16], *end;
    if (length < 2 || length > sizeof number || name[0] != 'p')
        return false;
    memcpy(number, name + 1, length - 1);
    number[length - 1] = '\0';
    if (strspn(number, "0123456789.") != length - 1)
        return false;
    *latency = (struct metric_latency){.value = percentile, .percent = strtod(number, &end)};
    return end == number + length - 1 && latency->percent <= 100;
}

static bool find_latency(struct metric_latency *latency, const char *name, size_t length)
{
    for (size_t i = 0; i < METRIC_LATENCIES; i++) {
        if (is_called(metric_latencies[i].name, name, length)) {
            *latency = metric_latencies[i];
            return true;
        }
    }
    return find_percentile(latency, name, length);
}

/* Without the name of a histogram before it, it is of the response time. */
static bool find_timing(struct metric *metric, const char *name, size_t length)
{
    metric->unit = METRIC_UNIT_NS;
    metric->timing = &metric_timings[0];
    for (size_t i = 0; i < METRIC_TIMINGS; i++) {
        size_t prefix = strlen(metric_timings[i].name) + 1;
        if (length > prefix && is_called(metric_timings[i].name, name, prefix - 1) && name[prefix - 1] == '_') {
            metric->timing = &metric_timings[i];
            return find_latency(&metric->latency, name + prefix, length - prefix);
        }
    }
    return find_latency(&metric->latency, name, length);
}

bool metric_find(struct metric *metric, const char *name, size_t length)
{
    *metric = (struct metric){.unit = METRIC_UNIT_NUMBER};
    for (size_t i = 0; i < METRIC_COUNTS && metric->count == NULL; i++)
        if (is_called(metric_counts[i].name, name, length))
            metric->count = &metric_counts[i];
    for (size_t i = 0; i < RATIOS && metric->ratio == NULL; i++)
        if (is_called(ratios[i].name, name, length))
            metric->ratio = &ratios[i];
    if (metric->ratio != NULL)
        metric->unit = metric->ratio->unit;
    return metric->count != NULL || metric->ratio != NULL || find_timing(metric, name, length);
}

bool metric_value(const struct metric *metric, const struct result *result, double *value)
{
    if (metric->ratio != NULL)
        return metric->ratio->value(result, value);
    if (metric->count != NULL) {
        *value = (double)metric_count_of(metric->count, &result->total);
        return true;
    }
    const struct hist *hist = metric_timing_of(metric->timing, &result->total);
    *value = metric_latency_of(&metric->latency, hist);
    return hist->count > 0;
}

const char *metric_names(char text[METRIC_NAMES])
{
    size_t n = 0;
    for (size_t i = 0; i < RATIOS; i++)
        n += (size_t)snprintf(text + n, METRIC_NAMES - n, "%s ", ratios[i].name);
    for (size_t i = 0; i < METRIC_COUNTS; i++)
        n += (size_t)snprintf(text + n, METRIC_NAMES - n, "%s ", metric_counts[i].name);
    snprintf(text + n, METRIC_NAMES - n,
             "min avg mdev max p50 p99.9 (any pN); these also as service_p99, connect_p99, jitter_p99");
    return text;
}
