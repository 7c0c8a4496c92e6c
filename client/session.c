/* session.c: the poll loop between standard input, the connection and standard output; see session.h for who
 * calls and what may fail. Standard input and output keep their blocking mode, for other processes share it:
 * a read or write is made only when poll says so, and no larger than it then can be without blocking. No wait
 * is unbounded but those for a person, for the input, and for whoever reads the output. */
#include "session.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { INPUT_MAX = 16384 };

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool is_transient(int error)
{
    return error == EINTR || error == EAGAIN;
}

static bool has_output(const struct session *session)
{
    return session->written < session->received;
}

/* Room for one byte more than is read: the filter may give back one that it held. */
static bool wants_input(const struct session *session)
{
    return !session->input_ended && window_room(&session->window) > 1;
}

static bool wants_to_send(const struct session *session)
{
    return session->send_error == 0 && window_unsent(&session->window) > 0;
}

static void say_difference(const struct session *session, bool ended)
{
    size_t count;
    uint64_t offset = session->window.returned;
    switch (differ_judge(&session->differ, &session->window, ended, &count)) {
    case DIFFER_CHANGED:
        warnx("at offset %" PRIu64 ": changed: sent 0x%02x, received 0x%02x", offset, window_peek(&session->window, 0),
              session->differ.sample[0]);
        return;
    case DIFFER_MISSING:
        warnx("at offset %" PRIu64 ": missing: %zu of the bytes sent", offset, count);
        return;
    case DIFFER_EXTRA:
        warnx("at offset %" PRIu64 ": extra: %zu of the bytes received", offset, count);
        return;
    }
}

/* The echo failed, and nothing more will come. */
static void end_in_loss(struct session *session, const char *why)
{
    size_t owed = window_owed(&session->window);
    uint64_t offset = session->window.returned;
    if (session->differ.length > 0)
        say_difference(session, true);
    else if (owed > 0)
        warnx("at offset %" PRIu64 ": missing: %zu of the bytes sent: %s", offset, owed, why);
    else
        warnx("at offset %" PRIu64 ": %s", offset, why);
    session->status = STATUS_LOSS;
}

static void end_in_silence(struct session *session)
{
    char why[80];
    bool all = session->half_closed && window_owed(&session->window) == 0;
    snprintf(why, sizeof why, "the server %s for %g s", all ? "kept the connection open" : "was silent",
             session->wait / 1e3);
    end_in_loss(session, why);
}

/* error: errno, or 0 for an orderly end. A reset that send() met is not told again: recv() sees an end. */
static void end_of_connection(struct session *session, int error)
{
    bool complete = session->half_closed && session->differ.length == 0 && window_owed(&session->window) == 0;
    if (error == 0)
        error = session->send_error;
    if (error == 0 && complete)
        session->status = STATUS_GOOD;
    else
        end_in_loss(session, error != 0             ? strerror(error)
                             : session->half_closed ? "the server closed the connection"
                                                    : "the server closed the connection early");
}

static void take_input(struct session *session, const unsigned char *bytes, size_t length)
{
    unsigned char kept[INPUT_MAX + 1];
    if (session->typed) {
        length = goodbye_filter(&session->goodbye, bytes, length, kept, &session->input_ended);
        bytes = kept;
    }
    window_put(&session->window, bytes, length);
}

static void read_input(struct session *session)
{
    unsigned char bytes[INPUT_MAX];
    size_t room = window_room(&session->window) - 1;
    ssize_t n = read(STDIN_FILENO, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (n > 0) {
        take_input(session, bytes, (size_t)n);
    } else if (n == 0) {
        session->input_ended = true;
    } else if (!is_transient(errno)) {
        warn("cannot read standard input");
        session->status = STATUS_LOCAL;
    }
}

/* After a failed send there may still be echo to receive, and recv() has the last word. */
static void send_some(struct session *session)
{
    const unsigned char *data;
    size_t length = window_next(&session->window, &data);
    ssize_t n = send(session->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) {
        window_mark_sent(&session->window, (size_t)n);
    } else if (!is_transient(errno)) {
        session->send_error = errno;
        session->input_ended = true;
    }
}

/* A failure here is one of the connection, and recv() tells it. */
static void half_close(struct session *session)
{
    if (!session->input_ended || session->half_closed || window_unsent(&session->window) > 0)
        return;
    shutdown(session->fd, SHUT_WR);
    session->half_closed = true;
}

static void receive_some(struct session *session)
{
    ssize_t n = recv(session->fd, session->output, sizeof session->output, MSG_DONTWAIT);
    if (n <= 0) {
        if (n == 0 || !is_transient(errno))
            end_of_connection(session, n == 0 ? 0 : errno);
        return;
    }
    size_t length = (size_t)n, matched = 0;
    session->heard = now();
    session->written = 0;
    session->received = length;
    if (session->differ.length == 0)
        matched = window_match(&session->window, session->output, length);
    if (matched < length) {
        differ_add(&session->differ, &session->window, session->output + matched, length - matched);
        session->input_ended = true;
    }
}

/* Not more than PIPE_BUF: a pipe that poll calls writable takes that much at once (pipe(7)), and so do
 * sockets. A terminal may take less, and holds us until it is read, which a terminal always is unless a
 * person stops it. */
static void write_some(struct session *session)
{
    size_t length = session->received - session->written;
    length = length < PIPE_BUF ? length : PIPE_BUF;
    ssize_t n = write(STDOUT_FILENO, session->output + session->written, length);
    if (n >= 0) {
        session->written += (size_t)n;
    } else if (!is_transient(errno)) {
        warn("cannot write standard output");
        session->status = STATUS_LOCAL;
    }
    if (session->status == STATUS_OPEN && !has_output(session) && differ_enough(&session->differ)) {
        say_difference(session, false);
        session->status = STATUS_LOSS;
    }
}

/* Milliseconds for poll: how long the server may still be silent. The clock stands still while the server
 * owes nothing, while we do not listen because the output is not taken, and while a person can lose patience
 * instead. */
static int patience(const struct session *session)
{
    bool owes = session->half_closed || window_owed(&session->window) + window_unsent(&session->window) > 0;
    bool person = session->typed && !session->input_ended;
    if (session->wait == 0 || !owes || person || has_output(session))
        return -1;
    int64_t left = session->heard + session->wait - now();
    return left > 0 ? (int)left : 0;
}

/* poll reports errors and hang-ups even of what is not asked for, again and again: whoever cannot act on them
 * now is left out (-1). */
static int wait_for_events(struct session *session, struct pollfd *in, struct pollfd *net, struct pollfd *out)
{
    short events = (short)((has_output(session) ? 0 : POLLIN) | (wants_to_send(session) ? POLLOUT : 0));
    struct pollfd fds[] = {
        {.fd = wants_input(session) ? STDIN_FILENO : -1, .events = POLLIN},
        {.fd = events != 0 ? session->fd : -1, .events = events},
        {.fd = has_output(session) ? STDOUT_FILENO : -1, .events = POLLOUT},
    };
    int limit = patience(session);
    int n = poll(fds, 3, limit);
    if (limit == -1)
        session->heard = now();
    *in = fds[0];
    *net = fds[1];
    *out = fds[2];
    return n;
}

static void step(struct session *session)
{
    struct pollfd in, net, out;
    int n = wait_for_events(session, &in, &net, &out);
    if (n == 0)
        end_in_silence(session);
    if (n == -1 && !is_transient(errno)) {
        warn("poll");
        session->status = STATUS_LOCAL;
    }
    if (n <= 0)
        return;
    if (in.revents != 0)
        read_input(session);
    if ((net.revents & ~POLLIN) != 0 && wants_to_send(session))
        send_some(session);
    half_close(session);
    if ((net.revents & ~POLLOUT) != 0 && !has_output(session) && session->status == STATUS_OPEN)
        receive_some(session);
    if (out.revents != 0)
        write_some(session);
}

enum status session_run(struct session *session)
{
    session->status = STATUS_OPEN;
    session->heard = now();
    while (session->status == STATUS_OPEN)
        step(session);
    return session->status;
}
