/* plot.h: a panel of a picture in SVG: durations, or numbers, along the vertical axis, anything along the horizontal
 * one. Errors of the file are left to its owner. */
#ifndef MPECHO_PLOT_H
#define MPECHO_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "client/base/units.h"

/* Colours of text. */
#define PLOT_INK "#1f2933"
#define PLOT_PALE_INK "#52606d"
#define PLOT_FAINT_INK "#7b8794"

/* Of durations, in ns, or of numbers. */
struct plot_scale {
    double from, to;
    bool logarithmic;
};

/* A scale with round ends for values from least to greatest, with room for a label above; logarithmic if they are far
 * apart. 0 <= least <= greatest. */
struct plot_scale plot_scale_for(double least, double greatest);

struct plot {
    FILE *out;
    double left, top, width, height; /* of the area within the axes, in pixels */
    double from, to;                 /* the ends of the horizontal axis, in its own unit */
    struct plot_scale scale;
    const char *up; /* what the vertical axis is of: numbers; NULL: it is latency */
};

/* y: ns, or a number; below 0: a gap in the line. */
struct plot_point {
    double x, y;
};

struct plot_line {
    const char *name, *colour;
    const struct plot_point *points;
    size_t count;
    bool dots; /* one on every point */
};

/* Text anywhere. Drawn are printable ASCII and the sign for micro (UTF-8), escaped as XML wants it; for any other byte
 * a question mark. */
struct plot_text {
    double x, y;
    int size;
    const char *colour, *anchor; /* "start", "middle", "end" */
    bool bold;
};
void plot_text(FILE *out, const struct plot_text *how, const char *text);

/* A duration as units.h writes it, for terminals, made one for pictures: with the sign for micro. Returns text. */
const char *plot_duration(char text[UNITS_TEXT]);

/* In this order, as later ones are drawn over earlier ones: the area and its vertical scale, marks on the horizontal
 * axis, bands, lines with their legend, labels of points. along: what the horizontal axis is of. */
void plot_begin(const struct plot *plot, const char *title, const char *along);
void plot_mark(const struct plot *plot, double x, const char *text);
void plot_band(const struct plot *plot, double from, double to, const char *colour);
void plot_lines(const struct plot *plot, const struct plot_line *lines, size_t count);
void plot_label(const struct plot *plot, const struct plot_line *line, struct plot_point point);

/* In the middle of an area that has nothing to show. */
void plot_note(const struct plot *plot, const char *text);

/* The smallest of 1, 2, 5 x 10^n that divides length into at most `most` steps. */
double plot_step(double length, int most);

#endif
