/* problems.c: a short list; see problems.h. */
#include "problems.h"

#include <stdio.h>
#include <string.h>

void problems_add(struct problems *problems, const char *text, uint64_t count)
{
    for (unsigned i = 0; i < problems->kept; i++) {
        if (strncmp(problems->problem[i].text, text, PROBLEMS_TEXT - 1) == 0) {
            problems->problem[i].count += count;
            return;
        }
    }
    if (problems->kept == PROBLEMS_KEPT) {
        problems->others += count;
        return;
    }
    struct problem *problem = &problems->problem[problems->kept++];
    problem->count = count;
    snprintf(problem->text, sizeof problem->text, "%s", text);
}

void problems_merge(struct problems *into, const struct problems *from)
{
    for (unsigned i = 0; i < from->kept; i++)
        problems_add(into, from->problem[i].text, from->problem[i].count);
    into->others += from->others;
}
