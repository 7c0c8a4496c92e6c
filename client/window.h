/* window.h: the bytes on their way: read from the input, perhaps sent, not yet come back. Used by session and
 * differ. Pure and bounded: what does not fit is not read. Nothing here fails; a wrong call is our own bug
 * (assert). Not here: what to make of bytes that are not the ones owed, see differ.h. */
#ifndef MPECHO_WINDOW_H
#define MPECHO_WINDOW_H

#include <stddef.h>
#include <stdint.h>

enum { WINDOW_SIZE = 1 << 20 };

/* Offsets count from the first byte of the input. returned <= sent <= put <= returned + WINDOW_SIZE. Begins
 * all 0. */
struct window {
    uint64_t returned;
    uint64_t sent;
    uint64_t put;
    unsigned char bytes[WINDOW_SIZE]; /* the byte at offset o is bytes[o % WINDOW_SIZE] */
};

size_t window_room(const struct window *window);

/* length <= window_room. */
void window_put(struct window *window, const unsigned char *data, size_t length);

/* Sent and not yet come back: what the server owes. */
size_t window_owed(const struct window *window);

size_t window_unsent(const struct window *window);

/* The next unsent bytes that lie in one piece: sets *data, returns how many (0: there are none). */
size_t window_next(const struct window *window, const unsigned char **data);

void window_mark_sent(struct window *window, size_t length);

/* Take back what is owed: how many bytes of data are the next ones owed. Passes over them. */
size_t window_match(struct window *window, const unsigned char *data, size_t length);

/* The owed byte so many after the next one. ahead < window_owed. */
unsigned char window_peek(const struct window *window, size_t ahead);

#endif
