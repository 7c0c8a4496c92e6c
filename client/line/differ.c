/* differ.c: name a difference by sliding what came back along what is owed. */
#include "client/line/differ.h"

#include <string.h>

/* The two streams are taken to meet again where this many bytes in a row are the same. */
enum { DIFFER_MEET = 16 };

void differ_add(struct differ *differ, const struct window *window, const unsigned char *data, size_t length)
{
    size_t room = sizeof differ->sample - differ->length;
    if (differ->length == 0)
        differ->unowed = window_owed(window) == 0;
    if (length > room)
        length = room;
    memcpy(differ->sample + differ->length, data, length);
    differ->length += length;
}

bool differ_enough(const struct differ *differ)
{
    return differ->length > 0 && (differ->unowed || differ->length == sizeof differ->sample);
}

/* Is the sample from `came` on the same as what is owed from `owed` on? */
static bool meet(const struct differ *differ, const struct window *window, size_t came, size_t owed)
{
    if (came + DIFFER_MEET > differ->length || owed + DIFFER_MEET > window_owed(window))
        return false;
    for (size_t i = 0; i < DIFFER_MEET; i++)
        if (differ->sample[came + i] != window_peek(window, owed + i))
            return false;
    return true;
}

/* The smallest shift explains the most. 0: none found. */
static size_t missing(const struct differ *differ, const struct window *window)
{
    for (size_t shift = 1; shift < window_owed(window); shift++)
        if (meet(differ, window, 0, shift))
            return shift;
    return 0;
}

static size_t extra(const struct differ *differ, const struct window *window)
{
    for (size_t shift = 1; shift < differ->length; shift++)
        if (meet(differ, window, shift, 0))
            return shift;
    return 0;
}

/* Only the lengths are left to go by, and they say something only when both streams have ended. */
static enum differ_kind judge_length(size_t came, size_t owed, bool ended, size_t *count)
{
    *count = 0;
    if (!ended || came == owed)
        return DIFFER_CHANGED;
    *count = came < owed ? owed - came : came - owed;
    return came < owed ? DIFFER_MISSING : DIFFER_EXTRA;
}

enum differ_kind differ_judge(const struct differ *differ, const struct window *window, bool ended, size_t *count)
{
    *count = differ->length;
    if (differ->unowed)
        return DIFFER_EXTRA;
    *count = 0;
    if (meet(differ, window, 1, 1))
        return DIFFER_CHANGED;
    if ((*count = extra(differ, window)) > 0)
        return DIFFER_EXTRA;
    if ((*count = missing(differ, window)) > 0)
        return DIFFER_MISSING;
    return judge_length(differ->length, window_owed(window), ended, count);
}
