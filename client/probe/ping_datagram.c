/* ping_datagram.c: the poll loop of ping -u, and a line for whatever becomes of a datagram; see ping_datagram.h. */
#include "client/probe/ping_datagram.h"

#include <err.h>
#include <stdlib.h>
#include <sys/param.h>
#include <sys/random.h>

#include "client/base/clock.h"
#include "client/probe/ping_mtu.h"
#include "client/wire/datagram.h"

/* Lines. ----------------------------------------------------------------------------------------------------------- */

/* Whatever cannot be said of a datagram of ours has no line: the summary has it among the problems. */
static void on_event(struct datagram_socket *socket, const struct datagram_event *event, int64_t now)
{
    struct run *run = socket->owner;
    char text[DATAGRAM_TEXT];
    struct probe probe = {.sequence = event->number + 1, .again = !event->ended};
    if (!event->known)
        return;
    probe.at = (event->sent == 0 ? now : event->sent) - run->begun;
    if (event->kind == DATAGRAM_REPLIED || event->kind == DATAGRAM_DUPLICATE || event->kind == DATAGRAM_LATE) {
        probe.bytes = event->length;
        probe.rtt = event->sent == 0 ? 0 : now - event->sent;
    }
    if (event->kind == DATAGRAM_DUPLICATE)
        probe.note = "DUP!";
    else if (event->kind == DATAGRAM_REPLIED)
        probe.note = event->reordered ? "out of order" : NULL;
    else
        probe.note = datagram_text(event, text);
    probe.icmp = event->icmp;
    run_tell(run, &probe);
}

/* Sending. --------------------------------------------------------------------------------------------------------- */

static bool all_sent(const struct run *run, const struct datagram_socket *socket)
{
    return run->options->count != 0 && socket->next == run->options->count;
}

static bool is_over(const struct run *run, const struct datagram_socket *socket)
{
    return run->stopped || (all_sent(run, socket) && socket->outstanding == 0);
}

/* Returns when the next one is due. What was missed while the process was stopped is not made up for; what was sent
 * early, as the last one had been answered, begins a new schedule. */
static int64_t send_one(const struct run *run, struct datagram_socket *socket, int64_t due)
{
    int64_t now = clock_now(), interval = run_interval(run->options), from = MIN(due, now);
    datagram_send(socket, run->options->sizes.size[0], INT64_MAX);
    return from + ((now - from) / interval + 1) * interval;
}

/* Without an interval the next one need not wait when the last one is answered. */
static bool is_due(const struct run *run, const struct datagram_socket *socket, int64_t due)
{
    bool answered = socket->outstanding == 0 && socket->heard == socket->next;
    return clock_now() >= due || (run->options->interval < RUN_INTERVAL_LEAST && answered);
}

static void wait_until(struct run *run, struct datagram_socket *socket, int64_t until)
{
    if (run_wait(run, socket->fd, MIN(until, datagram_deadline(socket))))
        datagram_receive(socket);
    datagram_expire(socket, clock_now());
}

static void judge_outstanding(struct run *run, struct datagram_socket *socket)
{
    socket->shared->timeout = MIN(socket->shared->timeout, result_patience(&run->result.total));
    datagram_expire(socket, clock_now());
    run->result.total.sent -= socket->outstanding;
}

static void probe_path(struct run *run, struct datagram_socket *socket)
{
    int64_t due = run->begun;
    socket->shared->on_event = on_event;
    socket->owner = run;
    while (!is_over(run, socket)) {
        if (!all_sent(run, socket) && is_due(run, socket, due))
            due = send_one(run, socket, due);
        if (!is_over(run, socket))
            wait_until(run, socket, all_sent(run, socket) ? INT64_MAX : due);
    }
    judge_outstanding(run, socket);
}

/* The run. --------------------------------------------------------------------------------------------------------- */

static bool prepare(struct run *run, struct datagram_shared *shared)
{
    const struct options *options = run->options;
    int64_t least = MAX(options->interval, RUN_INTERVAL_LEAST);
    shared->target = run->found.target;
    shared->timeout = options->timeout;
    shared->memory = datagram_memory(2 * (double)options->timeout / (double)least);
    shared->sockets = 1;
    shared->dont_fragment = options->dont_fragment;
    shared->tally = &run->result.total;
    shared->problems = &run->result.problems;
    return getrandom(&shared->seed, sizeof shared->seed, 0) == sizeof shared->seed;
}

static void measure(struct run *run, struct datagram_shared *shared)
{
    struct datagram_socket socket = {.shared = shared};
    if (!prepare(run, shared) || !datagram_open(&socket)) {
        warn("cannot make a socket for %s", run->found.target->text);
        return;
    }
    if (run_begin(run)) {
        if (run->options->sizes.sweep)
            ping_mtu_search(run, &socket);
        else
            probe_path(run, &socket);
        result_measure(&run->result, clock_now() - run->begun);
    }
    datagram_close(&socket);
}

void ping_datagram_measure(struct run *run)
{
    struct datagram_shared *shared = calloc(1, sizeof *shared);
    if (shared == NULL)
        warnx("out of memory");
    else
        measure(run, shared);
    free(shared);
}
