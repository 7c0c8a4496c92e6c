/* stall.c: is the accept turn stuck? See stall.h. */
#include "decide/stall.h"

#define LOOK_APART 0.05 /* seconds between looks at most, while something is watched */
#define SOON 0.001

/* The length of the queue falls only when somebody accepts. Where the length is not known, the workers are believed. */
static void note_progress(struct stall *stall, const struct stall_sight *sight, double now)
{
    bool said = sight->accepts != stall->accepts;
    bool seen = sight->counted ? sight->waiting < stall->waiting : said;
    if (said)
        stall->word_since = now;
    if (seen)
        stall->kernel_since = now;
    if (said || seen)
        stall->ended = false;
    stall->accepts = sight->accepts;
    stall->waiting = sight->waiting;
}

static double later(double a, double b)
{
    return a > b ? a : b;
}

enum stall_verdict stall_check(struct stall *stall, const struct stall_sight *sight, double timeout, double now)
{
    if (sight->waiting == 0 || sight->able == 0 || timeout <= 0) {
        stall->watching = false;
        return STALL_NONE;
    }
    if (!stall->watching) {
        *stall = (struct stall){.watching = true,
                                .word_since = now,
                                .kernel_since = now,
                                .accepts = sight->accepts,
                                .waiting = sight->waiting};
        return STALL_NONE;
    }
    note_progress(stall, sight, now);
    if (now - stall->kernel_since >= timeout + STALL_MORE) {
        stall->watching = false;
        return STALL_RENEW;
    }
    if (stall->ended || now - later(stall->word_since, stall->kernel_since) < timeout)
        return STALL_NONE;
    stall->ended = true;
    return STALL_END;
}

double stall_left(const struct stall *stall, double timeout, double now)
{
    if (!stall->watching)
        return 0;
    double left = stall->kernel_since + timeout + STALL_MORE - now;
    double first = later(stall->word_since, stall->kernel_since) + timeout - now;
    if (!stall->ended && first < left)
        left = first;
    if (left > LOOK_APART)
        left = LOOK_APART;
    return left > SOON ? left : SOON;
}
