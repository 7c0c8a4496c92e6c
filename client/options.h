/* options.h: the command line of mpecho. Called by main only. options_parse fails on a usage error, having
 * told the user what is wrong. Opens and resolves nothing, see connect.h. */
#ifndef MPECHO_OPTIONS_H
#define MPECHO_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

enum options_action { OPTIONS_RUN, OPTIONS_VERSION, OPTIONS_HELP };

/* Strings point into argv or are constant. */
struct options {
    enum options_action action;
    const char *host;
    const char *port; /* decimal within 1-65535, or a service name; NULL for a Unix socket */
    int wait;         /* milliseconds, 0 = no limit */
};

bool options_parse(struct options *options, int argc, char **argv);

void options_help(FILE *out);

#endif
