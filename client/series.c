/* series.c: points, and making two of them one; see series.h. */
#include "series.h"

#include <stdlib.h>

static void halve(struct series *series)
{
    series->count /= 2;
    series->each *= 2;
    for (size_t i = 0; i < series->count; i++) {
        struct tally *kept = series->tallies[2 * i], *merged = series->tallies[2 * i + 1];
        tally_merge(kept, merged);
        free(merged);
        series->tallies[i] = kept;
        series->points[i] = (struct interval){
            .start = series->points[2 * i].start, .end = series->points[2 * i + 1].end, .tally = kept};
    }
}

static void begin_point(struct series *series, int64_t start)
{
    if (series->each == 0)
        series->each = 1;
    if (series->count == SERIES_POINTS)
        halve(series);
    struct tally *tally = calloc(1, sizeof *tally);
    if (tally == NULL)
        return;
    series->tallies[series->count] = tally;
    series->points[series->count++] = (struct interval){.start = start, .end = start, .tally = tally};
    series->taken = 0;
}

/* The point that is to take what came from start to end, or NULL. */
static struct tally *extend(struct series *series, int64_t start, int64_t end)
{
    if (series->taken == series->each)
        begin_point(series, start);
    if (series->count == 0)
        return NULL;
    series->points[series->count - 1].end = end;
    series->taken++;
    return series->tallies[series->count - 1];
}

void series_add(struct series *series, const struct interval *interval)
{
    struct tally *tally = extend(series, interval->start, interval->end);
    if (tally != NULL)
        tally_merge(tally, interval->tally);
}

void series_add_probe(struct series *series, int64_t at, int64_t rtt, bool replied)
{
    struct tally *tally = extend(series, at, at);
    if (tally == NULL)
        return;
    tally->replied += replied;
    tally->lost += !replied;
    if (replied)
        hist_add(&tally->response, rtt);
}

void series_clear(struct series *series)
{
    while (series->count > 0)
        free(series->tallies[--series->count]);
}
