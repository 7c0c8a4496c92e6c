/* chars.h: typed bytes as the characters that the line editor works on, and back, so that every byte survives.
 * Used by edit. Depends on the locale (LC_CTYPE), which must be one without shift states; pure otherwise.
 * Nothing fails. Not here: reading or showing them. */
#ifndef MPECHO_CHARS_H
#define MPECHO_CHARS_H

#include <limits.h>
#include <stddef.h>
#include <wchar.h>

/* The first character of these bytes. A byte that belongs to no character of the locale becomes one of U+DC80 to
 * U+DCFF, which no text has (Python's PEP 383 does the same). Returns how many bytes it has, 0: more are needed. */
size_t chars_decode(wchar_t *character, const unsigned char *bytes, size_t length);

/* The bytes that were decoded; bytes has room for MB_LEN_MAX. Returns how many. */
size_t chars_encode(unsigned char *bytes, wchar_t character);

/* How many rows the cursor is below the first one of a line of so many characters, when it is before text[place] or,
 * place being length, at the end; as libedit lays them out on a terminal of so many columns. */
size_t chars_rows(const wchar_t *text, size_t length, size_t place, size_t columns);

#endif
