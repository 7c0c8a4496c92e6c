/* session.c: the poll loop between standard input, the connection and standard output. Input and output stay in
 * blocking mode, which other processes share: a read or write is made only when poll says so, and is small enough not
 * to block then. Every wait is bounded, except for a person, for input, and for whoever reads the output. */
#include "client/line/session.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/base/clock.h"

enum { INPUT_MAX = 16384 };

/* After the end of the input, a server that owes something and has been silent for this long may be one that answers
 * only at the end: it is told of the end. Longer than nearly all round trips. */
#define END_HELD (500 * CLOCK_MS)

static bool is_transient(int error)
{
    return error == EINTR || error == EAGAIN;
}

bool session_takes_input(const struct session *session)
{
    return !session->decided && !session->input_ended;
}

bool session_has_echo(const struct session *session)
{
    return session->written < session->received;
}

/* A byte less than the window has: the goodbye filter may give back one that it held. */
static size_t room_for_input(const struct session *session)
{
    size_t room = window_room(&session->window);
    return room > 1 ? room - 1 : 0;
}

static bool wants_to_read(const struct session *session)
{
    return !session->input_ended && room_for_input(session) > 0;
}

static bool wants_to_send(const struct session *session)
{
    return session->send_error == 0 && window_unsent(&session->window) > 0;
}

/* The verdict, of which the user is told once the terminal is as it was found. The first one counts. */
__attribute__((format(printf, 3, 4))) static void end(struct session *session, enum status status, const char *why, ...)
{
    va_list arguments;
    if (session->decided)
        return;
    session->decided = true;
    session->status = status;
    va_start(arguments, why);
    vsnprintf(session->why, sizeof session->why, why, arguments);
    va_end(arguments);
}

static void end_in_difference(struct session *session, bool ended)
{
    size_t count;
    uint64_t offset = session->window.returned;
    switch (differ_judge(&session->differ, &session->window, ended, &count)) {
    case DIFFER_CHANGED:
        end(session, STATUS_LOSS, "at offset %" PRIu64 ": changed: sent 0x%02x, received 0x%02x", offset,
            window_peek(&session->window, 0), session->differ.sample[0]);
        return;
    case DIFFER_MISSING:
        end(session, STATUS_LOSS, "at offset %" PRIu64 ": missing: %zu of the bytes sent", offset, count);
        return;
    case DIFFER_EXTRA:
        end(session, STATUS_LOSS, "at offset %" PRIu64 ": extra: %zu of the bytes received", offset, count);
        return;
    }
}

/* The echo failed, and nothing more will come. */
static void end_in_loss(struct session *session, const char *why)
{
    size_t owed = window_owed(&session->window);
    uint64_t offset = session->window.returned;
    if (session->differ.length > 0)
        end_in_difference(session, true);
    else if (owed > 0)
        end(session, STATUS_LOSS, "at offset %" PRIu64 ": missing: %zu of the bytes sent: %s", offset, owed, why);
    else
        end(session, STATUS_LOSS, "at offset %" PRIu64 ": %s", offset, why);
}

static void end_in_silence(struct session *session)
{
    char why[80];
    bool all = session->half_closed && window_owed(&session->window) == 0;
    snprintf(why, sizeof why, "the server %s for %g s", all ? "kept the connection open" : "was silent",
             clock_seconds(session->timeout));
    end_in_loss(session, why);
}

/* error: errno, or 0 for an orderly end. A reset is reported once: if send() has met it, recv() sees an orderly end. */
static void end_of_connection(struct session *session, int error)
{
    bool complete = session->half_closed && session->differ.length == 0 && window_owed(&session->window) == 0;
    if (error == 0)
        error = session->send_error;
    if (error == 0 && complete)
        end(session, STATUS_GOOD, "%s", "");
    else
        end_in_loss(session, error != 0             ? strerror(error)
                             : session->half_closed ? "the server closed the connection"
                                                    : "the server closed the connection early");
}

size_t session_put(struct session *session, const unsigned char *bytes, size_t length)
{
    unsigned char kept[INPUT_MAX + 1];
    size_t taken = MIN(length, MIN(room_for_input(session), INPUT_MAX)), left = taken;
    if (session->typed) {
        left = goodbye_filter(&session->goodbye, bytes, taken, kept, &session->input_ended);
        bytes = kept;
    }
    window_put(&session->window, bytes, left);
    return taken;
}

size_t session_read(struct session *session, int fd, unsigned char *bytes, size_t size)
{
    ssize_t n = read(fd, bytes, size);
    if (n == 0)
        session->input_ended = true;
    else if (n == -1 && !is_transient(errno))
        end(session, STATUS_LOCAL, "cannot read standard input: %s", strerror(errno));
    return n > 0 ? (size_t)n : 0;
}

static void read_input(struct session *session)
{
    unsigned char bytes[INPUT_MAX];
    size_t room = MIN(room_for_input(session), sizeof bytes);
    session_put(session, bytes, session_read(session, session->input, bytes, room));
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

/* Does the server's silence count? Not while it owes nothing, while we do not listen because the output is not taken,
 * or while a person can lose patience instead. */
static bool is_awaited(const struct session *session)
{
    bool owes = session->half_closed || window_owed(&session->window) + window_unsent(&session->window) > 0;
    bool person = session->typed && !session->input_ended;
    return owes && !person && !session_has_echo(session);
}

/* How long to wait yet until the server is told that the input has ended; 0: now; -1: not yet, or it was. The end is
 * held back until what is owed has come back: some proxies close both directions at the end of one, and lose what is on
 * its way. Of a short patience half is left for what comes after the end. */
static int64_t end_held(const struct session *session)
{
    int64_t most = session->timeout > 0 ? MIN(END_HELD, session->timeout / 2) : END_HELD;
    if (!session->input_ended || session->half_closed || window_unsent(&session->window) > 0)
        return -1;
    if (window_owed(&session->window) == 0 || session->differ.length > 0)
        return 0;
    return is_awaited(session) ? MAX(session->heard + most - clock_now(), 0) : -1;
}

/* If this fails, so has the connection, and recv() will tell. */
static void half_close(struct session *session)
{
    if (end_held(session) != 0)
        return;
    shutdown(session->fd, SHUT_WR);
    session->half_closed = true;
}

static void receive_some(struct session *session)
{
    ssize_t n = recv(session->fd, session->echo, sizeof session->echo, MSG_DONTWAIT);
    if (n <= 0) {
        if (n == 0 || !is_transient(errno))
            end_of_connection(session, n == 0 ? 0 : errno);
        return;
    }
    size_t length = (size_t)n, matched = 0;
    session->written = 0;
    session->received = length;
    if (session->differ.length == 0)
        matched = window_match(&session->window, session->echo, length);
    if (matched < length) {
        differ_add(&session->differ, &session->window, session->echo + matched, length - matched);
        session->input_ended = true;
    }
}

/* At most PIPE_BUF: a pipe that poll calls writable takes that much at once (pipe(7)), and so do sockets. A terminal
 * may take less and hold us until it is read, which a terminal always is unless a person stops it. */
size_t session_write(struct session *session, int fd, const void *bytes, size_t length)
{
    ssize_t n = write(fd, bytes, MIN(length, PIPE_BUF));
    if (n == -1 && !is_transient(errno))
        end(session, STATUS_LOCAL, "cannot write standard output: %s", strerror(errno));
    return n > 0 ? (size_t)n : 0;
}

static void write_echo(struct session *session)
{
    size_t left = session->received - session->written;
    session->written += session_write(session, session->output, session->echo + session->written, left);
    if (!session_has_echo(session) && differ_enough(&session->differ))
        end_in_difference(session, false);
}

/* How long the server may still be silent, -1: for ever. */
static int64_t patience(const struct session *session)
{
    if (session->timeout == 0 || !is_awaited(session))
        return -1;
    return MAX(session->heard + session->timeout - clock_now(), 0);
}

/* As poll has it: ms, -1: no limit. */
static int wait_limit(const struct session *session)
{
    int64_t limit = patience(session), held = end_held(session);
    if (limit == -1 || (held != -1 && held < limit))
        limit = held;
    return limit == -1 ? -1 : (int)((limit + CLOCK_MS - 1) / CLOCK_MS);
}

/* poll reports errors and hang-ups even if not asked for, again and again: what cannot be acted on now is left out
 * (-1). */
static int wait_for_events(struct session *session, struct pollfd *fds, nfds_t count)
{
    bool has_echo = session_has_echo(session);
    short events = (short)((has_echo ? 0 : POLLIN) | (wants_to_send(session) ? POLLOUT : 0));
    fds[SESSION_INPUT] = (struct pollfd){.fd = wants_to_read(session) ? session->input : -1, .events = POLLIN};
    fds[SESSION_SERVER] = (struct pollfd){.fd = events != 0 ? session->fd : -1, .events = events};
    fds[SESSION_OUTPUT] = (struct pollfd){.fd = has_echo ? session->output : -1, .events = POLLOUT};
    bool awaited = is_awaited(session);
    int n = poll(fds, count, wait_limit(session));
    if (!awaited)
        session->heard = clock_now();
    return n;
}

static void act(struct session *session, const struct pollfd *fds)
{
    if (fds[SESSION_INPUT].revents != 0)
        read_input(session);
    if ((fds[SESSION_SERVER].revents & ~POLLIN) != 0 && wants_to_send(session))
        send_some(session);
    if ((fds[SESSION_SERVER].revents & ~POLLOUT) != 0 && !session_has_echo(session) && !session->decided)
        receive_some(session);
    if (fds[SESSION_OUTPUT].revents != 0)
        write_echo(session);
}

void session_step(struct session *session, struct pollfd *fds, nfds_t count)
{
    half_close(session);
    int n = wait_for_events(session, fds, count);
    if (n > 0)
        act(session, fds);
    else if (n == 0 && patience(session) == 0)
        end_in_silence(session);
    else if (n == -1 && !is_transient(errno))
        end(session, STATUS_LOCAL, "poll: %s", strerror(errno));
}

void session_begin(struct session *session)
{
    session->heard = clock_now();
    session->input = STDIN_FILENO;
    session->output = STDOUT_FILENO;
}

enum status session_run(struct session *session)
{
    struct pollfd fds[SESSION_SOURCES];
    while (!session->decided)
        session_step(session, fds, SESSION_SOURCES);
    if (session->status != STATUS_GOOD)
        warnx("%s", session->why);
    return session->status;
}
