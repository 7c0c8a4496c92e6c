/* svg.c: what the picture shows and says; see svg.h. Axes and lines are plot.h's. Percentiles are spread as
 * HdrHistogram's plotter does it, by the logarithm of 1 / (1 - percentile): every further nine gets the same room. */
#include "client/report/svg.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

#include "client/base/clock.h"
#include "client/base/units.h"
#include "client/report/describe.h"
#include "client/report/plot.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

enum { WIDTH = 960, HEIGHT = 850, LEFT = 104, AREA_WIDTH = 820, AREA_HEIGHT = 260 };
enum { PERCENTILES_TOP = 164, TIMES_TOP = 522, TEXT = 200 };

#define BLUE "#0068a8"
#define ORANGE "#d9820b"
#define GREEN "#0b8f6a"
#define RED "#c8331d"

/* Words. ----------------------------------------------------------------------------------------------------------- */

static void write_setup(FILE *out, const struct result *result, const struct plot_text *how)
{
    char text[DESCRIBE_TEXT + TEXT], load[DESCRIBE_TEXT], length[UNITS_TEXT], date[32];
    struct tm tm;
    strftime(date, sizeof date, "%F %T UTC", gmtime_r(&result->begun, &tm));
    units_mark((double)result->measured, length);
    snprintf(text, sizeof text, "%s, %s; %s", describe_load(result->options, load), plot_duration(length), date);
    plot_text(out, how, text);
}

static void write_outcome(FILE *out, const struct result *result, const struct plot_text *how)
{
    char text[TEXT], replied[UNITS_TEXT], lost[UNITS_TEXT], rate[UNITS_TEXT];
    const struct tally *total = &result->total;
    double length = clock_seconds(result_rated(result));
    int n = snprintf(text, sizeof text, "%s message%s came back, %s lost", units_count(total->replied, replied),
                     total->replied == 1 ? "" : "s", total->lost == 0 ? "none" : units_count(total->lost, lost));
    if (result->options->mode == MODE_BENCH && length > 0)
        snprintf(text + n, sizeof text - (size_t)n, "; %s", units_rate((double)result->replied / length, rate));
    plot_text(out, how, text);
}

static void write_title(FILE *out, const struct result *result)
{
    char title[TEXT];
    snprintf(title, sizeof title, "mpecho %s %s", result->options->mode == MODE_BENCH ? "bench" : "ping",
             result->target->text);
    plot_text(out, &(struct plot_text){LEFT, 46, 24, PLOT_INK, "start", true}, title);
    write_setup(out, result, &(struct plot_text){LEFT, 74, 15, PLOT_PALE_INK, "start", false});
    write_outcome(out, result, &(struct plot_text){LEFT, 96, 15, PLOT_PALE_INK, "start", false});
    plot_text(out, &(struct plot_text){LEFT + AREA_WIDTH, HEIGHT - 14, 11, PLOT_FAINT_INK, "end", false},
              "mpecho " PACKAGE_VERSION);
}

/* Latency by percentile. ------------------------------------------------------------------------------------------- */

enum { SAMPLES = 240 };

/* Where the axis ends, in nines: 0 is the smallest value, 1 is 90 %, 2 is 99 %. Of ten values or more the largest is at
 * 1 - 1/count. */
static double nines_of(const struct hist *hist)
{
    return fmax(log10((double)hist->count), 1);
}

static double value_at(const struct hist *hist, double nines)
{
    return (double)hist_percentile(hist, nines >= nines_of(hist) ? 100 : 100 * (1 - pow(10, -nines)));
}

static size_t trace(const struct hist *hist, struct plot_point points[SAMPLES])
{
    for (size_t i = 0; i < SAMPLES; i++) {
        double nines = nines_of(hist) * (double)i / (SAMPLES - 1);
        points[i] = (struct plot_point){nines, value_at(hist, nines)};
    }
    return SAMPLES;
}

/* 0 %, 50 %, 90 %, 99 %, 99.9 % and so on. */
static void mark_percentiles(const struct plot *plot)
{
    char text[32];
    plot_mark(plot, 0, "0 %");
    plot_mark(plot, log10(2), "50 %");
    for (int nines = 1; nines <= (int)plot->to; nines++) {
        snprintf(text, sizeof text, "%.*f %%", nines > 2 ? nines - 2 : 0, 100 * (1 - pow(10, -nines)));
        plot_mark(plot, nines, text);
    }
}

/* The largest value, and those at marks that are far enough from it. */
static void label_percentiles(const struct plot *plot, const struct plot_line *line, const struct hist *hist)
{
    double last = nines_of(hist), room = 0.1 * (plot->to - plot->from);
    plot_label(plot, line, (struct plot_point){log10(2), value_at(hist, log10(2))});
    for (int nines = 1; nines < last - room; nines++)
        plot_label(plot, line, (struct plot_point){nines, value_at(hist, nines)});
    plot_label(plot, line, (struct plot_point){last, (double)hist->max});
}

static void draw_percentiles(struct plot *plot, const struct result *result)
{
    const struct tally *total = &result->total;
    struct plot_point response[SAMPLES], service[SAMPLES], connecting[SAMPLES];
    bool crr = result->options->crr;
    size_t count = 1;
    struct plot_line lines[3] = {
        {.name = crr ? "with connecting" : "response time", .colour = BLUE, .points = response}};
    plot->top = PERCENTILES_TOP;
    plot->to = 1.03 * nines_of(&total->response);
    plot_begin(plot, "Latency by percentile", "percentile");
    mark_percentiles(plot);
    lines[0].count = trace(&total->response, response);
    if (total->service.count > 0) {
        lines[count] = (struct plot_line){.name = crr ? "round trip" : "service time",
                                          .colour = ORANGE,
                                          .points = service,
                                          .count = trace(&total->service, service)};
        count++;
    }
    if (crr && total->connect.count > 0) {
        lines[count] = (struct plot_line){
            .name = "connecting", .colour = GREEN, .points = connecting, .count = trace(&total->connect, connecting)};
        count++;
    }
    if (count == 1)
        lines[0].name = result->options->burst ? "first echo" : "latency";
    plot_lines(plot, lines, count);
    label_percentiles(plot, &lines[0], &total->response);
}

/* Over time. ------------------------------------------------------------------------------------------------------- */

static double middle(const struct series_point *point)
{
    return (double)(point->start + point->end) / 2;
}

static size_t follow(const struct series *series, double percent, struct plot_point points[SERIES_POINTS])
{
    for (size_t i = 0; i < series->count; i++) {
        const struct hist *hist = &series->points[i]->response;
        double y = hist->count == 0 ? -1 : (double)hist_percentile(hist, percent);
        points[i] = (struct plot_point){middle(series->points[i]), y};
    }
    return series->count;
}

static void mark_times(const struct plot *plot)
{
    char text[UNITS_TEXT];
    double step = plot_step(plot->to, 10);
    plot_mark(plot, 0, "0");
    for (int i = 1; i * step <= plot->to * 1.001; i++) {
        units_mark(i * step, text);
        plot_mark(plot, i * step, plot_duration(text));
    }
}

static bool draw_losses(const struct plot *plot, const struct series *series)
{
    bool any = false;
    for (size_t i = 0; i < series->count; i++) {
        const struct series_point *point = series->points[i];
        if (point->counts[METRIC_LOST] == 0 && point->counts[METRIC_REPLIED] > 0)
            continue;
        plot_band(plot, (double)point->start, (double)point->end, RED);
        any = true;
    }
    return any;
}

/* With one reply a point, p50 = p99 = max: one line is enough. */
static bool is_of_probes(const struct series *series)
{
    for (size_t i = 0; i < series->count; i++)
        if (series->points[i]->response.count > 1)
            return false;
    return true;
}

static void draw_times(struct plot *plot, const struct result *result, const struct series *series)
{
    enum { FEW = 60 };
    struct plot_point p50[SERIES_POINTS], p99[SERIES_POINTS], max[SERIES_POINTS];
    bool probes = is_of_probes(series), few = series->count <= FEW;
    struct plot_line lines[] = {
        {.name = "max", .colour = RED, .points = max, .count = follow(series, 100, max), .dots = few},
        {.name = "p99", .colour = BLUE, .points = p99, .count = follow(series, 99, p99), .dots = few},
        {.name = "p50", .colour = GREEN, .points = p50, .count = follow(series, 50, p50), .dots = few},
    };
    if (probes)
        lines[0] = (struct plot_line){
            .name = "round trip", .colour = BLUE, .points = max, .count = series->count, .dots = true};
    plot->top = TIMES_TOP;
    plot->to = fmax((double)result->measured, 1);
    plot_begin(plot, "Latency over time", "time since the beginning");
    mark_times(plot);
    bool lost = draw_losses(plot, series);
    plot_lines(plot, lines, probes ? 1 : 3);
    if (lost)
        plot_text(plot->out, &(struct plot_text){plot->left, plot->top + plot->height + 44, 13, RED, "start", false},
                  "red: loss, or no reply");
}

/* Answers over time: those of a burst, which are all of one moment. -------------------------------------------------
 */

/* How many there were by then. */
static size_t accumulate(const struct hist *hist, double end, struct plot_point points[SAMPLES])
{
    uint64_t sum = 0;
    size_t bucket = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        double time = end * (double)i / (SAMPLES - 1);
        while (bucket < HIST_BUCKETS && sum < hist->count &&
               fmin((double)hist_highest(bucket), (double)hist->max) <= time)
            sum += hist->buckets[bucket++];
        points[i] = (struct plot_point){time, (double)sum};
    }
    return SAMPLES;
}

static void draw_answers(struct plot *plot, const struct result *result)
{
    const struct hist *answers = &result->total.answers;
    struct plot_point points[SAMPLES];
    struct plot_line line = {.name = "answered", .colour = BLUE, .points = points};
    plot->top = TIMES_TOP;
    plot->to = fmax((double)result->measured, (double)answers->max);
    plot->scale = plot_scale_for((double)answers->count, (double)answers->count);
    plot->up = "connections answered";
    line.count = accumulate(answers, plot->to, points);
    plot_begin(plot, "Answers over time", "time since the beginning");
    mark_times(plot);
    plot_lines(plot, &line, 1);
    plot_label(plot, &line, (struct plot_point){(double)answers->max, (double)answers->count});
}

/* The whole. ------------------------------------------------------------------------------------------------------- */

/* The same for both panels, so that they can be compared. */
static struct plot_scale scale_for(const struct tally *total, bool crr)
{
    double least = (double)total->response.min, greatest = (double)total->response.max;
    if (total->service.count > 0)
        least = fmin(least, (double)total->service.min);
    if (crr && total->connect.count > 0)
        least = fmin(least, (double)total->connect.min);
    return plot_scale_for(least, greatest);
}

void svg_write(FILE *out, const struct result *result, const struct series *series)
{
    struct plot plot = {.out = out,
                        .left = LEFT,
                        .width = AREA_WIDTH,
                        .height = AREA_HEIGHT,
                        .scale = scale_for(&result->total, result->options->crr)};
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "font-family=\"system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif\">\n"
            "<title>Latency by percentile and over time</title>\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT);
    write_title(out, result);
    if (result->total.response.count > 0) {
        draw_percentiles(&plot, result);
        if (result->options->burst)
            draw_answers(&plot, result);
        else
            draw_times(&plot, result, series);
    } else {
        plot.top = PERCENTILES_TOP;
        plot_note(&plot, "Nothing came back, so there is nothing to show.");
    }
    fputs("</svg>\n", out);
}
