/* hist.c: the buckets and what is derived from them; see hist.h. The layout is that of HdrHistogram (Gil Tene,
 * hdrhistogram.org): a value's exponent picks a row of HIST_HALF buckets, its next seven bits the bucket. */
#include "client/base/hist.h"

#include <float.h>
#include <math.h>

/* How far a value must be shifted right to be below 1 << HIST_SUB_BITS. */
static unsigned shift_of(uint64_t value)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    return bits > HIST_SUB_BITS ? bits - HIST_SUB_BITS : 0;
}

static int64_t clamp(int64_t ns)
{
    return ns < 0 ? 0 : ns > HIST_MAX ? HIST_MAX : ns;
}

size_t hist_bucket(int64_t ns)
{
    uint64_t value = (uint64_t)clamp(ns);
    unsigned shift = shift_of(value);
    return shift * HIST_HALF + (size_t)(value >> shift);
}

static unsigned shift_of_bucket(size_t bucket)
{
    return bucket < 2 * HIST_HALF ? 0 : (unsigned)(bucket / HIST_HALF) - 1;
}

int64_t hist_lowest(size_t bucket)
{
    unsigned shift = shift_of_bucket(bucket);
    return (int64_t)(bucket - shift * HIST_HALF) << shift;
}

int64_t hist_highest(size_t bucket)
{
    return hist_lowest(bucket) + (INT64_C(1) << shift_of_bucket(bucket)) - 1;
}

void hist_add(struct hist *hist, int64_t ns)
{
    ns = clamp(ns);
    if (hist->count == 0 || ns < hist->min)
        hist->min = ns;
    if (ns > hist->max)
        hist->max = ns;
    hist->count++;
    hist->sum += (uint64_t)ns;
    hist->squares += (unsigned __int128)ns * (uint64_t)ns;
    hist->buckets[hist_bucket(ns)]++;
}

void hist_merge(struct hist *into, const struct hist *from)
{
    if (from->count == 0)
        return;
    if (into->count == 0 || from->min < into->min)
        into->min = from->min;
    if (from->max > into->max)
        into->max = from->max;
    into->count += from->count;
    into->sum += from->sum;
    into->squares += from->squares;
    for (size_t bucket = hist_bucket(from->min); bucket <= hist_bucket(from->max); bucket++)
        into->buckets[bucket] += from->buckets[bucket];
}

/* 99.9 % of 1000 are 999, but doubles may make it a little more: that is not the 1000th yet. */
uint64_t hist_rank(double percent, uint64_t count)
{
    double wanted = ceil(percent * (double)count / 100 * (1 - 4 * DBL_EPSILON));
    return wanted < 1 ? 1 : (uint64_t)wanted;
}

int64_t hist_percentile(const struct hist *hist, double percent)
{
    if (percent <= 0)
        return hist->min;
    uint64_t rank = hist_rank(percent, hist->count), seen = 0;
    for (size_t bucket = hist_bucket(hist->min); bucket < HIST_BUCKETS; bucket++) {
        seen += hist->buckets[bucket];
        if (seen >= rank)
            return hist_highest(bucket) < hist->max ? hist_highest(bucket) : hist->max;
    }
    return hist->max;
}

double hist_mean(const struct hist *hist)
{
    return hist->count == 0 ? 0 : (double)hist->sum / (double)hist->count;
}

/* Squares about the whole number below the mean are a whole number as well. On the way to it numbers may wrap around,
 * which evens out; what is left of the mean is less than 1. */
double hist_deviation(const struct hist *hist)
{
    if (hist->count == 0)
        return 0;
    unsigned __int128 mean = hist->sum / hist->count;
    double squares = (double)(hist->squares - 2 * mean * hist->sum + mean * mean * hist->count);
    double rest = (double)(hist->sum % hist->count) / (double)hist->count;
    double variance = squares / (double)hist->count - rest * rest;
    return variance > 0 ? sqrt(variance) : 0;
}
