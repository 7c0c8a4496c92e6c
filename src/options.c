/* options.c: the command line; see options.h. Called by main only. */
#include "options.h"

#include <getopt.h>
#include <string.h>

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"foreground", no_argument, NULL, 'f'},
    {"test", no_argument, NULL, 't'},
    {"dump", no_argument, NULL, 'T'},
    {"set", required_argument, NULL, 'o'},
    {"listen", required_argument, NULL, 'l'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

void options_help(FILE *out)
{
    fputs("Usage: mpechod [OPTION]...\n"
          "A pre-forked echo daemon (RFC 862).\n"
          "\n"
          "  -c, --config FILE       read FILE (default " SYSCONFDIR "/mpechod.conf;\n"
          "                          /dev/null: all defaults)\n"
          "  -f, --foreground        do not detach; log to stderr unless log.target says otherwise\n"
          "  -t, --test              check the configuration: print \"ok\" or what is wrong\n"
          "  -T, --dump              print the effective configuration\n"
          "  -o, --set KEY=VALUE     override one key (pool.max_workers=1024); repeatable\n"
          "  -l, --listen ADDR:PORT  listen here instead; repeatable;\n"
          "                          127.0.0.1:9190, [::1]:9190, *:9190, unix:/path\n"
          "  -V, --version           print the version\n"
          "  -h, --help              print this\n"
          "\n"
          "See mpechod(8) and mpechod.conf(5).\n",
          out);
}

static bool append(const char **list, size_t *n, size_t max, const char *text, struct reason *why)
{
    if (*n == max)
        return reason_set(why, "more than %zu of one option", max);
    list[(*n)++] = text;
    return true;
}

static bool apply(struct options *options, int option, struct reason *why)
{
    switch (option) {
    case 'c':
        options->config = optarg;
        return true;
    case 'f':
        options->foreground = true;
        return true;
    case 't':
        options->action = OPTIONS_TEST;
        return true;
    case 'T':
        options->action = OPTIONS_DUMP;
        return true;
    case 'V':
        options->action = OPTIONS_VERSION;
        return true;
    case 'h':
        options->action = OPTIONS_HELP;
        return true;
    case 'l':
        return append(options->listen, &options->listens, OPTIONS_LISTENS_MAX, optarg, why);
    case 'o':
        if (strchr(optarg, '=') == NULL || optarg[0] == '=')
            return reason_set(why, "-o needs KEY=VALUE, not '%s'", optarg);
        return append(options->set, &options->sets, OPTIONS_SETS_MAX, optarg, why);
    default:
        return false;
    }
}

bool options_parse(struct options *options, int argc, char **argv, struct reason *why)
{
    *options = (struct options){.action = OPTIONS_RUN};
    int option;
    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, ":c:ftTo:l:Vh", long_options, NULL)) != -1) {
        if (option == ':')
            return reason_set(why, "%s needs a value", argv[optind - 1]);
        const char *word = argv[optind - 1]; /* not the wrong one if letters are bundled */
        if (option == '?' && optopt != 0)
            return strncmp(word, "--", 2) == 0 ? reason_set(why, "%s: takes no value", word)
                                               : reason_set(why, "unknown option: -%c", optopt);
        if (option == '?')
            return reason_set(why, "unknown option: %s", word);
        if (!apply(options, option, why))
            return false;
    }
    if (optind < argc)
        return reason_set(why, "unexpected argument: %s", argv[optind]);
    return true;
}
