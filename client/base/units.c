/* units.c: choosing a unit and the digits to show; see units.h. */
#include "client/base/units.h"

#include <inttypes.h>
#include <stdio.h>

/* Each is a thousand times the one before it. */
enum { UNITS = 4 };
static const char *const durations[UNITS] = {"ns", "us", "ms", "s"};
static const char *const rates[UNITS] = {"/s", "k/s", "M/s", "G/s"};
static const char *const throughputs[UNITS] = {"B/s", "kB/s", "MB/s", "GB/s"};

/* Scale *quantity to its unit, which is returned. What rounds to 1000 of a unit is 1.00 of the next. */
static const char *scale(double *quantity, const char *const units[UNITS])
{
    size_t unit = 0;
    for (; unit < UNITS - 1 && *quantity >= 999.5; unit++)
        *quantity /= 1000;
    return units[unit];
}

/* How many decimals make three digits, after rounding. */
static int decimals(double scaled)
{
    if (scaled == 0)
        return 0;
    return scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
}

static const char *write_three(double quantity, const char *const units[UNITS], char text[UNITS_TEXT])
{
    const char *name = scale(&quantity, units);
    snprintf(text, UNITS_TEXT, "%.*f %s", decimals(quantity), quantity, name);
    return text;
}

const char *units_duration(double ns, char text[UNITS_TEXT])
{
    return write_three(ns, durations, text);
}

const char *units_mark(double ns, char text[UNITS_TEXT])
{
    const char *name = scale(&ns, durations);
    snprintf(text, UNITS_TEXT, ns < 1000 ? "%.3g %s" : "%.0f %s", ns, name);
    return text;
}

const char *units_rate(double per_second, char text[UNITS_TEXT])
{
    return write_three(per_second, rates, text);
}

const char *units_throughput(double per_second, char text[UNITS_TEXT])
{
    return write_three(per_second, throughputs, text);
}

const char *units_count(uint64_t count, char text[UNITS_TEXT])
{
    char plain[UNITS_TEXT];
    size_t digits = (size_t)snprintf(plain, sizeof plain, "%" PRIu64, count), length = 0;
    for (size_t i = 0; i < digits; i++) {
        if (i > 0 && (digits - i) % 3 == 0)
            text[length++] = ',';
        text[length++] = plain[i];
    }
    text[length] = '\0';
    return text;
}
