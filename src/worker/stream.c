/* stream.c: see stream.h. Called by process.c. Whatever accept says, a worker never spins, and never keeps the turn. */
#include "worker/stream.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/reason.h"
#include "contract/exits.h"
#include "contract/fdplan.h"
#include "worker/page.h"

#define PAUSE_FIRST 0.01 /* seconds without accepting when it fails; doubles up to PAUSE_LONGEST */
#define PAUSE_LONGEST 1.0
#define MEND_PATIENCE 1.0 /* seconds the master has to renew a broken listening socket */
#define GRAIN 0.011       /* seconds by which a socket's timeout may differ from what was set */

enum {
    FAILURES_PASSED_OVER = 16, /* in a row, before it is more than bad luck with single connections */
    TOO_LATE_PASSED_OVER =
        256 /* likewise, of connections that somebody else took: another generation does, at a reload */
};

void stream_begin(struct worker *worker)
{
    struct stream *stream = &worker->stream;
    const struct worker_terms *terms = worker->job->terms;
    stream->pollfds[0] = (struct pollfd){.fd = FD_LIFELINE, .events = POLLIN};
    for (size_t i = 0; i < terms->endpoints; i++) {
        bool served = terms->endpoint[i].fd >= 0;
        stream->pollfds[1 + i] = (struct pollfd){.fd = served ? FD_LISTEN + (int)i : -1, .events = POLLIN};
    }
    stream->polled = 1 + terms->endpoints;
    stream->next = 1;
    stream->unsettled = terms->endpoints;
}

/* A byte makes the worker leave that reads it; at the end of the lifeline all workers leave. */
static enum stream_event read_lifeline(const struct worker *worker)
{
    char byte;
    if (read(FD_LIFELINE, &byte, 1) >= 0)
        return STREAM_LEAVE;
    if (errno == EAGAIN || errno == EINTR)
        return STREAM_NOTHING;
    log_error(worker->job->log, "worker leaves: its lifeline cannot be read: %s", strerror(errno));
    _exit(WORKER_LIFELINE);
}

/* Give the turn back, and wait for a while. Only the end of the generation ends the wait early. */
static enum stream_event stand_aside(struct worker *worker, double seconds)
{
    struct pollfd lifeline = {.fd = FD_LIFELINE}; /* hang-up is reported unasked; bytes are for whoever has the turn */
    turn_give(&worker->taker);
    return poll(&lifeline, 1, (int)(seconds * 1000)) > 0 ? STREAM_LEAVE : STREAM_NOTHING;
}

static enum stream_event back_off(struct worker *worker, bool worth_a_line)
{
    struct stream *stream = &worker->stream;
    if (worth_a_line && !stream->warned) {
        log_warn(worker->job->log, "cannot accept: %s; trying again", strerror(errno));
        stream->warned = true;
    }
    stream->pause = stream->pause <= 0 ? PAUSE_FIRST : 2 * stream->pause;
    if (stream->pause > PAUSE_LONGEST)
        stream->pause = PAUSE_LONGEST;
    page_say(worker->job, PAGE_UNABLE);
    return stand_aside(worker, stream->pause);
}

/* A listener does not work. If it is leaving, it has been ended, and is not waited for any more. Otherwise the master
 * sees for itself what is wrong and starts a new generation; if it does not, the fault is in this process. */
static enum stream_event report_listener(struct worker *worker, int fd)
{
    if (worker->job->terms->endpoint[fd - FD_LISTEN].leaving) {
        worker->stream.pollfds[1 + fd - FD_LISTEN].fd = -1;
        turn_give(&worker->taker);
        return STREAM_NOTHING;
    }
    worker_ring();
    if (stand_aside(worker, MEND_PATIENCE) == STREAM_LEAVE)
        return STREAM_LEAVE;
    log_warn(worker->job->log, "worker leaves: its listening socket does not work");
    _exit(WORKER_LISTENER);
}

static enum stream_event pass_over(struct worker *worker, unsigned most, bool worth_a_line)
{
    if (++worker->stream.failures > most)
        return back_off(worker, worth_a_line);
    turn_give(&worker->taker);
    return STREAM_NOTHING;
}

static enum stream_event accept_failed(struct worker *worker, int fd)
{
    switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return back_off(worker, true);
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP:
        return report_listener(worker, fd);
    case EAGAIN:
    case EINTR:
        return pass_over(worker, TOO_LATE_PASSED_OVER, false);
    default: /* reset before it was accepted, or an error of the network that came with it (accept(2)) */
        return pass_over(worker, FAILURES_PASSED_OVER, true);
    }
}

static void accept_worked(struct worker *worker)
{
    struct stream *stream = &worker->stream;
    if (stream->warned)
        log_info(worker->job->log, "accepting again");
    stream->failures = 0;
    stream->pause = 0;
    stream->warned = false;
}

static enum stream_event accept_one(struct worker *worker, int fd, struct connection *connection)
{
    const struct worker_job *job = worker->job;
    connection->peer_length = sizeof connection->peer;
    connection->endpoint = &job->terms->endpoint[fd - FD_LISTEN];
    connection->inherits = worker->stream.settled[fd - FD_LISTEN];
    int conn = accept4(fd, (struct sockaddr *)&connection->peer, &connection->peer_length, 0);
    if (conn < 0)
        return accept_failed(worker, fd);
    hints_count_accept(job->hints);
    page_count_accept(job);
    page_say(job, PAGE_BUSY); /* before the turn is given, or the master might count an idle worker too many */
    turn_give(&worker->taker);
    if (conn != FD_CONN)
        _exit(WORKER_SETUP);
    accept_worked(worker);
    return STREAM_CONNECTION;
}

/* The holder of the turn, after poll. The lifeline comes first, or a busy server's old generation would never leave. */
static enum stream_event serve_event(struct worker *worker, struct connection *connection)
{
    struct stream *stream = &worker->stream;
    if (stream->pollfds[0].revents != 0) {
        enum stream_event event = read_lifeline(worker);
        turn_give(&worker->taker);
        return event;
    }
    nfds_t listeners = stream->polled - 1;
    for (nfds_t i = 0; i < listeners; i++) {
        nfds_t at = 1 + (stream->next - 1 + i) % listeners;
        short revents = stream->pollfds[at].revents;
        if (revents == 0)
            continue;
        stream->next = 1 + at % listeners;
        if ((revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) /* also with POLLIN: so a Unix socket looks that is shut */
            return report_listener(worker, stream->pollfds[at].fd);
        return accept_one(worker, stream->pollfds[at].fd, connection);
    }
    turn_give(&worker->taker); /* interrupted */
    return STREAM_NOTHING;
}

static bool has_timeout(int fd, double seconds)
{
    struct timeval t = {0};
    socklen_t size = sizeof t;
    return getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &size) == 0 &&
           fabs((double)t.tv_sec + (double)t.tv_usec / 1e6 - seconds) < GRAIN;
}

/* A connection gets the timeouts that its listener has when the connection is made. A reload may change them while the
 * connection waits to be accepted. So the timeouts are set for each connection, until the listener has once been seen
 * to have the right ones while nobody was waiting at it. */
static void look_for_settled(struct worker *worker)
{
    struct stream *stream = &worker->stream;
    const struct worker_terms *terms = worker->job->terms;
    poll(stream->pollfds, stream->polled, 0);
    for (size_t i = 0; i < terms->endpoints; i++) {
        const struct pollfd *listener = &stream->pollfds[1 + i];
        bool is_unix = addr_path(&terms->endpoint[i].bound) != NULL; /* its connections inherit nothing */
        bool done = listener->fd < 0 || is_unix || (listener->revents == 0 && has_timeout(listener->fd, terms->idle));
        if (!done || stream->settled[i])
            continue;
        stream->settled[i] = true;
        stream->unsettled--;
    }
}

enum stream_event stream_wait(struct worker *worker, struct connection *connection)
{
    if (worker->stream.pause > 0)
        page_say(worker->job,
                 PAGE_IDLE); /* accept may work again: whoever sleeps now is able, or nobody would wake it */
    if (!turn_take(&worker->taker)) {
        if (worker->taker.dismissed)
            return STREAM_LEAVE;
        log_error(worker->job->log, "worker leaves: the accept lock is broken");
        _exit(WORKER_TURN);
    }
    if (worker->stream.unsettled > 0)
        look_for_settled(worker);
    poll(worker->stream.pollfds, worker->stream.polled, -1);
    return serve_event(worker, connection);
}
