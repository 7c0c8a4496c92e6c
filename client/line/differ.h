/* differ.h: what is wrong with bytes that came back and are not the ones owed. Keeps a sample from the first
 * difference on, then names its kind. The kind is a judgement: repetitive data can hide what happened. Not here:
 * finding the first difference, see window.h. */
#ifndef MPECHO_DIFFER_H
#define MPECHO_DIFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "client/line/window.h"

/* Enough to see that one whole buffer of a common server came back twice. */
enum { DIFFER_SAMPLE = 8192 };

enum differ_kind { DIFFER_CHANGED, DIFFER_MISSING, DIFFER_EXTRA };

/* All 0 to begin: no difference. */
struct differ {
    size_t length;
    bool unowed; /* the sample began when nothing was owed: no more of it is needed */
    unsigned char sample[DIFFER_SAMPLE];
};

/* data: what came after the last byte that matched; in later calls, what came after that. Keeps what fits. */
void differ_add(struct differ *differ, const struct window *window, const unsigned char *data, size_t length);

/* True when a longer sample would not help. */
bool differ_enough(const struct differ *differ);

/* ended: nothing more will come. *count: how many bytes are missing or extra, as far as can be seen; 0: changed. */
enum differ_kind differ_judge(const struct differ *differ, const struct window *window, bool ended, size_t *count);

#endif
