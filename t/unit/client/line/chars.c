/* Unit tests of client/chars.c: every byte survives, and lines are laid out as libedit does. */
#include "client/line/chars.h"

#include <locale.h>

#include "unit.h"

enum { RUNS = 2000, LENGTH = 200 };

/* Through the characters and back; returns how many they were. */
static size_t pass(const unsigned char *bytes, size_t length)
{
    unsigned char back[LENGTH + MB_LEN_MAX];
    size_t got = 0, count = 0, n;
    wchar_t character;
    for (size_t i = 0; i < length && (n = chars_decode(&character, bytes + i, length - i)) > 0; i += n) {
        got += chars_encode(back + got, character);
        count++;
    }
    assert_in_range(length - got, 0, MB_LEN_MAX); /* at the end, what may become a character */
    assert_memory_equal(back, bytes, got);
    return count;
}

static void test_random_bytes_survive(void **state)
{
    (void)state;
    struct unit_random random = {unit_seed()};
    unsigned char bytes[LENGTH];
    for (size_t run = 0; run < RUNS; run++) {
        for (size_t i = 0; i < LENGTH; i++)
            bytes[i] = (unsigned char)unit_below(&random, run % 2 == 0 ? 256 : 128 + 128 * (unsigned)(i % 2));
        pass(bytes, LENGTH);
    }
}

/* What looks like a character and is none: surrogates, our own escapes among them, overlong forms, none at all. */
static void test_almost_characters_survive(void **state)
{
    (void)state;
    const char *almost[] = {"\xED\xB2\x80", "\xED\xA0\x80", "\xC0\x80", "\xE0\x80\xAF", "\xFF"};
    for (size_t i = 0; i < unit_count(almost); i++)
        assert_int_equal(pass((const unsigned char *)almost[i], strlen(almost[i])), strlen(almost[i]));
}

static void test_characters_are_whole(void **state)
{
    (void)state;
    wchar_t character;
    assert_int_equal(pass((const unsigned char *)"a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80\0", 11), 5);
    assert_int_equal(chars_decode(&character, (const unsigned char *)"\xE2\x82", 2), 0);
    assert_int_equal(chars_decode(&character, (const unsigned char *)"", 0), 0);
    assert_int_equal(chars_decode(&character, (const unsigned char *)"\xE2\x82\xAC", 3), 3);
    assert_int_equal(character, 0x20AC);
}

/* The editor's keys from U+0080 to U+009F are commands. */
static void test_controls_are_not_keys(void **state)
{
    (void)state;
    assert_int_equal(pass((const unsigned char *)"\xC2\x85", 2), 2);
    assert_int_equal(pass((const unsigned char *)"\xC2\x80", 2), 2);
    assert_int_equal(pass((const unsigned char *)"\xC2\x9F", 2), 2);
    assert_int_equal(pass((const unsigned char *)"\xC2\xA0", 2), 1);
}

static size_t rows(const wchar_t *text)
{
    return chars_rows(text, wcslen(text), wcslen(text), 10);
}

/* What follows the text is not part of it. */
static void test_rows_of_a_part(void **state)
{
    (void)state;
    assert_int_equal(chars_rows(L"123456789\uac00", 9, 9, 10), 0);
    assert_int_equal(chars_rows(L"123456789\uac00", 10, 9, 10), 1);
}

static void test_rows(void **state)
{
    (void)state;
    assert_int_equal(rows(L""), 0);
    assert_int_equal(rows(L"123456789"), 0);
    assert_int_equal(rows(L"1234567890"), 1); /* the cursor is on the next row already */
    assert_int_equal(rows(L"12345678901234567890"), 2);
    assert_int_equal(rows(L"1234567\t"), 0);
    assert_int_equal(rows(L"12345678\t"), 1); /* the tab stop is beyond the margin */
    assert_int_equal(rows(L"12345678\x01"), 1);
    assert_int_equal(rows(L"1234567\x01"), 0);
    assert_int_equal(rows(L"123\xDC80"), 1);
    assert_int_equal(rows(L"12\xDC80"), 0);
    assert_int_equal(rows(L"1\n2"), 1);
    assert_int_equal(rows(L"12345678\x4E2D"), 1);
    assert_int_equal(rows(L"123456789\x4E2D"), 1); /* it does not fit, and begins the next row */
    assert_int_equal(chars_rows(L"123456789\x4E2D", 10, 9, 10), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_bytes_survive),
        cmocka_unit_test(test_almost_characters_survive),
        cmocka_unit_test(test_characters_are_whole),
        cmocka_unit_test(test_controls_are_not_keys),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_of_a_part),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        puts("1..0 # SKIP no locale C.UTF-8 here");
        return 0;
    }
    return unit_run("chars", tests, NULL, NULL);
}
