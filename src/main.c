/* main.c: composes the program: command line, configuration, detaching, master. Exit status: 0 fine or stopped by
 * request, 1 cannot start or run, 64 usage, 78 bad configuration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/console.h"
#include "base/reason.h"
#include "base/title.h"
#include "conf/conf.h"
#include "logger/logger.h"
#include "master/daemonize.h"
#include "master/listener/listen.h"
#include "master/master.h"
#include "options.h"
#include "worker/process.h"

static int complain(int status, const struct reason *why)
{
    console_say(STDERR_FILENO, status == EX_CONFIG ? "" : "mpechod: ", why->text);
    if (status == EX_USAGE)
        fputs("Try 'mpechod --help'.\n", stderr);
    return status;
}

/* The daemon leaves the directory that it was started in, but reads the file again at a reload. */
static char *absolute(const char *path)
{
    char *directory = path[0] == '/' ? NULL : getcwd(NULL, 0), *whole = NULL;
    if (path[0] == '/' || directory == NULL)
        return strdup(path);
    if (asprintf(&whole, "%s/%s", directory, path) < 0)
        whole = NULL;
    free(directory);
    return whole;
}

static int flush(void)
{
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(const struct options *options, struct master_setup *setup)
{
    struct reason why;
    setup->ready = -1;
    setup->work = worker_run;
    setup->log = logger_run;
    setup->inherited = listen_inherited();
    setup->has_terminal = options->foreground && (getpid() == 1 || isatty(0) || isatty(1) || isatty(2));
    if (!daemonize_clean(&why) || (!options->foreground && !daemonize_detach(&setup->ready, &why)))
        return complain(EXIT_FAILURE, &why);
    return master_run(setup);
}

static int act(const struct options *options, struct master_setup *setup)
{
    struct reason why;
    if (!conf_load(&setup->source, &setup->conf, &why))
        return complain(EX_CONFIG, &why);
    if (options->action == OPTIONS_RUN)
        return run(options, setup);
    if (options->action == OPTIONS_DUMP)
        conf_dump(&setup->conf, stdout);
    else
        puts("ok");
    return flush();
}

int main(int argc, char **argv)
{
    struct options options;
    struct reason why;
    struct title title = title_find(argv, environ);
    if (!options_parse(&options, argc, argv, &why))
        return complain(EX_USAGE, &why);
    if (options.action == OPTIONS_HELP) {
        options_help(stdout);
        return flush();
    }
    if (options.action == OPTIONS_VERSION) {
        puts("mpechod " PACKAGE_VERSION);
        return flush();
    }
    char *file = absolute(options.config != NULL ? options.config : SYSCONFDIR "/mpechod.conf");
    struct master_setup setup = {.source = {.file = file,
                                            .set = options.set,
                                            .sets = options.sets,
                                            .listen = options.listen,
                                            .listens = options.listens,
                                            .foreground = options.foreground},
                                 .title = title};
    int status = act(&options, &setup);
    free(file);
    return status;
}
