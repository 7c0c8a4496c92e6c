/* assertion.c: reading a list from left to right, and comparing; see assertion.h. */
#include "client/report/assertion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct assertion_unit {
    const char *text;
    double factor; /* how much of the quantity's own unit it is */
};

/* What may follow the number, by enum metric_unit. A duration without a unit would be read as ms by one and as s by the
 * next, so it needs one. */
static const struct assertion_unit *units_of(enum metric_unit unit)
{
    static const struct assertion_unit count[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {NULL, 0}};
    static const struct assertion_unit duration[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {NULL, 0}};
    static const struct assertion_unit percent[] = {{"", 1}, {"%", 1}, {NULL, 0}};
    static const struct assertion_unit rate[] = {{"", 1},      {"k", 1e3},   {"M", 1e6},   {"G", 1e9}, {"/s", 1},
                                                 {"k/s", 1e3}, {"M/s", 1e6}, {"G/s", 1e9}, {NULL, 0}};
    static const struct assertion_unit throughput[] = {{"", 1},       {"k", 1e3},    {"M", 1e6},
                                                       {"G", 1e9},    {"B/s", 1},    {"kB/s", 1e3},
                                                       {"MB/s", 1e6}, {"GB/s", 1e9}, {NULL, 0}};
    static const struct assertion_unit *const units[] = {
        [METRIC_UNIT_NUMBER] = count,
        [METRIC_UNIT_NS] = duration,
        [METRIC_UNIT_PERCENT] = percent,
        [METRIC_UNIT_PER_SECOND] = rate,
        [METRIC_UNIT_BYTES_PER_SECOND] = throughput,
    };
    return units[unit];
}

static const char *expected_unit(enum metric_unit unit)
{
    static const char *const expected[] = {
        [METRIC_UNIT_NUMBER] = "a count may end in k, M or G only",
        [METRIC_UNIT_NS] = "a duration ends in ns, us, ms or s",
        [METRIC_UNIT_PERCENT] = "a percentage may end in % only",
        [METRIC_UNIT_PER_SECOND] = "a rate may end in k, M or G, and /s",
        [METRIC_UNIT_BYTES_PER_SECOND] = "a throughput may end in k, M or G, and B/s",
    };
    return expected[unit];
}

/* Reading. --------------------------------------------------------------------------------------------------------- */

struct reader {
    const char *list, *at;
    struct assertion_error *error;
};

static bool fail(struct reader *reader, const char *what)
{
    *reader->error = (struct assertion_error){.at = (size_t)(reader->at - reader->list), .what = what};
    return false;
}

static void skip_spaces(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t");
}

static bool read_name(struct reader *reader, struct assertion *assertion)
{
    size_t length = strcspn(reader->at, "<>=!, \t");
    if (length == 0)
        return fail(reader, "a quantity is missing");
    if (!metric_find(&assertion->metric, reader->at, length))
        return fail(reader, "no such quantity");
    assertion->name_length = (int)length;
    reader->at += length;
    return true;
}

static bool read_comparison(struct reader *reader, struct assertion *assertion)
{
    static const struct {
        const char *text;
        enum assertion_comparison comparison;
    } comparisons[] = {
        {"<=", ASSERTION_AT_MOST}, {">=", ASSERTION_AT_LEAST}, {"!=", ASSERTION_UNEQUAL},
        {"<", ASSERTION_LESS},     {">", ASSERTION_MORE},      {"=", ASSERTION_EQUAL},
    };
    for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++) {
        size_t length = strlen(comparisons[i].text);
        if (strncmp(reader->at, comparisons[i].text, length) == 0) {
            assertion->comparison = comparisons[i].comparison;
            reader->at += length;
            return true;
        }
    }
    return fail(reader, "a comparison is expected: < <= > >= = !=");
}

/* strtod would also take spaces, signs, hexadecimal numbers and "inf". */
static bool read_number(struct reader *reader, double *number)
{
    enum { LONGEST = 32 };
    char text[LONGEST], *end;
    size_t length = strspn(reader->at, "0123456789.");
    if (length == 0 || length >= LONGEST)
        return fail(reader, length == 0 ? "a number is expected" : "too long for a number");
    memcpy(text, reader->at, length);
    text[length] = '\0';
    *number = strtod(text, &end);
    if (*end != '\0' || end == text)
        return fail(reader, "not a number");
    reader->at += length;
    return true;
}

static bool read_unit(struct reader *reader, struct assertion *assertion)
{
    size_t length = strcspn(reader->at, ", \t");
    for (assertion->unit = units_of(assertion->metric.unit); assertion->unit->text != NULL; assertion->unit++) {
        if (strlen(assertion->unit->text) == length && memcmp(reader->at, assertion->unit->text, length) == 0) {
            assertion->limit *= assertion->unit->factor;
            reader->at += length;
            return true;
        }
    }
    return fail(reader, expected_unit(assertion->metric.unit));
}

static bool read_assertion(struct reader *reader, struct assertion *assertion)
{
    skip_spaces(reader);
    const char *begin = reader->at;
    if (!read_name(reader, assertion))
        return false;
    skip_spaces(reader);
    if (!read_comparison(reader, assertion))
        return false;
    skip_spaces(reader);
    if (!read_number(reader, &assertion->limit))
        return false;
    skip_spaces(reader);
    if (!read_unit(reader, assertion))
        return false;
    size_t length = (size_t)(reader->at - begin);
    skip_spaces(reader);
    if (*reader->at != '\0' && *reader->at != ',')
        return fail(reader, "a comma is expected, or the end");
    if (length >= ASSERTION_TEXT)
        return fail(reader, "too long");
    memcpy(assertion->text, begin, length);
    assertion->text[length] = '\0';
    return true;
}

bool assertion_parse(struct assertions *assertions, const char *list, struct assertion_error *error)
{
    struct reader reader = {.list = list, .at = list, .error = error};
    for (assertions->count = 0;; reader.at++) {
        if (assertions->count == ASSERTIONS)
            return fail(&reader, "too many");
        if (!read_assertion(&reader, &assertions->assertion[assertions->count]))
            return false;
        assertions->count++;
        if (*reader.at == '\0')
            return true;
    }
}

/* Checking. -------------------------------------------------------------------------------------------------------- */

bool assertion_holds(const struct assertion *assertion, const struct result *result)
{
    double value, limit = assertion->limit;
    if (!metric_value(&assertion->metric, result, &value))
        return false;
    switch (assertion->comparison) {
    case ASSERTION_LESS:
        return value < limit;
    case ASSERTION_AT_MOST:
        return value <= limit;
    case ASSERTION_MORE:
        return value > limit;
    case ASSERTION_AT_LEAST:
        return value >= limit;
    case ASSERTION_EQUAL:
        return value >= limit && value <= limit;
    case ASSERTION_UNEQUAL:
        return value < limit || value > limit;
    }
    return false;
}

/* In the unit of the limit, so that the two compare at a glance, and with digits enough to see a difference. */
const char *assertion_outcome(const struct assertion *assertion, const struct result *result,
                              char text[ASSERTION_OUTCOME])
{
    double value;
    if (!metric_value(&assertion->metric, result, &value))
        snprintf(text, ASSERTION_OUTCOME, "%.*s was not measured", assertion->name_length, assertion->text);
    else
        snprintf(text, ASSERTION_OUTCOME, "%.*s is %.6g%s%s", assertion->name_length, assertion->text,
                 value / assertion->unit->factor, assertion->metric.unit == METRIC_UNIT_NS ? " " : "",
                 assertion->unit->text);
    return text;
}
