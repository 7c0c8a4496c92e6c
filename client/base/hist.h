/* hist.h: a log-linear histogram of durations, in HdrHistogram's layout with two significant digits. A value read back
 * is at most 1/128 too large; min, max, mean and deviation are exact. Nothing fails. */
#ifndef MPECHO_HIST_H
#define MPECHO_HIST_H

#include <stddef.h>
#include <stdint.h>

/* Buckets are 1 wide up to 256, then 128 to each doubling, up to HIST_MAX ns (73 minutes). */
enum { HIST_SUB_BITS = 8, HIST_TOP_BIT = 42 };
enum { HIST_HALF = 1 << (HIST_SUB_BITS - 1), HIST_BUCKETS = (HIST_TOP_BIT - HIST_SUB_BITS + 2) * HIST_HALF };
#define HIST_MAX ((INT64_C(1) << HIST_TOP_BIT) - 1)

/* 36 KiB, however many values are in it. All 0 to begin: empty. */
struct hist {
    uint64_t count;
    int64_t min, max;               /* ns */
    unsigned __int128 sum, squares; /* of ns: whole numbers, or a small deviation would drown in a large mean */
    uint64_t buckets[HIST_BUCKETS];
};

/* What is negative counts as 0, what is longer than HIST_MAX as HIST_MAX. */
void hist_add(struct hist *hist, int64_t ns);

void hist_merge(struct hist *into, const struct hist *from);

/* Nearest rank, from 1: ceil(percent / 100 * count), at least 1. */
uint64_t hist_rank(double percent, uint64_t count);

/* The smallest value v such that at least `percent` % of all values are <= v: min for 0, max for 100, and 0 if it is
 * empty. */
int64_t hist_percentile(const struct hist *hist, double percent);

double hist_mean(const struct hist *hist);

/* The standard deviation of all values, as ping(8)'s mdev. */
double hist_deviation(const struct hist *hist);

/* To walk through the buckets: in which one a value is counted, and the smallest and largest value counted in one. */
size_t hist_bucket(int64_t ns);
int64_t hist_lowest(size_t bucket);
int64_t hist_highest(size_t bucket);

#endif
