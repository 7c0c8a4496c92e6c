/* problems.h: what went wrong, in words, each kind once. Filled where it goes wrong, shown by the reports. Pure,
 * bounded, nothing fails: of kinds only the first few are kept, the others counted. */
#ifndef MPECHO_PROBLEMS_H
#define MPECHO_PROBLEMS_H

#include <stdint.h>

#include "client/base/icmp.h"

enum { PROBLEMS_KEPT = 8, PROBLEMS_TEXT = 240 };

struct problem {
    uint64_t count;
    const char *kind;         /* constant; NULL: the text itself */
    char text[PROBLEMS_TEXT]; /* of the first one */
    struct icmp icmp;         /* that told of it, if one did */
};

/* All 0 to begin. */
struct problems {
    unsigned kept;
    struct problem problem[PROBLEMS_KEPT];
    uint64_t others; /* that there was no room for */
};

/* Add a problem, or count it with an earlier one that is like it. Two problems are alike if they have the same kind,
 * which is a constant, and then only the first text is kept; or, if kind is NULL, if they have the same text. */
void problems_add(struct problems *problems, const char *kind, const char *text, uint64_t count);

/* The same, for a problem that an ICMP message told of; kind is NULL. */
void problems_add_icmp(struct problems *problems, const struct icmp *icmp, const char *text, uint64_t count);

void problems_merge(struct problems *into, const struct problems *from);

#endif
