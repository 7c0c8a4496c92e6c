/* threshold.c: [@][START:][END]; see threshold.h. */
#include "client/base/threshold.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* text[0, length): digits, perhaps with a point and an exponent. strtod would also take spaces, "inf" and hexadecimal
 * digits. */
static bool parse_number(const char *text, size_t length, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return length > 0 && strspn(text, "0123456789.eE+-") >= length && end == text + length && isfinite(*value) &&
           strchr("+-", text[0]) == NULL;
}

/* Nothing is 0. */
static bool parse_start(const char *text, size_t length, double *value)
{
    bool unbounded = length == 1 && text[0] == '~';
    *value = unbounded ? -INFINITY : 0;
    return unbounded || length == 0 || parse_number(text, length, value);
}

static bool parse_end(const char *text, double *value)
{
    *value = INFINITY;
    return text[0] == '\0' || parse_number(text, strlen(text), value);
}

bool threshold_parse(struct threshold *threshold, const char *text)
{
    *threshold = (struct threshold){.text = text, .inside = text[0] == '@'};
    text += threshold->inside;
    const char *colon = strchr(text, ':');
    if (colon == NULL)
        return parse_number(text, strlen(text), &threshold->high);
    return strcmp(text, ":") != 0 && parse_start(text, (size_t)(colon - text), &threshold->low) &&
           parse_end(colon + 1, &threshold->high) && threshold->low <= threshold->high;
}

bool threshold_is_well(const struct threshold *threshold, double value)
{
    bool within = value >= threshold->low && value <= threshold->high;
    return threshold->text == NULL || within != threshold->inside;
}

const char *threshold_outcome(const struct threshold *threshold, double value, const char *unit,
                              char text[THRESHOLD_TEXT])
{
    if (threshold->inside)
        snprintf(text, THRESHOLD_TEXT, "from %.10g to %.10g %s", threshold->low, threshold->high, unit);
    else if (value > threshold->high)
        snprintf(text, THRESHOLD_TEXT, "above %.10g %s", threshold->high, unit);
    else
        snprintf(text, THRESHOLD_TEXT, "below %.10g %s", threshold->low, unit);
    return text;
}
