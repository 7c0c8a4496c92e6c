/* hgrm.c: lines of value, percentile, count up to it; see hgrm.h. */
#include "hgrm.h"

#include <inttypes.h>
#include <math.h>

#include "clock.h"

enum { TICKS_PER_HALVING = 5 };

/* So far through the cells, and how many values are in those passed. */
struct cursor {
    size_t cell;
    uint64_t seen;
};

static void advance(struct cursor *cursor, const struct hist *hist, double percent)
{
    double wanted = ceil(percent / 100 * (double)hist->count);
    uint64_t rank = wanted < 1 ? 1 : (uint64_t)wanted;
    while (cursor->seen < rank && cursor->cell < HIST_CELLS)
        cursor->seen += hist->cells[cursor->cell++];
}

static double milliseconds(double ns)
{
    return ns / (double)CLOCK_MS;
}

/* Ever finer: so many ticks from 0 to 50 %, as many from there to 75 %, and so on. */
static double next_tick(double percent)
{
    double halvings = floor(log2(100 / (100 - percent))) + 1;
    return percent + 100 / (TICKS_PER_HALVING * exp2(halvings));
}

static void write_lines(FILE *out, const struct hist *hist)
{
    struct cursor cursor = {0};
    for (double percent = 0;; percent = next_tick(percent)) {
        advance(&cursor, hist, percent);
        if (cursor.seen == hist->count)
            break;
        fprintf(out, "%12.3f %2.12f %10" PRIu64 " %14.2f\n", milliseconds((double)hist_highest(cursor.cell - 1)),
                percent / 100, cursor.seen, 100 / (100 - percent));
    }
    fprintf(out, "%12.3f %2.12f %10" PRIu64 "\n", milliseconds((double)hist->max), 1.0, hist->count);
}

void hgrm_write(FILE *out, const struct hist *hist)
{
    fputs("       Value     Percentile TotalCount 1/(1-Percentile)\n\n", out);
    if (hist->count > 0)
        write_lines(out, hist);
    fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", milliseconds(hist_mean(hist)),
            milliseconds(hist_deviation(hist)));
    fprintf(out, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n", milliseconds((double)hist->max), hist->count);
    fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", HIST_TOP_BIT - HIST_SUB_BITS + 1, 2 * HIST_HALF);
}
