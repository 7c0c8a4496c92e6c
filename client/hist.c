/* hist.c: the cells and what is derived from them; see hist.h. The layout is that of HdrHistogram (Gil Tene,
 * hdrhistogram.org): a value's exponent picks a row of HIST_HALF cells, its next seven bits the cell. */
#include "hist.h"

#include <math.h>

/* How far a value must be shifted right to be below 1 << HIST_SUB_BITS. */
static unsigned shift_of(uint64_t value)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    return bits > HIST_SUB_BITS ? bits - HIST_SUB_BITS : 0;
}

size_t hist_cell(int64_t ns)
{
    uint64_t value = ns < 0 ? 0 : ns > HIST_MAX ? (uint64_t)HIST_MAX : (uint64_t)ns;
    unsigned shift = shift_of(value);
    return shift * HIST_HALF + (size_t)(value >> shift);
}

static unsigned shift_of_cell(size_t cell)
{
    return cell < 2 * HIST_HALF ? 0 : (unsigned)(cell / HIST_HALF) - 1;
}

int64_t hist_lowest(size_t cell)
{
    unsigned shift = shift_of_cell(cell);
    return (int64_t)(cell - shift * HIST_HALF) << shift;
}

int64_t hist_highest(size_t cell)
{
    return hist_lowest(cell) + (INT64_C(1) << shift_of_cell(cell)) - 1;
}

void hist_add(struct hist *hist, int64_t ns)
{
    if (ns < 0)
        ns = 0;
    if (hist->count == 0 || ns < hist->min)
        hist->min = ns;
    if (ns > hist->max)
        hist->max = ns;
    hist->count++;
    hist->sum += (double)ns;
    hist->squares += (double)ns * (double)ns;
    hist->cells[hist_cell(ns)]++;
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
    for (size_t cell = hist_cell(from->min); cell <= hist_cell(from->max); cell++)
        into->cells[cell] += from->cells[cell];
}

/* The last cell also holds what is longer than it, so max has the last word; and no value is below min. */
int64_t hist_percentile(const struct hist *hist, double percent)
{
    if (hist->count == 0)
        return 0;
    double wanted = ceil(percent / 100 * (double)hist->count);
    uint64_t rank = wanted < 1 ? 1 : (uint64_t)wanted, seen = 0;
    if (percent <= 0)
        return hist->min;
    for (size_t cell = 0; cell < HIST_CELLS - 1; cell++) {
        seen += hist->cells[cell];
        if (seen >= rank)
            return hist_highest(cell) < hist->max ? hist_highest(cell) : hist->max;
    }
    return hist->max;
}

double hist_mean(const struct hist *hist)
{
    return hist->count == 0 ? 0 : hist->sum / (double)hist->count;
}

/* Rounding may take the difference of two large numbers below 0. */
double hist_deviation(const struct hist *hist)
{
    double mean = hist_mean(hist);
    double variance = hist->count == 0 ? 0 : hist->squares / (double)hist->count - mean * mean;
    return variance > 0 ? sqrt(variance) : 0;
}
