/* load_udp.c: when which socket sends. Closed loop: a new datagram for every reply, up to the depth. If a datagram got
 * lost, the next sweep sends another in its place and not sooner, so that a port that is unreachable is not flooded
 * with attempts. Open loop: a datagram is sent when it is due, whatever became of those before it. */
#include "client/load/load.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/param.h>

#include "client/base/clock.h"
#include "client/load/slot.h"
#include "client/wire/datagram.h"

/* Open loop: datagrams sent at a time, so that replies have their turn. */
enum { LAUNCH_BATCH = 2 };

/* Closed loop: datagrams that all sockets together remember, 24 bytes each. Enough for a second at most rates, so that
 * what comes again or late is known for what it is. */
enum { CLOSED_LOOP_MEMORY = 1 << 17 };

struct udp_load;

struct udp_slot {
    struct slot base;
    struct udp_load *load;
    struct datagram_socket socket;
    ev_io io;
};

struct udp_load {
    struct thread *thread;
    const struct options *options;
    struct datagram_shared shared;
    struct slots all;
    struct udp_slot slots[];
};

/* What got lost here must not be taken for lost on the way. */
static void note_overflow(struct udp_slot *slot)
{
    struct thread *thread = slot->load->thread;
    char text[PROBLEMS_TEXT];
    uint64_t count = datagram_overflowed(&slot->socket);
    snprintf(text, sizeof text, "%s: a reply was thrown away here, as none were read fast enough",
             thread->plan.target->text);
    if (count > 0)
        problems_add(&thread->problems, NULL, text, count);
}

static void finish(struct udp_slot *slot)
{
    if (!slot->base.finished)
        note_overflow(slot);
    slot_finish(&slot->base);
}

static void finish_if_idle(struct udp_slot *slot)
{
    if (slot_is_idle(&slot->base, slot->socket.outstanding))
        finish(slot);
}

/* Sending. --------------------------------------------------------------------------------------------------------- */

static void watch(struct udp_slot *slot, int events)
{
    struct ev_loop *loop = slot->load->thread->loop;
    if ((slot->io.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(loop, &slot->io);
    ev_io_set(&slot->io, slot->socket.fd, events);
    ev_io_start(loop, &slot->io);
}

static enum datagram_sent launch(struct udp_slot *slot, int64_t due)
{
    enum datagram_sent sent = datagram_send(&slot->socket, slot_size(&slot->base), due);
    slot->base.messages += sent != DATAGRAM_BUSY;
    return sent;
}

static bool has_room(const struct udp_slot *slot)
{
    return slot->load->thread->phase < THREAD_ENDING && slot->socket.outstanding < slot->load->options->depth;
}

/* At most as many as there are places: ICMP messages may free them as fast as they are filled. */
static void fill(struct udp_slot *slot)
{
    enum datagram_sent sent = DATAGRAM_SENT;
    for (uint64_t i = 0; i < slot->load->options->depth && sent == DATAGRAM_SENT && has_room(slot); i++)
        sent = launch(slot, INT64_MAX);
    watch(slot, sent == DATAGRAM_BUSY ? EV_READ | EV_WRITE : EV_READ);
}

/* What more is due goes at the next turn of the loop, or when the kernel takes more. */
static void launch_due(struct udp_slot *slot, int64_t now)
{
    for (int i = 0; i < LAUNCH_BATCH && slot_is_due(&slot->base, now); i++) {
        if (launch(slot, slot_due(&slot->base)) == DATAGRAM_BUSY)
            break;
        slot_advance(&slot->base);
    }
    watch(slot, slot_is_due(&slot->base, now) ? EV_READ | EV_WRITE : EV_READ);
}

static void launch_more(struct udp_slot *slot, int64_t now)
{
    if (slots_are_open_loop(&slot->load->all))
        launch_due(slot, now);
    else
        fill(slot);
}

/* Events. ---------------------------------------------------------------------------------------------------------- */

static void on_ready(struct ev_loop *loop, ev_io *io, int events)
{
    struct udp_slot *slot = io->data;
    (void)loop;
    size_t replied = (events & EV_READ) != 0 ? datagram_receive(&slot->socket) : 0;
    if (replied > 0 || (events & EV_WRITE) != 0)
        launch_more(slot, clock_now());
    finish_if_idle(slot);
}

static void on_due(struct pace *pace, uint64_t arrival, int64_t now)
{
    const struct thread *thread = pace->owner;
    struct udp_load *load = thread->load;
    launch_due(&load->slots[arrival % thread->members], now);
}

/* What a thread asks for. ------------------------------------------------------------------------------------------ */

/* All that may be outstanding must be remembered, and for some time after. */
static size_t memory_of(const struct options *options)
{
    double seconds = clock_seconds(options->timeout);
    if (options->rate > 0)
        return datagram_memory(2 * seconds * options->rate / (double)options->connections);
    return datagram_memory(MAX(4 * (double)options->depth, CLOSED_LOOP_MEMORY / (double)options->connections));
}

static void prepare(struct thread *thread, struct udp_load *load)
{
    const struct thread_plan *plan = &thread->plan;
    load->thread = thread;
    load->options = plan->options;
    load->shared.target = plan->target;
    load->shared.seed = plan->seed;
    load->shared.timeout = plan->options->timeout;
    load->shared.memory = memory_of(plan->options);
    load->shared.sockets = plan->options->connections;
    load->shared.patient = true;
    load->shared.open_loop = plan->options->rate > 0;
    load->shared.since = &thread->since;
    load->shared.tally = &thread->tally;
    load->shared.problems = &thread->problems;
}

static bool open_slot(struct udp_slot *slot, size_t number)
{
    struct udp_load *load = slot->load;
    slot_create(&slot->base, &load->all, number);
    slot->socket.shared = &load->shared;
    slot->socket.index = load->thread->index + number * load->options->threads;
    if (!datagram_open(&slot->socket)) {
        warn("cannot make a socket for %s", load->thread->plan.target->text);
        return false;
    }
    ev_io_init(&slot->io, on_ready, slot->socket.fd, EV_READ);
    slot->io.data = slot;
    return true;
}

static bool create(struct thread *thread)
{
    struct udp_load *load = calloc(1, sizeof *load + thread->members * sizeof load->slots[0]);
    if (load == NULL) {
        warnx("out of memory");
        return false;
    }
    thread->load = load;
    prepare(thread, load);
    if (!slots_create(&load->all, thread, on_due))
        return false;
    for (size_t i = 0; i < thread->members; i++) {
        load->slots[i].load = load;
        if (!open_slot(&load->slots[i], i))
            return false;
    }
    return true;
}

static void begin(struct thread *thread, int64_t now)
{
    struct udp_load *load = thread->load;
    slots_begin(&load->all, now);
    for (size_t i = 0; i < thread->members; i++) {
        ev_io_start(thread->loop, &load->slots[i].io);
        launch_more(&load->slots[i], now);
    }
}

static void sweep(struct thread *thread, int64_t now)
{
    struct udp_load *load = thread->load;
    bool omitted = now < thread->since;
    bool late = slots_are_late(&load->all, now), over = slots_are_over(&load->all, now);
    for (size_t i = 0; i < thread->members; i++) {
        struct udp_slot *slot = &load->slots[i];
        datagram_expire(&slot->socket, over ? INT64_MAX : now);
        if (omitted)
            datagram_overflowed(&slot->socket); /* not told */
        if (late)
            slot_give_up_unsent(&slot->base);
        launch_more(slot, now);
        finish_if_idle(slot);
    }
}

static void end(struct thread *thread, int64_t now)
{
    struct udp_load *load = thread->load;
    slots_end(&load->all, now);
    for (size_t i = 0; i < thread->members; i++)
        finish_if_idle(&load->slots[i]);
}

static void destroy(struct thread *thread)
{
    struct udp_load *load = thread->load;
    for (size_t i = 0; i < thread->members; i++) {
        if (load->slots[i].socket.records != NULL)
            ev_io_stop(thread->loop, &load->slots[i].io);
        datagram_close(&load->slots[i].socket);
    }
    slots_destroy(&load->all);
    free(load);
}

const struct load load_udp = {create, begin, sweep, end, destroy};
