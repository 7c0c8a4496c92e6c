/* problems.h: what went wrong, in words, the same words once. Filled where it goes wrong, shown by the reports. Pure,
 * bounded, nothing fails: of problems that differ only the first few are kept, the others counted. */
#ifndef MPECHO_PROBLEMS_H
#define MPECHO_PROBLEMS_H

#include <stdint.h>

enum { PROBLEMS_KEPT = 8, PROBLEMS_TEXT = 200 };

struct problem {
    uint64_t count;
    char text[PROBLEMS_TEXT];
};

/* All 0 to begin. */
struct problems {
    unsigned kept;
    struct problem problem[PROBLEMS_KEPT];
    uint64_t others; /* that there was no room for */
};

void problems_add(struct problems *problems, const char *text, uint64_t count);

void problems_merge(struct problems *into, const struct problems *from);

#endif
