/* hints.c: both sides of the hints; see hints.h. Called by workers for each connection, and by the master at each look.
 */
#include "contract/hints.h"

/* A worker says busy on its page before it takes its place here, so a place that was taken before this exchange is seen
 * by the count that follows it. */
void hints_begin_count(struct hints *hints)
{
    atomic_exchange(&hints->spare, 0);
}

void hints_set_spare(struct hints *hints, int spare)
{
    atomic_fetch_add(&hints->spare, spare);
}

bool hints_place_taken(struct hints *hints)
{
    return atomic_fetch_sub(&hints->spare, 1) <= 1;
}

void hints_place_free(struct hints *hints)
{
    atomic_fetch_add(&hints->spare, 1);
}

bool hints_ready(struct hints *hints)
{
    return atomic_fetch_sub(&hints->awaited, 1) == 1;
}

/* One at a time, so that it need not be one step. */
void hints_count_accept(struct hints *hints)
{
    uint64_t accepts = atomic_load_explicit(&hints->accepts, memory_order_relaxed);
    atomic_store_explicit(&hints->accepts, accepts + 1, memory_order_relaxed);
}
