/* utf8.c: every character by its RFC, and nothing else. */
#include "unit.h"

#include "client/base/utf8.h"

static size_t encode(unsigned c, char *out)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    memset(out, 0, 5);
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(n == 1 ? c : (0xf00U >> n & 0xff) | c);
    return n;
}

static bool is_shown(unsigned c)
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    return !control && (c < 0xd800 || c > 0xdfff) && c != 0xfffe && c != 0xffff && c <= 0x10ffff;
}

static void test_every_character(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 0x1fffff; c++) {
        char text[5];
        uint32_t character;
        size_t length = encode(c, text), decoded = utf8_decode(text, &character);
        if (decoded != (is_shown(c) ? length : 0) || (decoded > 0 && character != c))
            fail_msg("U+%04X: %zu bytes, U+%04X", c, decoded, (unsigned)character);
    }
}

static void test_refuses(void **state)
{
    const char *const wrong[] = {"",
                                 "\x80",
                                 "\xbf",
                                 "\xc0\x80",
                                 "\xc1\xbf",
                                 "\xc3",
                                 "\xc3\x28",
                                 "\xe2\x82",
                                 "\xe2\x28\xa1",
                                 "\xe0\x9f\xbf",
                                 "\xff",
                                 "\xf0\x8f\xbf\xbf",
                                 "\xc3\xc3",
                                 "\xfe",
                                 "\xf8\x88\x80\x80\x80",
                                 "\xe3\x81"};
    uint32_t character;
    (void)state;
    for (size_t i = 0; i < unit_count(wrong); i++)
        assert_int_equal(utf8_decode(wrong[i], &character), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_character), cmocka_unit_test(test_refuses)};
    return unit_run("utf8", tests, NULL, NULL);
}
