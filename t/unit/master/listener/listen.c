/* listen.c: a socket that is sound is kept, whatever signals rain meanwhile. */
#include "unit.h"

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

static void test_keeps_a_sound_socket_under_signals(void **state)
{
    static const char *const at[] = {"127.0.0.1:0"};
    const struct conf_source source = {.file = "/dev/null", .listen = at, .listens = 1, .foreground = true};
    const struct listen_set none = {.n = 0};
    struct reason why;
    struct listen_set first, again;
    size_t failed;
    bool broken;
    (void)state;
    struct conf conf;
    assert_true(conf_load(&source, &conf, &why));
    assert_true(listen_open(&first, &conf, &none, &failed, &why));

    rain(20);
    unsigned renewed = 0, seen_broken = 0;
    for (int i = 0; i < 50000; i++) {
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
        cmocka_unit_test(test_keeps_a_sound_socket_under_signals),
    };
    return unit_run("listen", tests, NULL, NULL);
}
