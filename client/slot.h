/* slot.h: what all loads share. A slot is a place at the server, taken by one connection after another or by one UDP
 * socket. Here: the open loop's schedule over the slots of a thread, and the end of the load. */
#ifndef MPECHO_SLOT_H
#define MPECHO_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pace.h"
#include "thread.h"

/* All slots of a thread. */
struct slots {
    struct thread *thread;
    struct pace pace;  /* open loop only */
    int64_t ended;     /* when slots_end was called */
    size_t behind;     /* how many are, see slot_note; while all are, the pace is paused */
    size_t unfinished; /* the thread is done when it is 0 */
};

struct slot {
    struct slots *all;
    uint64_t messages; /* sent so far: picks the size of the next one */
    uint64_t arrival;  /* open loop: its next one, see pace.h */
    bool behind;       /* open loop: as slot_note found it */
    bool finished;     /* nothing more is wanted of it */
};

typedef void (*slots_on_due)(struct pace *pace, uint64_t arrival, int64_t now);

/* Arrival n belongs to slot n % thread->members. on_due: see pace.h; the pace's owner is the thread. False: no
 * descriptor, which was reported. */
bool slots_create(struct slots *slots, struct thread *thread, slots_on_due on_due);

void slots_destroy(struct slots *slots);

void slot_create(struct slot *slot, struct slots *all, size_t number);

bool slots_are_open_loop(const struct slots *slots);

/* Open loop: arrivals begin, those of options->omit and options->duration from now on. */
void slots_begin(struct slots *slots, int64_t now);

/* No more arrivals become due. */
void slots_end(struct slots *slots, int64_t now);

/* The load has ended, and so long ago that what could not be sent by now never will be: see slot_give_up_unsent. */
bool slots_are_late(const struct slots *slots, int64_t now);

/* The load has ended in a hurry, and its time is up. */
bool slots_are_over(const struct slots *slots, int64_t now);

/* Bytes of the next message. */
uint64_t slot_size(const struct slot *slot);

/* Open loop: an arrival of its own has not been sent, due or not yet due. */
bool slot_has_arrival(const struct slot *slot);

/* Open loop: that arrival is due. */
bool slot_is_due(const struct slot *slot, int64_t now);

/* When that arrival is due. */
int64_t slot_due(const struct slot *slot);

/* That arrival was sent: on to the next. */
void slot_advance(struct slot *slot);

/* Open loop, after what is due has been sent as far as it could be: may it have to wait? Then a reply or a connection
 * sends it, whereupon this must be called again, and as long as all slots wait for that, no timer is needed. */
void slot_note(struct slot *slot, int64_t now);

/* Open loop: count what was due, and not before the measuring began, and could not be sent, as lost. */
void slot_give_up_unsent(struct slot *slot);

/* Messages that never will be sent. */
void slot_lose_unsent(struct slot *slot, uint64_t count);

/* The load is ending, and with so many outstanding nothing more is to be expected of the slot. */
bool slot_is_idle(const struct slot *slot, size_t outstanding);

void slot_finish(struct slot *slot);

#endif
