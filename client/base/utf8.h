/* utf8.h: where text in UTF-8 has its characters, as names and paths need not have any. Pure. */
#ifndef MPECHO_UTF8_H
#define MPECHO_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The character that text begins with. Returns how many bytes it has, by RFC 3629; 0: there is none, or it is NUL,
 * another control character or no character at all. */
size_t utf8_decode(const char *text, uint32_t *character);

#endif
