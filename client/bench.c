/* bench.c: the main thread of a bench: starts the threads, wakes up for every report, for signals and at the end, and
 * adds up what the threads have counted; see bench.h. It sends nothing itself. */
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "load.h"
#include "report.h"
#include "signals.h"
#include "thread.h"

#define PROGRESS (200 * CLOCK_MS)

struct bench {
    const struct options *options;
    struct report *report;
    int signals, notify;
    int64_t trial_took;
    int trial; /* the connection by which the target was found, until the threads begin; -1: none */
    size_t count;
    struct thread **threads;
    bool once; /* the load ends by itself */

    bool measuring, ending;
    int64_t begun;    /* when the load began */
    int64_t measured; /* when the measuring began */
    int64_t reported; /* when the last interval ended */
    int64_t shown;    /* when progress was shown */
    struct tally interval;
    struct result result;
};

/* Adding up. ------------------------------------------------------------------------------------------------------- */

static void collect(struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++)
        thread_collect(bench->threads[i], &bench->interval, &bench->result.problems);
}

static void begin_interval(struct bench *bench, int64_t now)
{
    memset(&bench->interval, 0, sizeof bench->interval);
    bench->reported = bench->shown = now;
}

static struct interval interval_until(const struct bench *bench, int64_t now)
{
    return (struct interval){
        .start = bench->reported - bench->measured,
        .end = now - bench->measured,
        .tally = &bench->interval,
    };
}

/* Faults before the measuring count all the same, and so does whether there was a connection at all. */
static void keep_faults(struct bench *bench)
{
    bench->result.total.connected += bench->interval.connected;
    bench->result.total.faults += bench->interval.faults;
}

static void begin_measuring(struct bench *bench, int64_t now)
{
    for (size_t i = 0; i < bench->count; i++)
        thread_measure(bench->threads[i], &bench->interval, &bench->result.problems);
    keep_faults(bench);
    bench->measuring = true;
    bench->measured = now;
    begin_interval(bench, now);
}

static void end_interval(struct bench *bench, int64_t now)
{
    collect(bench);
    tally_merge(&bench->result.total, &bench->interval);
    bench->result.measured = now - bench->measured;
    bench->result.replied = bench->result.total.replied;
    bench->result.bytes = bench->result.total.bytes;
}

static int64_t end_of_load(const struct bench *bench)
{
    return bench->once ? INT64_MAX : bench->begun + bench->options->omit + bench->options->duration;
}

/* Left out when a signal comes while nobody reads what we write, or the end, which must not wait for that. */
static void tell_interval(struct bench *bench, int64_t now)
{
    struct interval interval = interval_until(bench, now);
    if (signals_wait_for_output(bench->signals, bench->ending ? INT64_MAX : end_of_load(bench)))
        report_interval(bench->report, &interval);
    begin_interval(bench, now);
}

static void show_progress(struct bench *bench, int64_t now)
{
    collect(bench);
    struct interval interval = interval_until(bench, now);
    if (signals_wait_for_output(bench->signals, end_of_load(bench)))
        report_progress(bench->report, &interval);
    bench->shown = now;
}

static void end_measuring(struct bench *bench, int64_t now)
{
    if (!bench->measuring)
        begin_measuring(bench, now);
    end_interval(bench, now);
    bench->ending = true;
}

static void end_threads(struct bench *bench, bool hurry)
{
    for (size_t i = 0; i < bench->count; i++)
        thread_end(bench->threads[i], hurry);
}

/* Called again it can only hurry. */
static void end_load(struct bench *bench, int64_t now, bool hurry)
{
    bool first = !bench->ending;
    if (first)
        end_measuring(bench, now);
    end_threads(bench, hurry);
    if (first)
        tell_interval(bench, now);
}

/* Waiting. --------------------------------------------------------------------------------------------------------- */

static int64_t earlier(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* On a schedule that does not drift, whenever the one before was told. */
static int64_t end_of_interval(const struct bench *bench)
{
    int64_t length = bench->options->interval, passed = (bench->reported - bench->measured) / length;
    return earlier(bench->measured + (passed + 1) * length, end_of_load(bench));
}

static int64_t next_event(const struct bench *bench)
{
    if (bench->ending)
        return INT64_MAX; /* threads end in time by themselves */
    if (!bench->measuring)
        return bench->begun + bench->options->omit;
    int64_t end = end_of_interval(bench);
    return report_is_live(bench->report) ? earlier(bench->shown + PROGRESS, end) : end;
}

/* The interval under way included, which goes on. */
static void tell_so_far(struct bench *bench, int64_t now)
{
    struct result *so_far = malloc(sizeof *so_far);
    if (so_far == NULL)
        return;
    collect(bench);
    *so_far = bench->result;
    if (!bench->ending) {
        tally_merge(&so_far->total, &bench->interval);
        so_far->measured = now - bench->measured;
        so_far->replied = so_far->total.replied;
        so_far->bytes = so_far->total.bytes;
    }
    report_so_far(bench->report, so_far);
    free(so_far);
}

static void interrupt(struct bench *bench, int64_t now)
{
    bench->result.interrupted = bench->result.interrupted || !bench->ending;
    end_load(bench, now, true);
}

static void take_signal(struct bench *bench, int64_t now)
{
    int number = signals_next(bench->signals);
    if (number == SIGQUIT)
        tell_so_far(bench, now);
    else if (number != 0)
        interrupt(bench, now);
}

static void wait_for_event(struct bench *bench)
{
    struct pollfd fds[] = {{.fd = bench->signals, .events = POLLIN}, {.fd = bench->notify, .events = POLLIN}};
    int64_t next = next_event(bench), left = next - clock_now();
    struct timespec limit = {.tv_sec = left > 0 ? left / CLOCK_SECOND : 0,
                             .tv_nsec = left > 0 ? left % CLOCK_SECOND : 0};
    uint64_t ended;
    if (ppoll(fds, 2, next == INT64_MAX ? NULL : &limit, NULL) <= 0)
        return;
    if (fds[0].revents != 0)
        take_signal(bench, clock_now());
    if (fds[1].revents != 0 && read(bench->notify, &ended, sizeof ended) == -1)
        warn("eventfd");
}

static bool all_done(struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++)
        if (!thread_is_done(bench->threads[i]))
            return false;
    return true;
}

/* Nobody would see the rest if the output has failed. */
static void end_and_tell(struct bench *bench, int64_t now)
{
    end_interval(bench, now);
    tell_interval(bench, now);
    if (ferror(stdout) != 0)
        interrupt(bench, now);
}

static void step(struct bench *bench)
{
    wait_for_event(bench);
    int64_t now = clock_now();
    if (bench->ending || now < next_event(bench))
        return;
    if (!bench->measuring)
        begin_measuring(bench, now);
    else if (now >= end_of_load(bench))
        end_load(bench, now, false);
    else if (now >= end_of_interval(bench))
        end_and_tell(bench, now);
    else
        show_progress(bench, now);
}

static void conduct(struct bench *bench)
{
    bench->begun = bench->measured = clock_now();
    begin_interval(bench, bench->begun);
    for (size_t i = 0; i < bench->count; i++)
        thread_begin(bench->threads[i], bench->begun);
    bench->trial = -1;
    bench->measuring = bench->options->omit == 0;
    while (!all_done(bench))
        step(bench);
    end_load(bench, clock_now(), false); /* unless it has ended */
    collect(bench);
    tally_merge(&bench->result.total, &bench->interval);
    signals_release();
}

/* Making it. ------------------------------------------------------------------------------------------------------- */

/* A few more than connections: standard files, loops, timers. */
static bool allow_descriptors(const struct options *options)
{
    struct rlimit limit;
    uint64_t needed = options->connections + 8 * options->threads + 16;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < needed && limit.rlim_max >= needed) {
        limit.rlim_cur = needed;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= needed)
        return true;
    warnx("%" PRIu64 " connections need %" PRIu64 " file descriptors, and %" PRIu64 " are allowed: raise ulimit -n",
          options->connections, needed, (uint64_t)limit.rlim_max);
    return false;
}

static bool make_threads(struct bench *bench, const struct target *target)
{
    struct thread_plan plan = {.options = bench->options,
                               .target = target,
                               .kind = bench->options->udp ? &load_udp : &load_stream,
                               .notify = bench->notify,
                               .trial_took = bench->trial_took,
                               .trial = bench->trial};
    bench->threads = calloc(bench->options->threads, sizeof(struct thread *));
    if (bench->threads == NULL || getrandom(&plan.run, sizeof plan.run, 0) != sizeof plan.run) {
        warnx("out of memory, or of random numbers");
        return false;
    }
    for (size_t i = 0; i < bench->options->threads; i++, bench->count++)
        if ((bench->threads[i] = thread_create(&plan, i)) == NULL)
            return false;
    return true;
}

static bool start_threads(struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++)
        if (!thread_start(bench->threads[i]))
            return false;
    return true;
}

static void destroy(struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++)
        thread_destroy(bench->threads[i]);
    free(bench->threads);
    if (bench->trial != -1)
        close(bench->trial);
    close(bench->signals);
    close(bench->notify);
    free(bench);
}

static enum status measure(struct bench *bench, const struct target *target)
{
    bench->result.options = bench->options;
    bench->result.target = target;
    bench->result.begun = time(NULL);
    bench->once = bench->options->burst || bench->options->hold > 0;
    bench->signals = signals_open();
    bench->notify = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (bench->signals == -1 || bench->notify == -1 || !allow_descriptors(bench->options) ||
        !make_threads(bench, target))
        return STATUS_LOCAL;
    if ((bench->report = report_open(bench->options, target)) == NULL)
        return STATUS_LOCAL;
    bench->result.failed = !start_threads(bench);
    if (!bench->result.failed)
        conduct(bench);
    return report_close(bench->report, &bench->result);
}

static enum status measure_target(const struct options *options, const struct target *target, int trial, int64_t took)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL) {
        warnx("out of memory");
        return STATUS_LOCAL;
    }
    bench->options = options;
    bench->trial = trial;
    bench->trial_took = took;
    enum status status = measure(bench, target);
    destroy(bench);
    return status;
}

/* A datagram socket has found nothing yet. */
static int keep_trial(const struct options *options, int fd)
{
    if (!options->udp && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        return fd;
    close(fd);
    return -1;
}

enum status bench_run(const struct options *options, const struct target *targets, size_t count)
{
    struct target_found found;
    if (!target_may_flood(targets, count, options))
        return STATUS_USAGE;
    enum status status = target_connect(targets, count, options->timeout, INT64_MAX, &found);
    if (status != STATUS_GOOD) {
        warnx("%s", found.why);
        return report_nothing(options, status);
    }
    return measure_target(options, found.target, keep_trial(options, found.fd), found.took);
}
