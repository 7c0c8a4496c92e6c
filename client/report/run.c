/* run.c: the frame of a run; see run.h. */
#include "client/report/run.h"

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/param.h>
#include <time.h>
#include <unistd.h>

#include "client/base/signals.h"

/* As in ping(8): an interval below FLOOD needs permission, and a flood that gets no replies sends so often. */
#define FLOOD (2 * CLOCK_MS)
#define FLOOD_PERIOD (10 * CLOCK_MS)

bool run_is_flood(const struct options *options)
{
    return options->mode == MODE_BENCH || (options->interval < FLOOD && !options->sizes.sweep);
}

int64_t run_interval(const struct options *options)
{
    return options->interval < RUN_INTERVAL_LEAST ? FLOOD_PERIOD : options->interval;
}

/* On the way. ------------------------------------------------------------------------------------------------------ */

bool run_begin(struct run *run)
{
    run->signals = signals_open();
    if (run->signals == -1)
        return false;
    run->report = report_open(run->options, run->found.target);
    run->result.begun = time(NULL);
    run->begun = clock_now();
    return run->report != NULL;
}

void run_take_signals(struct run *run)
{
    int number = signals_next(run->signals);
    if (number == SIGQUIT) {
        result_measure(&run->result, clock_now() - run->begun);
        report_so_far(run->report, &run->result);
    } else if (number != 0) {
        run->stopped = true;
    }
}

bool run_wait(struct run *run, int fd, int64_t until)
{
    struct pollfd fds[] = {{.fd = run->signals, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    int ready = signals_poll(fds, 2, MIN(until, run->deadline));
    if (ready > 0 && fds[0].revents != 0)
        run_take_signals(run);
    if (clock_now() >= run->deadline)
        run->stopped = true;
    return ready > 0 && fds[1].revents != 0;
}

/* Nobody would see the rest if the output has failed. */
void run_tell(struct run *run, const struct probe *probe)
{
    while (!run->options->quiet && !run->stopped && !signals_wait_for_output(run->signals, INT64_MAX))
        run_take_signals(run);
    report_probe(run->report, probe);
    run->stopped = run->stopped || report_has_failed(run->report);
}

/* The whole. ------------------------------------------------------------------------------------------------------- */

/* connect(2) of a datagram socket proves nothing about the server. */
static void keep_connection(struct run *run)
{
    if (!run->options->udp && fcntl(run->found.fd, F_SETFL, O_NONBLOCK) == 0)
        return;
    close(run->found.fd);
    run->found.fd = -1;
}

/* Until somebody is found ^C ends the process, as there is nothing to tell. */
static enum status find(struct run *run, const struct target *targets, size_t count)
{
    const struct options *options = run->options;
    bool limited = options->mode == MODE_PING && options->duration > 0;
    run->deadline = limited ? clock_now() + options->duration : INT64_MAX;
    if (run_is_flood(options) && !target_may_flood(targets, count, options))
        return STATUS_USAGE;
    enum status status = target_connect(targets, count, options->timeout, run->deadline, &run->found);
    if (status == STATUS_GOOD)
        keep_connection(run);
    else
        warnx("%s", run->found.why);
    return status;
}

static enum status conduct(struct run *run, void (*measure)(struct run *run))
{
    run->result.options = run->options;
    run->result.target = run->found.target;
    run->signals = -1;
    measure(run);
    signals_release();
    if (run->found.fd != -1)
        close(run->found.fd);
    if (run->signals != -1)
        close(run->signals);
    return run->report != NULL ? report_close(run->report, &run->result)
                               : report_nothing(run->options, STATUS_LOCAL, NULL);
}

static enum status find_and_conduct(struct run *run, const struct target *targets, size_t count,
                                    void (*measure)(struct run *run))
{
    enum status status = find(run, targets, count);
    if (status == STATUS_GOOD)
        return conduct(run, measure);
    return status == STATUS_USAGE ? status : report_nothing(run->options, status, run->found.why);
}

enum status run_execute(const struct options *options, void (*measure)(struct run *run))
{
    struct target *targets;
    char why[TARGET_WHY];
    size_t count = target_look_up(options, &targets, why);
    if (count == 0) {
        warnx("%s", why);
        return report_nothing(options, STATUS_NO_CONNECTION, why);
    }
    struct run *run = calloc(1, sizeof *run);
    enum status status = STATUS_LOCAL;
    if (run != NULL) {
        run->options = options;
        status = find_and_conduct(run, targets, count, measure);
    } else {
        warnx("out of memory");
        report_nothing(options, status, "out of memory");
    }
    free(run);
    free(targets);
    return status;
}
