/* echo.c: one connection; called by a worker for each. Blocking calls with the socket's own timeouts: no poll beside
 * each recv, no timer to set. */
#include "worker/echo.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/clock.h"

#define CHECK_EVERY 1.0 /* seconds between two looks at whether the daemon stops, while bytes flow */

/* A connection under way. */
struct conn {
    const struct echo *echo;
    struct echo_result result;
    double begun;
    double next_check;
    double idle_since; /* when the present wait for the client began */
    bool resuming;     /* that wait was interrupted, and goes on */
    double deadline;   /* the earlier of limit and drain; 0: none */
    enum echo_end deadline_end;
    double timeout; /* that the socket has now */
};

static void set_timeout(struct conn *conn, double seconds)
{
    long microseconds = (long)(seconds * 1e6);
    struct timeval t = {.tv_sec = microseconds / 1000000, .tv_usec = microseconds % 1000000};
    if (microseconds < 1000)
        t.tv_usec = 1000; /* 0 would mean for ever */
    setsockopt(conn->echo->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    setsockopt(conn->echo->fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
    conn->timeout = seconds;
}

static void set_deadline(struct conn *conn, double deadline, enum echo_end end)
{
    if (deadline <= 0 || (conn->deadline > 0 && conn->deadline <= deadline))
        return;
    conn->deadline = deadline;
    conn->deadline_end = end;
}

static void check(struct conn *conn, double now)
{
    conn->next_check = now + CHECK_EVERY;
    set_deadline(conn, conn->echo->drain_deadline(conn->echo->context), ECHO_DRAIN);
}

static bool fail(struct conn *conn, enum echo_end end)
{
    conn->result.end = end;
    return false;
}

/* A wait that is too short only has to be repeated. So as a deadline comes nearer, the socket's timeout shrinks by
 * powers of two, and is not set again for every message. */
static double shorten(double seconds)
{
    int exponent;
    frexp(seconds, &exponent);
    return ldexp(0.5, exponent);
}

/* Before each wait: how long may it last? The socket's timeout is changed only if it differs, so the steady state costs
 * no system call. */
static bool may_wait(struct conn *conn)
{
    double now = clock_coarse(), left = conn->echo->idle;
    if (now >= conn->next_check)
        check(conn, now);
    if (!conn->resuming)
        conn->idle_since = now;
    conn->resuming = false;
    if (left > 0 && (left -= now - conn->idle_since) <= 0)
        return fail(conn, ECHO_IDLE);
    if (conn->deadline > 0 && (left <= 0 || conn->deadline - now < left)) {
        left = conn->deadline - now;
        if (left <= 0)
            return fail(conn, conn->deadline_end);
        left = shorten(left);
    }
    if (left != conn->timeout)
        set_timeout(conn, left);
    return true;
}

/* recv or send failed: is it the end? After a timeout, may_wait decides. */
static bool survive(struct conn *conn)
{
    switch (errno) {
    case EINTR:
        check(conn, clock_now());
        conn->resuming = true;
        return true;
    case EAGAIN:
        conn->resuming = true;
        return true;
    case ECONNRESET:
    case EPIPE:
        return fail(conn, ECHO_RESET);
    default:
        return fail(conn, ECHO_ERROR);
    }
}

static bool send_back(struct conn *conn, size_t n)
{
    const struct echo *echo = conn->echo;
    size_t sent = 0;
    while (sent < n) {
        ssize_t wrote = send(echo->fd, echo->buffer + sent, n - sent, MSG_NOSIGNAL);
        if (wrote > 0) {
            sent += (size_t)wrote;
            conn->result.out += (uint64_t)wrote;
        } else if (!survive(conn)) {
            return false;
        }
        if (sent < n && !may_wait(conn))
            return false;
    }
    return true;
}

static bool echo_once(struct conn *conn)
{
    const struct echo *echo = conn->echo;
    if (!may_wait(conn))
        return false;
    ssize_t got = recv(echo->fd, echo->buffer, echo->size, 0);
    if (got == 0)
        return fail(conn, ECHO_EOF);
    if (got < 0)
        return survive(conn);
    conn->result.in += (uint64_t)got;
    return send_back(conn, (size_t)got);
}

/* Closing a socket with unread bytes sends a reset, which may overtake the echo that is still on its way. So stop
 * sending and read what has come by now; a client that goes on sending will be reset. */
static void part(const struct conn *conn)
{
    if (conn->result.end == ECHO_RESET || conn->result.end == ECHO_EOF)
        return;
    shutdown(conn->echo->fd, SHUT_WR);
    for (int i = 0; i < 64 && recv(conn->echo->fd, conn->echo->buffer, conn->echo->size, MSG_DONTWAIT) > 0; i++)
        ;
}

struct echo_result echo_run(const struct echo *echo)
{
    double now = clock_now();
    struct conn conn = {.echo = echo, .begun = now, .next_check = now + CHECK_EVERY, .timeout = echo->idle};
    if (echo->limit > 0)
        set_deadline(&conn, now + echo->limit, ECHO_LIMIT);
    while (echo_once(&conn))
        ;
    part(&conn);
    conn.result.seconds = clock_now() - conn.begun;
    return conn.result;
}
