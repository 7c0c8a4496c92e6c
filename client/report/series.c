/* series.c: points, and making two of them one; see series.h. */
#include "client/report/series.h"

#include <stdlib.h>
#include <sys/param.h>

static void merge(struct series_point *into, const struct series_point *next)
{
    into->end = next->end;
    for (size_t i = 0; i < METRIC_COUNTS; i++)
        into->counts[i] += next->counts[i];
    hist_merge(&into->response, &next->response);
}

static void halve(struct series *series)
{
    series->count /= 2;
    series->each *= 2;
    for (size_t i = 0; i < series->count; i++) {
        struct series_point *kept = series->points[2 * i], *merged = series->points[2 * i + 1];
        merge(kept, merged);
        free(merged);
        series->points[i] = kept;
    }
}

static void begin_point(struct series *series, int64_t start)
{
    if (series->each == 0)
        series->each = 1;
    if (series->count == SERIES_POINTS)
        halve(series);
    struct series_point *point = calloc(1, sizeof *point);
    if (point == NULL)
        return;
    point->start = start;
    series->points[series->count++] = point;
    series->taken = 0;
}

/* The last one goes where it belongs. */
static void put_in_order(struct series *series)
{
    struct series_point **points = series->points, *last;
    size_t i = series->count - 1;
    for (last = points[i]; i > 0 && points[i - 1]->start > last->start; i--)
        points[i] = points[i - 1];
    points[i] = last;
}

/* The point that is to take what came from start to end, or NULL. */
static struct series_point *extend(struct series *series, int64_t start, int64_t end)
{
    if (series->taken == series->each)
        begin_point(series, start);
    if (series->count == 0)
        return NULL;
    series->taken++;
    struct series_point *point = series->points[series->count - 1];
    point->end = MAX(point->end, end);
    return point;
}

void series_add(struct series *series, const struct interval *interval)
{
    struct series_point *point = extend(series, interval->start, interval->end);
    if (point == NULL)
        return;
    for (size_t i = 0; i < METRIC_COUNTS; i++)
        point->counts[i] += metric_count_of(&metric_counts[i], interval->tally);
    hist_merge(&point->response, &interval->tally->response);
}

/* That a probe is lost is known only after later ones have come back. Once points are merged, it is added to the one
 * that was then. */
static struct series_point *point_at(struct series *series, int64_t at)
{
    size_t i = series->count;
    if (series->each <= 1 || i == 0 || at >= series->points[i - 1]->start)
        return extend(series, at, at);
    while (i > 1 && at < series->points[i - 1]->start)
        i--;
    return series->points[i - 1];
}

void series_add_probe(struct series *series, int64_t at, int64_t rtt, bool replied)
{
    struct series_point *point = point_at(series, at);
    if (point == NULL)
        return;
    point->counts[replied ? METRIC_REPLIED : METRIC_LOST]++;
    if (replied)
        hist_add(&point->response, rtt);
    put_in_order(series);
}

void series_clear(struct series *series)
{
    while (series->count > 0)
        free(series->points[--series->count]);
}
