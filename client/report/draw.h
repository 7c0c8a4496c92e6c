/* draw.h: a histogram of durations, drawn in a terminal. Errors of `out` are left to its owner. */
#ifndef MPECHO_DRAW_H
#define MPECHO_DRAW_H

#include <stdbool.h>
#include <stdio.h>

#include "client/base/hist.h"

/* What the terminal can show. */
struct draw_style {
    int columns; /* if fewer than 50, lines are longer than that */
    bool colour; /* ANSI: bars of the slowest 10 % in yellow, of the slowest 1 % in red */
    bool utf8;   /* nl_langinfo(CODESET) says so */
};

/* From min to max in at most DRAW_ROWS rows of about the same ratio, as fine as that allows. Of an empty histogram,
 * nothing. */
enum { DRAW_ROWS = 20 };
void draw_hist(FILE *out, const struct hist *hist, const struct draw_style *style);

#endif
