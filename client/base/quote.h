/* quote.h: bytes from anywhere as text that is safe to show. Pure, nothing fails. */
#ifndef MPECHO_QUOTE_H
#define MPECHO_QUOTE_H

#include <stddef.h>

/* So many bytes are shown; if there are more, "..." follows the quotation mark. */
enum { QUOTE_BYTES = 32, QUOTE_TEXT = 4 * QUOTE_BYTES + sizeof "\"\"..." };

/* "SSH-2.0-OpenSSH_9.2\r\n", in quotation marks and in printable ASCII, with escapes as C has them. Returns text. */
const char *quote_bytes(const void *bytes, size_t length, char text[QUOTE_TEXT]);

#endif
