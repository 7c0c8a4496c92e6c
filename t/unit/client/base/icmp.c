/* icmp.c: each message has its words, no two of a type the same, and what has none is told by numbers. */
#include "unit.h"

#include "client/base/icmp.h"

static const char *words(uint8_t version, uint8_t type, uint8_t code)
{
    static char text[ICMP_TEXT];
    return icmp_text(&(struct icmp){.version = version, .type = type, .code = code}, text);
}

#define assert_words(version, type, code, text) assert_string_equal(words(version, type, code), text)

static void test_ipv4(void **state)
{
    (void)state;
    assert_words(4, 3, 0, "network unreachable");
    assert_words(4, 3, 1, "host unreachable");
    assert_words(4, 3, 2, "protocol unreachable");
    assert_words(4, 3, 3, "port unreachable");
    assert_words(4, 3, 4, "datagram too long");
    assert_words(4, 3, 9, "network administratively prohibited");
    assert_words(4, 3, 10, "host administratively prohibited");
    assert_words(4, 3, 13, "administratively prohibited");
    assert_words(4, 11, 0, "time to live exceeded on the way");
    assert_words(4, 11, 1, "fragment reassembly time exceeded");
    assert_words(4, 12, 0, "parameter problem");
}

static void test_ipv6(void **state)
{
    (void)state;
    assert_words(6, 1, 0, "no route to destination");
    assert_words(6, 1, 1, "administratively prohibited");
    assert_words(6, 1, 3, "address unreachable");
    assert_words(6, 1, 4, "port unreachable");
    assert_words(6, 2, 0, "datagram too long");
    assert_words(6, 3, 0, "hop limit exceeded on the way");
    assert_words(6, 4, 1, "unrecognized next header");
}

static void test_all_codes_that_are_assigned_have_words(void **state)
{
    (void)state;
    for (uint8_t code = 0; code <= 15; code++)
        for (uint8_t other = 0; other <= 15; other++)
            if (code != other)
                assert_ptr_not_equal(words(4, 3, code), words(4, 3, other));
    for (uint8_t code = 0; code <= 15; code++)
        assert_null(strstr(words(4, 3, code), "ICMP"));
    for (uint8_t code = 0; code <= 6; code++)
        assert_null(strstr(words(6, 1, code), "ICMP"));
}

static void test_others_have_numbers(void **state)
{
    (void)state;
    assert_words(4, 3, 99, "ICMP type 3, code 99");
    assert_words(4, 1, 4, "ICMP type 1, code 4");
    assert_words(6, 255, 255, "ICMPv6 type 255, code 255");
    assert_words(6, 3, 3, "ICMPv6 type 3, code 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_all_codes_that_are_assigned_have_words),
        cmocka_unit_test(test_others_have_numbers),
    };
    return unit_run("icmp", tests, NULL, NULL);
}
