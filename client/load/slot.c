/* slot.c: the open loop's schedule, and the end of a load; see slot.h. */
#include "client/load/slot.h"

#include "client/base/clock.h"

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

bool slots_create(struct slots *slots, struct thread *thread, slots_on_due on_due)
{
    const struct options *options = thread->plan.options;
    *slots = (struct slots){.thread = thread, .unfinished = thread->members, .pace = {.fd = -1}};
    if (!slots_are_open_loop(slots))
        return true;
    slots->pace.loop = thread->loop;
    slots->pace.period = (double)CLOCK_SECOND / options->rate;
    slots->pace.connections = options->connections;
    slots->pace.index = thread->index;
    slots->pace.step = options->threads;
    slots->pace.members = thread->members;
    slots->pace.owner = thread;
    slots->pace.on_due = on_due;
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

void slots_begin(struct slots *slots, int64_t now)
{
    const struct options *options = options_of(slots);
    if (slots_are_open_loop(slots))
        pace_begin(&slots->pace, now, now + options->omit + options->duration);
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

void slot_update_behind(struct slot *slot, int64_t now)
{
    struct slots *all = slot->all;
    size_t members = all->thread->members, before = all->behind;
    all->behind -= slot->behind;
    slot->behind = slot_is_due(slot, now);
    all->behind += slot->behind;
    if (all->behind == members)
        pace_pause(&all->pace);
    else if (before == members)
        pace_resume(&all->pace, now);
}

static void give_up(struct slot *slot, uint64_t count)
{
    slot_lose_unsent(slot, count);
    problems_add(&slot->all->thread->problems, NULL, "a message was due and not sent within a second of the end",
                 count);
}

/* Its own arrivals are every so many of the thread's. */
void slot_give_up_unsent(struct slot *slot)
{
    const struct pace *pace = &slot->all->pace;
    size_t members = slot->all->thread->members;
    if (!slot_has_arrival(slot))
        return;
    uint64_t counted = pace_first(pace, slot->all->thread->since);
    if (counted > slot->arrival)
        slot->arrival += (counted - slot->arrival + members - 1) / members * members;
    if (slot->arrival < pace->end)
        give_up(slot, (pace->end - slot->arrival + members - 1) / members);
    slot->arrival = pace->end;
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
