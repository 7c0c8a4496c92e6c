/* series.h: a run over time, for reports that show it: a point for every interval or probe. Bounded and exact: when
 * there are too many points, neighbours are merged, histograms and all. Nothing fails: for want of memory points are
 * merged too. */
#ifndef MPECHO_SERIES_H
#define MPECHO_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/report/metric.h"
#include "client/report/result.h"

enum { SERIES_POINTS = 360 };

/* Of an interval what reports show over time: 36 KiB, a third of a tally. */
struct series_point {
    int64_t start, end; /* ns since the measuring began */
    uint64_t counts[METRIC_COUNTS];
    struct hist response;
};

/* All 0 to begin. 13 MB when it is full. */
struct series {
    size_t count;
    size_t each, taken; /* so many intervals make a point; so many are in the last one */
    struct series_point *points[SERIES_POINTS];
};

void series_add(struct series *series, const struct interval *interval);

/* at: when it was sent, in ns since the beginning; in any order. replied: else it was lost. */
void series_add_probe(struct series *series, int64_t at, int64_t rtt, bool replied);

/* Free what is in it. */
void series_clear(struct series *series);

#endif
