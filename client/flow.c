/* flow.c: a connection as a state machine over one ev_io; see flow.h. The steady state costs one recv and one send a
 * message, as nothing waits to be writable before it has been refused. */
#include "flow.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

#define CONNECT_AGAIN (5 * CLOCK_MS)
#define EVIDENCE_WAIT (50 * CLOCK_MS)

static void on_ready(struct ev_loop *loop, ev_io *io, int events);
static void on_timer(struct ev_loop *loop, ev_timer *timer, int events);

static void watch(struct flow *flow, int events)
{
    if (ev_is_active(&flow->io) && (flow->io.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(flow->shared->loop, &flow->io);
    ev_io_set(&flow->io, flow->fd, events);
    ev_io_start(flow->shared->loop, &flow->io);
}

void flow_close(struct flow *flow, bool reset)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (flow->state == FLOW_IDLE)
        return;
    ev_io_stop(flow->shared->loop, &flow->io);
    ev_timer_stop(flow->shared->loop, &flow->timer);
    if (reset)
        setsockopt(flow->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(flow->fd);
    flow->state = FLOW_IDLE;
}

static uint64_t owed(const struct flow *flow)
{
    return flow->sent - flow->got;
}

/* Closed by reset: what the server may still send nobody would read. */
static void fail(struct flow *flow, enum flow_end end, int64_t now)
{
    flow_close(flow, true);
    flow->shared->events->failed(flow, end, now);
}

/* Connecting. ------------------------------------------------------------------------------------------------------ */

static void begin_stream(struct flow *flow)
{
    struct flow_shared *shared = flow->shared;
    flow->pattern = (struct pattern){.run = shared->run, .connection = shared->next, .lines = shared->lines};
    shared->next += shared->step;
    flow->queued = flow->sent = flow->got = 0;
    flow->first = flow->outstanding = 0;
    flow->error = 0;
    flow->doubtful = 0;
}

static void set_timer(struct flow *flow, int64_t after)
{
    ev_timer_init(&flow->timer, on_timer, (double)after / (double)CLOCK_SECOND, 0);
    flow->timer.data = flow;
    ev_timer_start(flow->shared->loop, &flow->timer);
}

/* A Unix socket whose queue is full says so at once, where TCP would wait. A connection that is refused at once is told
 * from the loop, like any other: the watcher is fed. */
static void begin_connecting(struct flow *flow)
{
    const struct target *target = flow->shared->target;
    if (connect(flow->fd, (const struct sockaddr *)&target->address, target->length) == 0 || errno == EINPROGRESS) {
        ev_io_start(flow->shared->loop, &flow->io);
    } else if (errno == EAGAIN) {
        set_timer(flow, CONNECT_AGAIN);
    } else {
        flow->error = errno;
        ev_feed_event(flow->shared->loop, &flow->io, EV_WRITE);
    }
}

void flow_open(struct flow *flow, int64_t now)
{
    const struct target *target = flow->shared->target;
    assert(flow->state == FLOW_IDLE);
    begin_stream(flow);
    flow->opened = now;
    flow->state = FLOW_CONNECTING;
    flow->fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    flow->error = flow->fd == -1 ? errno : 0;
    ev_io_init(&flow->io, on_ready, flow->fd, EV_WRITE);
    flow->io.data = flow;
    ev_timer_init(&flow->timer, on_timer, 0, 0);
    if (flow->fd == -1) {
        ev_feed_event(flow->shared->loop, &flow->io, EV_WRITE);
        return;
    }
    target_tune(flow->fd);
    begin_connecting(flow);
}

void flow_adopt(struct flow *flow, int fd, int64_t now)
{
    assert(flow->state == FLOW_IDLE);
    begin_stream(flow);
    flow->opened = now;
    flow->fd = fd;
    flow->state = FLOW_OPEN;
    ev_io_init(&flow->io, on_ready, fd, EV_READ);
    ev_timer_init(&flow->timer, on_timer, 0, 0);
    flow->io.data = flow;
    ev_io_start(flow->shared->loop, &flow->io);
}

static void finish_connecting(struct flow *flow)
{
    socklen_t length = sizeof flow->error;
    if (flow->error == 0)
        getsockopt(flow->fd, SOL_SOCKET, SO_ERROR, &flow->error, &length);
    int64_t now = clock_now();
    if (flow->error != 0) {
        fail(flow, FLOW_REFUSED, now);
        return;
    }
    flow->state = FLOW_OPEN;
    watch(flow, EV_READ);
    flow->shared->events->connected(flow, now);
    flow_push(flow, now);
}

/* Sending. --------------------------------------------------------------------------------------------------------- */

static struct flow_message *message_at(struct flow *flow, size_t ahead)
{
    return &flow->messages[(flow->first + ahead) % flow->shared->depth];
}

void flow_queue(struct flow *flow, uint64_t size, int64_t due)
{
    assert(flow->state == FLOW_OPEN && flow->outstanding < flow->shared->depth && size > 0);
    flow->queued += size;
    *message_at(flow, flow->outstanding++) = (struct flow_message){.size = size, .end = flow->queued, .due = due};
}

/* In a stream of lines the last byte of every message is a newline. */
static void end_lines(struct flow *flow, uint64_t offset, unsigned char *data, size_t length)
{
    for (size_t i = 0; i < flow->outstanding; i++) {
        uint64_t last = message_at(flow, i)->end - 1;
        if (last >= offset && last < offset + length)
            data[last - offset] = '\n';
    }
}

static ssize_t send_some(struct flow *flow)
{
    struct flow_shared *shared = flow->shared;
    uint64_t left = flow->queued - flow->sent;
    size_t length = left < sizeof shared->buffer ? (size_t)left : sizeof shared->buffer;
    pattern_fill(&flow->pattern, flow->sent, shared->buffer, length);
    if (flow->pattern.lines)
        end_lines(flow, flow->sent, shared->buffer, length);
    return send(flow->fd, shared->buffer, length, MSG_NOSIGNAL);
}

/* Those of which nothing is with the kernel yet, from the last one back. If the kernel takes nothing of them now, they
 * are stamped again next time. */
static void stamp(struct flow *flow, int64_t now)
{
    for (size_t i = flow->outstanding; i-- > 0;) {
        struct flow_message *message = message_at(flow, i);
        if (message->end - message->size < flow->sent)
            break;
        message->sent = now;
    }
}

/* What fails here is told by recv, which may first have replies to give. */
void flow_push(struct flow *flow, int64_t now)
{
    if (flow->state != FLOW_OPEN || flow->sent == flow->queued)
        return;
    stamp(flow, now);
    while (flow->sent < flow->queued) {
        ssize_t n = send_some(flow);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1) {
            flow->error = errno == EAGAIN ? 0 : errno;
            break;
        }
        flow->sent += (uint64_t)n;
    }
    watch(flow, flow->sent < flow->queued && flow->error == 0 ? EV_READ | EV_WRITE : EV_READ);
}

/* Receiving. ------------------------------------------------------------------------------------------------------- */

/* How many bytes are right, of those up to the end of the first outstanding message. */
static size_t match_line(struct flow *flow, uint64_t offset, uint64_t end, const unsigned char *data, size_t length)
{
    bool ends = offset + length == end;
    size_t same = pattern_match(&flow->pattern, offset, data, length - ends);
    return ends && same == length - 1 && data[same] == '\n' ? length : same;
}

static size_t match_lines(struct flow *flow, const unsigned char *data, size_t length)
{
    size_t done = 0;
    for (size_t i = 0; i < flow->outstanding && done < length; i++) {
        uint64_t offset = flow->got + done, end = message_at(flow, i)->end;
        size_t n = end - offset < length - done ? (size_t)(end - offset) : length - done;
        size_t same = match_line(flow, offset, end, data + done, n);
        done += same;
        if (same < n)
            break;
    }
    return done;
}

static size_t match(struct flow *flow, const unsigned char *data, size_t length)
{
    size_t known = owed(flow) < length ? (size_t)owed(flow) : length;
    return flow->pattern.lines ? match_lines(flow, data, known) : pattern_match(&flow->pattern, flow->got, data, known);
}

static void diagnose(struct flow *flow, const unsigned char *data, size_t length)
{
    flow->fault = fault_diagnose(&(struct fault_sample){
        .pattern = flow->pattern,
        .connections = flow->shared->next,
        .offset = flow->got,
        .owed = owed(flow),
        .data = data,
        .length = length,
    });
    if (flow->pattern.lines)
        end_lines(flow, flow->got, &flow->fault.expected, 1);
}

static void judge(struct flow *flow, int64_t now)
{
    diagnose(flow, flow->evidence, flow->doubtful);
    fail(flow, FLOW_WRONG, now);
}

static void tell_replies(struct flow *flow, int64_t now)
{
    while (flow->state == FLOW_OPEN && flow->outstanding > 0 && flow->messages[flow->first].end <= flow->got) {
        struct flow_message message = flow->messages[flow->first];
        flow->first = (flow->first + 1) % flow->shared->depth;
        flow->outstanding--;
        flow->shared->events->replied(flow, &message, now);
    }
}

/* A judgement by a few bytes would often be wrong: what is extra looks as if it were changed. */
static void doubt(struct flow *flow, const unsigned char *data, size_t length, int64_t now)
{
    size_t room = FLOW_EVIDENCE - flow->doubtful;
    if (flow->doubtful == 0 && (length >= FLOW_EVIDENCE || owed(flow) == 0)) {
        diagnose(flow, data, length);
        fail(flow, FLOW_WRONG, now);
        return;
    }
    if (flow->doubtful == 0)
        set_timer(flow, EVIDENCE_WAIT);
    memcpy(flow->evidence + flow->doubtful, data, length < room ? length : room);
    flow->doubtful += length < room ? length : room;
    if (flow->doubtful == FLOW_EVIDENCE)
        judge(flow, now);
}

/* Of those that came in the same breath as what is wrong, replies are not told. */
static void take(struct flow *flow, const unsigned char *data, size_t length, int64_t now)
{
    size_t same = flow->doubtful > 0 ? 0 : match(flow, data, length);
    flow->got += same;
    if (same < length) {
        doubt(flow, data + same, length - same, now);
        return;
    }
    tell_replies(flow, now);
    flow_push(flow, now);
}

static void receive(struct flow *flow)
{
    unsigned char *data = flow->shared->buffer;
    ssize_t n = recv(flow->fd, data, sizeof flow->shared->buffer, 0);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    int64_t now = clock_now();
    if (n > 0) {
        take(flow, data, (size_t)n, now);
    } else if (flow->doubtful > 0) {
        judge(flow, now);
    } else {
        flow->error = n == -1 ? errno : flow->error;
        fail(flow, flow->error != 0 ? FLOW_BROKEN : FLOW_CLOSED, now);
    }
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct flow *flow = timer->data;
    (void)loop;
    (void)events;
    if (flow->state == FLOW_CONNECTING)
        begin_connecting(flow);
    else
        judge(flow, clock_now());
}

static void on_ready(struct ev_loop *loop, ev_io *io, int events)
{
    struct flow *flow = io->data;
    (void)loop;
    if (flow->state == FLOW_CONNECTING) {
        finish_connecting(flow);
        return;
    }
    if ((events & EV_READ) != 0)
        receive(flow);
    else
        flow_push(flow, clock_now());
}

/* The owner's questions. ------------------------------------------------------------------------------------------- */

int64_t flow_waiting_since(const struct flow *flow)
{
    if (flow->state == FLOW_CONNECTING)
        return flow->opened;
    return flow->state == FLOW_OPEN && flow->outstanding > 0 ? flow->messages[flow->first].sent : 0;
}

size_t flow_outstanding_since(const struct flow *flow, int64_t due)
{
    size_t count = 0;
    for (size_t i = 0; i < flow->outstanding; i++)
        count += flow->messages[(flow->first + i) % flow->shared->depth].due >= due;
    return count;
}

void flow_give_up(struct flow *flow, int64_t now)
{
    flow->error = ETIMEDOUT;
    fail(flow, flow->state == FLOW_CONNECTING ? FLOW_REFUSED : FLOW_SILENT, now);
}

const char *flow_end_text(const struct flow *flow, enum flow_end end, char text[FLOW_END_TEXT])
{
    char wrong[FAULT_TEXT];
    const char *target = flow->shared->target->text;
    switch (end) {
    case FLOW_REFUSED:
        snprintf(text, FLOW_END_TEXT, "cannot connect to %s: %s", target, strerror(flow->error));
        break;
    case FLOW_CLOSED:
        snprintf(text, FLOW_END_TEXT, "%s closed the connection", target);
        break;
    case FLOW_BROKEN:
        snprintf(text, FLOW_END_TEXT, "connection to %s: %s", target, strerror(flow->error));
        break;
    case FLOW_SILENT:
        snprintf(text, FLOW_END_TEXT, "no reply from %s in time", target);
        break;
    case FLOW_WRONG:
        snprintf(text, FLOW_END_TEXT, "%s", fault_text(&flow->fault, wrong));
        break;
    }
    return text;
}
