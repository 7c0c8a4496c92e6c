/* log.c: what is sent, what goes to the console, and what is counted because it cannot be sent. */
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#include "contract/fdplan.h"
#include "contract/log.h"

/* A log with the other end to read it from. */
struct wire {
    struct log log;
    int receiver;
    _Atomic uint64_t lost;
    union {
        struct record_head head;
        struct record_message message;
        struct record_access access;
    } got;
};

static struct wire *open_wire(void)
{
    struct wire *wire = calloc(1, sizeof *wire);
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    wire->receiver = fds[1];
    wire->log = (struct log){.fd = fds[0], .workers = -1, .console = -1, .level = LOG_LEVEL_INFO, .lost = &wire->lost};
    return wire;
}

static void close_wire(struct wire *wire)
{
    close(wire->log.fd);
    close(wire->receiver);
    free(wire);
}

static ssize_t receive(struct wire *wire)
{
    return recv(wire->receiver, &wire->got, sizeof wire->got, MSG_DONTWAIT);
}

static void assert_text(struct wire *wire, const char *text)
{
    size_t length = strlen(text);
    assert_int_equal(receive(wire), offsetof(struct record_message, text) + length);
    assert_memory_equal(wire->got.message.text, text, length);
}

static void test_message(void **state)
{
    struct wire *wire = open_wire();
    time_t before = time(NULL);
    (void)state;
    log_warn(&wire->log, "one %d\n", 1);
    assert_text(wire, "one 1\n");
    assert_int_equal(wire->got.head.magic, RECORD_MAGIC);
    assert_int_equal(wire->got.head.kind, RECORD_MESSAGE);
    assert_int_equal(wire->got.head.level, LOG_LEVEL_WARN);
    assert_in_range(wire->got.head.second, before, time(NULL));
    assert_true(wire->got.head.nanosecond < 1000000000);
    close_wire(wire);
}

static void test_levels(void **state)
{
    struct wire *wire = open_wire();
    struct record_access access = {.in = 1};
    (void)state;
    for (unsigned level = 0; level < LOG_LEVELS; level++) {
        wire->log.level = level;
        for (unsigned i = 0; i < LOG_LEVELS; i++) {
            log_write(&wire->log, i, "x");
            assert_int_equal(receive(wire) > 0, i <= level);
        }
        log_access(&wire->log, &access);
        assert_int_equal(receive(wire) > 0, level >= LOG_LEVEL_INFO);
    }
    close_wire(wire);
}

static void test_access(void **state)
{
    struct wire *wire = open_wire();
    struct record_access access = {.in = 12, .out = 10, .peer_length = 3, .local_length = 2, .addresses = "abcde"};
    (void)state;
    log_access(&wire->log, &access);
    assert_int_equal(receive(wire), offsetof(struct record_access, addresses) + 5);
    assert_int_equal(wire->got.head.magic, RECORD_MAGIC);
    assert_int_equal(wire->got.head.kind, RECORD_ACCESS);
    assert_int_equal(wire->got.access.in, 12);
    assert_memory_equal(wire->got.access.addresses, "abcde", 5);
    close_wire(wire);
}

static void test_longest(void **state)
{
    struct wire *wire = open_wire();
    char text[2 * LOG_TEXT_MAX];
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_info(&wire->log, "%s", text);
    assert_int_equal(receive(wire), sizeof(struct record_message) - 1);
    close_wire(wire);
}

static void test_errors_go_to_the_console_too(void **state)
{
    struct wire *wire = open_wire();
    char text[128] = "";
    int fds[2];
    (void)state;
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    wire->log.console = fds[1];
    log_warn(&wire->log, "warning");
    assert_int_equal(read(fds[0], text, sizeof text), -1);
    assert_text(wire, "warning");
    log_error(&wire->log, "bad: %s", "thing");
    assert_true(read(fds[0], text, sizeof text - 1) > 0);
    assert_string_equal(text, "mpechod: bad: thing\n");
    assert_text(wire, "bad: thing");
    int fd = wire->log.fd;
    wire->log.fd = -1;
    log_error(&wire->log, "nowhere else");
    assert_true(read(fds[0], text, sizeof text - 1) > 0);
    wire->log.fd = fd;
    assert_int_equal(wire->lost, 0);
    close(fds[0]);
    close(fds[1]);
    close_wire(wire);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Whoever does not wait counts at once; whoever does waits once, until some line has been sent again. */
static void test_counts_what_does_not_fit(void **state)
{
    struct wire *wire = open_wire();
    unsigned sent = 0, received = 0;
    (void)state;
    for (; wire->lost < 3; sent++)
        log_info(&wire->log, "nobody reads");
    wire->log.patience = 50;
    double begun = now();
    log_info(&wire->log, "waits");
    assert_true(now() - begun >= 0.05);
    assert_true(wire->log.stuck);
    for (begun = now(); sent < 1000; sent++)
        log_info(&wire->log, "does not");
    assert_true(now() - begun < 20);
    while (receive(wire) > 0)
        received++;
    assert_int_equal(received + wire->lost, sent + 1);
    log_info(&wire->log, "fits");
    assert_text(wire, "fits");
    assert_false(wire->log.stuck);
    shutdown(wire->log.fd, SHUT_WR);
    uint64_t before = wire->lost;
    log_info(&wire->log, "no end to send it to");
    assert_int_equal(wire->lost, before + 1);
    close_wire(wire);
}

/* Room that comes while it waits is found. */
static void test_waits_for_room(void **state)
{
    struct wire *wire = open_wire();
    (void)state;
    while (wire->lost == 0)
        log_info(&wire->log, "nobody reads");
    wire->log.patience = 20000;
    pid_t reader = unit_fork();
    if (reader == 0) {
        usleep(20000);
        while (receive(wire) > 0)
            ;
        _exit(0);
    }
    log_info(&wire->log, "waited for");
    assert_int_equal(wire->lost, 1);
    assert_int_equal(unit_wait(reader), 0);
    close_wire(wire);
}

static void adopt(const char *argument)
{
    struct wire *wire = open_wire();
    _Atomic uint64_t lost = 0;
    (void)argument;
    wire->log.workers = wire->log.fd;
    wire->log.level = LOG_LEVEL_DEBUG;
    log_adopt(&wire->log, &lost);
    unit_require(wire->log.fd == FD_LOG && wire->log.patience > 0 && wire->log.patience < 100);
    log_debug(&wire->log, "by the log");
    unit_require(receive(wire) == offsetof(struct record_message, text) + 10);
    unit_require(write(2, "by a library", 12) == 12);
    unit_require(receive(wire) == 12);
    close(wire->receiver);
    log_debug(&wire->log, "lost");
    unit_require(lost == 1 && wire->lost == 0);
}

static void test_adopt(void **state)
{
    (void)state;
    unit_in_child(adopt, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_errors_go_to_the_console_too),
        cmocka_unit_test(test_counts_what_does_not_fit),
        cmocka_unit_test(test_waits_for_room),
        cmocka_unit_test(test_adopt),
    };
    return unit_run("log", tests, NULL, NULL);
}
