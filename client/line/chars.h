/* chars.h: typed bytes as the characters that the line editor works on, and back, so that every byte survives. Depends
 * on the locale (LC_CTYPE), which must be one without shift states. */
#ifndef MPECHO_CHARS_H
#define MPECHO_CHARS_H

#include <limits.h>
#include <stddef.h>
#include <wchar.h>

/* The first character of these bytes. A byte that belongs to no character of the locale becomes one of U+DC80 to
 * U+DCFF, which occur in no text (as in Python's PEP 383). Returns how many bytes the character has, 0: more are
 * needed. */
size_t chars_decode(wchar_t *character, const unsigned char *bytes, size_t length);

/* The bytes that this character was decoded from; there is room for MB_LEN_MAX. Returns how many. */
size_t chars_encode(unsigned char *bytes, wchar_t character);

/* In which row of its line, from 0, the cursor is when it stands before text[place] or, if place is length, at the end.
 * The line is laid out as libedit does it on a terminal of so many columns. */
size_t chars_rows(const wchar_t *text, size_t length, size_t place, size_t columns);

#endif
