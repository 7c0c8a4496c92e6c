/* window.c: a ring of outstanding bytes. */
#include "client/line/window.h"

#include <assert.h>
#include <string.h>
#include <sys/param.h>

/* Bytes from this offset to where the ring wraps around. */
static size_t to_end(uint64_t offset)
{
    return WINDOW_SIZE - (size_t)(offset % WINDOW_SIZE);
}

size_t window_room(const struct window *window)
{
    return WINDOW_SIZE - (size_t)(window->put - window->returned);
}

size_t window_owed(const struct window *window)
{
    return (size_t)(window->sent - window->returned);
}

size_t window_unsent(const struct window *window)
{
    return (size_t)(window->put - window->sent);
}

void window_put(struct window *window, const unsigned char *data, size_t length)
{
    assert(length <= window_room(window));
    size_t first = MIN(length, to_end(window->put));
    memcpy(window->bytes + window->put % WINDOW_SIZE, data, first);
    memcpy(window->bytes, data + first, length - first);
    window->put += length;
}

size_t window_next(const struct window *window, const unsigned char **data)
{
    *data = window->bytes + window->sent % WINDOW_SIZE;
    return MIN(window_unsent(window), to_end(window->sent));
}

void window_mark_sent(struct window *window, size_t length)
{
    assert(length <= window_unsent(window));
    window->sent += length;
}

/* Only the one piece that differs is walked byte by byte. */
size_t window_match(struct window *window, const unsigned char *data, size_t length)
{
    size_t matched = 0, piece;
    length = MIN(length, window_owed(window));
    for (; matched < length; matched += piece) {
        const unsigned char *owed = window->bytes + window->returned % WINDOW_SIZE;
        piece = MIN(length - matched, to_end(window->returned));
        if (memcmp(owed, data + matched, piece) != 0) {
            for (piece = 0; owed[piece] == data[matched + piece];)
                piece++;
            length = matched + piece;
        }
        window->returned += piece;
    }
    return matched;
}

unsigned char window_peek(const struct window *window, size_t ahead)
{
    assert(ahead < window_owed(window));
    return window->bytes[(window->returned + ahead) % WINDOW_SIZE];
}
