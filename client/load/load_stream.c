/* load_stream.c: when which connection sends. A style, of which there is one for each kind of load, says how a slot
 * goes on after each event. A connection that breaks or is refused is opened again by the next sweep and not at once,
 * so that a server that refuses connections is not flooded with attempts. In the styles in which a slot has one
 * connection only, it is not opened again. */
#include "client/load/load.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/base/clock.h"
#include "client/load/slot.h"
#include "client/wire/conn.h"

/* At the end, a connection that was asked for so long ago was not made in time. */
#define SLOW CLOCK_SECOND

enum { OPEN_BATCH = 32 };

struct stream_load;

struct stream_slot {
    struct slot base;
    struct stream_load *load;
    struct conn conn;
    int64_t held; /* hold: since when it has been idle; 0: not yet, or no longer */
};

struct style {
    void (*connected)(struct stream_slot *slot, int64_t now);
    void (*replied)(struct stream_slot *slot, int64_t now);
    void (*swept)(struct stream_slot *slot, int64_t now); /* or NULL */
    bool single; /* a connection for each message: without one, the message is lost */
    bool once;   /* and none is replaced */
};

struct stream_load {
    struct thread *thread;
    const struct options *options;
    const struct style *style;
    struct conn_shared shared;
    size_t opened; /* slots whose first connection was asked for */
    ev_prepare turn;
    ev_idle restless;
    struct conn_message *messages;
    struct slots all;
    struct stream_slot slots[];
};

/* Not what was due, or happened, before the measuring began. */
static bool counts(const struct stream_slot *slot, int64_t due)
{
    return due >= slot->load->thread->since;
}

/* That there are connections counts in any case. */
static void count_connection(const struct stream_slot *slot, int64_t took, int64_t now)
{
    struct tally *tally = &slot->load->thread->tally;
    tally->connected++;
    if (counts(slot, now))
        hist_add(&tally->connect, took);
}

static void queue(struct stream_slot *slot, int64_t due)
{
    conn_queue(&slot->conn, slot_size(&slot->base), due);
    slot->base.messages++;
    slot->load->thread->tally.sent += counts(slot, due);
}

static bool is_ending(const struct stream_load *load)
{
    return load->thread->phase >= THREAD_ENDING;
}

/* Closed at once, as other connections may be queued at the server until one ends; and all by a reset. All that it owed
 * has come, or never will, and the next run needs the port. */
static void finish(struct stream_slot *slot)
{
    conn_close(&slot->conn, true);
    slot_finish(&slot->base);
}

static void finish_if_idle(struct stream_slot *slot)
{
    if (slot_is_idle(&slot->base, slot->conn.outstanding))
        finish(slot);
}

/* Styles. ---------------------------------------------------------------------------------------------------------- */

/* Closed loop: a new message for every reply. */
static void fill(struct stream_slot *slot, int64_t now)
{
    while (!is_ending(slot->load) && slot->conn.outstanding < slot->load->options->depth)
        queue(slot, now);
}

static bool has_room(const struct stream_slot *slot)
{
    return slot->conn.state == CONN_OPEN && slot->conn.outstanding < slot->load->options->depth;
}

/* Open loop: what is due by now, as far as the pipeline has room. */
static void queue_due(struct stream_slot *slot, int64_t now)
{
    while (has_room(slot) && slot_is_due(&slot->base, now)) {
        queue(slot, slot_due(&slot->base));
        slot_advance(&slot->base);
    }
    slot_update_behind(&slot->base, now);
}

/* The time to connect is part of the answer. */
static void queue_first(struct stream_slot *slot, int64_t now)
{
    (void)now;
    queue(slot, slot->conn.opened);
}

static void connect_anew(struct stream_slot *slot, int64_t now)
{
    conn_close(&slot->conn, true);
    if (!is_ending(slot->load))
        conn_open(&slot->conn, now);
}

/* Held until all are answered. */
static void stay(struct stream_slot *slot, int64_t now)
{
    (void)now;
    slot_finish(&slot->base);
}

/* Was it held, and asked for another echo? */
static bool is_asked_again(const struct stream_slot *slot)
{
    return slot->load->options->hold > 0 && slot->base.messages > 1;
}

/* The first reply begins the idle time, the second one proves that it was survived. */
static void begin_holding(struct stream_slot *slot, int64_t now)
{
    if (is_asked_again(slot)) {
        slot->load->thread->tally.survived++;
        finish(slot);
    } else {
        slot->held = now;
        slot->load->thread->tally.held++;
    }
}

static void end_holding(struct stream_slot *slot, int64_t now)
{
    if (slot->held == 0 || now - slot->held < slot->load->options->hold)
        return;
    slot->held = 0;
    queue(slot, now);
    conn_push(&slot->conn, now);
}

static const struct style closed_loop = {.connected = fill, .replied = fill};
static const struct style open_loop = {.connected = queue_due, .replied = queue_due};
static const struct style crr = {.connected = queue_first, .replied = connect_anew, .single = true};
static const struct style burst = {.connected = queue_first, .replied = stay, .single = true, .once = true};
static const struct style hold = {
    .connected = fill, .replied = begin_holding, .swept = end_holding, .single = true, .once = true};

static const struct style *style_of(const struct options *options)
{
    if (options->hold > 0)
        return &hold;
    if (options->burst)
        return &burst;
    if (options->crr)
        return &crr;
    return options->rate > 0 ? &open_loop : &closed_loop;
}

/* Events of a connection. ------------------------------------------------------------------------------------------ */

static void on_connected(struct conn *conn, int64_t now)
{
    struct stream_slot *slot = conn->owner;
    count_connection(slot, now - conn->opened, now);
    slot->load->style->connected(slot, now);
    finish_if_idle(slot);
}

static void count_reply(const struct stream_load *load, const struct conn_message *message, int64_t now)
{
    struct tally *tally = &load->thread->tally;
    tally->replied++;
    tally->bytes += message->size;
    hist_add(&tally->response, now - message->due);
    if (load->options->burst)
        hist_add(&tally->answers, now - load->thread->begun);
    if (slots_are_open_loop(&load->all))
        hist_add(&tally->service, now - message->sent);
}

static void on_replied(struct conn *conn, const struct conn_message *message, int64_t now)
{
    struct stream_slot *slot = conn->owner;
    if (counts(slot, message->due))
        count_reply(slot->load, message, now);
    slot->load->style->replied(slot, now);
    finish_if_idle(slot);
}

static void count_failure(const struct stream_slot *slot, enum conn_end end, int64_t now)
{
    struct thread *thread = slot->load->thread;
    char text[CONN_END_TEXT];
    if (end != CONN_WRONG && !counts(slot, now))
        return;
    conn_count_end(&thread->tally, end);
    problems_add(&thread->problems, conn_end_kind(&slot->conn, end), conn_end_text(&slot->conn, end, text), 1);
}

static void on_failed(struct conn *conn, enum conn_end end, int64_t now)
{
    struct stream_slot *slot = conn->owner;
    const struct style *style = slot->load->style;
    struct thread *thread = slot->load->thread;
    count_failure(slot, end, now);
    if (conn->outstanding > 0)
        thread->tally.lost += conn_outstanding_since(conn, thread->since);
    else if (style->single && !slot->base.finished && counts(slot, conn->opened))
        slot_lose_unsent(&slot->base, 1);
    thread->tally.dropped += slot->held != 0 || is_asked_again(slot);
    conn->outstanding = 0;
    slot->held = 0;
    if (style->once)
        finish(slot);
    finish_if_idle(slot);
}

static void on_due(struct pace *pace, uint64_t arrival, int64_t now)
{
    const struct thread *thread = pace->owner;
    struct stream_load *load = thread->load;
    struct stream_slot *slot = &load->slots[arrival % thread->members];
    queue_due(slot, now);
    conn_push(&slot->conn, now);
}

static const struct conn_events events = {.connected = on_connected, .replied = on_replied, .failed = on_failed};

/* What a thread asks for. ------------------------------------------------------------------------------------------ */

static void prepare(struct thread *thread, struct stream_load *load)
{
    const struct thread_plan *plan = &thread->plan;
    load->thread = thread;
    load->options = plan->options;
    load->style = style_of(plan->options);
    load->shared.loop = thread->loop;
    load->shared.target = plan->target;
    load->shared.events = &events;
    load->shared.seed = plan->seed;
    load->shared.numbers = plan->numbers;
    load->shared.depth = plan->options->depth;
    load->shared.lines = plan->options->lines;
    for (size_t i = 0; i < thread->members; i++) {
        struct stream_slot *slot = &load->slots[i];
        slot_create(&slot->base, &load->all, i);
        slot->load = load;
        slot->conn.shared = &load->shared;
        slot->conn.owner = slot;
        slot->conn.messages = load->messages + i * plan->options->depth;
    }
}

static bool create(struct thread *thread)
{
    struct stream_load *load = calloc(1, sizeof *load + thread->members * sizeof load->slots[0]);
    if (load == NULL) {
        warnx("out of memory");
        return false;
    }
    thread->load = load;
    if (!slots_create(&load->all, thread, on_due))
        return false;
    load->messages = calloc(thread->members * thread->plan.options->depth, sizeof load->messages[0]);
    if (load->messages == NULL) {
        warnx("out of memory");
        return false;
    }
    prepare(thread, load);
    return true;
}

/* Begin with the connection that found the server: a server that accepts just one has no other. But in the styles that
 * time connecting it would be unlike the rest, and is closed. */
static void take_trial(struct stream_slot *slot, int fd, int64_t now)
{
    struct stream_load *load = slot->load;
    if (load->style->single) {
        target_close(fd, true);
        return;
    }
    conn_adopt(&slot->conn, fd, now);
    count_connection(slot, load->thread->plan.trial_took, now);
    load->style->connected(slot, now);
    conn_push(&slot->conn, now);
}

/* A few at each turn of the loop, or the first replies would wait for the last connection to be asked for. */
static void on_turn(struct ev_loop *loop, ev_prepare *turn, int revents)
{
    struct stream_load *load = turn->data;
    size_t members = load->thread->members;
    (void)revents;
    for (int i = 0; i < OPEN_BATCH && load->opened < members; i++) {
        struct stream_slot *slot = &load->slots[load->opened++];
        if (slot->conn.state == CONN_IDLE && !slot->base.finished)
            conn_open(&slot->conn, clock_now());
    }
    if (load->opened == members) {
        ev_prepare_stop(loop, turn);
        ev_idle_stop(loop, &load->restless);
    }
}

static void on_idle(struct ev_loop *loop, ev_idle *idle, int revents)
{
    (void)loop;
    (void)idle;
    (void)revents;
}

/* While there is a connection to open the loop does not sleep. */
static void begin_opening(struct stream_load *load)
{
    struct ev_loop *loop = load->thread->loop;
    ev_prepare_init(&load->turn, on_turn);
    ev_idle_init(&load->restless, on_idle);
    load->turn.data = load;
    ev_prepare_start(loop, &load->turn);
    ev_idle_start(loop, &load->restless);
}

static void begin(struct thread *thread, int64_t now)
{
    struct stream_load *load = thread->load;
    slots_begin(&load->all, now);
    if (thread->index == 0 && thread->plan.trial != -1)
        take_trial(&load->slots[0], thread->plan.trial, now);
    begin_opening(load);
}

static void sweep_slot(struct stream_slot *slot, int64_t now)
{
    const struct stream_load *load = slot->load;
    int64_t waiting = conn_waiting_since(&slot->conn);
    if (slot->base.finished)
        return;
    if (waiting != 0 && now - waiting >= load->options->timeout)
        conn_give_up(&slot->conn, now);
    else if (load->style->swept != NULL)
        load->style->swept(slot, now);
    if (slot->conn.state == CONN_IDLE && !slot->base.finished && slot < &load->slots[load->opened])
        conn_open(&slot->conn, now);
}

/* What is outstanding is lost; with the connection closed, it cannot come back all the same. */
static void abandon(struct stream_slot *slot, int64_t now)
{
    struct thread *thread = slot->load->thread;
    char text[PROBLEMS_TEXT];
    if (slot->base.finished)
        return;
    conn_catch_up(&slot->conn);
    if (slot->base.finished || conn_judge(&slot->conn, now))
        return;
    uint64_t lost = conn_outstanding_since(&slot->conn, thread->since);
    thread->tally.lost += lost;
    thread->tally.dropped += is_asked_again(slot);
    snprintf(text, sizeof text, "no reply from %s before the end", thread->plan.target->text);
    if (lost > 0)
        problems_add(&thread->problems, NULL, text, 1);
    conn_close(&slot->conn, true);
    slot_finish(&slot->base);
}

static void sweep(struct thread *thread, int64_t now)
{
    struct stream_load *load = thread->load;
    bool late = slots_are_late(&load->all, now), over = slots_are_over(&load->all, now);
    for (size_t i = 0; i < thread->members; i++) {
        struct stream_slot *slot = &load->slots[i];
        if (late)
            slot_give_up_unsent(&slot->base);
        if (over)
            abandon(slot, now);
        sweep_slot(slot, now);
        finish_if_idle(slot);
    }
}

/* The load ends before this slot has a connection: because none could be had, or because it was only just asked for. */
static void leave_unopened(struct stream_slot *slot, int64_t now)
{
    struct thread *thread = slot->load->thread;
    char text[PROBLEMS_TEXT];
    if (slot->conn.state == CONN_CONNECTING && now - slot->conn.opened >= SLOW) {
        conn_count_end(&thread->tally, CONN_UNANSWERED);
        if (slot->load->style->single && counts(slot, slot->conn.opened))
            slot_lose_unsent(&slot->base, 1);
        snprintf(text, sizeof text, "cannot connect to %s before the end", thread->plan.target->text);
        problems_add(&thread->problems, NULL, text, 1);
    }
    conn_close(&slot->conn, true);
    slot_finish(&slot->base);
}

static void end(struct thread *thread, int64_t now)
{
    struct stream_load *load = thread->load;
    slots_end(&load->all, now);
    for (size_t i = 0; i < thread->members; i++) {
        struct stream_slot *slot = &load->slots[i];
        if (slot_has_arrival(&slot->base))
            queue_due(slot, now);
        else if (slot->conn.state != CONN_OPEN)
            leave_unopened(slot, now);
        conn_push(&slot->conn, now);
        finish_if_idle(slot);
    }
}

static void destroy(struct thread *thread)
{
    struct stream_load *load = thread->load;
    for (size_t i = 0; i < thread->members && load->messages != NULL; i++)
        conn_close(&load->slots[i].conn, true);
    slots_destroy(&load->all);
    free(load->messages);
    free(load);
}

const struct load load_stream = {create, begin, sweep, end, destroy};
