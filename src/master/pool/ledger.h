/* ledger.h: what workers have counted, kept when they are gone: a total is this plus what the living say. */
#ifndef MPECHOD_LEDGER_H
#define MPECHOD_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "master/board.h"

/* All 0 to begin. */
struct ledger {
    uint64_t accepts; /* connections that were accepted */
};

/* Enter what the worker in that slot, which is gone, has counted. Before its page is wiped. */
void ledger_enter(struct ledger *ledger, const struct board *board, size_t slot);

#endif
