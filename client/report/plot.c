/* plot.c: scales, grids, lines and text as elements of SVG 1.1; see plot.h. */
#include "client/report/plot.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "client/base/utf8.h"

#define GRID "#d9dee4"
#define FAINT_GRID "#eef1f4"

enum { TITLE = 17, SMALL = 13 };

/* Of a linear scale, at most. It ends on a step, so the one who draws it must count as the one who chose it. */
enum { STEPS = 6 };

/* Text. ------------------------------------------------------------------------------------------------------------ */

#define MICRO "\u00b5"

const char *plot_duration(char text[UNITS_TEXT])
{
    char *unit = strchr(text, ' ');
    if (unit != NULL && strcmp(unit, " us") == 0)
        snprintf(unit, UNITS_TEXT - (size_t)(unit - text), " " MICRO "s");
    return text;
}

/* Names may hold anything. */
static void write_escaped(FILE *out, const char *text)
{
    while (*text != '\0') {
        uint32_t character;
        size_t length = utf8_decode(text, &character);
        if (length > 1 || *text == '&' || *text == '<' || *text == '>')
            fprintf(out, "&#%" PRIu32 ";", character);
        else
            fputc(length == 1 ? *text : '?', out);
        text += length > 0 ? length : 1;
    }
}

void plot_text(FILE *out, const struct plot_text *how, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" fill=\"%s\" text-anchor=\"%s\"%s>", how->x, how->y,
            how->size, how->colour, how->anchor, how->bold ? " font-weight=\"600\"" : "");
    write_escaped(out, text);
    fputs("</text>\n", out);
}

/* Scales. ---------------------------------------------------------------------------------------------------------- */

/* To the largest of 1, 2, 5 x 10^n that is not above the value. */
static double round_down(double value)
{
    double power = pow(10, floor(log10(value)));
    double digit = value / power;
    return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}

static double round_up(double value)
{
    double down = round_down(value);
    double digit = round(down / pow(10, floor(log10(down))));
    return down >= value ? down : down * (digit > 1 && digit < 5 ? 2.5 : 2);
}

double plot_step(double length, int most)
{
    return length > 0 ? round_up(length / most) : 1;
}

struct plot_scale plot_scale_for(double least, double greatest)
{
    enum { FAR_APART = 15 };
    least = fmax(least, 1);
    greatest = fmax(greatest, 10);
    if (greatest / least > FAR_APART)
        return (struct plot_scale){.from = round_down(least), .to = round_up(greatest * 1.5), .logarithmic = true};
    double step = plot_step(greatest * 1.1, STEPS);
    return (struct plot_scale){.from = 0, .to = ceil(greatest * 1.1 / step) * step};
}

static double x_of(const struct plot *plot, double x)
{
    return plot->left + (x - plot->from) / (plot->to - plot->from) * plot->width;
}

static double y_of(const struct plot *plot, double ns)
{
    const struct plot_scale *scale = &plot->scale;
    double part = scale->logarithmic ? log(fmax(ns, scale->from) / scale->from) / log(scale->to / scale->from)
                                     : (ns - scale->from) / (scale->to - scale->from);
    return plot->top + plot->height * (1 - part);
}

/* The area. -------------------------------------------------------------------------------------------------------- */

static void write_segment(FILE *out, struct plot_point from, struct plot_point to, const char *colour)
{
    fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", from.x, from.y, to.x, to.y,
            colour);
}

/* A value of the vertical axis. Returns text. */
static const char *value_text(const struct plot *plot, double value, char text[UNITS_TEXT])
{
    return plot->up != NULL ? units_count((uint64_t)value, text) : plot_duration((units_duration(value, text), text));
}

/* A short one, for a mark. */
static const char *mark_text(const struct plot *plot, double value, char text[UNITS_TEXT])
{
    if (value <= 0)
        return "0";
    return plot->up != NULL ? units_count((uint64_t)value, text) : plot_duration((units_mark(value, text), text));
}

static void write_rung(const struct plot *plot, double ns, bool labelled)
{
    double y = y_of(plot, ns), right = plot->left + plot->width;
    char text[UNITS_TEXT];
    write_segment(plot->out, (struct plot_point){plot->left, y}, (struct plot_point){right, y},
                  labelled ? GRID : FAINT_GRID);
    if (labelled)
        plot_text(plot->out, &(struct plot_text){plot->left - 10, y + 4.5, SMALL, PLOT_PALE_INK, "end", false},
                  mark_text(plot, ns, text));
}

/* Within two decades 1, 2 and 5 of each have a label. */
static void write_logarithmic(const struct plot *plot)
{
    const struct plot_scale *scale = &plot->scale;
    bool few = scale->to / scale->from <= 100;
    for (double power = pow(10, floor(log10(scale->from))); power <= scale->to; power *= 10)
        for (int digit = 1; digit < 10; digit++)
            if (digit * power >= scale->from * 0.999 && digit * power <= scale->to * 1.001)
                write_rung(plot, digit * power, digit == 1 || (few && (digit == 2 || digit == 5)));
}

static void write_linear(const struct plot *plot)
{
    double step = plot_step(plot->scale.to, STEPS);
    for (int i = 0; i * step <= plot->scale.to * 1.001; i++)
        write_rung(plot, i * step, true);
}

static void write_upward(const struct plot *plot, const char *text)
{
    double x = plot->left - 72, y = plot->top + plot->height / 2;
    fprintf(plot->out,
            "<text transform=\"translate(%.1f %.1f) rotate(-90)\" font-size=\"%d\" fill=\"" PLOT_PALE_INK
            "\" text-anchor=\"middle\">%s</text>\n",
            x, y, SMALL, text);
}

void plot_begin(const struct plot *plot, const char *title, const char *along)
{
    double bottom = plot->top + plot->height;
    plot_text(plot->out, &(struct plot_text){plot->left, plot->top - 18, TITLE, PLOT_INK, "start", true}, title);
    if (plot->scale.logarithmic)
        write_logarithmic(plot);
    else
        write_linear(plot);
    write_upward(plot, plot->up != NULL          ? plot->up
                       : plot->scale.logarithmic ? "latency, logarithmic scale"
                                                 : "latency");
    plot_text(plot->out,
              &(struct plot_text){plot->left + plot->width / 2, bottom + 44, SMALL, PLOT_PALE_INK, "middle", false},
              along);
}

void plot_mark(const struct plot *plot, double x, const char *text)
{
    double at = x_of(plot, x), bottom = plot->top + plot->height;
    write_segment(plot->out, (struct plot_point){at, plot->top}, (struct plot_point){at, bottom + 5}, GRID);
    plot_text(plot->out, &(struct plot_text){at, bottom + 22, SMALL, PLOT_PALE_INK, "middle", false}, text);
}

/* Wide enough to be seen, however short. */
void plot_band(const struct plot *plot, double from, double to, const char *colour)
{
    enum { NARROWEST = 3 };
    double left = x_of(plot, from), width = fmax(x_of(plot, to) - left, NARROWEST);
    fprintf(plot->out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" fill-opacity=\"0.18\"/>\n", left,
            plot->top, width, plot->height, colour);
}

/* Lines. ----------------------------------------------------------------------------------------------------------- */

static void write_path(const struct plot *plot, const struct plot_line *line)
{
    bool drawing = false;
    fputs("<path d=\"", plot->out);
    for (size_t i = 0; i < line->count; i++) {
        const struct plot_point *point = &line->points[i];
        if (point->y >= 0)
            fprintf(plot->out, "%s%.1f %.1f", drawing ? " L" : " M", x_of(plot, point->x), y_of(plot, point->y));
        drawing = point->y >= 0;
    }
    fprintf(plot->out,
            "\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n",
            line->colour);
}

static void write_dot(const struct plot *plot, struct plot_point point, const char *colour, double radius)
{
    fprintf(plot->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" stroke=\"#ffffff\"/>\n",
            x_of(plot, point.x), y_of(plot, point.y), radius, colour);
}

static void write_line(const struct plot *plot, const struct plot_line *line)
{
    write_path(plot, line);
    for (size_t i = 0; i < line->count && line->dots; i++)
        if (line->points[i].y >= 0)
            write_dot(plot, line->points[i], line->colour, 3);
}

/* On the title's line, from the right end to the left. How wide text is can only be guessed. */
static void write_legend(const struct plot *plot, const struct plot_line *lines, size_t count)
{
    const double letter = 7.8, sample = 22, gap = 24;
    double x = plot->left + plot->width, y = plot->top - 18;
    for (size_t i = count; i-- > 0;) {
        x -= letter * (double)strlen(lines[i].name);
        plot_text(plot->out, &(struct plot_text){x, y, SMALL, PLOT_INK, "start", false}, lines[i].name);
        x -= sample + 8;
        fprintf(plot->out,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"3\" "
                "stroke-linecap=\"round\"/>\n",
                x, y - 4.5, x + sample, y - 4.5, lines[i].colour);
        x -= gap;
    }
}

void plot_lines(const struct plot *plot, const struct plot_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        write_line(plot, &lines[i]);
    write_legend(plot, lines, count);
}

/* Above and to the left, where a rising line has left room, but within the area. */
void plot_label(const struct plot *plot, const struct plot_line *line, struct plot_point point)
{
    const double widest = 62;
    double x = fmax(x_of(plot, point.x) - 7, plot->left + widest), y = y_of(plot, point.y) - 8;
    char text[UNITS_TEXT];
    write_dot(plot, point, line->colour, 4);
    plot_text(plot->out, &(struct plot_text){x, y, SMALL, line->colour, "end", true}, value_text(plot, point.y, text));
}

void plot_note(const struct plot *plot, const char *text)
{
    plot_text(plot->out,
              &(struct plot_text){plot->left + plot->width / 2, plot->top + plot->height / 2, TITLE, PLOT_PALE_INK,
                                  "middle", false},
              text);
}
