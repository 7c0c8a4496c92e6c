/* text.c: a configuration's text, before libconfig sees it: refuses what libconfig would do that must not be done, or
 * could not do in time. Called for the file and for values of the command line. Pure.
 *
 * libconfig opens included files itself, FIFOs and all. It cuts integers to 32 bits without a word. And it compares the
 * name of each setting with those of all others in its group, letter by letter, so that a file of a legal size could
 * take minutes. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"

/* More than any configuration has use for. Together they bound what libconfig does to a few ten milliseconds. */
enum {
    NAME_LONGEST = 40,    /* letters of a setting's name */
    GROUP_LARGEST = 64,   /* settings in one group */
    DEEPEST = 8,          /* groups and lists in one another */
    SETTINGS_MOST = 4096, /* and elements of lists, all together */
};

struct lexer {
    unsigned all, depth, in_group[DEEPEST + 1];
};

/* The end of the string that begins at p, or NULL. */
static char *skip_string(char *p)
{
    for (p++; *p != '\0' && *p != '"'; p++)
        p += *p == '\\' && p[1] != '\0';
    return *p == '"' ? p + 1 : NULL;
}

/* The end of the string or comment that begins at p; p itself if none does; NULL if it has no end. */
static char *skip_quiet(char *p)
{
    if (*p == '"')
        return skip_string(p);
    if (*p == '#' || strncmp(p, "//", 2) == 0)
        return strchrnul(p, '\n');
    if (strncmp(p, "/*", 2) == 0) {
        char *end = strstr(p + 2, "*/");
        return end != NULL ? end + 2 : NULL;
    }
    return p;
}

static bool is_float(const char *rest)
{
    return *rest == '.' || ((*rest == 'e' || *rest == 'E') && strpbrk(rest + 1, "+-0123456789") == rest + 1);
}

/* A 64-bit integer ends with an L, and is taken as it is. One without it becomes a float that no key takes, so that the
 * key is named and what it takes. */
static void spoil_large_number(char *word)
{
    char *end;
    bool hex = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
    errno = 0;
    long long number = strtoll(word, &end, hex ? 16 : 10);
    if (end == word || *end == 'L' || is_float(end) || (errno == 0 && number <= INT32_MAX && number >= INT32_MIN))
        return;
    memset(word, ' ', (size_t)(end - word));
    word[0] = word[2] = '9';
    word[1] = 'e';
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("@*+-_.", c) != NULL);
}

static bool check_word(char *word, size_t n, struct reason *why)
{
    static const char include[] = "@include";
    if (n >= strlen(include) && strncmp(word, include, strlen(include)) == 0)
        return reason_set(why, "@include: is not supported: one file holds the configuration");
    if (n > NAME_LONGEST && (isalpha((unsigned char)*word) || *word == '*'))
        return reason_set(why, "%.*s...: unknown key", NAME_LONGEST, word);
    spoil_large_number(word);
    return true;
}

/* A setting or an element of a list begins, or a group or list begins or ends. */
static bool check_mark(struct lexer *lexer, char mark, struct reason *why)
{
    lexer->all += strchr("=:,({[", mark) != NULL;
    lexer->in_group[lexer->depth] += mark == '=' || mark == ':';
    if (lexer->all > SETTINGS_MOST)
        return reason_set(why, "more than %d settings and elements of lists", SETTINGS_MOST);
    if (lexer->in_group[lexer->depth] > GROUP_LARGEST)
        return reason_set(why, "more than %d settings in one group", GROUP_LARGEST);
    if (strchr("({[", mark) != NULL && lexer->depth == DEEPEST)
        return reason_set(why, "more than %d groups and lists in one another", DEEPEST);
    if (strchr("({[", mark) != NULL)
        lexer->in_group[++lexer->depth] = 0;
    else if (strchr(")}]", mark) != NULL && lexer->depth > 0)
        lexer->depth--;
    return true;
}

/* The end of what begins at p; NULL with a reason. */
static char *check_next(struct lexer *lexer, char *p, struct reason *why)
{
    char *end = skip_quiet(p);
    if (end == NULL)
        reason_set(why, "a %s begins here that has no end", *p == '"' ? "string" : "comment");
    if (end != p)
        return end;
    while (is_word(*end))
        end++;
    if (end > p)
        return check_word(p, (size_t)(end - p), why) ? end : NULL;
    return check_mark(lexer, *p, why) ? p + 1 : NULL;
}

bool conf_check_text(char *text, int *line, struct reason *why)
{
    struct lexer lexer = {0};
    *line = 1;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        return reason_set(why, "begins with a byte order mark: save it as UTF-8 without one");
    for (char *p = text, *next; *p != '\0'; p = next) {
        next = check_next(&lexer, p, why);
        if (next == NULL)
            return false;
        for (; p < next; p++)
            *line += *p == '\n';
    }
    return true;
}
