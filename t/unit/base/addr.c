/* addr.c: socket addresses as text, there and back. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/addr.h"

enum { NAME = offsetof(struct sockaddr_un, sun_path) };

/* What a listener at text would be called, or why it is none. */
static const char *renamed(const char *text, char *name, struct reason *why)
{
    struct addr addr;
    if (!addr_parse(&addr, text, why))
        return why->text;
    addr_format_listen(&addr, name);
    return name;
}

static void test_parses_and_formats(void **state)
{
    static const char longest[] = "unix:/"
                                  "123456789 123456789 123456789 123456789 123456789 "
                                  "123456789 123456789 123456789 123456789 123456789 123456";
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"127.0.0.1:9190", "127.0.0.1:9190"},
        {"127.0.0.1", "127.0.0.1:9190"},
        {"255.255.255.255:65535", "255.255.255.255:65535"},
        {"0.0.0.0:0", "0.0.0.0:0"},
        {"1.2.3.4:00080", "1.2.3.4:80"},
        {"[::1]:7", "[::1]:7"},
        {"[::1]", "[::1]:9190"},
        {"::1", "[::1]:9190"},
        {"::", "[::]:9190"},
        {"2001:db8::1:2", "[2001:db8::1:2]:9190"},
        {"[2001:0DB8:0:0:0:0:0:1]:80", "[2001:db8::1]:80"},
        {"[::ffff:1.2.3.4]:80", "1.2.3.4:80"}, /* in IPv6 clothes, but what it is */
        {"::ffff:0:0", "0.0.0.0:9190"},
        {"[fe80::1%1]:80", "[fe80::1%1]:80"},
        {"[fe80::1%lo]:80", "[fe80::1%1]:80"},
        {"*", "*:9190"},
        {"*:7", "*:7"},
        {"unix:/run/x.sock", "unix:/run/x.sock"},
        {"unix:/a:80", "unix:/a:80"},
        {"unix:/\xff\n ]", "unix:/\xff\n ]"},
        {longest, longest},
    };
    char name[ADDR_TEXT_MAX];
    struct reason why;
    (void)state;
    assert_int_equal(strlen(longest), strlen("unix:") + 107);
    for (size_t i = 0; i < unit_count(cases); i++)
        assert_string_equal(renamed(cases[i].text, name, &why), cases[i].name);
}

static void test_refuses(void **state)
{
    static const char neither[] = "' is neither \"*\" nor a numeric IPv4 or IPv6 address";
    static const char not_a_port[] = "' is not a port number";
    static const struct {
        const char *text, *begin, *end;
    } cases[] = {
        {"localhost:80", "'localhost", neither},
        {"", "'", neither},
        {":80", "'", neither},
        {"[]:80", "'[]", neither},
        {"[", "'[", neither},
        {"[*]:80", "'[*]", neither},
        {"**:80", "'**", neither},
        {"127.1:80", "'127.1", neither},
        {"1.2.3.4.5", "'1.2.3.4.5", neither},
        {"1.2.3.256", "'1.2.3.256", neither},
        {" 1.2.3.4", "' 1.2.3.4", neither},
        {"1.2.3.4 :80", "'1.2.3.4 ", neither},
        {"[::1]]", "'[::1]]", neither},
        {"[1::2::3]:80", "'[1::2::3]", neither},
        {"fe80::1%nosuch0", "'fe80::1%nosuch0'", ": there is no such interface"},
        {"[fe80::1%nosuch0]:80", "'fe80::1%nosuch0'", ": there is no such interface"},
        {"fe80::1::%lo", "'fe80::1::%lo", neither},
        {"[::1%lo]:80", "'[::1%lo]", neither},
        {"[fe80::1]:80", "'fe80::1' is a link-local address", ": say of which interface, as in 'fe80::1%eth0'"},
        {"1.2.3.4:", "'", not_a_port},
        {"1.2.3.4:http", "'http", not_a_port},
        {"1.2.3.4:-1", "'-1", not_a_port},
        {"1.2.3.4:+1", "'+1", not_a_port},
        {"1.2.3.4: 1", "' 1", not_a_port},
        {"1.2.3.4:80 ", "'80 ", not_a_port},
        {"[::1]x", "'1]x", not_a_port},
        {"1.2.3.4:65536", "port 65536", " is not from 0 to 65535"},
        {"*:99999999999999999999", "port 9223372036854775807", " is not from 0 to 65535"},
        {"unix:", "'", "' is not an absolute path"},
        {"unix:x", "'x", "' is not an absolute path"},
        {"unix:@x", "'@x", "' is not an absolute path"},
        {"unix:/123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 "
         "1234567",
         "the path is longer", " than the 107 bytes that a Unix socket may have"},
    };
    char name[ADDR_TEXT_MAX];
    struct reason why;
    (void)state;
    for (size_t i = 0; i < unit_count(cases); i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "%s%s", cases[i].begin, cases[i].end);
        assert_string_equal(renamed(cases[i].text, name, &why), expected);
    }
}

static void test_refuses_what_is_too_long(void **state)
{
    char text[3000], name[ADDR_TEXT_MAX];
    struct reason why;
    (void)state;
    memset(text, '1', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_string_equal(renamed(text, name, &why), "the address is too long");
    assert_string_equal(renamed(text + sizeof text - 1 - ADDR_TEXT_MAX, name, &why), "the address is too long");
    assert_non_null(strstr(renamed(text + sizeof text - ADDR_TEXT_MAX, name, &why), " is neither "));
    memcpy(text + sizeof text - 4, ":80", 4);
    assert_string_equal(renamed(text, name, &why), "the address is too long");
    memcpy(text, "unix:/", 6);
    assert_non_null(strstr(renamed(text, name, &why), "longer than the 107 bytes"));
}

static void test_from_host_checks_the_port(void **state)
{
    static const long ports[] = {-1, 65536, LONG_MIN, LONG_MAX};
    struct addr addr;
    struct reason why;
    (void)state;
    for (size_t i = 0; i < unit_count(ports); i++)
        assert_false(addr_from_host(&addr, "*", ports[i], &why));
    assert_string_equal(why.text, "port 9223372036854775807 is not from 0 to 65535");
    assert_true(addr_from_host(&addr, "1.2.3.4", 65535, &why));
    assert_int_equal(addr_port(&addr), 65535);
}

/* Peers, as accept(2) gives them */

static void assert_formats(const void *peer, socklen_t length, const char *expected)
{
    struct sockaddr_storage storage;
    char text[ADDR_TEXT_MAX];
    memset(&storage, 'x', sizeof storage); /* whatever was there before */
    memcpy(&storage, peer, length);
    addr_format(&storage, length, text);
    assert_string_equal(text, expected);
}

static void test_formats_ip_peers(void **state)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(54321)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(54321)};
    (void)state;
    inet_pton(AF_INET, "192.0.2.1", &in.sin_addr);
    assert_formats(&in, sizeof in, "192.0.2.1:54321");
    inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6.sin6_addr);
    assert_formats(&in6, sizeof in6, "192.0.2.1:54321");
    inet_pton(AF_INET6, "::192.0.2.1", &in6.sin6_addr); /* compatible, not mapped: IPv6 */
    assert_formats(&in6, sizeof in6, "[::192.0.2.1]:54321");
    inet_pton(AF_INET6, "1111:2222:3333:4444:5555:6666:7777:8888", &in6.sin6_addr);
    in6.sin6_scope_id = 4294967295U;
    assert_formats(&in6, sizeof in6, "[1111:2222:3333:4444:5555:6666:7777:8888%4294967295]:54321");
}

static void test_formats_unix_peers(void **state)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    char longest[] = "unix:/23456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 "
                     "123456789 12345678";
    (void)state;
    assert_formats(&un, NAME, "unix:");     /* unnamed */
    assert_formats(&un, NAME + 1, "unix:"); /* the empty path that some kernels report */
    memcpy(un.sun_path, "\0hidden", 7);
    assert_formats(&un, NAME + 7, "unix:"); /* abstract */
    memcpy(un.sun_path, "/path", 6);
    assert_formats(&un, NAME + 6, "unix:/path");
    assert_formats(&un, NAME + 5, "unix:/path"); /* no NUL at its end */
    memcpy(un.sun_path, longest + strlen("unix:"), sizeof un.sun_path);
    assert_formats(&un, sizeof un, longest);
}

static void test_path_and_port(void **state)
{
    struct addr addr;
    struct reason why;
    (void)state;
    assert_true(addr_parse(&addr, "unix:/a/b", &why));
    assert_string_equal(addr_path(&addr), "/a/b");
    assert_int_equal(addr_port(&addr), 0);
    assert_int_equal(addr.length, NAME + sizeof "/a/b");
    assert_true(addr_parse(&addr, "[::1]:258", &why));
    assert_null(addr_path(&addr));
    assert_int_equal(addr_port(&addr), 258);
    assert_false(addr.dual_stack);
    assert_true(addr_parse(&addr, "*:513", &why));
    assert_int_equal(addr_port(&addr), 513);
    assert_true(addr.dual_stack);
    assert_int_equal(addr.storage.ss_family, AF_INET6);
}

static void test_equal(void **state)
{
    static const char *const different[] = {"*:80",       "[::]:80",  "0.0.0.0:80",    "0.0.0.0:81",
                                            "1.2.3.4:80", "[::1]:80", "[::1%1]:80",    "[::1]:81",
                                            "unix:/a",    "unix:/b",  "unix:/a/b/../x"};
    struct reason why;
    (void)state;
    for (size_t i = 0; i < unit_count(different); i++) {
        for (size_t j = 0; j < unit_count(different); j++) {
            struct addr a, b;
            memset(&a, 'a', sizeof a);
            memset(&b, 'b', sizeof b);
            assert_true(addr_parse(&a, different[i], &why) && addr_parse(&b, different[j], &why));
            if (addr_equal(&a, &b) != (i == j))
                fail_msg("%s and %s", different[i], different[j]);
        }
    }
}

static void test_overlap(void **state)
{
    static const struct {
        const char *one, *other;
        bool overlap;
    } cases[] = {
        {"*:80", "*:80", true},
        {"*:80", "0.0.0.0:80", true},
        {"*:80", "[::]:80", true},
        {"*:80", "1.2.3.4:80", true},
        {"*:80", "[::1]:80", true},
        {"0.0.0.0:80", "1.2.3.4:80", true},
        {"[::]:80", "[::1]:80", true},
        {"[::1]:80", "[::1]:80", true},
        {"unix:/a", "unix:/a", true},
        {"*:80", "*:81", false},
        {"*:80", "0.0.0.0:81", false},
        {"[::]:80", "0.0.0.0:80", false},
        {"[::]:80", "1.2.3.4:80", false},
        {"0.0.0.0:80", "[::1]:80", false},
        {"[::1]:80", "[::2]:80", false},
        {"1.2.3.4:80", "1.2.3.5:80", false},
        {"*:0", "*:0", false},
        {"*:0", "0.0.0.0:0", false},
        {"[::1]:0", "[::1]:0", false},
        {"unix:/a", "unix:/b", false},
        {"*:80", "unix:/a", false},
    };
    (void)state;
    for (size_t i = 0; i < unit_count(cases); i++) {
        struct addr one, other;
        struct reason why;
        assert_true(addr_parse(&one, cases[i].one, &why) && addr_parse(&other, cases[i].other, &why));
        if (addr_overlap(&one, &other) != cases[i].overlap || addr_overlap(&other, &one) != cases[i].overlap)
            fail_msg("%s and %s", cases[i].one, cases[i].other);
    }
}

static void test_mapped_is_ipv4(void **state)
{
    struct addr mapped, plain;
    struct reason why;
    (void)state;
    assert_true(addr_parse(&mapped, "[::ffff:192.0.2.1]:80", &why) && addr_parse(&plain, "192.0.2.1:80", &why));
    assert_int_equal(mapped.storage.ss_family, AF_INET);
    assert_true(addr_equal(&mapped, &plain));
}

/* There and back */

static void draw_address(struct unit_random *random, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = unit_chance(random, 40) ? 0 : (unsigned char)unit_next(random);
    bytes[0] |= 1; /* neither mapped nor "::" */
    unsigned port = unit_below(random, 65536);
    if (unit_chance(random, 20)) {
        snprintf(text, size, "*:%u", port);
    } else if (unit_chance(random, 40)) {
        snprintf(text, size, "%s:%u", inet_ntop(AF_INET, bytes, host, sizeof host), port);
    } else if (unit_chance(random, 60)) {
        snprintf(text, size, "[%s]:%u", inet_ntop(AF_INET6, bytes, host, sizeof host), port);
    } else {
        size_t n = (size_t)snprintf(text, size, "unix:/");
        for (unsigned i = unit_below(random, 107); i > 0; i--)
            text[n++] = (char)(1 + unit_below(random, 255));
        text[n] = '\0';
    }
}

static void test_random_addresses(void **state)
{
    uint64_t first = unit_seed();
    (void)state;
    for (uint64_t seed = first; seed < first + 20000; seed++) {
        struct unit_random random = {seed};
        char text[ADDR_TEXT_MAX], name[ADDR_TEXT_MAX];
        struct reason why;
        draw_address(&random, text, sizeof text);
        if (strcmp(renamed(text, name, &why), text) != 0)
            fail_msg("UNIT_SEED=%" PRIu64 ": %s became %s", seed, text, renamed(text, name, &why));
    }
}

/* Whatever is taken is understood: its name means the same. */
static void test_random_junk(void **state)
{
    static const char bits[] = "0123456789abcdf.:[]%* -+x/";
    uint64_t first = unit_seed();
    unsigned taken = 0;
    (void)state;
    for (uint64_t seed = first; seed < first + 50000; seed++) {
        struct unit_random random = {seed};
        char text[ADDR_TEXT_MAX + 40], name[ADDR_TEXT_MAX];
        struct addr addr, again;
        struct reason why;
        size_t n = 0, length = unit_below(&random, unit_chance(&random, 95) ? 12 : sizeof text - 6);
        if (unit_chance(&random, 10))
            n = (size_t)snprintf(text, sizeof text, "unix:");
        while (n < length)
            text[n++] =
                unit_chance(&random, 50) ? "1:"[unit_below(&random, 2)] : bits[unit_below(&random, sizeof bits - 1)];
        text[n] = '\0';
        if (!addr_parse(&addr, text, &why))
            continue;
        taken++;
        addr_format_listen(&addr, name);
        if (!addr_parse(&again, name, &why))
            fail_msg("UNIT_SEED=%" PRIu64 ": %s is %s: %s", seed, text, name, why.text);
        if (!addr_equal(&addr, &again))
            fail_msg("UNIT_SEED=%" PRIu64 ": %s is not the same as %s", seed, text, name);
    }
    assert_true(taken > 500); /* or nothing was tested */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parses_and_formats),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_refuses_what_is_too_long),
        cmocka_unit_test(test_from_host_checks_the_port),
        cmocka_unit_test(test_formats_ip_peers),
        cmocka_unit_test(test_formats_unix_peers),
        cmocka_unit_test(test_path_and_port),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_overlap),
        cmocka_unit_test(test_mapped_is_ipv4),
        cmocka_unit_test(test_random_addresses),
        cmocka_unit_test(test_random_junk),
    };
    return unit_run("addr", tests, NULL, NULL);
}
