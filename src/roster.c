/* roster.c: the private table of workers; see roster.h. Called by the pool. */
#include "roster.h"

#include <sys/mman.h>

static const size_t size = ROSTER_SLOTS * sizeof(struct roster_worker);

/* A mapping of its own: slots that were never used take no memory, and a fork leaves it behind, since a worker has no
 * business in it. */
bool roster_init(struct roster *roster)
{
    void *slots = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slots == MAP_FAILED)
        return false;
    madvise(slots, size, MADV_DONTFORK);
    *roster = (struct roster){.slots = slots};
    return true;
}

void roster_free(struct roster *roster)
{
    munmap(roster->slots, size);
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
