/* stall.c: is the accept turn stuck? See stall.h. */
#include "decide/stall.h"

bool stall_check(struct stall *stall, unsigned waiting, unsigned idle, uint64_t accepts, double timeout, double now)
{
    if (waiting == 0 || idle == 0 || timeout <= 0) {
        stall->watching = false;
        return false;
    }
    if (!stall->watching || stall->accepts != accepts) {
        *stall = (struct stall){.watching = true, .since = now, .accepts = accepts};
        return false;
    }
    if (now - stall->since < timeout)
        return false;
    stall->watching = false;
    return true;
}

double stall_left(const struct stall *stall, double timeout, double now)
{
    double left = stall->since + timeout - now;
    if (!stall->watching)
        return 0;
    return left > 0.001 ? left : 0.001;
}
