/* tally.c: sums; see tally.h. */
#include "client/base/tally.h"

void tally_merge(struct tally *into, const struct tally *from)
{
    into->sent += from->sent;
    into->replied += from->replied;
    into->lost += from->lost;
    into->unsent += from->unsent;
    into->bytes += from->bytes;
    into->wrong += from->wrong;
    into->connected += from->connected;
    into->refused += from->refused;
    into->unanswered += from->unanswered;
    into->local += from->local;
    into->broken += from->broken;
    into->held += from->held;
    into->dropped += from->dropped;
    into->survived += from->survived;
    into->duplicates += from->duplicates;
    into->reordered += from->reordered;
    if (from->jitter > 0)
        into->jitter = from->jitter;
    hist_merge(&into->response, &from->response);
    hist_merge(&into->service, &from->service);
    hist_merge(&into->connect, &from->connect);
    hist_merge(&into->variation, &from->variation);
    hist_merge(&into->answers, &from->answers);
}

double tally_loss_of(uint64_t replied, uint64_t lost)
{
    uint64_t ended = replied + lost;
    return ended == 0 ? 0 : 100.0 * (double)lost / (double)ended;
}

double tally_loss(const struct tally *tally)
{
    return tally_loss_of(tally->replied, tally->lost);
}
