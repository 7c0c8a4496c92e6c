/* ledger.c: the counts of workers that are gone; see ledger.h. Called by the pool at a worker's death. */
#include "master/pool/ledger.h"

/* More than any worker can count, and so little that the sum of all cannot overflow. What is on a page is gossip. */
static const uint64_t believable = UINT64_C(1) << 40;

void ledger_enter(struct ledger *ledger, const struct board *board, size_t slot)
{
    uint64_t accepts = board_read(board, slot).accepts;
    ledger->accepts += accepts < believable ? accepts : believable;
}
