/* text.c: a configuration's text, before libconfig sees it: refuses what libconfig would do that must not be done, or
 * could not do in time. Called for the file and for values of the command line. Pure.
 *
 * libconfig opens included files itself, FIFOs and all. It cuts integers to 32 bits without a word. And it compares
 * each setting with all others of its group, so that a file of a legal size could take minutes. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"

enum { SETTINGS_MAX = 4096 };

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
    char *digits = word + (*word == '+' || *word == '-'), *end;
    bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    errno = 0;
    long long number = strtoll(word, &end, hex ? 16 : 10);
    if (end == word || *end == 'L' || is_float(end) || (errno == 0 && number <= INT32_MAX && number >= INT32_MIN))
        return;
    memset(digits, ' ', (size_t)(end - digits));
    memcpy(digits, "9e9", 3);
}

/* The end of the word that begins at p, which is more than one character if it is a name or a number. */
static char *skip_word(char *p)
{
    size_t n = strspn(p, "@*+-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (n > 0)
        spoil_large_number(p);
    return p + (n > 0 ? n : 1);
}

/* Whether a setting or an element of a list can begin behind this character. */
static bool begins_setting(char c)
{
    return strchr("=:,({[", c) != NULL;
}

static bool check_here(const char *p, unsigned *settings, struct reason *why)
{
    static const char include[] = "@include";
    if (strncmp(p, include, strlen(include)) == 0)
        return reason_set(why, "@include: is not supported: one file holds the configuration");
    *settings += begins_setting(*p);
    return *settings <= SETTINGS_MAX || reason_set(why, "more than %d settings and elements of lists", SETTINGS_MAX);
}

bool conf_check_text(char *text, int *line, struct reason *why)
{
    unsigned settings = 0;
    *line = 1;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        return reason_set(why, "begins with a byte order mark: save it as UTF-8 without one");
    for (char *p = text; *p != '\0';) {
        char *next = skip_quiet(p);
        if (next == NULL)
            return reason_set(why, "a %s begins here that has no end", *p == '"' ? "string" : "comment");
        if (next == p) {
            if (!check_here(p, &settings, why))
                return false;
            next = skip_word(p);
        }
        for (; p < next; p++)
            *line += *p == '\n';
    }
    return true;
}
