/* echo.c: one connection; see echo.h. Called by a worker for each. Blocking calls with the socket's own timeouts: no
 * poll beside each recv, no timer to set. */
#include "echo.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "util.h"

#define CHECK_EVERY 1.0 /* seconds between two looks at whether the daemon stops, while bytes flow */

/* A connection under way. */
struct flow {
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

static void set_timeout(struct flow *flow, double seconds)
{
    long microseconds = (long)(seconds * 1e6);
    struct timeval t = {.tv_sec = microseconds / 1000000, .tv_usec = microseconds % 1000000};
    if (microseconds < 1000)
        t.tv_usec = 1000; /* 0 would mean for ever */
    setsockopt(flow->echo->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    setsockopt(flow->echo->fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
    flow->timeout = seconds;
}

static void set_deadline(struct flow *flow, double deadline, enum echo_end end)
{
    if (deadline <= 0 || (flow->deadline > 0 && flow->deadline <= deadline))
        return;
    flow->deadline = deadline;
    flow->deadline_end = end;
}

static void check(struct flow *flow, double now)
{
    flow->next_check = now + CHECK_EVERY;
    set_deadline(flow, flow->echo->drain_deadline(flow->echo->context), ECHO_DRAIN);
}

static bool fail(struct flow *flow, enum echo_end end)
{
    flow->result.end = end;
    return false;
}

/* A wait that is too short only has to be made again. So while a deadline comes nearer the socket's timeout goes by
 * powers of two, and is not set anew for every message. */
static double shorten(double seconds)
{
    int exponent;
    frexp(seconds, &exponent);
    return ldexp(0.5, exponent);
}

/* Before each wait: for how long may it be? The socket's timeout is changed only when it is not that already, so the
 * steady state costs no system call. */
static bool may_wait(struct flow *flow)
{
    double now = util_now_coarse(), left = flow->echo->idle;
    if (now >= flow->next_check)
        check(flow, now);
    if (!flow->resuming)
        flow->idle_since = now;
    flow->resuming = false;
    if (left > 0 && (left -= now - flow->idle_since) <= 0)
        return fail(flow, ECHO_IDLE);
    if (flow->deadline > 0 && (left <= 0 || flow->deadline - now < left)) {
        left = flow->deadline - now;
        if (left <= 0)
            return fail(flow, flow->deadline_end);
        left = shorten(left);
    }
    if (left != flow->timeout)
        set_timeout(flow, left);
    return true;
}

/* recv or send failed: is it the end? Whether a timeout was the last, may_wait knows. */
static bool survive(struct flow *flow)
{
    switch (errno) {
    case EINTR:
        check(flow, util_now());
        flow->resuming = true;
        return true;
    case EAGAIN:
        flow->resuming = true;
        return true;
    case ECONNRESET:
    case EPIPE:
        return fail(flow, ECHO_RESET);
    default:
        return fail(flow, ECHO_ERROR);
    }
}

static bool send_back(struct flow *flow, size_t n)
{
    const struct echo *echo = flow->echo;
    size_t sent = 0;
    while (sent < n) {
        ssize_t wrote = send(echo->fd, echo->buffer + sent, n - sent, MSG_NOSIGNAL);
        if (wrote > 0) {
            sent += (size_t)wrote;
            flow->result.out += (uint64_t)wrote;
        } else if (!survive(flow)) {
            return false;
        }
        if (sent < n && !may_wait(flow))
            return false;
    }
    return true;
}

static bool echo_once(struct flow *flow)
{
    const struct echo *echo = flow->echo;
    if (!may_wait(flow))
        return false;
    ssize_t got = recv(echo->fd, echo->buffer, echo->size, 0);
    if (got == 0)
        return fail(flow, ECHO_EOF);
    if (got < 0)
        return survive(flow);
    flow->result.in += (uint64_t)got;
    return send_back(flow, (size_t)got);
}

/* Closing a socket with unread bytes sends a reset, which may overtake the echo that is still on its way. So say
 * goodbye and take what has come by now; who goes on sending will be reset. */
static void part(const struct flow *flow)
{
    if (flow->result.end == ECHO_RESET || flow->result.end == ECHO_EOF)
        return;
    shutdown(flow->echo->fd, SHUT_WR);
    for (int i = 0; i < 64 && recv(flow->echo->fd, flow->echo->buffer, flow->echo->size, MSG_DONTWAIT) > 0; i++)
        ;
}

struct echo_result echo_run(const struct echo *echo)
{
    double now = util_now();
    struct flow flow = {.echo = echo, .begun = now, .next_check = now + CHECK_EVERY, .timeout = echo->idle};
    if (echo->limit > 0)
        set_deadline(&flow, now + echo->limit, ECHO_LIMIT);
    while (echo_once(&flow))
        ;
    part(&flow);
    flow.result.seconds = util_now() - flow.begun;
    return flow.result;
}

const char *echo_end_name(enum echo_end end)
{
    static const char *const names[] = {"eof", "reset", "idle", "limit", "drain", "error"};
    return names[end];
}
