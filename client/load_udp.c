/* load_udp.c: when which socket sends. Closed loop: a new datagram for every reply, up to the depth. The place of one
 * that got lost is filled by the next sweep, so that a port that is unreachable is not asked more often than that. Open
 * loop: a datagram is sent when it is due, whatever became of those before it. */
#include "load.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/param.h>

#include "clock.h"
#include "datagram.h"
#include "slot.h"

/* Open loop: datagrams sent at a time, so that replies have their turn. */
enum { LAUNCH_BATCH = 2 };

/* Closed loop: datagrams that all sockets together remember, 24 bytes each. Enough for a second at most rates, so that
 * what comes again or late is known for what it is. */
enum { CLOSED_LOOP_MEMORY = 1 << 17 };

struct udp;

struct udp_slot {
    struct slot slot;
    struct udp *udp;
    struct datagram_socket socket;
    ev_io io;
};

struct udp {
    struct thread *thread;
    const struct options *options;
    struct datagram_shared shared;
    struct slots all;
    struct udp_slot slots[];
};

/* What got lost here must not be taken for lost on the way. */
static void note_overflow(struct udp_slot *slot)
{
    struct thread *thread = slot->udp->thread;
    char text[PROBLEMS_TEXT];
    uint64_t count = datagram_overflowed(&slot->socket);
    snprintf(text, sizeof text, "%s: a reply was thrown away here, as none were read fast enough",
             thread->plan.target->text);
    if (count > 0)
        problems_add(&thread->problems, NULL, text, count);
}

static void finish(struct udp_slot *slot)
{
    if (!slot->slot.finished)
        note_overflow(slot);
    slot_finish(&slot->slot);
}

static void finish_if_idle(struct udp_slot *slot)
{
    if (slot_is_idle(&slot->slot, slot->socket.outstanding))
        finish(slot);
}

/* Sending. --------------------------------------------------------------------------------------------------------- */

static void watch(struct udp_slot *slot, int events)
{
    struct ev_loop *loop = slot->udp->thread->loop;
    if ((slot->io.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(loop, &slot->io);
    ev_io_set(&slot->io, slot->socket.fd, events);
    ev_io_start(loop, &slot->io);
}

static enum datagram_sent launch(struct udp_slot *slot, int64_t due)
{
    enum datagram_sent sent = datagram_send(&slot->socket, slot_size(&slot->slot), due);
    slot->slot.messages += sent != DATAGRAM_BUSY;
    watch(slot, sent == DATAGRAM_BUSY ? EV_READ | EV_WRITE : EV_READ);
    return sent;
}

static bool has_room(const struct udp_slot *slot)
{
    return slot->udp->thread->phase < THREAD_ENDING && slot->socket.outstanding < slot->udp->options->depth;
}

/* At most as many as there are places: ICMP messages may free them as fast as they are filled. */
static void fill(struct udp_slot *slot)
{
    for (uint64_t i = 0; i < slot->udp->options->depth && has_room(slot); i++)
        if (launch(slot, clock_now()) != DATAGRAM_SENT)
            break;
}

static void launch_due(struct udp_slot *slot, int64_t now)
{
    for (int i = 0; i < LAUNCH_BATCH && slot_is_due(&slot->slot, now); i++) {
        if (launch(slot, slot_due(&slot->slot)) == DATAGRAM_BUSY)
            break;
        slot_advance(&slot->slot);
    }
}

static void launch_more(struct udp_slot *slot, int64_t now)
{
    if (slots_are_open_loop(&slot->udp->all))
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
    struct udp *udp = thread->load;
    launch_due(&udp->slots[arrival % thread->members], now);
}

/* What a thread asks for. ------------------------------------------------------------------------------------------ */

/* All that may be outstanding must be remembered, and for some time after. */
static size_t memory_of(const struct options *options)
{
    double seconds = (double)options->timeout / (double)CLOCK_SECOND;
    if (options->rate > 0)
        return datagram_memory(2 * seconds * options->rate / (double)options->connections);
    return datagram_memory(MAX(4 * (double)options->depth, CLOSED_LOOP_MEMORY / (double)options->connections));
}

static void prepare(struct thread *thread, struct udp *udp)
{
    const struct thread_plan *plan = &thread->plan;
    udp->thread = thread;
    udp->options = plan->options;
    udp->shared.target = plan->target;
    udp->shared.run = plan->run;
    udp->shared.timeout = plan->options->timeout;
    udp->shared.memory = memory_of(plan->options);
    udp->shared.sockets = plan->options->connections;
    udp->shared.patient = true;
    udp->shared.open_loop = plan->options->rate > 0;
    udp->shared.since = &thread->since;
    udp->shared.tally = &thread->tally;
    udp->shared.problems = &thread->problems;
}

static bool open_slot(struct udp_slot *slot, size_t number)
{
    struct udp *udp = slot->udp;
    slot_create(&slot->slot, &udp->all, number);
    slot->socket.shared = &udp->shared;
    slot->socket.index = udp->thread->index + number * udp->options->threads;
    if (!datagram_open(&slot->socket)) {
        warn("cannot make a socket for %s", udp->thread->plan.target->text);
        return false;
    }
    ev_io_init(&slot->io, on_ready, slot->socket.fd, EV_READ);
    slot->io.data = slot;
    return true;
}

static bool create(struct thread *thread)
{
    struct udp *udp = calloc(1, sizeof *udp + thread->members * sizeof udp->slots[0]);
    if (udp == NULL) {
        warnx("out of memory");
        return false;
    }
    thread->load = udp;
    prepare(thread, udp);
    if (!slots_create(&udp->all, thread, on_due))
        return false;
    for (size_t i = 0; i < thread->members; i++) {
        udp->slots[i].udp = udp;
        if (!open_slot(&udp->slots[i], i))
            return false;
    }
    return true;
}

static void begin(struct thread *thread, int64_t now)
{
    struct udp *udp = thread->load;
    slots_begin(&udp->all, now);
    for (size_t i = 0; i < thread->members; i++) {
        ev_io_start(thread->loop, &udp->slots[i].io);
        launch_more(&udp->slots[i], now);
    }
}

static void sweep(struct thread *thread, int64_t now)
{
    struct udp *udp = thread->load;
    bool late = slots_are_late(&udp->all, now), over = slots_are_over(&udp->all, now);
    for (size_t i = 0; i < thread->members; i++) {
        struct udp_slot *slot = &udp->slots[i];
        datagram_expire(&slot->socket, over ? INT64_MAX : now);
        if (late)
            slot_give_up_unsent(&slot->slot);
        launch_more(slot, now);
        finish_if_idle(slot);
    }
}

static void end(struct thread *thread, int64_t now)
{
    struct udp *udp = thread->load;
    slots_end(&udp->all, now);
    for (size_t i = 0; i < thread->members; i++)
        finish_if_idle(&udp->slots[i]);
}

static void destroy(struct thread *thread)
{
    struct udp *udp = thread->load;
    for (size_t i = 0; i < thread->members; i++) {
        if (udp->slots[i].socket.records != NULL)
            ev_io_stop(thread->loop, &udp->slots[i].io);
        datagram_close(&udp->slots[i].socket);
    }
    slots_destroy(&udp->all);
    free(udp);
}

const struct load load_udp = {create, begin, sweep, end, destroy};
