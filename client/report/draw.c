/* draw.c: rows, bars and marks; see draw.h. Rows are between preferred numbers (IEC 60063): of about the same ratio,
 * with marks of two digits. */
#include "client/report/draw.h"

#include <math.h>
#include <string.h>

#include "client/base/units.h"

/* The steps of a decade, in tenths. */
enum { STEPS_MAX = 24 };
struct preferred {
    int steps;
    int tenths[STEPS_MAX];
};

static const struct preferred preferred_finest_first[] = {
    {24, {10, 11, 12, 13, 15, 16, 18, 20, 22, 24, 27, 30, 33, 36, 39, 43, 47, 51, 56, 62, 68, 75, 82, 91}},
    {12, {10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82}},
    {6, {10, 15, 22, 33, 47, 68}},
    {3, {10, 20, 50}},
    {1, {10}},
};

struct rows {
    const struct preferred *preferred;
    int first, count; /* row 0 begins at this step */
    uint64_t values[DRAW_ROWS];
};

/* Where a step begins, in ns: step 0 is all below 10 ns. */
static int64_t step_begin(const struct preferred *preferred, int step)
{
    if (step == 0)
        return 0;
    int64_t begin = preferred->tenths[(step - 1) % preferred->steps];
    for (int decade = (step - 1) / preferred->steps; decade > 0; decade--)
        begin *= 10;
    return begin;
}

static int step_of(const struct preferred *preferred, int64_t ns)
{
    int step = 0;
    while (step_begin(preferred, step + 1) <= ns)
        step++;
    return step;
}

/* The coarsest, of one step a decade, needs 13 rows for all that a histogram can hold. */
static void rows_choose(struct rows *rows, const struct hist *hist)
{
    *rows = (struct rows){.preferred = preferred_finest_first};
    for (;; rows->preferred++) {
        rows->first = step_of(rows->preferred, hist->min);
        rows->count = step_of(rows->preferred, hist->max) - rows->first + 1;
        if (rows->count <= DRAW_ROWS)
            return;
    }
}

/* A bucket is counted in the row of the value that percentiles give for it, so that they agree with the picture. */
static void rows_fill(struct rows *rows, const struct hist *hist)
{
    for (size_t bucket = hist_bucket(hist->min); bucket <= hist_bucket(hist->max); bucket++)
        if (hist->buckets[bucket] > 0) {
            int64_t ns = hist_highest(bucket) < hist->max ? hist_highest(bucket) : hist->max;
            rows->values[step_of(rows->preferred, ns) - rows->first] += hist->buckets[bucket];
        }
}

static uint64_t rows_most(const struct rows *rows)
{
    uint64_t most = 0;
    for (int row = 0; row < rows->count; row++)
        if (rows->values[row] > most)
            most = rows->values[row];
    return most;
}

/* An eighth of a column at least, so that every value is seen. Returns how many columns were written. */
static int draw_blocks(FILE *out, double length)
{
    int eighths = (int)lround(length * 8);
    if (eighths == 0)
        eighths = 1;
    for (int left = eighths; left > 0; left -= 8) /* U+2588 is a full block, U+258F an eighth */
        fprintf(out, "\xe2\x96%c", 0x90 - (left < 8 ? left : 8));
    return (eighths + 7) / 8;
}

static int draw_hashes(FILE *out, double length)
{
    int hashes = (int)lround(length);
    if (hashes == 0)
        return fprintf(out, ".");
    for (int i = 0; i < hashes; i++)
        fputc('#', out);
    return hashes;
}

/* ANSI colour of a row. faster: which part of all values, 0 to 1, is in the rows above. */
static int colour_of(double faster)
{
    return faster < 0.9 ? 32 : faster < 0.99 ? 33 : 31;
}

/* length: in columns; 0 if there is nothing to draw. */
static void draw_bar(FILE *out, double length, int room, double faster, const struct draw_style *style)
{
    int drawn = 0;
    if (length > 0) {
        if (style->colour)
            fprintf(out, "\033[%dm", colour_of(faster));
        drawn = style->utf8 ? draw_blocks(out, length) : draw_hashes(out, length);
        if (style->colour)
            fputs("\033[m", out);
    }
    fprintf(out, "%*s", room - drawn, "");
}

static void draw_rows(FILE *out, const struct rows *rows, uint64_t all, const struct draw_style *style)
{
    enum { MARKS = 19, PERCENT = 10, LEAST = 10 };
    char from[UNITS_TEXT], to[UNITS_TEXT], count[UNITS_TEXT];
    uint64_t most = rows_most(rows), faster = 0;
    int wide = (int)strlen(units_count(most, count));
    int room = style->columns - MARKS - 2 - wide - PERCENT;
    if (room < LEAST)
        room = LEAST;
    for (int row = 0; row < rows->count; row++) {
        uint64_t values = rows->values[row];
        fprintf(out, "%7s - %7s  ", units_mark((double)step_begin(rows->preferred, rows->first + row), from),
                units_mark((double)step_begin(rows->preferred, rows->first + row + 1), to));
        draw_bar(out, (double)values / (double)most * room, room, (double)faster / (double)all, style);
        fprintf(out, "  %*s %6.2f %%\n", wide, units_count(values, count), 100 * (double)values / (double)all);
        faster += values;
    }
}

void draw_hist(FILE *out, const struct hist *hist, const struct draw_style *style)
{
    if (hist->count == 0)
        return;
    struct rows rows;
    rows_choose(&rows, hist);
    rows_fill(&rows, hist);
    draw_rows(out, &rows, hist->count, style);
}
