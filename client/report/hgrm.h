/* hgrm.h: a histogram as the percentile text that HdrHistogram's tools write and its plotter reads. Errors of the file
 * are left to its owner. */
#ifndef MPECHO_HGRM_H
#define MPECHO_HGRM_H

#include <stdio.h>

#include "client/base/hist.h"

/* Values in ms, to the nanosecond: with three decimals, as is usual, 20 us would be 5 % off. Source of the format:
 * AbstractHistogram.outputPercentileDistribution, with five ticks for each halving of the distance to 100 %. */
void hgrm_write(FILE *out, const struct hist *hist);

#endif
