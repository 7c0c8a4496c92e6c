/* quote.c: bytes escaped one by one; see quote.h. */
#include "client/base/quote.h"

#include <stdio.h>
#include <string.h>

static size_t write_byte(char *out, unsigned char byte)
{
    static const char named[] = "\"\\\n\r\t", names[] = "\"\\nrt";
    const char *name = byte == '\0' ? NULL : strchr(named, byte);
    if (name != NULL)
        return (size_t)sprintf(out, "\\%c", names[name - named]);
    return (size_t)sprintf(out, byte >= ' ' && byte <= '~' ? "%c" : "\\x%02x", byte);
}

const char *quote_bytes(const void *bytes, size_t length, char text[QUOTE_TEXT])
{
    const char *end = length > QUOTE_BYTES ? "\"..." : "\"";
    size_t n = 0;
    text[n++] = '"';
    for (size_t i = 0; i < length && i < QUOTE_BYTES; i++)
        n += write_byte(text + n, ((const unsigned char *)bytes)[i]);
    memcpy(text + n, end, strlen(end) + 1);
    return text;
}
