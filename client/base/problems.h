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

/* Add it, or count it with those it is like: of the same kind, a constant, of which only the first text is kept; or, if
 * kind is NULL, of the same text. */
void problems_add(struct problems *problems, const char *kind, const char *text, uint64_t count);

/* The same, of what an ICMP message told; kind is NULL. */
void problems_add_icmp(struct problems *problems, const struct icmp *icmp, const char *text, uint64_t count);

void problems_merge(struct problems *into, const struct problems *from);

#endif
