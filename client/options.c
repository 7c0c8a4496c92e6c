/* options.c: the command line; see options.h for who calls and what may fail.
 * Checks the form of what it is given, so that a typing mistake costs no look-up. */
#include "options.h"

#include <ctype.h>
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define PORT_DEFAULT "9190"

enum { WAIT_DEFAULT = 10, WAIT_MAX = 86400 }; /* seconds */

void options_help(FILE *out)
{
    fputs("Usage: mpecho [OPTION]... HOST [PORT]\n"
          "Send standard input to an echo server, write what comes back, and verify it.\n"
          "\n"
          "  HOST                a name, an IPv4 or IPv6 address, or unix:/path\n"
          "  PORT                1-65535 or a service name (default " PORT_DEFAULT ")\n"
          "  -w, --wait SECONDS  give up on a server that is silent this long (default 10; 0: never)\n"
          "  -V, --version       print the version and exit\n"
          "  -h, --help          print this and exit\n"
          "\n"
          "At a terminal, a line that is just q or Q, or ^D, says goodbye.\n"
          "Exit status: 0 all came back, 1 it did not, 2 no connection, 3 local failure, 64 usage.\n"
          "See mpecho(1).\n",
          out);
}

static bool usage(void)
{
    fputs("Try 'mpecho --help'.\n", stderr);
    return false;
}

/* Whole milliseconds, because poll(2) takes no less; what rounds to none would mean "no limit". */
static bool parse_wait(int *wait, const char *text)
{
    char *end;
    double seconds = strtod(text, &end);
    bool number = end != text && *end == '\0' && seconds >= 0 && seconds <= WAIT_MAX;
    *wait = number ? (int)(seconds * 1000 + 0.5) : 0;
    if (number && (*wait > 0 || seconds == 0))
        return true;
    warnx("--wait %s: not 0, nor a number of seconds within 0.001 and %d", text, WAIT_MAX);
    return usage();
}

/* getaddrinfo reads " 80", "+80", "-1" and "65616" as numbers of some kind; nobody means that. */
static bool check_port(const char *port)
{
    size_t length = strlen(port);
    bool digits = strspn(port, "0123456789") == length;
    if (length > 0 && digits && strtoul(port, NULL, 10) - 1 < 65535)
        return true;
    if (!digits && isalnum((unsigned char)port[0]))
        return true;
    warnx("port %s: neither a number within 1 and 65535 nor a service name", port);
    return usage();
}

static bool parse_operands(struct options *options, int count, char **operands)
{
    if (count < 1 || count > 2 || operands[0][0] == '\0') {
        warnx(count < 1 ? "HOST is missing" : count > 2 ? "too many arguments" : "HOST is empty");
        return usage();
    }
    options->host = operands[0];
    bool has_port = strncmp(options->host, "unix:", 5) != 0;
    options->port = count == 2 ? operands[1] : has_port ? PORT_DEFAULT : NULL;
    if (has_port)
        return check_port(options->port);
    if (count == 1)
        return true;
    warnx("%s: a Unix socket has no port", options->host);
    return usage();
}

bool options_parse(struct options *options, int argc, char **argv)
{
    const struct option long_options[] = {
        {"wait", required_argument, NULL, 'w'},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    *options = (struct options){.action = OPTIONS_RUN, .wait = WAIT_DEFAULT * 1000};
    for (int option; (option = getopt_long(argc, argv, "w:Vh", long_options, NULL)) != -1;) {
        if (option == '?')
            return usage();
        if (option == 'w' && !parse_wait(&options->wait, optarg))
            return false;
        if (option != 'w') {
            options->action = option == 'V' ? OPTIONS_VERSION : OPTIONS_HELP;
            return true;
        }
    }
    return parse_operands(options, argc - optind, argv + optind);
}
