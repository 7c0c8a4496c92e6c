/* echo.c: one connection. A child serves it as a worker does; the test is the client. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/sockopt.h"
#include "worker/conn.h"
#include "worker/echo.h"

#include "base/clock.h"

enum { BUFFER = 16384 };

/* Far longer than anything here lasts, unless something hangs. */
#define LONG 30.0

/* What a connection is served with. */
struct echo {
    int fd;
    unsigned char *buffer;
    size_t size;
    double idle, limit, patience;
    double (*drain_deadline)(void *context);
    void *context;
};

static struct conn_result echo_run(const struct echo *echo)
{
    const struct conn_terms terms = {echo->fd,       echo->idle,           echo->limit,
                                     echo->patience, echo->drain_deadline, echo->context};
    struct conn conn;
    conn_begin(&conn, &terms);
    echo_serve(&conn, echo->buffer, echo->size);
    return conn_end(&conn, echo->buffer, echo->size);
}

struct server {
    pid_t pid;
    int client;               /* the client's end of the connection */
    int report;               /* where the result comes from */
    _Atomic double *deadline; /* what drain_deadline says */
};

static double drain_deadline(void *context)
{
    return atomic_load((_Atomic double *)context);
}

/* As in a worker, only sooner: the signal comes again, in case it came just before a call that waits. */
static void interrupted(int sig)
{
    (void)sig;
    ualarm(20000, 0);
}

/* No SA_RESTART: a wait must end. */
static void serve(const struct echo *echo, int report)
{
    struct sigaction action = {.sa_handler = interrupted};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    sockopt_timeouts(echo->fd, echo->idle);
    struct conn_result result = echo_run(echo);
    unit_require(result.end == ECHO_EOF || send(echo->fd, "", 1, MSG_NOSIGNAL) < 0); /* it has said goodbye */
    close(echo->fd);
    unit_require(write(report, &result, sizeof result) == sizeof result);
    _exit(0);
}

/* fds: the server's end of a connection, and the client's. */
static struct server start(const int fds[2], struct echo echo)
{
    static const double never;
    struct server server = {.client = fds[1]};
    int report[2];
    assert_int_equal(pipe2(report, O_CLOEXEC), 0);
    server.deadline = mmap(NULL, sizeof never, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(server.deadline, MAP_FAILED);
    unsigned char buffer[BUFFER];
    echo.fd = fds[0];
    echo.buffer = buffer;
    echo.size = echo.size != 0 ? echo.size : sizeof buffer;
    echo.drain_deadline = drain_deadline;
    echo.context = server.deadline;
    server.pid = unit_fork();
    if (server.pid == 0) {
        close(fds[1]);
        serve(&echo, report[1]);
    }
    close(fds[0]);
    close(report[1]);
    server.report = report[0];
    return server;
}

static struct conn_result finish(struct server *server)
{
    struct conn_result result = {.end = ECHO_ERROR};
    assert_int_equal(read(server->report, &result, sizeof result), sizeof result);
    assert_int_equal(unit_wait(server->pid), 0);
    close(server->report);
    close(server->client);
    munmap(server->deadline, sizeof *server->deadline);
    return result;
}

static struct server start_unix(struct echo echo)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    return start(fds, echo);
}

/* Small buffers, so that they are soon full; not so small that the kernel sends in crumbs. */
static struct server start_tcp(struct echo echo)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    const int size = 65536, yes = 1;
    int fds[2], listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 1), 0);
    getsockname(listener, (struct sockaddr *)&at, &length);
    fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fds[1], SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(fds[1], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    assert_int_equal(connect(fds[1], (struct sockaddr *)&at, sizeof at), 0);
    fds[0] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_return_code(fds[0], errno);
    close(listener);
    return start(fds, echo);
}

static struct server (*const starters[])(struct echo) = {start_unix, start_tcp};

/* The client: bytes that tell where they belong. */

static unsigned char byte_at(size_t i)
{
    return (unsigned char)(i * 7 + i / 251);
}

static void say(const struct server *server, size_t from, size_t n)
{
    unsigned char bytes[4096];
    while (n > 0) {
        size_t some = n < sizeof bytes ? n : sizeof bytes;
        for (size_t i = 0; i < some; i++)
            bytes[i] = byte_at(from + i);
        assert_int_equal(send(server->client, bytes, some, MSG_NOSIGNAL), some);
        from += some;
        n -= some;
    }
}

static void check(const unsigned char *bytes, size_t from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != byte_at(from + i))
            fail_msg("byte %zu is wrong", from + i);
}

static void hear(const struct server *server, size_t from, size_t n)
{
    unsigned char bytes[4096];
    while (n > 0) {
        ssize_t got = recv(server->client, bytes, n < sizeof bytes ? n : sizeof bytes, 0);
        assert_true(got > 0);
        check(bytes, from, (size_t)got);
        from += (size_t)got;
        n -= (size_t)got;
    }
}

/* Everything up to the end, which must be an orderly one. Returns how much it was. */
static size_t hear_out(const struct server *server, size_t from)
{
    unsigned char bytes[4096];
    size_t all = 0;
    ssize_t got;
    while ((got = recv(server->client, bytes, sizeof bytes, 0)) > 0) {
        check(bytes, from + all, (size_t)got);
        all += (size_t)got;
    }
    if (got < 0)
        fail_msg("after %zu bytes: %s", all, strerror(errno));
    return all;
}

/* Send until nothing has moved for a moment: everything between here and there is full. */
static size_t stuff(const struct server *server)
{
    struct pollfd writable = {.fd = server->client, .events = POLLOUT};
    unsigned char bytes[4096];
    size_t all = 0;
    while (poll(&writable, 1, 100) > 0) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = byte_at(all + i);
        ssize_t sent = send(server->client, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
        all += sent > 0 ? (size_t)sent : 0;
    }
    return all;
}

static void assert_result(const struct conn_result *result, enum echo_end end, size_t in, size_t out)
{
    assert_string_equal(echo_end_name(result->end), echo_end_name(end));
    assert_int_equal(result->in, in);
    assert_int_equal(result->out, out);
}

/* It lasted so long, and a little for the clock's grain and a busy machine. */
static void assert_lasted(const struct conn_result *result, double seconds)
{
    if (result->seconds < seconds - 0.011 || result->seconds > seconds + 2)
        fail_msg("%f seconds, not %f", result->seconds, seconds);
}

/* How connections end */

static void test_eof(void **state)
{
    static const size_t sizes[] = {0, 1, 100, BUFFER - 1, BUFFER, BUFFER + 1, 50000};
    (void)state;
    for (size_t kind = 0; kind < unit_count(starters); kind++) {
        for (size_t i = 0; i < unit_count(sizes); i++) {
            struct server server = starters[kind]((struct echo){.idle = LONG});
            say(&server, 0, sizes[i]);
            hear(&server, 0, sizes[i]);
            shutdown(server.client, SHUT_WR);
            assert_int_equal(hear_out(&server, sizes[i]), 0);
            struct conn_result result = finish(&server);
            assert_result(&result, ECHO_EOF, sizes[i], sizes[i]);
        }
    }
}

/* All that was sent before the FIN comes back, however much is on the way. */
static void test_half_close(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < unit_count(starters); kind++) {
        struct server server = starters[kind]((struct echo){.idle = LONG});
        size_t all = stuff(&server);
        assert_true(all > 50000);
        shutdown(server.client, SHUT_WR);
        assert_int_equal(hear_out(&server, 0), all);
        struct conn_result result = finish(&server);
        assert_result(&result, ECHO_EOF, all, all);
    }
}

static void test_without_any_timeout(void **state)
{
    struct server server = start_tcp((struct echo){0});
    (void)state;
    say(&server, 0, 1000);
    hear(&server, 0, 1000);
    shutdown(server.client, SHUT_WR);
    hear_out(&server, 1000);
    struct conn_result result = finish(&server);
    assert_result(&result, ECHO_EOF, 1000, 1000);
    assert_true(result.seconds >= 0 && result.seconds < LONG);
}

/* A one-byte buffer shows each message cut into pieces. */
static void test_any_buffer(void **state)
{
    struct server server = start_tcp((struct echo){.size = 1, .idle = LONG});
    (void)state;
    say(&server, 0, 3000);
    hear(&server, 0, 3000);
    shutdown(server.client, SHUT_WR);
    hear_out(&server, 3000);
    struct conn_result result = finish(&server);
    assert_result(&result, ECHO_EOF, 3000, 3000);
}

static void test_reset(void **state)
{
    const struct linger at_once = {.l_onoff = 1};
    struct server server = start_tcp((struct echo){.idle = LONG});
    (void)state;
    say(&server, 0, 5);
    hear(&server, 0, 5);
    setsockopt(server.client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(server.client);
    server.client = -1;
    struct conn_result result = finish(&server);
    assert_result(&result, ECHO_RESET, 5, 5);
}

/* It breaks off while the echo is stuck in send, not in recv. */
static void test_reset_while_sending(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < unit_count(starters); kind++) {
        struct server server = starters[kind]((struct echo){.idle = LONG});
        stuff(&server);
        close(server.client); /* with unread bytes, which resets */
        server.client = -1;
        struct conn_result result = finish(&server);
        assert_int_equal(result.end, ECHO_RESET);
        assert_true(result.out < result.in);
    }
}

/* It no longer listens, and says so by closing its ear, not the connection. */
static void test_reset_by_deafness(void **state)
{
    struct server server = start_unix((struct echo){.idle = LONG});
    (void)state;
    shutdown(server.client, SHUT_RD);
    say(&server, 0, 5);
    struct conn_result result = finish(&server);
    assert_result(&result, ECHO_RESET, 5, 0);
}

/* To a socket no time at all means for ever. */
static void test_hardly_any_timeout(void **state)
{
    struct server server = start_tcp((struct echo){.idle = 1e-7});
    (void)state;
    assert_int_equal(hear_out(&server, 0), 0);
    struct conn_result result = finish(&server);
    assert_result(&result, ECHO_IDLE, 0, 0);
}

static void test_idle(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < unit_count(starters); kind++) {
        struct server server = starters[kind]((struct echo){.idle = 0.15});
        say(&server, 0, 10);
        assert_int_equal(hear_out(&server, 0), 10);
        struct conn_result result = finish(&server);
        assert_result(&result, ECHO_IDLE, 10, 10);
        assert_lasted(&result, 0.15);
    }
}

/* Whoever moves within the idle time is not idle, however long it goes on. */
static void test_slow_is_not_idle(void **state)
{
    struct server server = start_unix((struct echo){.idle = 0.5});
    struct pollfd nothing = {.fd = -1};
    (void)state;
    for (size_t i = 0; i < 12; i++) {
        say(&server, i, 1);
        hear(&server, i, 1);
        if (i == 2)
            kill(server.pid, SIGTERM); /* interrupted waits are no different */
        poll(&nothing, 1, 70);
    }
    shutdown(server.client, SHUT_WR);
    struct conn_result result = finish(&server);
    assert_result(&result, ECHO_EOF, 12, 12);
    assert_true(result.seconds > 0.8);
}

/* A client that does not read is idle too, and what it has sent beyond that does not destroy the echo on its way. */
static void test_idle_while_sending(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < unit_count(starters); kind++) {
        struct server server = starters[kind]((struct echo){.idle = 0.3});
        size_t all = stuff(&server);
        struct pollfd ended = {.fd = server.report, .events = POLLIN};
        assert_int_equal(poll(&ended, 1, 10000), 1);
        size_t heard = hear_out(&server, 0);
        struct conn_result result = finish(&server);
        assert_result(&result, ECHO_IDLE, result.in, heard);
        assert_true(result.out < result.in && result.in <= all);
    }
}

/* Signals that interrupt the wait, again and again, do not put its end off. */
/* A send that is cut short by its timeout does not tell when the last byte moved. */
static void test_idle_while_sending_is_not_late(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < unit_count(starters); kind++) {
        struct server server = starters[kind]((struct echo){.idle = 1.0});
        double begun = clock_now();
        stuff(&server);
        double stuffed = clock_now() - begun;
        unsigned char byte;
        struct pollfd ended = {.fd = server.report, .events = POLLIN};
        assert_int_equal(poll(&ended, 1, 10000), 1);
        double took = clock_now() - begun;
        while (recv(server.client, &byte, 1, 0) > 0)
            ;
        struct conn_result result = finish(&server);
        assert_string_equal(echo_end_name(result.end), "idle");
        if (took < 0.9 || took > stuffed + 1.6)
            fail_msg("idle time of 1 s, and ended after %f s, of which the client sent for %f", took, stuffed);
    }
}

static void test_idle_among_signals(void **state)
{
    struct server server = start_unix((struct echo){.idle = 0.3});
    (void)state;
    say(&server, 0, 1);
    hear(&server, 0, 1);
    kill(server.pid, SIGTERM);
    assert_int_equal(hear_out(&server, 1), 0);
    struct conn_result result = finish(&server);
    assert_result(&result, ECHO_IDLE, 1, 1);
    assert_true(result.seconds < 1.5);
}

static void test_limit_while_bytes_flow(void **state)
{
    struct server server = start_unix((struct echo){.idle = LONG, .limit = 0.2});
    size_t n = 0;
    (void)state;
    while (send(server.client, &(unsigned char){byte_at(n)}, 1, MSG_NOSIGNAL) == 1) {
        unsigned char byte;
        if (recv(server.client, &byte, 1, 0) != 1)
            break;
        check(&byte, n++, 1);
    }
    struct conn_result result = finish(&server);
    assert_int_equal(result.end, ECHO_LIMIT);
    assert_int_equal(result.out, n);
    assert_lasted(&result, 0.2);
}

static void test_limit_while_nothing_moves(void **state)
{
    static const double idles[] = {0, LONG, 0.35};
    (void)state;
    for (size_t i = 0; i < unit_count(idles); i++) {
        struct server server = start_tcp((struct echo){.idle = idles[i], .limit = 0.2});
        say(&server, 0, 10);
        assert_int_equal(hear_out(&server, 0), 10);
        struct conn_result result = finish(&server);
        assert_result(&result, ECHO_LIMIT, 10, 10);
        assert_lasted(&result, 0.2);
    }
}

static void test_limit_while_sending(void **state)
{
    struct server server = start_tcp((struct echo){.idle = LONG, .limit = 0.3});
    (void)state;
    stuff(&server);
    struct pollfd ended = {.fd = server.report, .events = POLLIN};
    assert_int_equal(poll(&ended, 1, 10000), 1);
    size_t heard = hear_out(&server, 0);
    struct conn_result result = finish(&server);
    assert_result(&result, ECHO_LIMIT, result.in, heard);
    assert_lasted(&result, 0.3);
}

/* Idle comes first, then it is idle. */
static void test_limit_later_than_idle(void **state)
{
    struct server server = start_unix((struct echo){.idle = 0.15, .limit = 1});
    (void)state;
    hear_out(&server, 0);
    struct conn_result result = finish(&server);
    assert_result(&result, ECHO_IDLE, 0, 0);
    assert_lasted(&result, 0.15);
}

/* The daemon stops: the signal is what a waiting worker hears of it. */
static void test_drain_at_a_signal(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct server server = start_unix((struct echo){.idle = i == 0 ? 0 : LONG});
        say(&server, 0, 10);
        hear(&server, 0, 10);
        double before = clock_now();
        atomic_store(server.deadline, before + 0.2);
        kill(server.pid, SIGTERM);
        assert_int_equal(hear_out(&server, 10), 0);
        assert_true(clock_now() - before > 0.189);
        struct conn_result result = finish(&server);
        assert_result(&result, ECHO_DRAIN, 10, 10);
        assert_true(result.seconds < 0.95); /* or it would have been found out without the signal */
    }
}

/* Until the deadline the connection is served as ever. */
static void test_drain_lets_a_client_finish(void **state)
{
    struct server server = start_unix((struct echo){.idle = LONG});
    (void)state;
    say(&server, 0, 10);
    hear(&server, 0, 10);
    atomic_store(server.deadline, clock_now() + LONG);
    kill(server.pid, SIGTERM);
    say(&server, 10, 10);
    hear(&server, 10, 10);
    shutdown(server.client, SHUT_WR);
    struct conn_result result = finish(&server);
    assert_result(&result, ECHO_EOF, 20, 20);
}

/* Without a signal it is found out within a second, if bytes flow. */
static void test_drain_while_bytes_flow(void **state)
{
    struct server server = start_unix((struct echo){.idle = LONG});
    size_t n = 0;
    (void)state;
    atomic_store(server.deadline, clock_now() - 1);
    while (send(server.client, &(unsigned char){byte_at(n)}, 1, MSG_NOSIGNAL) == 1) {
        unsigned char byte;
        if (recv(server.client, &byte, 1, 0) != 1)
            break;
        check(&byte, n++, 1);
    }
    struct conn_result result = finish(&server);
    assert_int_equal(result.end, ECHO_DRAIN);
    assert_int_equal(result.out, n);
    assert_lasted(&result, 1);
}

static void test_drain_or_limit_whichever_is_sooner(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct server server = start_unix((struct echo){.idle = LONG, .limit = i == 0 ? 0.2 : LONG});
        say(&server, 0, 1);
        hear(&server, 0, 1);
        atomic_store(server.deadline, clock_now() + (i == 0 ? LONG : 0.2));
        kill(server.pid, SIGTERM);
        hear_out(&server, 1);
        struct conn_result result = finish(&server);
        assert_result(&result, i == 0 ? ECHO_LIMIT : ECHO_DRAIN, 1, 1);
        assert_lasted(&result, 0.2);
    }
}

static void test_error(void **state)
{
    _Atomic double never = 0;
    const struct echo echo = {.fd = -1, .drain_deadline = drain_deadline, .context = &never};
    (void)state;
    struct conn_result result = echo_run(&echo);
    assert_result(&result, ECHO_ERROR, 0, 0);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(echo_end_name(ECHO_EOF), "eof");
    assert_string_equal(echo_end_name(ECHO_RESET), "reset");
    assert_string_equal(echo_end_name(ECHO_IDLE), "idle");
    assert_string_equal(echo_end_name(ECHO_LIMIT), "limit");
    assert_string_equal(echo_end_name(ECHO_DRAIN), "drain");
    assert_string_equal(echo_end_name(ECHO_ERROR), "error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eof),
        cmocka_unit_test(test_half_close),
        cmocka_unit_test(test_without_any_timeout),
        cmocka_unit_test(test_any_buffer),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_reset_while_sending),
        cmocka_unit_test(test_reset_by_deafness),
        cmocka_unit_test(test_hardly_any_timeout),
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_slow_is_not_idle),
        cmocka_unit_test(test_idle_while_sending),
        cmocka_unit_test(test_idle_while_sending_is_not_late),
        cmocka_unit_test(test_idle_among_signals),
        cmocka_unit_test(test_limit_while_bytes_flow),
        cmocka_unit_test(test_limit_while_nothing_moves),
        cmocka_unit_test(test_limit_while_sending),
        cmocka_unit_test(test_limit_later_than_idle),
        cmocka_unit_test(test_drain_at_a_signal),
        cmocka_unit_test(test_drain_lets_a_client_finish),
        cmocka_unit_test(test_drain_while_bytes_flow),
        cmocka_unit_test(test_drain_or_limit_whichever_is_sooner),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_names),
    };
    return unit_run("echo", tests, NULL, NULL);
}
