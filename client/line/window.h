/* window.h: the bytes on their way: read from the input, perhaps sent, not yet back. Bounded: what does not fit is not
 * read. Not here: what to make of bytes that are not the ones owed, see differ.h. */
#ifndef MPECHO_WINDOW_H
#define MPECHO_WINDOW_H

#include <stddef.h>
#include <stdint.h>

enum { WINDOW_SIZE = 1 << 20 };

/* All 0 to begin. Offsets count from the first byte of the input. returned <= sent <= put <= returned + WINDOW_SIZE. */
struct window {
    uint64_t returned;
    uint64_t sent;
    uint64_t put;
    unsigned char bytes[WINDOW_SIZE]; /* the byte at offset o is bytes[o % WINDOW_SIZE] */
};

size_t window_room(const struct window *window);

/* length <= window_room. */
void window_put(struct window *window, const unsigned char *data, size_t length);

/* Sent and not yet back: what the server owes. */
size_t window_owed(const struct window *window);

size_t window_unsent(const struct window *window);

/* Point *data at the next unsent bytes that lie in one piece. Returns how many; 0: nothing is unsent. */
size_t window_next(const struct window *window, const unsigned char **data);

void window_mark_sent(struct window *window, size_t length);

/* Compare data with the next bytes owed. Returns how many match, and marks those returned. */
size_t window_match(struct window *window, const unsigned char *data, size_t length);

/* The next byte owed (ahead 0), or one further on. ahead < window_owed. */
unsigned char window_peek(const struct window *window, size_t ahead);

#endif
