/* Unit tests of client/describe.c. */
#include "client/report/describe.h"

#include "unit.h"

static const struct options bench = {
    .mode = MODE_BENCH, .connections = 1, .depth = 1, .sizes = {.count = 1, .size = {64}}};

static void assert_text(const struct options *options, const char *expected)
{
    char text[DESCRIBE_TEXT];
    assert_ptr_equal(describe_load(options, text), text);
    assert_string_equal(text, expected);
}

static void test_styles(void **state)
{
    (void)state;
    struct options options = bench;
    assert_text(&options, "1 connection, 64 bytes, closed loop");
    options.crr = true;
    assert_text(&options, "1 connection, 64 bytes, a connection for every message");
    options = bench;
    options.rate = 51200;
    assert_text(&options, "1 connection, 64 bytes, open loop at 51.2 k/s");
    options = bench;
    options.connections = 1000;
    options.burst = true;
    assert_text(&options, "1000 connections, 64 bytes, all at once");
    options.burst = false;
    options.hold = 1500000000;
    assert_text(&options, "1000 connections, 64 bytes, held idle for 1.5 s");
}

static void test_parts(void **state)
{
    (void)state;
    struct options options = bench;
    options.udp = true;
    options.depth = 4;
    options.sizes = (struct sizes){.count = 3, .size = {10, 200, 1}};
    assert_text(&options, "1 UDP socket, 10/200/1 bytes, 4 at a time, closed loop");
    options.connections = 2;
    options.sizes = (struct sizes){.count = 1, .size = {1}};
    assert_text(&options, "2 UDP sockets, 1 byte, 4 at a time, closed loop");
}

static void test_ping(void **state)
{
    (void)state;
    struct options options = {.mode = MODE_PING, .connections = 1, .sizes = {.count = 1, .size = {64}}};
    assert_text(&options, "64 bytes, one at a time");
    options.sizes = (struct sizes){.sweep = true, .count = 2, .size = {8, 1472}};
    assert_text(&options, "8-1472 bytes, one at a time");
}

/* The longest that options can ask for is not cut off. */
static void test_room(void **state)
{
    (void)state;
    struct options options = {
        .mode = MODE_BENCH, .udp = true, .crr = true, .connections = UINT64_MAX, .depth = UINT64_MAX};
    char text[DESCRIBE_TEXT];
    for (options.sizes.count = 0; options.sizes.count < OPTIONS_SIZES; options.sizes.count++)
        options.sizes.size[options.sizes.count] = UINT64_MAX;
    describe_load(&options, text);
    assert_non_null(strstr(text, "18446744073709551615 bytes, 18446744073709551615 at a time, a connection for every"));
    assert_string_equal(text + strlen(text) - 8, " message");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_styles),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_ping),
        cmocka_unit_test(test_room),
    };
    return unit_run("describe", tests, NULL, NULL);
}
