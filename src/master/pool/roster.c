/* roster.c: the private table of workers; see roster.h. Called by the pool. */
#include "master/pool/roster.h"

#include "base/unforked.h"

static const size_t size = ROSTER_SLOTS * sizeof(struct roster_worker);

/* Slots that were never used take no memory. */
bool roster_init(struct roster *roster)
{
    *roster = (struct roster){.slots = unforked_alloc(size)};
    return roster->slots != NULL;
}

void roster_free(struct roster *roster)
{
    unforked_free(roster->slots, size);
}

long roster_vacancy(const struct roster *roster)
{
    return roster->lowest_free < ROSTER_SLOTS ? (long)roster->lowest_free : ROSTER_NONE;
}

void roster_add(struct roster *roster, size_t slot, const struct roster_worker *worker)
{
    roster->slots[slot] = *worker;
    roster->count++;
    if (slot >= roster->high)
        roster->high = slot + 1;
    while (roster->lowest_free < ROSTER_SLOTS && roster->slots[roster->lowest_free].pid != 0)
        roster->lowest_free++;
}

void roster_remove(struct roster *roster, size_t slot)
{
    roster->slots[slot] = (struct roster_worker){0};
    roster->count--;
    if (slot < roster->lowest_free)
        roster->lowest_free = slot;
    while (roster->high > 0 && roster->slots[roster->high - 1].pid == 0)
        roster->high--;
}

long roster_find(const struct roster *roster, pid_t pid)
{
    for (size_t slot = 0; slot < roster->high; slot++)
        if (roster->slots[slot].pid == pid)
            return (long)slot;
    return ROSTER_NONE;
}
