/* bench.c: the main thread of a bench: starts the threads, wakes up for every report, for signals and at the end, and
 * adds up what the threads have counted; see bench.h. It sends nothing itself. */
#include "client/load/bench.h"

#include <err.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/param.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client/base/clock.h"
#include "client/base/signals.h"
#include "client/load/load.h"
#include "client/load/thread.h"
#include "client/report/report.h"

#define PROGRESS (200 * CLOCK_MS)

struct bench {
    struct run *run;
    int notify;
    size_t count;
    struct thread **threads;
    _Atomic uint32_t numbers; /* see conn.h */
    bool once;                /* the load ends by itself */

    bool measuring, ending;
    int64_t begun;           /* when the load began */
    int64_t measuring_since; /* without what is omitted */
    int64_t reported;        /* when the last interval ended */
    int64_t shown;           /* when progress was shown */
    struct tally interval;
};

/* Adding up. ------------------------------------------------------------------------------------------------------- */

static void collect(struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++)
        thread_collect(bench->threads[i], &bench->interval, &bench->run->result.problems);
}

static void begin_interval(struct bench *bench, int64_t now)
{
    memset(&bench->interval, 0, sizeof bench->interval);
    bench->reported = bench->shown = now;
}

static struct interval interval_until(const struct bench *bench, int64_t now)
{
    return (struct interval){
        .start = bench->reported - bench->measuring_since,
        .end = now - bench->measuring_since,
        .tally = &bench->interval,
    };
}

/* On time, though this may be heard a little later: what counts is the threads' affair. Of the omitted time that is the
 * connections and the wrong bytes, which the first interval has. */
static void begin_measuring(struct bench *bench, int64_t now)
{
    bench->measuring = true;
    bench->measuring_since = MIN(now, bench->begun + bench->run->options->omit);
    bench->reported = bench->shown = bench->measuring_since;
}

static void end_interval(struct bench *bench, int64_t now)
{
    collect(bench);
    tally_merge(&bench->run->result.total, &bench->interval);
    result_measure(&bench->run->result, now - bench->measuring_since);
}

static int64_t end_of_load(const struct bench *bench)
{
    return bench->once ? INT64_MAX : bench->begun + bench->run->options->omit + bench->run->options->duration;
}

/* If nobody reads what we write, wait until a signal comes or the load is to end, and then leave it out. */
static void tell_interval(struct bench *bench, int64_t now)
{
    struct interval interval = interval_until(bench, now);
    bool read = signals_wait_for_output(bench->run->signals, bench->ending ? INT64_MAX : end_of_load(bench));
    report_interval(bench->run->report, &interval, read);
    begin_interval(bench, now);
}

static void show_progress(struct bench *bench, int64_t now)
{
    collect(bench);
    struct interval interval = interval_until(bench, now);
    if (signals_wait_for_output(bench->run->signals, end_of_load(bench)))
        report_progress(bench->run->report, &interval);
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

/* On a schedule that does not drift, whenever the one before was told. */
static int64_t end_of_interval(const struct bench *bench)
{
    int64_t length = bench->run->options->interval, passed = (bench->reported - bench->measuring_since) / length;
    return MIN(bench->measuring_since + (passed + 1) * length, end_of_load(bench));
}

static int64_t next_event(const struct bench *bench)
{
    if (bench->ending)
        return INT64_MAX; /* threads end in time by themselves */
    if (!bench->measuring)
        return bench->begun + bench->run->options->omit;
    int64_t end = end_of_interval(bench);
    return report_is_live(bench->run->report) ? MIN(bench->shown + PROGRESS, end) : end;
}

/* The interval under way included, which goes on. */
static void tell_so_far(struct bench *bench, int64_t now)
{
    struct result *so_far = malloc(sizeof *so_far);
    if (so_far == NULL)
        return;
    collect(bench);
    *so_far = bench->run->result;
    if (!bench->ending) {
        tally_merge(&so_far->total, &bench->interval);
        result_measure(so_far, now - bench->measuring_since);
    }
    report_so_far(bench->run->report, so_far);
    free(so_far);
}

static void interrupt(struct bench *bench, int64_t now)
{
    bench->run->result.interrupted = bench->run->result.interrupted || !bench->ending;
    end_load(bench, now, true);
}

static void take_signal(struct bench *bench, int64_t now)
{
    int number = signals_next(bench->run->signals);
    if (number == SIGQUIT)
        tell_so_far(bench, now);
    else if (number != 0)
        interrupt(bench, now);
}

static void wait_for_event(struct bench *bench)
{
    struct pollfd fds[] = {{.fd = bench->run->signals, .events = POLLIN}, {.fd = bench->notify, .events = POLLIN}};
    uint64_t ended;
    if (signals_poll(fds, 2, next_event(bench)) <= 0)
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
    if (report_has_failed(bench->run->report))
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
    bench->begun = bench->measuring_since = clock_now();
    begin_interval(bench, bench->begun);
    for (size_t i = 0; i < bench->count; i++)
        thread_begin(bench->threads[i], bench->begun, bench->begun + bench->run->options->omit);
    bench->run->found.fd = -1;
    bench->measuring = bench->run->options->omit == 0;
    while (!all_done(bench))
        step(bench);
    end_load(bench, clock_now(), false); /* unless it has ended */
    collect(bench);
    tally_merge(&bench->run->result.total, &bench->interval);
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

static bool make_threads(struct bench *bench)
{
    struct thread_plan plan = {.options = bench->run->options,
                               .target = bench->run->found.target,
                               .kind = bench->run->options->udp ? &load_udp : &load_stream,
                               .notify = bench->notify,
                               .numbers = &bench->numbers,
                               .trial_took = bench->run->found.took,
                               .trial = bench->run->found.fd};
    bench->threads = calloc(bench->run->options->threads, sizeof(struct thread *));
    if (bench->threads == NULL || getrandom(&plan.seed, sizeof plan.seed, 0) != sizeof plan.seed) {
        warnx("out of memory, or of random numbers");
        return false;
    }
    for (size_t i = 0; i < bench->run->options->threads; i++, bench->count++)
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
    close(bench->notify);
    free(bench);
}

static void measure(struct bench *bench)
{
    struct run *run = bench->run;
    bench->once = run->options->burst || run->options->hold > 0;
    bench->notify = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (bench->notify == -1)
        warn("eventfd");
    if (bench->notify == -1 || !allow_descriptors(run->options) || !make_threads(bench) || !run_begin(run))
        return;
    run->result.failed = !start_threads(bench);
    if (!run->result.failed)
        conduct(bench);
}

void bench_measure(struct run *run)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL) {
        warnx("out of memory");
        return;
    }
    bench->run = run;
    measure(bench);
    destroy(bench);
}
