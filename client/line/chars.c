/* chars.c: characters and bytes. */
#include "client/line/chars.h"

#include <stdbool.h>
#include <string.h>
#include <wctype.h>

enum { ESCAPED = 0xDC00 };

size_t chars_encode(unsigned char *bytes, wchar_t character)
{
    char encoded[MB_LEN_MAX];
    mbstate_t state = {0};
    if (character >= ESCAPED + 0x80 && character <= ESCAPED + 0xFF) {
        bytes[0] = (unsigned char)(character - ESCAPED);
        return 1;
    }
    size_t length = wcrtomb(encoded, character, &state);
    if (length == (size_t)-1)
        return 0;
    memcpy(bytes, encoded, length);
    return length;
}

/* What a lenient decoder accepts but would not encode to the same bytes is no character either. Nor is a C1 control:
 * the editor would take it for a command, as an old Meta key sends it. */
static bool survives(wchar_t character, const unsigned char *bytes, size_t length)
{
    unsigned char encoded[MB_LEN_MAX];
    if (character >= 0x80 && character <= 0x9F)
        return false;
    return chars_encode(encoded, character) == length && memcmp(encoded, bytes, length) == 0;
}

size_t chars_decode(wchar_t *character, const unsigned char *bytes, size_t length)
{
    mbstate_t state = {0};
    size_t used = mbrtowc(character, (const char *)bytes, length, &state);
    if (used == (size_t)-2)
        return 0;
    if (used == 0)
        return 1; /* it is L'\0' */
    if (used != (size_t)-1 && survives(*character, bytes, used))
        return used;
    *character = ESCAPED + bytes[0];
    return 1;
}

/* The editor shows what cannot be printed as ^X, \U+1234 or \U+12345 (ct_visual_width of libedit's chartype.c). */
static size_t width(wchar_t character)
{
    if (character < 0x100 && iswcntrl((wint_t)character))
        return 2;
    if (!iswprint((wint_t)character))
        return character > 0xFFFF ? 8 : 7;
    int columns = wcwidth(character);
    return columns > 0 ? (size_t)columns : 0;
}

/* True where a wide character has to begin on the next row. */
static bool does_not_fit(wchar_t character, size_t column, size_t columns)
{
    int wide = wcwidth(character);
    return wide > 1 && column + (size_t)wide > columns;
}

/* As re_refresh_cursor in libedit's refresh.c. */
size_t chars_rows(const wchar_t *text, size_t length, size_t place, size_t columns)
{
    size_t row = 0, column = 0;
    for (size_t i = 0; i < place; i++) {
        bool breaks = text[i] == L'\n' || does_not_fit(text[i], column, columns);
        row += breaks;
        column = breaks ? 0 : column;
        if (text[i] == L'\t')
            column += 8 - column % 8;
        else if (text[i] != L'\n')
            column += width(text[i]);
        row += column >= columns;
        column -= column >= columns ? columns : 0;
    }
    return row + (place < length && does_not_fit(text[place], column, columns));
}
