/* listen.c: a socket that is sound is kept, whatever signals rain meanwhile; one that is dropped is served for as long
 * as it may; and what somebody else holds too is released, never ended. */
#include "unit.h"

#include <poll.h>
#include <sys/param.h>
#include <sys/socket.h>

#include <sys/time.h>

#include "conf/conf.h"
#include "master/listener/listen.h"

static void ignore(int sig)
{
    (void)sig;
}

/* A signal every so many microseconds, 0: no more. It takes the alarm that bounds the program, and gives it back. */
static void rain(suseconds_t microseconds)
{
    struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
    struct itimerval every = {{0, microseconds}, {0, microseconds}};
    if (microseconds == 0)
        action.sa_handler = SIG_DFL;
    if (microseconds > 0)
        assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
    if (microseconds > 0)
        return;
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    alarm(UNIT_PATIENCE);
}

static const struct listen_set none = {.n = 0};

/* Listen at so many free ports. */
static void begin(struct listen_set *set, struct conf *conf, size_t listens)
{
    static const char *const at[] = {"127.0.0.1:0", "127.0.0.1:0"};
    const struct conf_source source = {.file = "/dev/null", .listen = at, .listens = listens, .foreground = true};
    struct reason why;
    size_t failed;
    assert_true(conf_load(&source, conf, &why));
    assert_true(listen_open(set, conf, &none, &failed, &why));
    listen_commit(set, conf, 0);
}

/* A client's socket that is connected or, if nobody lets it in, may be some time; -1: refused. */
static int connect_to(const struct addr *addr)
{
    int fd = socket(addr->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
    connect(fd, (const struct sockaddr *)&addr->storage, addr->length);
    poll(&pollfd, 1, 50);
    if ((pollfd.revents & (POLLERR | POLLHUP)) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool is_let_in(const struct addr *addr)
{
    int fd = connect_to(addr);
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    bool in = fd >= 0 && getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
    if (fd >= 0)
        close(fd);
    return in;
}

static void drop_second(struct listen_set *set, struct conf *conf, struct listen_set *live, double now)
{
    struct reason why;
    size_t failed;
    conf->listens = 1;
    conf->drain = 10;
    assert_true(listen_open(set, conf, live, &failed, &why));
    listen_commit(set, conf, now);
    listen_close(live, set);
}

static void test_a_dropped_listener_is_served(void **state)
{
    struct conf conf;
    struct listen_set live, set;
    bool broken;
    (void)state;
    begin(&live, &conf, 2);
    struct addr dropped = live.at[1].bound;
    int client = connect_to(&dropped);
    drop_second(&set, &conf, &live, 100);
    assert_int_equal(set.n, 2);
    assert_true(set.at[1].leaving);
    assert_false(is_let_in(&dropped));
    assert_true(is_let_in(&set.at[0].bound));

    assert_true(listen_end_left(&set, 100.001));
    assert_false(listen_end_left(&set, 105));
    assert_true(set.at[1].fd >= 0);
    assert_int_equal(listen_waiting(&set, &broken), 2);
    close(accept(set.at[1].fd, NULL, NULL));
    assert_false(listen_end_left(&set, 106));
    assert_int_equal(set.at[1].fd, -1);
    assert_int_equal(set.n, 2); /* the other keeps its place */
    close(client);
    listen_close(&set, &none);
}

static void test_a_dropped_listener_has_the_drain_time(void **state)
{
    struct conf conf;
    struct listen_set live, set;
    (void)state;
    begin(&live, &conf, 2);
    int client = connect_to(&live.at[1].bound);
    drop_second(&set, &conf, &live, 100);
    listen_end_left(&set, 109.9);
    assert_true(set.at[1].fd >= 0);
    listen_end_left(&set, 110);
    assert_int_equal(set.at[1].fd, -1);
    close(client);
    listen_close(&set, &none);
}

static void test_what_others_hold_is_released(void **state)
{
    struct conf conf;
    struct listen_set live, set;
    (void)state;
    begin(&live, &conf, 2);
    int others[2];
    for (int i = 0; i < 2; i++) {
        live.at[i].shared = true;
        others[i] = dup(live.at[i].fd);
    }
    struct addr first = live.at[0].bound, second = live.at[1].bound;
    drop_second(&set, &conf, &live, 100);
    assert_int_equal(set.n, 1);
    assert_true(is_let_in(&second));

    listen_refuse(&set);
    assert_int_equal(set.at[0].fd, -1);
    assert_true(is_let_in(&first));
    listen_close(&set, &none);
    assert_true(is_let_in(&first));
    close(others[0]);
    close(others[1]);
    assert_false(is_let_in(&first));
}

/* Names that vanish again and again: the old sockets leave, the oldest makes place for the newest, and a listener is
 * opened anew once a second at most. */
static void test_mends_what_keeps_breaking(void **state)
{
    char *path = unit_path(state, "socket"), at[PATH_MAX + 8];
    snprintf(at, sizeof at, "unix:%s", path);
    const struct conf_source source = {
        .file = "/dev/null", .listen = (const char *const[]){at}, .listens = 1, .foreground = true};
    struct log log = {.fd = -1, .workers = -1, .console = -1, .level = LOG_LEVEL_ERROR};
    struct reason why;
    struct conf conf;
    struct listen_set set;
    size_t failed;
    assert_true(conf_load(&source, &conf, &why));
    assert_true(listen_open(&set, &conf, &none, &failed, &why));
    listen_commit(&set, &conf, 0);
    assert_false(listen_mend(&set, &conf, 100, &log));

    for (int i = 0; i < 2 * FD_LISTEN_MAX; i++) {
        double now = 100 + 2 * i;
        int before = set.at[0].fd;
        assert_int_equal(unlink(path), 0);
        assert_true(listen_mend(&set, &conf, now, &log));
        assert_int_equal(access(path, F_OK), 0);
        assert_int_equal(set.n, MIN(i + 2, FD_LISTEN_MAX));
        size_t with_it = 0;
        for (size_t k = 1; k < set.n; k++)
            with_it += set.at[k].fd == before && set.at[k].leaving;
        assert_int_equal(with_it, 1);
    }
    double last = set.at[0].tried;
    assert_int_equal(unlink(path), 0);
    assert_false(listen_mend(&set, &conf, last + 0.9, &log));
    assert_true(listen_mend(&set, &conf, last + 1.1, &log));
    listen_end_left(&set, last + 100);
    for (size_t k = 1; k < set.n; k++)
        assert_int_equal(set.at[k].fd, -1);
    listen_close(&set, &none);
    assert_int_equal(access(path, F_OK), -1);
    free(path);
}

static void test_keeps_a_sound_socket_under_signals(void **state)
{
    struct reason why;
    struct listen_set first, again;
    size_t failed;
    bool broken;
    (void)state;
    struct conf conf;
    begin(&first, &conf, 1);

    rain(20);
    unsigned renewed = 0, seen_broken = 0;
    for (int i = 0; i < 10000; i++) {
        listen_inspect(&first, &conf);
        if (!listen_open(&again, &conf, &first, &failed, &why) || again.at[0].fd != first.at[0].fd)
            renewed++;
        listen_waiting(&first, &broken);
        seen_broken += broken;
    }
    rain(0);
    assert_int_equal(renewed, 0);
    assert_int_equal(seen_broken, 0);
    listen_close(&first, &none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_dropped_listener_is_served),
        cmocka_unit_test(test_a_dropped_listener_has_the_drain_time),
        cmocka_unit_test(test_what_others_hold_is_released),
        cmocka_unit_test(test_mends_what_keeps_breaking),
        cmocka_unit_test(test_keeps_a_sound_socket_under_signals),
    };
    return unit_run("listen", tests, unit_make_scratch, unit_remove_scratch);
}
