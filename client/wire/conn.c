/* conn.c: a connection as a state machine over one ev_io; see conn.h. The steady state costs one recv and one send a
 * message, as nothing waits to be writable before it has been refused. */
#include "client/wire/conn.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/base/clock.h"

#define CONNECT_AGAIN (5 * CLOCK_MS)
#define EVIDENCE_WAIT (50 * CLOCK_MS)
#define STOPPED (300 * CLOCK_MS) /* sending takes so long only if this process was stopped */

enum { CATCH_UP = 32 }; /* buffers: more than the kernel keeps of a connection */

static void on_ready(struct ev_loop *loop, ev_io *io, int events);
static void on_timer(struct ev_loop *loop, ev_timer *timer, int events);

static void watch(struct conn *conn, int events)
{
    if (ev_is_active(&conn->io) && (conn->io.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(conn->shared->loop, &conn->io);
    ev_io_set(&conn->io, conn->fd, events);
    ev_io_start(conn->shared->loop, &conn->io);
}

void conn_close(struct conn *conn, bool reset)
{
    if (conn->state == CONN_IDLE)
        return;
    ev_io_stop(conn->shared->loop, &conn->io);
    ev_timer_stop(conn->shared->loop, &conn->timer);
    target_close(conn->fd, reset);
    conn->state = CONN_IDLE;
}

static uint64_t owed(const struct conn *conn)
{
    return conn->sent - conn->got;
}

/* Closed by reset: what the server may still send nobody would read. */
static void fail(struct conn *conn, enum conn_end end, int64_t now)
{
    conn_close(conn, true);
    conn->shared->events->failed(conn, end, now);
}

/* Connecting. ------------------------------------------------------------------------------------------------------ */

static void begin_stream(struct conn *conn)
{
    struct conn_shared *shared = conn->shared;
    conn->pattern = (struct pattern){.seed = shared->seed, .connection = (*shared->numbers)++, .lines = shared->lines};
    conn->queued = conn->sent = conn->got = 0;
    conn->first = conn->outstanding = 0;
    conn->error = 0;
    conn->doubtful = 0;
    conn->caught_up = 0;
}

static void set_timer(struct conn *conn, int64_t after)
{
    ev_timer_init(&conn->timer, on_timer, clock_seconds(after), 0);
    conn->timer.data = conn;
    ev_timer_start(conn->shared->loop, &conn->timer);
}

/* To a server on this machine the handshake is over by then, but TCP says so only when it is asked again. Returns 0 or
 * an errno. */
static int try_to_connect(const struct conn *conn)
{
    const struct target *target = conn->shared->target;
    const struct sockaddr *address = (const struct sockaddr *)&target->address;
    int result = connect(conn->fd, address, target->length);
    if (result == -1 && errno == EINPROGRESS)
        result = connect(conn->fd, address, target->length);
    return result == -1 ? errno : 0;
}

static void tell_connected(struct conn *conn, int64_t now)
{
    conn->state = CONN_OPEN;
    watch(conn, EV_READ);
    conn->shared->events->connected(conn, now);
    conn_push(conn, now);
}

/* A Unix socket whose queue is full says so at once, where TCP would wait. A connection that is refused at once is told
 * from the loop, like any other: the watcher is fed. */
static void begin_connecting(struct conn *conn)
{
    int error = try_to_connect(conn);
    if (error == 0) {
        tell_connected(conn, clock_now());
    } else if (error == EINPROGRESS || error == EALREADY) {
        ev_io_start(conn->shared->loop, &conn->io);
    } else if (error == EAGAIN) {
        set_timer(conn, CONNECT_AGAIN);
    } else {
        conn->error = error;
        ev_feed_event(conn->shared->loop, &conn->io, EV_WRITE);
    }
}

static void init_watchers(struct conn *conn, int events)
{
    ev_io_init(&conn->io, on_ready, conn->fd, events);
    conn->io.data = conn;
    ev_timer_init(&conn->timer, on_timer, 0, 0);
}

void conn_open(struct conn *conn, int64_t now)
{
    const struct target *target = conn->shared->target;
    assert(conn->state == CONN_IDLE);
    begin_stream(conn);
    conn->opened = now;
    conn->state = CONN_CONNECTING;
    conn->fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    conn->error = conn->fd == -1 ? errno : 0;
    init_watchers(conn, EV_WRITE);
    if (conn->fd == -1) {
        ev_feed_event(conn->shared->loop, &conn->io, EV_WRITE);
        return;
    }
    target_tune(conn->fd);
    begin_connecting(conn);
}

void conn_adopt(struct conn *conn, int fd, int64_t now)
{
    assert(conn->state == CONN_IDLE);
    begin_stream(conn);
    conn->opened = now;
    conn->fd = fd;
    conn->state = CONN_OPEN;
    init_watchers(conn, EV_READ);
    ev_io_start(conn->shared->loop, &conn->io);
}

static enum conn_end end_of_connecting(int error)
{
    return target_is_local(error) ? CONN_LOCAL : error == ETIMEDOUT ? CONN_UNANSWERED : CONN_REFUSED;
}

static void finish_connecting(struct conn *conn)
{
    socklen_t length = sizeof conn->error;
    if (conn->error == 0)
        getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &conn->error, &length);
    int64_t now = clock_now();
    if (conn->error != 0)
        fail(conn, end_of_connecting(conn->error), now);
    else
        tell_connected(conn, now);
}

/* Sending. --------------------------------------------------------------------------------------------------------- */

static struct conn_message *message_at(struct conn *conn, size_t ahead)
{
    return &conn->messages[(conn->first + ahead) % conn->shared->depth];
}

void conn_queue(struct conn *conn, uint64_t size, int64_t due)
{
    assert(conn->state == CONN_OPEN && conn->outstanding < conn->shared->depth && size > 0);
    conn->queued += size;
    *message_at(conn, conn->outstanding++) = (struct conn_message){.size = size, .end = conn->queued, .due = due};
}

/* In a stream of lines the last byte of every message is a newline. */
static void end_lines(struct conn *conn, uint64_t offset, unsigned char *data, size_t length)
{
    for (size_t i = 0; i < conn->outstanding; i++) {
        uint64_t last = message_at(conn, i)->end - 1;
        if (last >= offset && last < offset + length)
            data[last - offset] = '\n';
    }
}

static ssize_t send_some(struct conn *conn)
{
    struct conn_shared *shared = conn->shared;
    uint64_t left = conn->queued - conn->sent;
    size_t length = left < sizeof shared->buffer ? (size_t)left : sizeof shared->buffer;
    pattern_fill(&conn->pattern, conn->sent, shared->buffer, length);
    if (conn->pattern.lines)
        end_lines(conn, conn->sent, shared->buffer, length);
    return send(conn->fd, shared->buffer, length, MSG_NOSIGNAL);
}

/* Those of which nothing is with the kernel yet, from the last one back. If the kernel takes nothing of them now, they
 * are stamped again next time. */
static void stamp(struct conn *conn, int64_t now)
{
    for (size_t i = conn->outstanding; i-- > 0;) {
        struct conn_message *message = message_at(conn, i);
        if (message->end - message->size < conn->sent)
            break;
        message->sent = now;
    }
}

/* Sending took so long that this process was stopped meanwhile: what is waited for may have been sent only now. */
static void note_stop(struct conn *conn, int64_t now, int64_t took)
{
    if (took >= STOPPED)
        conn->caught_up = now + took;
}

/* What fails here is told by recv, which may first have replies to give. */
void conn_push(struct conn *conn, int64_t now)
{
    if (conn->state != CONN_OPEN || conn->sent == conn->queued)
        return;
    int64_t begun = clock_now();
    stamp(conn, now);
    while (conn->sent < conn->queued) {
        ssize_t n = send_some(conn);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1) {
            conn->error = errno == EAGAIN ? 0 : errno;
            break;
        }
        conn->sent += (uint64_t)n;
    }
    note_stop(conn, now, clock_now() - begun);
    watch(conn, conn->sent < conn->queued && conn->error == 0 ? EV_READ | EV_WRITE : EV_READ);
}

/* Receiving. ------------------------------------------------------------------------------------------------------- */

/* Of the bytes of one message, or as many of them as have come, how many are right? It ends at offset `end`, in a
 * newline. */
static size_t match_line(struct conn *conn, uint64_t offset, uint64_t end, const unsigned char *data, size_t length)
{
    bool ends = offset + length == end;
    size_t same = pattern_match(&conn->pattern, offset, data, length - ends);
    return ends && same == length - 1 && data[same] == '\n' ? length : same;
}

static size_t match_lines(struct conn *conn, const unsigned char *data, size_t length)
{
    size_t done = 0;
    for (size_t i = 0; i < conn->outstanding && done < length; i++) {
        uint64_t offset = conn->got + done, end = message_at(conn, i)->end;
        size_t n = end - offset < length - done ? (size_t)(end - offset) : length - done;
        size_t same = match_line(conn, offset, end, data + done, n);
        done += same;
        if (same < n)
            break;
    }
    return done;
}

static size_t match(struct conn *conn, const unsigned char *data, size_t length)
{
    size_t known = owed(conn) < length ? (size_t)owed(conn) : length;
    return conn->pattern.lines ? match_lines(conn, data, known) : pattern_match(&conn->pattern, conn->got, data, known);
}

static void diagnose(struct conn *conn, const unsigned char *data, size_t length)
{
    conn->fault = fault_diagnose(&(struct fault_sample){
        .pattern = conn->pattern,
        .connections = *conn->shared->numbers,
        .offset = conn->got,
        .owed = owed(conn),
        .data = data,
        .length = length,
    });
    if (conn->pattern.lines)
        end_lines(conn, conn->got, &conn->fault.expected, 1);
}

bool conn_judge(struct conn *conn, int64_t now)
{
    if (conn->state != CONN_OPEN || conn->doubtful == 0)
        return false;
    diagnose(conn, conn->evidence, conn->doubtful);
    fail(conn, CONN_WRONG, now);
    return true;
}

static void tell_replies(struct conn *conn, int64_t now)
{
    while (conn->state == CONN_OPEN && conn->outstanding > 0 && conn->messages[conn->first].end <= conn->got) {
        struct conn_message message = conn->messages[conn->first];
        conn->first = (conn->first + 1) % conn->shared->depth;
        conn->outstanding--;
        conn->caught_up = 0;
        conn->shared->events->replied(conn, &message, now);
    }
}

/* A judgement by a few bytes would often be wrong: what is extra looks as if it were changed. */
static void doubt(struct conn *conn, const unsigned char *data, size_t length, int64_t now)
{
    size_t room = CONN_EVIDENCE - conn->doubtful;
    if (conn->doubtful == 0 && (length >= CONN_EVIDENCE || owed(conn) == 0)) {
        diagnose(conn, data, length);
        fail(conn, CONN_WRONG, now);
        return;
    }
    if (conn->doubtful == 0)
        set_timer(conn, EVIDENCE_WAIT);
    memcpy(conn->evidence + conn->doubtful, data, length < room ? length : room);
    conn->doubtful += length < room ? length : room;
    if (conn->doubtful == CONN_EVIDENCE)
        conn_judge(conn, now);
}

/* Of those that came in the same breath as what is wrong, replies are not told. */
static void take(struct conn *conn, const unsigned char *data, size_t length, int64_t now)
{
    size_t same = conn->doubtful > 0 ? 0 : match(conn, data, length);
    conn->got += same;
    if (same < length) {
        doubt(conn, data + same, length - same, now);
        return;
    }
    tell_replies(conn, now);
    conn_push(conn, now);
}

static void receive(struct conn *conn)
{
    unsigned char *data = conn->shared->buffer;
    ssize_t n = recv(conn->fd, data, sizeof conn->shared->buffer, 0);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    int64_t now = clock_now();
    if (n > 0) {
        take(conn, data, (size_t)n, now);
    } else if (!conn_judge(conn, now)) {
        conn->error = n == -1 ? errno : conn->error;
        fail(conn, conn->error != 0 ? CONN_BROKEN : CONN_CLOSED, now);
    }
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct conn *conn = timer->data;
    (void)loop;
    (void)events;
    if (conn->state == CONN_CONNECTING)
        begin_connecting(conn);
    else
        conn_judge(conn, clock_now());
}

static void on_ready(struct ev_loop *loop, ev_io *io, int events)
{
    struct conn *conn = io->data;
    (void)loop;
    if (conn->state == CONN_CONNECTING) {
        finish_connecting(conn);
        return;
    }
    if ((events & EV_READ) != 0)
        receive(conn);
    else
        conn_push(conn, clock_now());
}

static bool is_writable(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
    return poll(&pollfd, 1, 0) == 1;
}

/* The owner's questions. ------------------------------------------------------------------------------------------- */

int64_t conn_waiting_since(const struct conn *conn)
{
    if (conn->state == CONN_CONNECTING)
        return conn->opened;
    if (conn->state != CONN_OPEN || conn->outstanding == 0)
        return 0;
    return MAX(conn->messages[conn->first].sent, conn->caught_up);
}

size_t conn_outstanding_since(const struct conn *conn, int64_t due)
{
    size_t count = 0;
    for (size_t i = 0; i < conn->outstanding; i++)
        count += conn->messages[(conn->first + i) % conn->shared->depth].due >= due;
    return count;
}

/* Of a long reply, as far as it has come; but not for ever. */
static void receive_all(struct conn *conn)
{
    uint32_t connection = conn->pattern.connection;
    size_t outstanding = conn->outstanding;
    uint64_t got;
    int times = 0;
    do {
        got = conn->got;
        receive(conn);
    } while (++times < CATCH_UP && conn->state == CONN_OPEN && conn->pattern.connection == connection &&
             conn->outstanding == outstanding && conn->got > got);
}

void conn_catch_up(struct conn *conn)
{
    if (conn->state == CONN_OPEN)
        receive_all(conn);
    else if (conn->state == CONN_CONNECTING && ev_is_active(&conn->io) && is_writable(conn->fd))
        finish_connecting(conn);
}

void conn_give_up(struct conn *conn, int64_t now)
{
    int64_t since = conn_waiting_since(conn);
    uint64_t got = conn->got;
    conn_catch_up(conn);
    if (conn->state == CONN_OPEN && conn->got > got && conn->caught_up == 0)
        conn->caught_up = now; /* once for a reply, or one that comes in drips would be waited for without end */
    if (conn_waiting_since(conn) != since || conn_judge(conn, now))
        return;
    conn->error = ETIMEDOUT;
    fail(conn, conn->state == CONN_CONNECTING ? CONN_UNANSWERED : CONN_SILENT, now);
}

/* How many bytes of the reply that is owed next have come; 0 if none is owed. */
static uint64_t part_of_reply(const struct conn *conn)
{
    const struct conn_message *message = &conn->messages[conn->first];
    return conn->outstanding > 0 ? conn->got - (message->end - message->size) : 0;
}

void conn_count_end(struct tally *tally, enum conn_end end)
{
    tally->local += end == CONN_LOCAL;
    tally->refused += end == CONN_REFUSED || end == CONN_UNANSWERED;
    tally->unanswered += end == CONN_UNANSWERED;
    tally->broken += end == CONN_CLOSED || end == CONN_BROKEN || end == CONN_SILENT;
    tally->wrong += end == CONN_WRONG;
}

const char *conn_end_kind(const struct conn *conn, enum conn_end end)
{
    if (end == CONN_WRONG)
        return fault_kind_name(conn->fault.kind);
    return part_of_reply(conn) > 0 ? "truncated" : NULL;
}

static void write_end(const struct conn *conn, enum conn_end end, char text[CONN_END_TEXT])
{
    char wrong[FAULT_TEXT];
    const char *target = conn->shared->target->text;
    switch (end) {
    case CONN_LOCAL:
    case CONN_REFUSED:
    case CONN_UNANSWERED:
        snprintf(text, CONN_END_TEXT, "cannot connect to %s: %s", target, target_error_text(conn->error));
        break;
    case CONN_CLOSED:
        snprintf(text, CONN_END_TEXT, "%s closed the connection", target);
        break;
    case CONN_BROKEN:
        snprintf(text, CONN_END_TEXT, "connection to %s: %s", target, strerror(conn->error));
        break;
    case CONN_SILENT:
        snprintf(text, CONN_END_TEXT, "no reply from %s in time", target);
        break;
    case CONN_WRONG:
        snprintf(text, CONN_END_TEXT, "%s", fault_text(&conn->fault, wrong));
        break;
    }
}

const char *conn_end_text(const struct conn *conn, enum conn_end end, char text[CONN_END_TEXT])
{
    uint64_t part = part_of_reply(conn);
    write_end(conn, end, text);
    size_t length = strlen(text);
    if (part > 0 && end != CONN_WRONG)
        snprintf(text + length, CONN_END_TEXT - length,
                 ": %" PRIu64 " of %" PRIu64 " bytes missing, from offset %" PRIu64 " on",
                 conn->messages[conn->first].size - part, conn->messages[conn->first].size, conn->got);
    return text;
}
