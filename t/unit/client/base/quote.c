/* quote.c: whatever the bytes are, the text is short, printable and says what they were. */
#include "unit.h"

#include "client/base/quote.h"

static void assert_quoted(const char *bytes, size_t length, const char *quoted)
{
    char text[QUOTE_TEXT];
    assert_string_equal(quote_bytes(bytes, length, text), quoted);
}

static void test_escapes(void **state)
{
    (void)state;
    assert_quoted("", 0, "\"\"");
    assert_quoted("SSH-2.0-x\r\n", 11, "\"SSH-2.0-x\\r\\n\"");
    assert_quoted("a\tb\"c\\d", 7, "\"a\\tb\\\"c\\\\d\"");
    assert_quoted("\0\x1b\x7f\xff ~", 6, "\"\\x00\\x1b\\x7f\\xff ~\"");
}

static void test_is_bounded(void **state)
{
    char bytes[QUOTE_BYTES + 1], text[QUOTE_TEXT];
    (void)state;
    memset(bytes, 0xee, sizeof bytes);
    quote_bytes(bytes, QUOTE_BYTES, text);
    assert_int_equal(strlen(text), 4 * QUOTE_BYTES + 2);
    quote_bytes(bytes, sizeof bytes, text);
    assert_int_equal(strlen(text), QUOTE_TEXT - 1);
    assert_string_equal(text + strlen(text) - 8, "\\xee\"...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_is_bounded),
    };
    return unit_run("quote", tests, NULL, NULL);
}
