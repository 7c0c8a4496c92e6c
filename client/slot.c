/* slot.c: the open loop's schedule, and the end of a load; see slot.h. */
#include "slot.h"

#include "clock.h"

/* After the end, messages that were due before it and could not be sent get so long. */
#define GRACE CLOCK_SECOND

static const struct options *options_of(const struct slots *slots)
{
    return slots->thread->plan.options;
}

bool slots_are_open_loop(const struct slots *slots)
{
    return options_of(slots)->rate > 0;
}

/* Every thread has the rate of its share of the connections. */
bool slots_create(struct slots *slots, struct thread *thread, slots_on_due on_due)
{
    const struct options *options = thread->plan.options;
    double rate = options->rate * (double)thread->members / (double)options->connections;
    *slots = (struct slots){.thread = thread, .unfinished = thread->members, .pace = {.fd = -1}};
    if (!slots_are_open_loop(slots))
        return true;
    slots->pace.loop = thread->loop;
    slots->pace.owner = thread;
    slots->pace.on_due = on_due;
    slots->pace.period = (double)CLOCK_SECOND / rate;
    return pace_create(&slots->pace);
}

void slots_destroy(struct slots *slots)
{
    if (slots->pace.fd != -1)
        pace_destroy(&slots->pace);
}

void slot_create(struct slot *slot, struct slots *all, size_t number)
{
    *slot = (struct slot){.all = all, .arrival = number};
}

/* The threads take turns, instead of all sending at the same moment. */
void slots_begin(struct slots *slots, int64_t now)
{
    double phase = (double)slots->thread->index / (double)options_of(slots)->threads;
    if (slots_are_open_loop(slots))
        pace_begin(&slots->pace, now + (int64_t)(slots->pace.period * phase));
}

void slots_end(struct slots *slots, int64_t now)
{
    slots->ended = now;
    if (slots_are_open_loop(slots))
        pace_end(&slots->pace, now);
}

static bool ended_since(const struct slots *slots, int64_t length, int64_t now)
{
    return slots->thread->phase >= THREAD_ENDING && now - slots->ended >= length;
}

bool slots_are_late(const struct slots *slots, int64_t now)
{
    return ended_since(slots, GRACE, now);
}

bool slots_are_over(const struct slots *slots, int64_t now)
{
    return slots->thread->hurry && ended_since(slots, THREAD_HURRY, now);
}

uint64_t slot_size(const struct slot *slot)
{
    const struct sizes *sizes = &options_of(slot->all)->sizes;
    return sizes->size[slot->messages % sizes->count];
}

bool slot_has_arrival(const struct slot *slot)
{
    return slots_are_open_loop(slot->all) && slot->arrival < slot->all->pace.end;
}

int64_t slot_due(const struct slot *slot)
{
    return pace_due(&slot->all->pace, slot->arrival);
}

bool slot_is_due(const struct slot *slot, int64_t now)
{
    return slot_has_arrival(slot) && slot_due(slot) <= now;
}

void slot_advance(struct slot *slot)
{
    slot->arrival += slot->all->thread->members;
}

void slot_lose_unsent(struct slot *slot, uint64_t count)
{
    struct tally *tally = &slot->all->thread->tally;
    tally->lost += count;
    tally->unsent += count;
}

void slot_give_up_unsent(struct slot *slot)
{
    size_t members = slot->all->thread->members;
    if (!slot_has_arrival(slot))
        return;
    slot_lose_unsent(slot, (slot->all->pace.end - slot->arrival + members - 1) / members);
    slot->arrival = slot->all->pace.end;
}

bool slot_is_idle(const struct slot *slot, size_t outstanding)
{
    return slot->all->thread->phase >= THREAD_ENDING && outstanding == 0 && !slot_has_arrival(slot);
}

void slot_finish(struct slot *slot)
{
    if (!slot->finished && --slot->all->unfinished == 0)
        thread_done(slot->all->thread);
    slot->finished = true;
}
