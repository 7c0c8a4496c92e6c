/* ping.c: when to probe, when to end, and what comes of it; see ping.h. A probe is due at start + n * interval. One
 * that cannot be sent then, since the one before is still on its way, is left out, so that nothing drifts or comes in a
 * burst.
 */
#include "ping.h"

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/param.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "pace.h"
#include "prober.h"
#include "report.h"
#include "signals.h"

/* Probes closer than this are a flood, which is asked about. */
#define FLOOD (2 * CLOCK_MS)
/* A shorter interval is none: a probe follows every reply. Where none comes, as from a server that refuses, it follows
 * after PERIOD_EASY, as it does with ping -f. */
#define INTERVAL_LEAST (10 * CLOCK_US)
#define PERIOD_EASY (10 * CLOCK_MS)

struct ping {
    const struct options *options;
    struct ev_loop *loop;
    struct prober *prober;
    struct report *report; /* NULL until an address has answered */
    struct pace pace;
    ev_timer deadline;
    ev_io signals;
    bool over;
    int64_t begun;
    enum status status; /* if there is no report to tell it */
    struct result result;
};

/* The end. --------------------------------------------------------------------------------------------------------- */

static void measure(struct ping *ping, int64_t now)
{
    struct result *result = &ping->result;
    result->measured = now - ping->begun;
    result->replied = result->total.replied;
    result->bytes = result->total.bytes;
}

static void finish(struct ping *ping)
{
    int64_t now = clock_now();
    if (ping->over)
        return;
    ping->over = true;
    measure(ping, now);
    prober_stop(ping->prober, now);
    ev_break(ping->loop, EVBREAK_ALL);
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    finish(timer->data);
}

static void take_signal(struct ping *ping)
{
    int number = signals_next(ping->signals.fd);
    if (number == SIGQUIT) {
        measure(ping, clock_now());
        report_so_far(ping->report, &ping->result);
    } else if (number != 0) {
        finish(ping);
    }
}

static void on_signal(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    take_signal(io->data);
}

static void wait_for_reader(struct ping *ping)
{
    while (!ping->over && !signals_wait_for_output(ping->signals.fd, INT64_MAX))
        take_signal(ping);
}

/* Probes. ---------------------------------------------------------------------------------------------------------- */

static bool is_ceaseless(const struct ping *ping)
{
    return ping->options->interval < INTERVAL_LEAST;
}

/* The deadline's timer is good to a millisecond only, and is often the time of a probe: which would have no time left
 * to be answered. */
static void on_due(struct pace *pace, uint64_t arrival, int64_t now)
{
    struct ping *ping = pace->owner;
    (void)arrival;
    if (!ping->over && !prober_is_busy(ping->prober))
        prober_send(ping->prober, now);
}

/* Nobody would see the rest if the output has failed. */
static bool is_enough(const struct ping *ping, const struct probe *probe)
{
    return probe->sequence == ping->options->count || ferror(stdout) != 0;
}

static void on_ended(void *owner, const struct probe *probe, int64_t now)
{
    struct ping *ping = owner;
    if (probe->bytes == 0)
        problems_add(&ping->result.problems, NULL, probe->note, 1);
    if (!ping->options->quiet)
        wait_for_reader(ping);
    report_probe(ping->report, probe);
    if (is_enough(ping, probe))
        finish(ping);
    else if (is_ceaseless(ping) && probe->bytes > 0)
        prober_send(ping->prober, now);
}

static void on_broke(void *owner, const char *why)
{
    struct ping *ping = owner;
    problems_add(&ping->result.problems, NULL, why, 1);
    if (!ping->options->quiet)
        warnx("%s; the next message gets a new connection", why);
}

/* The beginning. --------------------------------------------------------------------------------------------------- */

static bool watch_signals(struct ping *ping)
{
    int fd = signals_open();
    if (fd == -1)
        return false;
    ev_io_init(&ping->signals, on_signal, fd, EV_READ);
    ping->signals.data = ping;
    ev_io_start(ping->loop, &ping->signals);
    return true;
}

static const struct prober_events events = {.ended = on_ended, .broke = on_broke};

static bool make_prober(struct ping *ping, const struct target_found *found)
{
    const struct options *options = ping->options;
    ping->prober = prober_create(&(struct prober_plan){
        .loop = ping->loop,
        .found = found,
        .begun = ping->begun,
        .size = options->sizes.size[0],
        .limit = options->timeout,
        .single = options->crr,
        .reset = options->interval < FLOOD,
        .tally = &ping->result.total,
        .events = &events,
        .owner = ping,
    });
    return ping->prober != NULL;
}

static bool make_pace(struct ping *ping)
{
    ping->pace.loop = ping->loop;
    ping->pace.owner = ping;
    ping->pace.connections = ping->pace.step = ping->pace.members = 1;
    ping->pace.on_due = on_due;
    ping->pace.period = (double)(is_ceaseless(ping) ? PERIOD_EASY : ping->options->interval);
    return pace_create(&ping->pace);
}

static void set_deadline(struct ping *ping, int64_t deadline)
{
    ev_timer_init(&ping->deadline, on_deadline, clock_seconds(MAX(deadline - clock_now(), 0)), 0);
    ping->deadline.data = ping;
    if (deadline != INT64_MAX)
        ev_timer_start(ping->loop, &ping->deadline);
}

static bool make(struct ping *ping, const struct target_found *found)
{
    ping->result.options = ping->options;
    ping->result.target = found->target;
    ping->result.begun = time(NULL);
    ping->begun = clock_now();
    ping->status = STATUS_LOCAL;
    ping->pace.fd = ping->signals.fd = -1;
    ping->loop = ev_loop_new(EVFLAG_NOENV);
    if (ping->loop == NULL)
        warnx("cannot make an event loop");
    return ping->loop != NULL && make_pace(ping) && make_prober(ping, found) && watch_signals(ping) &&
           (ping->report = report_open(ping->options, found->target)) != NULL;
}

static void destroy(struct ping *ping)
{
    prober_destroy(ping->prober);
    if (ping->pace.fd != -1)
        pace_destroy(&ping->pace);
    if (ping->signals.fd != -1)
        close(ping->signals.fd);
    if (ping->loop != NULL)
        ev_loop_destroy(ping->loop);
    free(ping);
}

static enum status probe_target(struct ping *ping, const struct target_found *found, int64_t deadline)
{
    if (!make(ping, found))
        return ping->status;
    set_deadline(ping, deadline);
    pace_begin(&ping->pace, ping->begun, deadline);
    ev_run(ping->loop, 0);
    signals_release();
    return report_close(ping->report, &ping->result);
}

/* Until it has found somebody ^C ends the process, as there is nothing to tell. */
enum status ping_run(const struct options *options, const struct target *targets, size_t count)
{
    struct target_found found;
    int64_t deadline = options->duration == 0 ? INT64_MAX : clock_now() + options->duration;
    if (options->interval < FLOOD && !target_may_flood(targets, count, options))
        return STATUS_USAGE;
    enum status status = target_connect(targets, count, options->timeout, deadline, &found);
    if (status != STATUS_GOOD) {
        warnx("%s", found.why);
        return report_nothing(options, status);
    }
    struct ping *ping = calloc(1, sizeof *ping);
    if (ping == NULL) {
        warnx("out of memory");
        return STATUS_LOCAL;
    }
    ping->options = options;
    status = probe_target(ping, &found, deadline);
    destroy(ping);
    return status;
}
