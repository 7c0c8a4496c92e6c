/* options.h: the command line. Pure: parses and explains, opens and prints nothing but the help text. */
#ifndef MPECHOD_OPTIONS_H
#define MPECHOD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/reason.h"

enum { OPTIONS_SETS_MAX = 64, OPTIONS_LISTENS_MAX = 64 };

enum options_action { OPTIONS_RUN, OPTIONS_TEST, OPTIONS_DUMP, OPTIONS_VERSION, OPTIONS_HELP };

/* Strings point into argv. */
struct options {
    enum options_action action;
    const char *config; /* NULL: the default */
    bool foreground;
    const char *set[OPTIONS_SETS_MAX];
    size_t sets;
    const char *listen[OPTIONS_LISTENS_MAX];
    size_t listens;
};

/* False with a reason on a usage error. */
bool options_parse(struct options *options, int argc, char **argv, struct reason *why);

void options_help(FILE *out);

#endif
