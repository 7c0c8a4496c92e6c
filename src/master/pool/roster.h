/* roster.h: who the workers are: the master's private table, a place (slot) for each. No worker can write to it. */
#ifndef MPECHOD_ROSTER_H
#define MPECHOD_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"

struct generation;

struct roster_worker {
    pid_t pid; /* 0: the slot is free */
    struct generation *generation;
    double born;   /* clock_now() */
    bool ready;    /* it has said so; kept here, so that it cannot take it back */
    bool stopped;  /* by a signal, as the kernel reports it */
    bool given_up; /* killed before it was ready, with its whole generation: not worth a line */
    bool ended;    /* the master has killed it, and it does not count as a death */
};

/* Slots for twice as many workers as a pool may have: as many may be finishing connections of older generations. */
enum { ROSTER_SLOTS = 65536, ROSTER_NONE = -1 };

struct roster {
    struct roster_worker *slots; /* ROSTER_SLOTS of them */
    uint32_t *index;             /* from pids to slots, a hash table; see roster.c */
    size_t high;                 /* all slots at or above it are free */
    size_t lowest_free;          /* none below it is free */
    size_t count;
};

/* False: out of memory. */
bool roster_init(struct roster *roster);
void roster_free(struct roster *roster);

/* The lowest free slot, or ROSTER_NONE. */
long roster_vacancy(const struct roster *roster);
void roster_add(struct roster *roster, size_t slot, const struct roster_worker *worker);
void roster_remove(struct roster *roster, size_t slot);

/* The slot of that process, or ROSTER_NONE if it is no worker. */
long roster_find(const struct roster *roster, pid_t pid);

#endif
