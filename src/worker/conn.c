/* conn.c: see conn.h. Called by the service, for each message. Blocking calls with the socket's own timeouts: no poll
 * beside each recv, no timer to set. */
#include "worker/conn.h"

#include <errno.h>
#include <math.h>
#include <sys/socket.h>

#include "base/sockopt.h"

#define CHECK_EVERY 1.0 /* seconds between two looks at whether the daemon stops, while bytes flow */

static void set_timeout(struct conn *conn, double seconds)
{
    sockopt_timeouts(conn->terms->fd, seconds);
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
    set_deadline(conn, conn->terms->drain_deadline(conn->terms->context), ECHO_DRAIN);
}

static bool fail(struct conn *conn, enum echo_end end)
{
    conn->result.end = end;
    return false;
}

/* A wait that is too short only has to be repeated. So as a deadline comes nearer, the socket's timeout is the next
 * power of two below what is left, and is not set again for every message. With 30 s left: 16 s, and so on down to 16 s
 * left; then 8 s (15 s left: 8 s), 4, 2, 1, 0.5, and so on: five changes in half a minute, however many messages there
 * are. */
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
    const struct conn_terms *terms = conn->terms;
    double now = clock_coarse(), left = terms->idle;
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
    if (terms->patience > 0 && (left <= 0 || left > terms->patience))
        left = terms->patience;
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

void conn_begin(struct conn *conn, const struct conn_terms *terms)
{
    double now = clock_now();
    *conn = (struct conn){.terms = terms, .begun = now, .next_check = now + CHECK_EVERY, .timeout = terms->idle};
    if (terms->limit > 0)
        set_deadline(conn, now + terms->limit, ECHO_LIMIT);
}

size_t conn_recv(struct conn *conn, void *buffer, size_t size)
{
    while (may_wait(conn)) {
        ssize_t got = recv(conn->terms->fd, buffer, size, 0);
        if (got > 0) {
            conn->result.in += (uint64_t)got;
            return (size_t)got;
        }
        if (got == 0)
            fail(conn, ECHO_EOF);
        if (got == 0 || !survive(conn))
            break;
    }
    return 0;
}

/* A send that was cut short by its timeout has moved its last byte at some time within it; that it was just now is
 * taken in the client's favour, and is wrong by no more than a send waits (sockopt_timeouts). */
bool conn_send(struct conn *conn, const void *bytes, size_t n)
{
    const char *rest = bytes;
    while (n > 0) {
        ssize_t sent = send(conn->terms->fd, rest, n, MSG_NOSIGNAL);
        if (sent > 0) {
            rest += sent;
            n -= (size_t)sent;
            conn->result.out += (uint64_t)sent;
        } else if (!survive(conn)) {
            return false;
        }
        if (n > 0 && !may_wait(conn))
            return false;
    }
    return true;
}

/* Closing a socket with unread bytes sends a reset, which may overtake the echo that is still on its way. So stop
 * sending and read what has come by now; a client that goes on sending will be reset. */
static void hang_up(const struct conn *conn, void *buffer, size_t size)
{
    if (conn->result.end == ECHO_RESET || conn->result.end == ECHO_EOF)
        return;
    shutdown(conn->terms->fd, SHUT_WR);
    for (int i = 0; i < 64 && recv(conn->terms->fd, buffer, size, MSG_DONTWAIT) > 0; i++)
        ;
}

struct conn_result conn_end(struct conn *conn, void *buffer, size_t size)
{
    hang_up(conn, buffer, size);
    conn->result.seconds = clock_now() - conn->begun;
    return conn->result;
}
