/* draw.h: a histogram of durations drawn in a terminal. Called at the end of a bench.
 * Nothing fails here: whoever owns out sees to its errors. Not here: percentiles; whether out is a terminal, has
 * colours or takes UTF-8, which the caller finds out. */
#ifndef MPECHO_DRAW_H
#define MPECHO_DRAW_H

#include <stdbool.h>
#include <stdio.h>

#include "hist.h"

struct draw_style {
    int columns; /* of the terminal; below 50 lines are longer than that */
    bool colour; /* ANSI: bars of the slowest 10 % in yellow, of the slowest 1 % in red */
    bool utf8;   /* nl_langinfo(CODESET) says so */
};

/* At most DRAW_ROWS rows of equal ratio, as fine as that allows, from min to max. Writes nothing of
 * an empty histogram. */
enum { DRAW_ROWS = 20 };
void draw_hist(FILE *out, const struct hist *hist, const struct draw_style *style);

#endif
