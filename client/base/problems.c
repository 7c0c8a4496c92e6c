/* problems.c: a short list; see problems.h. */
#include "client/base/problems.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_of_kind(const struct problem *problem, const char *kind, const char *text)
{
    if (kind != NULL && problem->kind != NULL)
        return strcmp(kind, problem->kind) == 0;
    return kind == problem->kind && strncmp(problem->text, text, PROBLEMS_TEXT - 1) == 0;
}

static void add(struct problems *problems, const char *kind, const struct icmp *icmp, const char *text, uint64_t count)
{
    for (unsigned i = 0; i < problems->kept; i++) {
        if (is_of_kind(&problems->problem[i], kind, text)) {
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
    problem->kind = kind;
    problem->icmp = *icmp;
    snprintf(problem->text, sizeof problem->text, "%s", text);
}

void problems_add(struct problems *problems, const char *kind, const char *text, uint64_t count)
{
    add(problems, kind, &(struct icmp){0}, text, count);
}

void problems_add_icmp(struct problems *problems, const struct icmp *icmp, const char *text, uint64_t count)
{
    add(problems, NULL, icmp, text, count);
}

void problems_merge(struct problems *into, const struct problems *from)
{
    for (unsigned i = 0; i < from->kept; i++) {
        const struct problem *problem = &from->problem[i];
        add(into, problem->kind, &problem->icmp, problem->text, problem->count);
    }
    into->others += from->others;
}
