/* assertion.h: what is to hold of a run: 'p99<2ms,loss<0.1%'. Parsed before the run, checked after it. The quantities
 * are metric.h's. */
#ifndef MPECHO_ASSERTION_H
#define MPECHO_ASSERTION_H

#include <stdbool.h>
#include <stddef.h>

#include "client/report/metric.h"

enum assertion_comparison {
    ASSERTION_LESS,
    ASSERTION_AT_MOST,
    ASSERTION_MORE,
    ASSERTION_AT_LEAST,
    ASSERTION_EQUAL,
    ASSERTION_UNEQUAL
};

enum { ASSERTION_TEXT = 64, ASSERTION_OUTCOME = 160 };

/* QUANTITY OPERATOR NUMBER[UNIT]. */
struct assertion {
    char text[ASSERTION_TEXT]; /* without spaces around it */
    int name_length;           /* the quantity's, at its beginning */
    struct metric metric;
    enum assertion_comparison comparison;
    double limit;                      /* in the metric's own unit */
    const struct assertion_unit *unit; /* the one that was given */
};

enum { ASSERTIONS = 32 };
struct assertions {
    size_t count;
    struct assertion assertion[ASSERTIONS];
};

struct assertion_error {
    size_t at;        /* where in the list */
    const char *what; /* constant */
};

/* False: *error says where the list is wrong, and how. */
bool assertion_parse(struct assertions *assertions, const char *list, struct assertion_error *error);

/* False also when the quantity was not measured. */
bool assertion_holds(const struct assertion *assertion, const struct result *result);

/* "p99 is 3.1ms", "p99 was not measured". Returns text. */
const char *assertion_outcome(const struct assertion *assertion, const struct result *result,
                              char text[ASSERTION_OUTCOME]);

#endif
