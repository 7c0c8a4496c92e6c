/* utf8.c: RFC 3629, 3 and 4: no overlong forms, no surrogates, nothing above U+10FFFF; see utf8.h. */
#include "client/base/utf8.h"

#include <stdbool.h>

static size_t length_by(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

static bool is_shown(uint32_t character, size_t length)
{
    static const uint32_t least[] = {0, 0x20, 0xa0, 0x800, 0x10000};
    return character >= least[length] && character <= 0x10ffff && character != 0x7f &&
           (character < 0xd800 || character > 0xdfff) && character != 0xfffe && character != 0xffff;
}

size_t utf8_decode(const char *text, uint32_t *character)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t length = length_by(bytes[0]);
    *character = length < 2 ? bytes[0] : bytes[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *character = *character << 6 | (bytes[i] & 0x3f);
    }
    return length > 0 && is_shown(*character, length) ? length : 0;
}
