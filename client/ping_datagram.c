/* ping_datagram.c: the poll loop of ping -u, and a line for whatever becomes of a datagram; see ping_datagram.h. */
#include "ping_datagram.h"

#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "clock.h"
#include "ping_mtu.h"
#include "signals.h"

/* From this interval on down it is a flood; and with none at all it is ping(8)'s: as fast as replies come, or so often.
 */
#define PING_FLOOD (2 * CLOCK_MS)
#define PING_AT_LEAST (10 * CLOCK_MS)

/* Waiting. --------------------------------------------------------------------------------------------------------- */

static void sum_up(struct ping_datagram *ping)
{
    struct result *result = &ping->result;
    result->measured = clock_now() - ping->begun;
    result->replied = result->total.replied;
    result->bytes = result->total.bytes;
}

static void take_signal(struct ping_datagram *ping)
{
    int number = signals_next(ping->signals);
    if (number == SIGQUIT) {
        sum_up(ping);
        report_so_far(ping->report, &ping->result);
    } else if (number != 0) {
        ping->stopped = true;
    }
}

/* Nobody would see the rest if the output has failed. */
void ping_datagram_tell(struct ping_datagram *ping, const struct probe *probe)
{
    while (!ping->options->quiet && !ping->stopped && !signals_wait_for_output(ping->signals, INT64_MAX))
        take_signal(ping);
    report_probe(ping->report, probe);
    ping->stopped = ping->stopped || ferror(stdout) != 0;
}

static int64_t deadline_of(const struct ping_datagram *ping)
{
    return ping->options->duration == 0 ? INT64_MAX : ping->begun + ping->options->duration;
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void ping_datagram_wait(struct ping_datagram *ping, int64_t until)
{
    struct pollfd fds[] = {{.fd = ping->signals, .events = POLLIN}, {.fd = ping->socket.fd, .events = POLLIN}};
    until = earliest(until, earliest(datagram_deadline(&ping->socket), deadline_of(ping)));
    int64_t left = until - clock_now();
    struct timespec limit = {.tv_sec = left > 0 ? left / CLOCK_SECOND : 0,
                             .tv_nsec = left > 0 ? left % CLOCK_SECOND : 0};
    int ready = ppoll(fds, 2, until == INT64_MAX ? NULL : &limit, NULL);
    if (ready > 0 && fds[0].revents != 0)
        take_signal(ping);
    if (ready > 0 && fds[1].revents != 0)
        datagram_receive(&ping->socket);
    int64_t now = clock_now();
    datagram_expire(&ping->socket, now);
    if (now >= deadline_of(ping))
        ping->stopped = true;
}

/* Lines. ----------------------------------------------------------------------------------------------------------- */

/* Whatever cannot be said of a datagram of ours has no line: the summary has it among the problems. */
static void on_event(struct datagram_socket *socket, const struct datagram_event *event, int64_t now)
{
    struct ping_datagram *ping = socket->owner;
    char text[DATAGRAM_TEXT];
    struct probe probe = {.sequence = event->number + 1, .at = now - ping->begun, .again = !event->ended};
    if (!event->known)
        return;
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
    ping_datagram_tell(ping, &probe);
}

/* Sending. --------------------------------------------------------------------------------------------------------- */

static bool all_sent(const struct ping_datagram *ping)
{
    return ping->options->count != 0 && ping->socket.next == ping->options->count;
}

static bool is_over(const struct ping_datagram *ping)
{
    return ping->stopped || (all_sent(ping) && ping->socket.outstanding == 0);
}

/* Returns when the next one is due. What was missed while the process was stopped is not made up for. */
static int64_t send_one(struct ping_datagram *ping, int64_t due)
{
    int64_t interval = ping->options->interval > 0 ? ping->options->interval : PING_AT_LEAST;
    int64_t now = clock_now();
    datagram_send(&ping->socket, ping->options->sizes.size[0], now);
    return due + interval > now ? due + interval : now + interval;
}

/* Without an interval the next one need not wait when the last one is answered. */
static bool is_due(const struct ping_datagram *ping, int64_t due)
{
    bool answered = ping->socket.outstanding == 0 && ping->socket.heard == ping->socket.next;
    return clock_now() >= due || (ping->options->interval == 0 && answered);
}

/* As with ping(8), what is on its way at the end is lost if it took longer than twice the longest that any took, and
 * otherwise was not sent. */
static void judge_outstanding(struct ping_datagram *ping)
{
    const struct hist *response = &ping->result.total.response;
    int64_t slowest = response->count == 0 ? 0 : response->max;
    if (2 * slowest < ping->shared.timeout)
        ping->shared.timeout = 2 * slowest;
    datagram_expire(&ping->socket, clock_now());
    ping->result.total.sent -= ping->socket.outstanding;
}

static void probe_path(struct ping_datagram *ping)
{
    int64_t due = ping->begun;
    ping->shared.on_event = on_event;
    ping->socket.owner = ping;
    while (!is_over(ping)) {
        if (!all_sent(ping) && is_due(ping, due))
            due = send_one(ping, due);
        if (!is_over(ping))
            ping_datagram_wait(ping, all_sent(ping) ? INT64_MAX : due);
    }
    judge_outstanding(ping);
}

/* The run. --------------------------------------------------------------------------------------------------------- */

static bool prepare(struct ping_datagram *ping, const struct target *target)
{
    const struct options *options = ping->options;
    double period = (double)(options->interval > 0 ? options->interval : CLOCK_MS / 100);
    ping->result.options = options;
    ping->result.target = target;
    ping->result.begun = time(NULL);
    ping->shared.target = target;
    ping->shared.timeout = options->timeout;
    ping->shared.memory = datagram_memory(2 * (double)options->timeout / period);
    ping->shared.sockets = 1;
    ping->shared.dont_fragment = options->dont_fragment;
    ping->shared.tally = &ping->result.total;
    ping->shared.problems = &ping->result.problems;
    ping->socket.shared = &ping->shared;
    if (getrandom(&ping->shared.run, sizeof ping->shared.run, 0) == sizeof ping->shared.run &&
        datagram_open(&ping->socket))
        return true;
    warn("cannot make a socket for %s", target->text);
    return false;
}

static enum status measure(struct ping_datagram *ping, const struct target *target)
{
    ping->signals = signals_open();
    if (ping->signals == -1 || !prepare(ping, target))
        return STATUS_LOCAL;
    if ((ping->report = report_open(ping->options, target)) == NULL)
        return STATUS_LOCAL;
    ping->begun = clock_now();
    if (ping->options->sizes.sweep)
        ping_mtu_search(ping);
    else
        probe_path(ping);
    sum_up(ping);
    signals_release();
    return report_close(ping->report, &ping->result);
}

static enum status measure_target(const struct options *options, const struct target *target)
{
    struct ping_datagram *ping = calloc(1, sizeof *ping);
    if (ping == NULL) {
        warnx("out of memory");
        return STATUS_LOCAL;
    }
    ping->options = options;
    enum status status = measure(ping, target);
    datagram_close(&ping->socket);
    if (ping->signals != -1)
        close(ping->signals);
    free(ping);
    return status;
}

enum status ping_datagram_run(const struct options *options, const struct target *targets, size_t count)
{
    struct target_found found;
    if (options->interval < PING_FLOOD && !options->sizes.sweep && !target_may_flood(targets, count, options))
        return STATUS_USAGE;
    enum status status = target_connect(targets, count, options->timeout, INT64_MAX, &found);
    if (status != STATUS_GOOD) {
        warnx("%s", found.why);
        return report_nothing(options, status);
    }
    close(found.fd);
    return measure_target(options, found.target);
}
