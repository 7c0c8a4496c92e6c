/* svg.h: a picture of a run: latency by percentile, and over time. One self-contained document of SVG 1.1, without
 * scripts, of bounded size. Errors of the file are left to its owner. */
#ifndef MPECHO_SVG_H
#define MPECHO_SVG_H

#include <stdio.h>

#include "client/report/result.h"
#include "client/report/series.h"

void svg_write(FILE *out, const struct result *result, const struct series *series);

#endif
