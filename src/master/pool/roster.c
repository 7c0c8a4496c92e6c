/* roster.c: the private table of workers; see roster.h. Called by the pool. */
#include "master/pool/roster.h"

#include "base/unforked.h"

/* The index is open-addressed: a pid's place is the first free one from its home on, and at most half of the places are
 * taken, so that a search is short. A place holds the slot plus 1; 0: free. */
enum { PLACES = 2 * ROSTER_SLOTS };

static const size_t slots_size = ROSTER_SLOTS * sizeof(struct roster_worker);
static const size_t index_size = PLACES * sizeof(uint32_t);

/* What was never used takes no memory. */
bool roster_init(struct roster *roster)
{
    *roster = (struct roster){.slots = unforked_alloc(slots_size), .index = unforked_alloc(index_size)};
    if (roster->slots != NULL && roster->index != NULL)
        return true;
    roster_free(roster);
    return false;
}

void roster_free(struct roster *roster)
{
    unforked_free(roster->slots, slots_size);
    unforked_free(roster->index, index_size);
}

/* Pids are given out one after the other, and so are their homes. */
static size_t home_of(pid_t pid)
{
    return (size_t)pid % PLACES;
}

static size_t next_place(size_t place)
{
    return (place + 1) % PLACES;
}

static pid_t pid_at(const struct roster *roster, size_t place)
{
    return roster->slots[roster->index[place] - 1].pid;
}

/* Where that pid is, or else the free place at which the search for it ended. */
static size_t place_of(const struct roster *roster, pid_t pid)
{
    size_t place = home_of(pid);
    while (roster->index[place] != 0 && pid_at(roster, place) != pid)
        place = next_place(place);
    return place;
}

/* Free a place. A pid behind it, whose search would end here from now on, takes the place instead. */
static void vacate(struct roster *roster, size_t hole)
{
    for (size_t place = next_place(hole); roster->index[place] != 0; place = next_place(place)) {
        size_t from_home = (place - home_of(pid_at(roster, place))) % PLACES;
        if (from_home < (place - hole) % PLACES)
            continue;
        roster->index[hole] = roster->index[place];
        hole = place;
    }
    roster->index[hole] = 0;
}

long roster_vacancy(const struct roster *roster)
{
    return roster->lowest_free < ROSTER_SLOTS ? (long)roster->lowest_free : ROSTER_NONE;
}

void roster_add(struct roster *roster, size_t slot, const struct roster_worker *worker)
{
    roster->slots[slot] = *worker;
    roster->index[place_of(roster, worker->pid)] = (uint32_t)slot + 1;
    roster->count++;
    if (slot >= roster->high)
        roster->high = slot + 1;
    while (roster->lowest_free < ROSTER_SLOTS && roster->slots[roster->lowest_free].pid != 0)
        roster->lowest_free++;
}

void roster_remove(struct roster *roster, size_t slot)
{
    vacate(roster, place_of(roster, roster->slots[slot].pid));
    roster->slots[slot] = (struct roster_worker){0};
    roster->count--;
    if (slot < roster->lowest_free)
        roster->lowest_free = slot;
    while (roster->high > 0 && roster->slots[roster->high - 1].pid == 0)
        roster->high--;
}

long roster_find(const struct roster *roster, pid_t pid)
{
    size_t place = place_of(roster, pid);
    return roster->index[place] != 0 ? (long)roster->index[place] - 1 : ROSTER_NONE;
}
