/* title.c: see title.h. */
#include "base/title.h"

#include <stdbool.h>
#include <string.h>

/* The strings lie behind each other, first the arguments and then the environment, as long as nobody has moved one. */
static char *end_of(char *const *strings, char *end)
{
    for (; *strings != NULL && *strings == end; strings++)
        end += strlen(*strings) + 1;
    return end;
}

/* Copy what lies before end. False: out of memory. */
static bool move(char **strings, const char *end)
{
    for (; *strings != NULL && *strings < end; strings++) {
        char *copy = strdup(*strings);
        if (copy == NULL)
            return false;
        *strings = copy;
    }
    return true;
}

struct title title_find(char **argv, char **environment)
{
    struct title title = {.at = argv[0]};
    if (argv[0] == NULL)
        return title;
    char *end = end_of(argv, argv[0]), *last = end_of(environment, end);
    size_t room = (size_t)(last - argv[0]);
    title.own = (size_t)(end - argv[0]);
    title.room = room < TITLE_MAX ? room : TITLE_MAX;
    if (!move(argv, end) || !move(environment, title.at + title.room))
        return (struct title){.at = NULL};
    return title;
}

/* The kernel shows the room of the command line, and goes on behind it only if its last byte is not 0. */
void title_set(const struct title *title, const char *text)
{
    size_t n = strlen(text);
    if (title->at == NULL)
        return;
    n = n < title->room ? n : title->room - 1;
    memset(title->at, 0, n < title->own ? title->own : n + 1);
    memcpy(title->at, text, n);
}

void title_change(const struct title *title, size_t from, const char *text)
{
    for (size_t i = 0; text[i] != '\0' && from + i + 1 < title->room; i++)
        title->at[from + i] = text[i];
}
