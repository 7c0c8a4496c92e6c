/* renewal.c: see renewal.h. Called by the rollout. */
#include "decide/renewal.h"

bool renewal_take(struct renewal *renewal, double now)
{
    double since = now - renewal->last;
    if (since < renewal->pause)
        return false;
    bool quiet = renewal->pause <= 0 || since > renewal->pause + RENEWAL_SLOWEST;
    double pause = quiet ? RENEWAL_FIRST : 2 * renewal->pause;
    renewal->pause = pause < RENEWAL_SLOWEST ? pause : RENEWAL_SLOWEST;
    renewal->last = now;
    return true;
}
