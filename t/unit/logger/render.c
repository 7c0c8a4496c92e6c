/* render.c: what becomes of a datagram, whoever sent it and whatever is in it. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "contract/ends.h"
#include "logger/render.h"

static const struct line_style plain;
static const struct timespec now = {.tv_sec = 1795236472, .tv_nsec = 345678901};

struct lines {
    unsigned n;
    char text[RENDER_LINES_MAX][LOG_LINE_MAX + 1];
};

static void keep(void *context, const struct line *line)
{
    struct lines *lines = context;
    assert_true(lines->n < RENDER_LINES_MAX);
    memcpy(lines->text[lines->n], line->text, line->length);
    lines->text[lines->n++][line->length] = '\0';
}

static void show(struct lines *lines, const void *data, size_t size)
{
    const struct spool_record record = {.data = data, .size = size, .pid = 4711};
    lines->n = 0;
    render(&record, plain, &now, keep, lines);
}

static struct record_head head_of(enum record_kind kind, enum log_level level)
{
    return (struct record_head){.magic = RECORD_MAGIC,
                                .kind = (uint8_t)kind,
                                .level = (uint8_t)level,
                                .second = 1000000000,
                                .nanosecond = 7000000};
}

static void test_message(void **state)
{
    struct record_message message = {.head = head_of(RECORD_MESSAGE, LOG_LEVEL_ERROR), .text = "bad\nthing"};
    static struct lines lines;
    (void)state;
    show(&lines, &message, offsetof(struct record_message, text) + 9);
    assert_int_equal(lines.n, 1);
    assert_string_equal(lines.text[0], "2001-09-09T01:46:40.007Z ERROR [4711] bad\\x0athing\n");
    show(&lines, &message, offsetof(struct record_message, text));
    assert_string_equal(lines.text[0], "2001-09-09T01:46:40.007Z ERROR [4711] \n");
}

static size_t fill_access(struct record_access *access, const void *peer, size_t peer_length, const void *local,
                          size_t local_length)
{
    *access = (struct record_access){.head = head_of(RECORD_ACCESS, LOG_LEVEL_INFO),
                                     .in = 12,
                                     .out = 10,
                                     .microseconds = 1500,
                                     .end = ECHO_IDLE,
                                     .peer_length = (uint8_t)peer_length,
                                     .local_length = (uint8_t)local_length};
    memcpy(access->addresses, peer, peer_length);
    memcpy(access->addresses + peer_length, local, local_length);
    return offsetof(struct record_access, addresses) + peer_length + local_length;
}

static void test_access(void **state)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(4000), .sin_addr.s_addr = htonl(0x7f000001)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(9190), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/a b"};
    struct record_access access;
    static struct lines lines;
    (void)state;
    show(&lines, &access, fill_access(&access, &in, sizeof in, &in6, sizeof in6));
    assert_string_equal(lines.text[0], "2001-09-09T01:46:40.007Z INFO [4711] peer=127.0.0.1:4000 local=[::1]:9190 "
                                       "in=12 out=10 time=0.002 end=idle\n");
    show(&lines, &access, fill_access(&access, &un, sizeof(sa_family_t), &un, sizeof(sa_family_t) + 8));
    assert_non_null(strstr(lines.text[0], " peer=unix: local=unix:/run/a\\x20b in=12 "));
}

/* A library's words, a sanitizer's report: lines of their own, as warnings, at the time when they come. */
static void test_text(void **state)
{
    static struct lines lines;
    static char many[200];
    (void)state;
    show(&lines, "malloc(): corrupted\n", 20);
    assert_int_equal(lines.n, 1);
    assert_string_equal(lines.text[0], "2026-11-21T04:47:52.345Z WARN [4711] malloc(): corrupted\n");
    show(&lines, "==1==ERROR\n\n  #0 in\x1bmain", 24);
    assert_int_equal(lines.n, 2);
    assert_non_null(strstr(lines.text[1], "] "
                                          "  #0 in\\x1bmain\n"));
    for (size_t i = 0; i < sizeof many; i++)
        many[i] = i % 2 == 0 ? 'x' : '\n';
    show(&lines, many, sizeof many);
    assert_int_equal(lines.n, RENDER_LINES_MAX);
    assert_non_null(strstr(lines.text[RENDER_LINES_MAX - 1], "] x\\x0ax\\x0a"));
}

/* What says of itself that it is a record, and is none, is text, with nothing read beyond its end. */
static void test_not_a_record(void **state)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct record_access access;
    static struct lines lines;
    (void)state;
    size_t size = fill_access(&access, &in, sizeof in, &in, sizeof in);
    for (size_t n = 1; n < size; n++) {
        char *exact = malloc(n);
        memcpy(exact, &access, n);
        show(&lines, exact, n);
        assert_true(lines.n > 0);
        assert_non_null(strstr(lines.text[0], " WARN [4711] "));
        free(exact);
    }
    access.end = ECHO_ENDS;
    show(&lines, &access, size);
    assert_non_null(strstr(lines.text[0], " WARN "));
    access.end = ECHO_EOF;
    access.head.level = LOG_LEVELS;
    show(&lines, &access, size);
    assert_non_null(strstr(lines.text[0], " WARN "));
    access.head = head_of(RECORD_ACCESS, LOG_LEVEL_INFO);
    access.head.nanosecond = 1000000000;
    show(&lines, &access, size);
    assert_non_null(strstr(lines.text[0], " WARN "));
    access.head = head_of(RECORD_ACCESS, LOG_LEVEL_INFO);
    access.head.magic++;
    show(&lines, &access, size);
    assert_non_null(strstr(lines.text[0], " WARN "));
}

static void test_orders_are_no_lines(void **state)
{
    struct record_command command = {.head = head_of(RECORD_SWITCH, LOG_LEVEL_INFO)};
    struct record_lost lost = {.head = head_of(RECORD_LOST, LOG_LEVEL_WARN), .count = 3};
    static struct lines lines;
    (void)state;
    show(&lines, &command, offsetof(struct record_command, target) + 5);
    assert_int_equal(lines.n, 0);
    show(&lines, &lost, sizeof lost);
    assert_int_equal(lines.n, 0);
}

static void test_odd_times(void **state)
{
    static const int64_t seconds[] = {-1, INT64_MIN, INT64_MAX, 253402300800};
    static struct lines lines;
    (void)state;
    for (size_t i = 0; i < unit_count(seconds); i++) {
        struct record_message message = {.head = head_of(RECORD_MESSAGE, LOG_LEVEL_INFO), .text = "x"};
        message.head.second = seconds[i];
        show(&lines, &message, offsetof(struct record_message, text) + 1);
        assert_string_equal(lines.text[0], "1970-01-01T00:00:00.007Z INFO [4711] x\n");
    }
}

/* Anything a worker may send. */
static void test_random(void **state)
{
    uint64_t first = unit_seed();
    static struct lines lines;
    (void)state;
    for (uint64_t seed = first; seed < first + 20000; seed++) {
        struct unit_random random = {seed};
        size_t n = 1 + unit_below(&random, unit_chance(&random, 80) ? 400 : RECORD_MAX);
        unsigned char *bytes = malloc(n);
        struct record_head head = head_of(unit_below(&random, 10), unit_below(&random, 5));
        for (size_t i = 0; i < n; i++)
            bytes[i] = (unsigned char)unit_below(&random, unit_chance(&random, 50) ? 256 : 6);
        memcpy(bytes, &head, n < sizeof head ? n : sizeof head);
        show(&lines, bytes, n);
        for (unsigned i = 0; i < lines.n; i++)
            if (strcspn(lines.text[i], "\n") != strlen(lines.text[i]) - 1)
                fail_msg("UNIT_SEED=%" PRIu64 ": %s", seed, lines.text[i]);
        free(bytes);
    }
}

static void test_lost(void **state)
{
    struct line line;
    (void)state;
    render_lost(&line, plain, &now, 12, 5);
    line.text[line.length] = '\0';
    assert_string_equal(line.text, "2026-11-21T04:47:52.345Z WARN [12] 5 log lines lost\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_not_a_record),
        cmocka_unit_test(test_orders_are_no_lines),
        cmocka_unit_test(test_odd_times),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_lost),
    };
    return unit_run("render", tests, NULL, NULL);
}
