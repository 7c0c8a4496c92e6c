/* ping.c: when to probe, when to end, and what comes of it; see ping.h. A probe is due at start + n * interval. One
 * that cannot be sent then, since the one before is still on its way, is left out, so that nothing drifts or comes in a
 * burst.
 */
#include "client/probe/ping.h"

#include <err.h>
#include <sys/param.h>

#include "client/base/clock.h"
#include "client/base/pace.h"
#include "client/probe/prober.h"

/* A connection that is ended in order keeps one of this machine's ports for a minute. With shorter intervals than this
 * there would be none left. */
#define ENDS_IN_ORDER (10 * CLOCK_MS)

struct ping {
    struct run *run;
    struct ev_loop *loop;
    struct prober *prober;
    struct pace pace;
    ev_timer deadline;
    ev_io signals;
    bool over;
};

/* The end. --------------------------------------------------------------------------------------------------------- */

static void finish(struct ping *ping)
{
    int64_t now = clock_now();
    if (ping->over)
        return;
    ping->over = true;
    result_measure(&ping->run->result, now - ping->run->begun);
    prober_stop(ping->prober, now);
    ev_break(ping->loop, EVBREAK_ALL);
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    finish(timer->data);
}

static void on_signal(struct ev_loop *loop, ev_io *io, int events)
{
    struct ping *ping = io->data;
    (void)loop;
    (void)events;
    run_take_signals(ping->run);
    if (ping->run->stopped)
        finish(ping);
}

/* Probes. ---------------------------------------------------------------------------------------------------------- */

/* A probe that falls due while the last one is unanswered is skipped. */
static void on_due(struct pace *pace, uint64_t arrival, int64_t now)
{
    struct ping *ping = pace->owner;
    (void)arrival;
    if (!ping->over && !prober_is_busy(ping->prober))
        prober_send(ping->prober, ping->run->options->sizes.size[0], now);
}

static void on_ended(void *owner, const struct probe *probe, int64_t now)
{
    struct ping *ping = owner;
    struct run *run = ping->run;
    run_tell(run, probe);
    if (ping->over)
        return;
    if (run->stopped || probe->sequence == run->options->count)
        finish(ping);
    else if (run->options->interval < RUN_INTERVAL_LEAST && probe->bytes > 0)
        prober_send(ping->prober, ping->run->options->sizes.size[0], now);
}

static void on_broke(void *owner, const char *why)
{
    struct ping *ping = owner;
    if (!ping->run->options->quiet)
        warnx("%s; the next message gets a new connection", why);
}

static const struct prober_events events = {.ended = on_ended, .broke = on_broke};

/* The run. --------------------------------------------------------------------------------------------------------- */

static bool make_prober(struct ping *ping)
{
    struct run *run = ping->run;
    ping->prober = prober_create(&(struct prober_plan){
        .loop = ping->loop,
        .found = &run->found,
        .begun = run->begun,
        .lines = run->options->lines,
        .limit = run->options->timeout,
        .single = run->options->crr,
        .reset = run->options->interval < ENDS_IN_ORDER,
        .tally = &run->result.total,
        .problems = &run->result.problems,
        .events = &events,
        .owner = ping,
    });
    run->found.fd = -1;
    return ping->prober != NULL;
}

static bool make_pace(struct ping *ping)
{
    ping->pace.loop = ping->loop;
    ping->pace.owner = ping;
    ping->pace.connections = ping->pace.step = ping->pace.members = 1;
    ping->pace.on_due = on_due;
    ping->pace.period = (double)run_interval(ping->run->options);
    return pace_create(&ping->pace);
}

static void watch_signals(struct ping *ping)
{
    ev_io_init(&ping->signals, on_signal, ping->run->signals, EV_READ);
    ping->signals.data = ping;
    ev_io_start(ping->loop, &ping->signals);
}

static void set_deadline(struct ping *ping)
{
    int64_t deadline = ping->run->deadline;
    ev_timer_init(&ping->deadline, on_deadline, clock_seconds(MAX(deadline - clock_now(), 0)), 0);
    ping->deadline.data = ping;
    if (deadline != INT64_MAX)
        ev_timer_start(ping->loop, &ping->deadline);
}

static void probe(struct ping *ping)
{
    ping->run->result.failed = !make_prober(ping);
    if (ping->run->result.failed)
        return;
    watch_signals(ping);
    set_deadline(ping);
    /* The pace ends there, too: the timer is good to a millisecond only, and a probe sent at the deadline has no time
     * left to be answered. */
    pace_begin(&ping->pace, ping->run->begun, ping->run->deadline);
    ev_run(ping->loop, 0);
    prober_destroy(ping->prober);
}

void ping_measure(struct run *run)
{
    struct ping ping = {.run = run, .loop = ev_loop_new(EVFLAG_NOENV)};
    if (ping.loop == NULL) {
        warnx("cannot make an event loop");
        return;
    }
    if (make_pace(&ping)) {
        if (run_begin(run))
            probe(&ping);
        pace_destroy(&ping.pace);
    }
    ev_loop_destroy(ping.loop);
}
