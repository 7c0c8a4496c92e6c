/* metric.h: the quantities of a run by the names that users know them by, in assertions and in all reports. */
#ifndef MPECHO_METRIC_H
#define MPECHO_METRIC_H

#include <stdbool.h>
#include <stddef.h>

#include "client/report/result.h"

/* Counts of a tally, in the order in which reports list them. */
enum {
    METRIC_SENT,
    METRIC_REPLIED,
    METRIC_LOST,
    METRIC_UNSENT,
    METRIC_BYTES,
    METRIC_CONNECTED,
    METRIC_REFUSED,
    METRIC_UNANSWERED,
    METRIC_BROKEN,
    METRIC_WRONG,
    METRIC_HELD,
    METRIC_SURVIVED,
    METRIC_DUPLICATES,
    METRIC_REORDERED,
    METRIC_COUNTS
};
struct metric_count {
    const char *name;
    size_t field; /* a uint64_t in struct tally */
};
extern const struct metric_count metric_counts[METRIC_COUNTS];

uint64_t metric_count_of(const struct metric_count *count, const struct tally *tally);

/* Histograms of a tally. */
struct metric_timing {
    const char *name;
    size_t field; /* a struct hist in struct tally */
};
enum { METRIC_TIMINGS = 4 };
extern const struct metric_timing metric_timings[METRIC_TIMINGS];

const struct hist *metric_timing_of(const struct metric_timing *timing, const struct tally *tally);

/* What is reported of a histogram, in ns: min, avg, mdev, p50, p90, p99, p99.9, p99.99, max. */
struct metric_latency {
    const char *name, *key; /* key: its name in JSON and CSV, with the unit */
    bool whole;             /* always a whole number of ns */
    double percent;
    double (*value)(const struct hist *hist, double percent);
};
enum { METRIC_LATENCIES = 9 };
extern const struct metric_latency metric_latencies[METRIC_LATENCIES];

double metric_latency_of(const struct metric_latency *latency, const struct hist *hist);

/* UDP, ns. False: it takes two replies. */
bool metric_jitter(const struct result *result, double *value);

/* Any of them: "rate", "lost", "p99.95", "service_max". */
enum metric_unit {
    METRIC_UNIT_NUMBER,
    METRIC_UNIT_NS,
    METRIC_UNIT_PERCENT,
    METRIC_UNIT_PER_SECOND,
    METRIC_UNIT_BYTES_PER_SECOND
};

struct metric {
    enum metric_unit unit;
    const struct metric_count *count;   /* it is either this, */
    const struct metric_ratio *ratio;   /* or this, */
    const struct metric_timing *timing; /* or this timing's `latency` */
    struct metric_latency latency;
};

/* False: there is none of this name. */
bool metric_find(struct metric *metric, const char *name, size_t length);

/* False: it was not measured, as a latency without a reply. */
bool metric_value(const struct metric *metric, const struct result *result, double *value);

/* What metric_find knows, for a message. */
enum { METRIC_NAMES = 500 };
const char *metric_names(char text[METRIC_NAMES]);

#endif
