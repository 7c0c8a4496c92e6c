/* slot.h: what all loads share. A slot is a place at the server, taken by one connection after another or by one UDP
 * socket. Here: the open loop's schedule over the slots of a thread, and the end of the load. */
#ifndef MPECHO_SLOT_H
#define MPECHO_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/base/pace.h"
#include "client/load/thread.h"

/* All slots of a thread. */
struct slots {
    struct thread *thread;
    struct pace pace;  /* open loop only */
    int64_t ended;     /* when slots_end was called */
    size_t behind;     /* how many slots are; while all are, the pace is paused */
    size_t unfinished; /* the thread is done when it is 0 */
};

struct slot {
    struct slots *all;
    uint64_t messages; /* sent so far: picks the size of the next one */
    uint64_t arrival;  /* open loop: its next one, see pace.h */
    bool behind;       /* open loop: a message is due and unsent */
    bool finished;     /* nothing more is wanted of it */
};

typedef void (*slots_on_due)(struct pace *pace, uint64_t arrival, int64_t now);

/* Arrival n belongs to slot n % thread->members. on_due: see pace.h; the pace's owner is the thread. False: no
 * descriptor, which was reported. */
bool slots_create(struct slots *slots, struct thread *thread, slots_on_due on_due);

void slots_destroy(struct slots *slots);

void slot_create(struct slot *slot, struct slots *all, size_t number);

bool slots_are_open_loop(const struct slots *slots);

/* Open loop: start the schedule. It lasts for options->omit and options->duration from now. */
void slots_begin(struct slots *slots, int64_t now);

/* No more arrivals become due. */
void slots_end(struct slots *slots, int64_t now);

/* The load has ended, and so long ago that what could not be sent by now never will be: see slot_give_up_unsent. */
bool slots_are_late(const struct slots *slots, int64_t now);

/* The load has ended in a hurry, and its time is up. */
bool slots_are_over(const struct slots *slots, int64_t now);

/* Bytes of the next message. */
uint64_t slot_size(const struct slot *slot);

/* Open loop: does the schedule have another message for this slot, due or not? */
bool slot_has_arrival(const struct slot *slot);

/* Open loop: is it due? */
bool slot_is_due(const struct slot *slot, int64_t now);

/* When it is due. */
int64_t slot_due(const struct slot *slot);

/* It was sent: on to the next. */
void slot_advance(struct slot *slot);

/* Open loop over streams, after what is due has been sent as far as possible: note whether something is still unsent.
 * The next reply or connection of a slot that is behind sends it, and must call this again. While all slots are behind
 * the pace is paused, as its timer could start nothing. */
void slot_update_behind(struct slot *slot, int64_t now);

/* Open loop: count what was due, and not before the measuring began, and could not be sent, as lost. */
void slot_give_up_unsent(struct slot *slot);

/* Messages that never will be sent. */
void slot_lose_unsent(struct slot *slot, uint64_t count);

/* Whether the load is ending and nothing more is to be expected of the slot, of which so many messages are outstanding.
 */
bool slot_is_idle(const struct slot *slot, size_t outstanding);

void slot_finish(struct slot *slot);

#endif
