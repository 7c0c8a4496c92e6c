/* options.c: the table of options, and the command line read by it; see options.h. Names are looked up elsewhere, so
 * that a typing mistake costs no wait. */
#include "client/base/options.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/clock.h"

#define PORT_DEFAULT "9190"

enum kind {
    KIND_HELP,
    KIND_VERSION,
    KIND_FLAG,
    KIND_CHOICE,
    KIND_COUNT,
    KIND_SECONDS,
    KIND_RANGE,
    KIND_RATE,
    KIND_SIZES,
    KIND_TEXT,
    KIND_DO
};

enum { DAY = 86400, IN_ALL = (1 << MODE_COUNT) - 1 };

enum modes {
    TALK = 1 << MODE_INTERACTIVE | 1 << MODE_PIPE,
    PING = 1 << MODE_PING,
    BENCH = 1 << MODE_BENCH,
    CHECK = 1 << MODE_CHECK,
};

struct rule {
    unsigned modes;
    char letter; /* 0: none */
    const char *name, *argument;
    enum kind kind;
    size_t field;    /* offset in struct options */
    double min, max; /* KIND_CHOICE: min is the value */
    const char *help;
};

#define FIELD(name) offsetof(struct options, name)

/* In the order of the help text. A letter may mean another thing in another mode, as it does in ping(8) and iperf3(1).
 */
static const struct rule rules[] = {
    {PING, 'c', "count", "COUNT", KIND_COUNT, FIELD(count), 1, 1e15,
     "stop after this many probes (default: go on until ^C)"},
    {PING, 'i', "interval", "SECONDS", KIND_SECONDS, FIELD(interval), 0, DAY,
     "time between probes (default 1; 0: as fast as replies come)"},
    {PING, 'w', "deadline", "SECONDS", KIND_SECONDS, FIELD(duration), 0.001, DAY, "stop after this time"},
    {BENCH, 'c', "connections", "CONNS", KIND_COUNT, FIELD(connections), 1, 1e6, "connections (default 1)"},
    {BENCH, 't', "time", "SECONDS", KIND_SECONDS, FIELD(duration), 0.001, DAY, "how long to measure (default 10)"},
    {BENCH, 'P', "pipeline", "DEPTH", KIND_COUNT, FIELD(depth), 1, 4096,
     "messages in flight on each connection (default 1)"},
    {BENCH, 'R', "rate", "RATE", KIND_RATE, FIELD(rate), 0.001, 1e9,
     "open loop: messages a second, all connections together"},
    {BENCH, 'j', "threads", "THREADS", KIND_COUNT, FIELD(threads), 1, 1024,
     "threads that share the connections (default 1)"},
    {BENCH, 0, "omit", "SECONDS", KIND_SECONDS, FIELD(omit), 0, DAY, "leave this long at the start out of the figures"},
    {BENCH, 0, "burst", NULL, KIND_FLAG, FIELD(burst), 0, 0, "open all connections at once, one echo on each"},
    {BENCH, 0, "hold", "SECONDS", KIND_SECONDS, FIELD(hold), 0.001, DAY,
     "echo, leave all connections idle this long, echo again"},
    {PING | BENCH, 0, "crr", NULL, KIND_FLAG, FIELD(crr), 0, 0, "a new connection for every message"},
    {PING, 0, "connect", NULL, KIND_FLAG, FIELD(connect), 0, 0, "show how long connecting took"},
    {PING | BENCH, 'u', "udp", NULL, KIND_FLAG, FIELD(udp), 0, 0, "use UDP"},
    {PING, 'M', "pmtudisc", "do", KIND_DO, FIELD(dont_fragment), 0, 0,
     "with -u: forbid fragmentation; -s LOW-HIGH finds the path MTU"},
    {PING, 's', "size", "SIZE", KIND_SIZES, FIELD(sizes), 1, 1 << 30,
     "bytes in a message (default 64); with -u -M do: LOW-HIGH"},
    {BENCH, 's', "size", "SIZES", KIND_SIZES, FIELD(sizes), 1, 1 << 30,
     "bytes in a message (default 64); several, as SIZE,SIZE, are used in turn"},
    {PING | BENCH | CHECK, 0, "lines", NULL, KIND_FLAG, FIELD(lines), 0, 0,
     "make every message a line, for servers that echo by line"},
    {TALK, 'W', "timeout", "SECONDS", KIND_SECONDS, FIELD(timeout), 0, DAY,
     "give up on a server that is silent for this long (default 10; 0: never)"},
    {PING | BENCH, 'W', "timeout", "SECONDS", KIND_SECONDS, FIELD(timeout), 0.001, DAY,
     "give up on an address or a reply after this long (default 10; -u: 1)"},
    {CHECK, 'w', "warning", "RANGE", KIND_RANGE, FIELD(warning), 0, 0,
     "WARNING above this many ms, or outside a range of them"},
    {CHECK, 'c', "critical", "RANGE", KIND_RANGE, FIELD(critical), 0, 0,
     "CRITICAL above this many ms, or outside a range of them"},
    {CHECK, 't', "timeout", "SECONDS", KIND_SECONDS, FIELD(duration), 0.001, DAY,
     "take no longer; CRITICAL without a reply by then (default 10)"},
    {BENCH, 'i', "interval", "SECONDS", KIND_SECONDS, FIELD(interval), 0.01, DAY, "time between reports (default 1)"},
    {PING | BENCH, 'q', "quiet", NULL, KIND_FLAG, FIELD(quiet), 0, 0, "print only the summary"},
    {PING, 'D', "timestamp", NULL, KIND_FLAG, FIELD(timestamps), 0, 0, "print a Unix timestamp before every line"},
    {PING | BENCH, 0, "json", NULL, KIND_CHOICE, FIELD(report), REPORT_JSON, 0, "print one JSON object at the end"},
    {PING | BENCH, 0, "json-stream", NULL, KIND_CHOICE, FIELD(report), REPORT_JSON_STREAM, 0,
     "print a JSON object a line, for every interval or probe and at the end"},
    {PING | BENCH, 0, "csv", NULL, KIND_CHOICE, FIELD(report), REPORT_CSV, 0, "print comma-separated values"},
    {PING | BENCH, 0, "hgrm", "FILE", KIND_TEXT, FIELD(hgrm), 0, 0,
     "write latency by percentile for HdrHistogram's plotter"},
    {PING | BENCH, 0, "svg", "FILE", KIND_TEXT, FIELD(svg), 0, 0, "draw latency by percentile and over time, as SVG"},
    {PING | BENCH, 0, "assert", "LIST", KIND_TEXT, FIELD(assertions), 0, 0,
     "exit with 1 unless all hold: 'p99<2ms,loss<0.1%,rate>50000'"},
    {PING | BENCH, 0, "yes-i-may", NULL, KIND_FLAG, FIELD(yes_i_may), 0, 0,
     "allow flooding an address that is not this machine's own"},
    {IN_ALL, '4', "ipv4", NULL, KIND_FLAG, FIELD(ipv4), 0, 0, "use IPv4 only"},
    {IN_ALL, '6', "ipv6", NULL, KIND_FLAG, FIELD(ipv6), 0, 0, "use IPv6 only"},
    {IN_ALL, 'V', "version", NULL, KIND_VERSION, 0, 0, 0, "print the version and exit"},
    {IN_ALL, 'h', "help", NULL, KIND_HELP, 0, 0, 0, "print this and exit"},
};

/* A time that was not given. */
enum { UNSET = -1 };
enum { RULES = sizeof rules / sizeof rules[0], LONG_ONLY = 256 };

static const char *const mode_names[MODE_COUNT] = {"interactive", "pipe", "ping", "bench", "check"};

/* What getopt_long returns for a rule. */
static int value_of(size_t rule)
{
    return rules[rule].letter != 0 ? rules[rule].letter : LONG_ONLY + (int)rule;
}

static bool is_rule_of(const struct rule *rule, enum options_mode mode)
{
    return (rule->modes & 1U << mode) != 0;
}

static const struct rule *rule_of(enum options_mode mode, int value)
{
    for (size_t i = 0; i < RULES; i++)
        if (is_rule_of(&rules[i], mode) && value_of(i) == value)
            return &rules[i];
    return NULL;
}

/* Help. ------------------------------------------------------------------------------------------------------------ */

static void help_rule(const struct rule *rule, FILE *out)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%s%c%s--%s", rule->letter != 0 ? "-" : "  ",
                     rule->letter != 0 ? rule->letter : ' ', rule->letter != 0 ? ", " : " ", rule->name);
    if (rule->argument != NULL)
        snprintf(text + n, sizeof text - (size_t)n, " %s", rule->argument);
    fprintf(out, "  %-25s %s\n", text, rule->help);
}

static void help_mode(enum options_mode mode, FILE *out)
{
    static const char *const what[MODE_COUNT] = {
        "Send each line typed to an echo server, and show what comes back.",
        "Send standard input to an echo server, write what comes back, and verify it.",
        "Send an echo server one message at a time, and time every reply.",
        "Load an echo server, verify every byte, and measure rate and latency.",
        "Check an echo server, as a plugin for a monitoring system.",
    };
    fprintf(out, "Usage: mpecho %s [OPTION]... HOST [PORT]\n%s\n\n", mode_names[mode], what[mode]);
    for (size_t i = 0; i < RULES; i++)
        if (is_rule_of(&rules[i], mode))
            help_rule(&rules[i], out);
}

static void help_overview(FILE *out)
{
    fputs("Usage: mpecho [MODE] [OPTION]... HOST [PORT]\n"
          "Talk to an echo server (RFC 862), measure it, and verify every byte.\n"
          "\n"
          "  HOST         a name, an IPv4 or IPv6 address, or unix:/path\n"
          "  PORT         1-65535 or a service name (default " PORT_DEFAULT "); or as HOST:PORT\n"
          "\n"
          "  interactive  send each line typed, show what comes back (default at a terminal)\n"
          "  pipe         send standard input, write what comes back (default otherwise)\n"
          "  ping         send one message at a time, print a line for each reply\n"
          "  bench        load the server, measure rate and latency\n"
          "  check        print one line for a monitoring system\n"
          "\n"
          "mpecho MODE --help lists the options of a mode.\n"
          "Exit status: 0 good; 1 loss, mismatch or failed assertion; 2 cannot resolve or connect;\n"
          "3 local failure; 64 usage error. check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n"
          "See mpecho(1).\n",
          out);
}

void options_help(const struct options *options, FILE *out)
{
    if (options->mode_given)
        help_mode(options->mode, out);
    else
        help_overview(out);
}

/* Values. ---------------------------------------------------------------------------------------------------------- */

static bool usage(const struct options *options)
{
    bool given = options->mode_given;
    fprintf(stderr, "Try 'mpecho %s%s--help'.\n", given ? mode_names[options->mode] : "", given ? " " : "");
    return false;
}

/* What may follow a number, and what it multiplies by; "" first. */
struct suffix {
    const char *text;
    double factor;
};
static const struct suffix plain[] = {{"", 1}, {NULL, 0}};
static const struct suffix thousands[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {NULL, 0}};
static const struct suffix binary[] = {{"", 1}, {"k", 1024}, {"K", 1024}, {"M", 1048576}, {"G", 1 << 30}, {NULL, 0}};

/* A number and its suffix, within the rule's range: sets *value and *end. strtod would also take spaces, a sign, "inf"
 * and hexadecimal digits.
 */
static bool parse_number(const struct rule *rule, const char *text, const struct suffix *suffixes, double *value,
                         const char **end)
{
    char *after;
    *value = strtod(text, &after);
    if (strspn(text, "+-") > 0 || strspn(text, "0123456789.eE+-") < (size_t)(after - text))
        return false;
    const struct suffix *best = suffixes;
    for (const struct suffix *suffix = suffixes + 1; suffix->text != NULL; suffix++)
        if (strncmp(after, suffix->text, strlen(suffix->text)) == 0)
            best = suffix;
    *value *= best->factor;
    *end = after + strlen(best->text);
    return after != text && *value >= rule->min && *value <= rule->max;
}

static bool parse_whole(const struct rule *rule, const char *text, const struct suffix *suffixes, double *value)
{
    const char *end;
    return parse_number(rule, text, suffixes, value, &end) && *end == '\0';
}

/* SIZE, SIZE,SIZE... or LOW-HIGH. */
static bool parse_sizes(const struct rule *rule, const char *text, struct sizes *sizes)
{
    double value;
    const char *end;
    *sizes = (struct sizes){0};
    for (;; text = end + 1) {
        if (sizes->count == OPTIONS_SIZES || !parse_number(rule, text, binary, &value, &end))
            return false;
        sizes->size[sizes->count++] = (uint64_t)value;
        if ((double)(uint64_t)value != value)
            return false;
        if (*end == '\0')
            return !sizes->sweep || (sizes->count == 2 && sizes->size[0] <= sizes->size[1]);
        if (*end == '-')
            sizes->sweep = true;
        else if (*end != ',' || sizes->sweep)
            return false;
    }
}

static const char *expectation(enum kind kind)
{
    switch (kind) {
    case KIND_COUNT:
        return "a whole number";
    case KIND_SECONDS:
        return "a number of seconds";
    case KIND_RANGE:
        return "a number of milliseconds, nor a range of them such as 10:20, 10:, ~:20 or @10:20";
    case KIND_RATE:
        return "a rate per second";
    case KIND_SIZES:
        return "a number of bytes, up to 16 with commas between them, or LOW-HIGH";
    default:
        return "the word \"do\"";
    }
}

/* Is it a value for this rule? Then it is where it belongs. */
static bool take_value(const struct rule *rule, const char *text, void *field)
{
    double value = 0;
    switch (rule->kind) {
    case KIND_FLAG:
        *(bool *)field = true;
        return true;
    case KIND_CHOICE:
        *(enum options_report *)field = (enum options_report)rule->min;
        return true;
    case KIND_TEXT:
        *(const char **)field = text;
        return true;
    case KIND_DO:
        *(bool *)field = true;
        return strcmp(text, "do") == 0;
    case KIND_COUNT:
        if (!parse_whole(rule, text, thousands, &value))
            return false;
        *(uint64_t *)field = (uint64_t)value;
        return (double)(uint64_t)value == value;
    case KIND_RATE:
        return parse_whole(rule, text, thousands, field);
    case KIND_SECONDS:
        if (!parse_whole(rule, text, plain, &value))
            return false;
        *(int64_t *)field = (int64_t)(value * (double)CLOCK_SECOND);
        return true;
    case KIND_RANGE:
        return threshold_parse(field, text);
    case KIND_SIZES:
        return parse_sizes(rule, text, field);
    case KIND_HELP:
    case KIND_VERSION:
        break;
    }
    return false;
}

static bool take_option(struct options *options, const struct rule *rule, const char *text)
{
    if (take_value(rule, text, (char *)options + rule->field))
        return true;
    if (rule->kind == KIND_SIZES)
        warnx("--%s %s: not %s from 1 to 1G", rule->name, text, expectation(rule->kind));
    else if (rule->max > 0)
        warnx("--%s %s: not %s from %.10g to %.10g", rule->name, text, expectation(rule->kind), rule->min, rule->max);
    else
        warnx("--%s %s: not %s", rule->name, text, expectation(rule->kind));
    return usage(options);
}

/* getopt_long has said which. Perhaps the mode was mistyped that knows it. */
static bool unknown_option(const struct options *options, const char *first)
{
    if (!options->mode_given && first[0] != '-')
        fprintf(stderr, "%s is not a mode; the modes are " OPTIONS_MODES ".\n", first);
    return usage(options);
}

/* Operands. -------------------------------------------------------------------------------------------------------- */

/* getaddrinfo reads " 80", "+80", "-1" and "65616" as numbers of some kind; nobody means that. */
static bool check_port(const struct options *options)
{
    const char *port = options->port;
    size_t length = strlen(port);
    bool digits = strspn(port, "0123456789") == length;
    if (length > 0 && digits && strtoul(port, NULL, 10) - 1 < 65535)
        return true;
    if (!digits && isalnum((unsigned char)port[0]))
        return true;
    warnx("port %s: neither a number from 1 to 65535 nor the name of a service", port);
    return usage(options);
}

/* Of HOST:PORT and [ADDRESS]:PORT, where the colon is; or NULL. A bare IPv6 address has more than one. */
static char *find_port(char *host)
{
    char *colon = strrchr(host, ':');
    if (colon == NULL || colon == host)
        return NULL;
    return colon == strchr(host, ':') || (host[0] == '[' && colon[-1] == ']') ? colon : NULL;
}

static bool take_port(struct options *options, int count, char **operands)
{
    char *colon = find_port(operands[0]);
    options->port = colon != NULL ? colon + 1 : count == 2 ? operands[1] : PORT_DEFAULT;
    if (colon != NULL && count == 2) {
        warnx("%s has a port already, and %s is another", operands[0], operands[1]);
        return usage(options);
    }
    if (colon != NULL)
        *colon = '\0';
    return check_port(options);
}

static bool parse_operands(struct options *options, int count, char **operands)
{
    if (count < 1 || count > 2 || operands[0][0] == '\0') {
        warnx(count < 1 ? "HOST is missing" : count > 2 ? "too many arguments" : "HOST is empty");
        return usage(options);
    }
    options->host = operands[0];
    if (strncmp(options->host, "unix:", 5) != 0)
        return take_port(options, count, operands);
    if (count == 1)
        return true;
    warnx("%s: a Unix socket has no port", options->host);
    return usage(options);
}

/* Of two limits from above. */
static bool is_above(const struct threshold *one, const struct threshold *other)
{
    return one->text != NULL && other->text != NULL && !one->inside && !other->inside && one->low == other->low &&
           one->high > other->high;
}

/* Options that contradict each other, the first pair that is given. */
static const char *contradiction(const struct options *options)
{
    bool open_loop = options->rate > 0;
    if (options->ipv4 && options->ipv6)
        return "-4 and -6 exclude each other";
    if (options->burst + (options->hold > 0) + options->crr + open_loop > 1 && options->mode == MODE_BENCH)
        return "only one of --burst, --hold, --crr and --rate";
    if (options->omit > 0 && (options->burst || options->hold > 0))
        return "--omit makes no sense with --burst or --hold";
    if (options->depth > 1 && (options->burst || options->hold > 0 || options->crr))
        return "--pipeline makes no sense with --burst, --hold or --crr";
    if (options->udp && (options->crr || options->connect || options->burst || options->hold > 0 || options->lines))
        return "--crr, --connect, --burst, --hold and --lines make no sense with datagrams";
    if (options->udp && options->depth > 1 && open_loop)
        return "--pipeline makes no sense with --rate and datagrams, which do not wait for each other";
    if (options->udp && options->port == NULL)
        return "datagrams go to a host and a port";
    if (options->dont_fragment && !options->udp)
        return "--pmtudisc needs --udp";
    if (options->sizes.sweep && !options->dont_fragment)
        return "a range of sizes needs --udp --pmtudisc do";
    if (options->sizes.sweep && (options->count > 0 || options->interval != UNSET))
        return "--count and --interval make no sense with a range of sizes";
    if (options->mode == MODE_PING && options->sizes.count > 1 && !options->sizes.sweep)
        return "ping takes one size";
    if (options->threads > options->connections && options->mode == MODE_BENCH)
        return "more threads than connections";
    if (is_above(&options->warning, &options->critical))
        return "--warning is above --critical";
    return NULL;
}

static bool fits_datagrams(const struct sizes *sizes)
{
    for (unsigned i = 0; i < sizes->count; i++)
        if (sizes->size[i] < DATAGRAM_MIN || sizes->size[i] > DATAGRAM_MAX)
            return false;
    return true;
}

static bool check(const struct options *options)
{
    const char *wrong = contradiction(options);
    if (wrong != NULL)
        warnx("%s", wrong);
    else if (options->udp && !fits_datagrams(&options->sizes))
        warnx("a datagram has %d to %d bytes", DATAGRAM_MIN, DATAGRAM_MAX);
    else
        return true;
    return usage(options);
}

/* The whole. ------------------------------------------------------------------------------------------------------- */

static void set_defaults(struct options *options)
{
    enum options_mode mode = options->mode;
    options->timeout = options->interval = UNSET;
    options->connections = options->threads = options->depth = 1;
    options->sizes = (struct sizes){.count = 1, .size = {64}};
    options->duration = mode == MODE_BENCH || mode == MODE_CHECK ? 10 * CLOCK_SECOND : 0;
}

/* Those that depend on other options, or must be known to be given. Datagrams get ping(8)'s shorter timeout: a lost one
 * is never retransmitted.
 */
static void set_defaults_left(struct options *options)
{
    if (options->timeout == UNSET)
        options->timeout = options->udp ? CLOCK_SECOND : 10 * CLOCK_SECOND;
    if (options->interval == UNSET)
        options->interval = CLOCK_SECOND;
}

/* The tables that getopt_long wants. */
static void make_tables(enum options_mode mode, char *letters, struct option *long_options)
{
    *letters = '\0';
    for (size_t i = 0; i < RULES; i++) {
        if (!is_rule_of(&rules[i], mode))
            continue;
        int has_argument = rules[i].argument != NULL ? required_argument : no_argument;
        if (rules[i].letter != 0) {
            *letters++ = rules[i].letter;
            if (has_argument == required_argument)
                *letters++ = ':';
        }
        *long_options++ = (struct option){rules[i].name, has_argument, NULL, value_of(i)};
    }
    *letters = '\0';
    *long_options = (struct option){0};
}

static void find_mode(struct options *options, int argc, char **argv)
{
    options->mode = isatty(STDIN_FILENO) == 1 ? MODE_INTERACTIVE : MODE_PIPE;
    for (int mode = 0; mode < MODE_COUNT && argc > 1; mode++) {
        if (strcmp(argv[1], mode_names[mode]) == 0) {
            options->mode = (enum options_mode)mode;
            options->mode_given = true;
        }
    }
}

bool options_parse(struct options *options, int argc, char **argv)
{
    char letters[2 * RULES + 1];
    struct option long_options[RULES + 1];
    *options = (struct options){.action = OPTIONS_RUN};
    const char *first = argc > 1 ? argv[1] : "-"; /* getopt_long sorts them */
    find_mode(options, argc, argv);
    set_defaults(options);
    make_tables(options->mode, letters, long_options);
    optind = options->mode_given ? 2 : 1;
    if (argc > 0)
        argv[0] = program_invocation_short_name; /* getopt_long says who complains */
    for (int value; (value = getopt_long(argc, argv, letters, long_options, NULL)) != -1;) {
        const struct rule *rule = rule_of(options->mode, value);
        if (rule == NULL)
            return unknown_option(options, first);
        if (rule->kind == KIND_HELP || rule->kind == KIND_VERSION) {
            options->action = rule->kind == KIND_HELP ? OPTIONS_HELP : OPTIONS_VERSION;
            return true;
        }
        if (!take_option(options, rule, optarg))
            return false;
    }
    bool right = parse_operands(options, argc - optind, argv + optind) && check(options);
    set_defaults_left(options);
    return right;
}
