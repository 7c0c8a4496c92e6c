/* hgrm.c: lines of value, percentile, count up to it; see hgrm.h. */
#include "client/report/hgrm.h"

#include <inttypes.h>
#include <math.h>

#include "client/base/clock.h"

enum { TICKS_PER_HALVING = 5 };

static double milliseconds(double ns)
{
    return ns / (double)CLOCK_MS;
}

/* How far a tick is from 100 %, as a fraction. Ticks get ever closer: five from 0 to 50 %, five from there to 75 %, and
 * so on. */
static double distance_of(int tick)
{
    double passed = (double)(tick % TICKS_PER_HALVING) / (2 * TICKS_PER_HALVING);
    return ldexp(1 - passed, -(tick / TICKS_PER_HALVING));
}

/* A line for each tick up to the first that only max reaches, so that the plotter, which skips the line for 100 % as it
 * has no fourth number, draws max as well. */
static void write_lines(FILE *out, const struct hist *hist)
{
    uint64_t seen = 0;
    size_t bucket = 0;
    for (int tick = 0; seen < hist->count; tick++) {
        double distance = distance_of(tick);
        for (uint64_t rank = hist_rank(100 * (1 - distance), hist->count); seen < rank; bucket++)
            seen += hist->buckets[bucket];
        int64_t ns = seen < hist->count ? hist_highest(bucket - 1) : hist->max;
        fprintf(out, "%12.6f %2.12f %10" PRIu64 " %14.2f\n", milliseconds((double)ns), 1 - distance, seen,
                1 / distance);
    }
    fprintf(out, "%12.6f %2.12f %10" PRIu64 "\n", milliseconds((double)hist->max), 1.0, hist->count);
}

void hgrm_write(FILE *out, const struct hist *hist)
{
    fputs("       Value     Percentile TotalCount 1/(1-Percentile)\n\n", out);
    if (hist->count > 0)
        write_lines(out, hist);
    fprintf(out, "#[Mean    = %12.6f, StdDeviation   = %12.6f]\n", milliseconds(hist_mean(hist)),
            milliseconds(hist_deviation(hist)));
    fprintf(out, "#[Max     = %12.6f, Total count    = %12" PRIu64 "]\n", milliseconds((double)hist->max), hist->count);
    fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", HIST_TOP_BIT - HIST_SUB_BITS + 1, 2 * HIST_HALF);
}
