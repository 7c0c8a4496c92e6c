/* main.c: mpecho, the client of an echo server: options, connection, mode, exit status. Whatever fails has said so on
 * standard error where it was seen; main only passes the status on. */
#include <err.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/base/options.h"
#include "client/base/status.h"
#include "client/base/target.h"
#include "client/line/edit.h"
#include "client/line/session.h"
#include "client/load/bench.h"
#include "client/probe/check.h"
#include "client/probe/ping.h"
#include "client/probe/ping_datagram.h"
#include "client/report/report.h"
#include "client/report/run.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* A closed standard descriptor must not become the connection's number. Closed input reads as empty; closed
 * output fails when written to, as it should, because /dev/null is opened for reading only. */
static bool fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int flags = fd == STDERR_FILENO ? O_WRONLY : O_RDONLY;
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", flags) != fd) {
            warn("/dev/null");
            return false;
        }
    }
    return true;
}

static enum status converse(const struct options *options, int fd)
{
    struct session *session = calloc(1, sizeof *session);
    enum status status = STATUS_LOCAL;
    if (session != NULL) {
        session->fd = fd;
        session->typed = options->mode == MODE_INTERACTIVE;
        session->timeout = options->timeout;
        session_begin(session);
        if (session->typed)
            edit_lines(session);
        status = session_run(session);
    } else {
        warnx("out of memory");
    }
    free(session);
    return status;
}

static enum status talk(const struct options *options)
{
    struct target *targets;
    struct target_found found;
    size_t count = target_resolve(options, &targets);
    if (count == 0)
        return STATUS_NO_CONNECTION;
    enum status status = target_connect(targets, count, options->timeout, INT64_MAX, &found);
    if (status == STATUS_GOOD) {
        status = converse(options, found.fd);
        close(found.fd);
    } else {
        warnx("%s", found.why);
    }
    free(targets);
    return status;
}

/* Returns what to exit with: check has its own numbers. */
static int run(const struct options *options)
{
    switch (options->mode) {
    case MODE_PING:
        return (int)run_execute(options, options->udp ? ping_datagram_measure : ping_measure);
    case MODE_CHECK:
        return (int)check_run(options);
    case MODE_BENCH:
        return (int)run_execute(options, bench_measure);
    default:
        return (int)talk(options);
    }
}

/* The guidelines for check: who only asks for help has checked nothing. */
static int inform(const struct options *options)
{
    if (options->action == OPTIONS_HELP)
        options_help(options, stdout);
    else
        puts("mpecho " PACKAGE_VERSION);
    return options->mode == MODE_CHECK ? (int)CHECK_UNKNOWN : STATUS_GOOD;
}

/* Some file systems tell only now that what was written is lost. */
static int close_output(int status)
{
    if (fclose(stdout) == 0)
        return status;
    warn("cannot write standard output");
    return status == STATUS_GOOD ? STATUS_LOCAL : status;
}

int main(int argc, char **argv)
{
    struct options options;
    int status;
    if (!fill_standard_descriptors())
        return STATUS_LOCAL;
    if (!options_parse(&options, argc, argv))
        return options.mode == MODE_CHECK ? (int)check_usage() : STATUS_USAGE;
    setlocale(LC_CTYPE, "");  /* what a terminal sends and shows; numbers stay as C has them */
    signal(SIGPIPE, SIG_IGN); /* if the reader of our output leaves, write fails and the user is told */
    if (options.action != OPTIONS_RUN)
        status = inform(&options);
    else
        status = report_check(&options) ? run(&options) : STATUS_USAGE;
    return close_output(status);
}
