/* stream.c: when which connection sends; see stream.h. How it goes on from each event is its style, below: one for each
 * kind of load. Whatever is broken or refused is opened again by the next sweep, so that a server that refuses is not
 * asked more often than that; except in the styles that are about one connection each. */
#include "stream.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "flow.h"
#include "pace.h"

/* After the end, messages that were due before it and could not be sent get so long. */
#define STREAM_GRACE CLOCK_SECOND
/* At the end, a connection that has been asked for so long ago was not made in time. */
#define STREAM_SLOW CLOCK_SECOND

enum { OPEN_BATCH = 32 };

struct stream;

/* One place at the server: a connection after another, or one for good. */
struct seat {
    struct flow flow;
    struct stream *stream;
    uint64_t messages; /* so far: picks the size of the next one */
    uint64_t arrival;  /* open loop: the next of its own, see pace.h */
    int64_t held;      /* hold: since when it is idle; 0: not yet, or no longer */
    bool settled;      /* nothing more is wanted of it */
};

struct style {
    void (*connected)(struct seat *seat, int64_t now);
    void (*replied)(struct seat *seat, int64_t now);
    void (*swept)(struct seat *seat, int64_t now); /* or NULL */
    bool single;                                   /* a connection for each message: none, and it is lost */
    bool once;                                     /* and none is replaced */
};

struct stream {
    struct lane *lane;
    const struct options *options;
    const struct style *style;
    struct flow_shared shared;
    struct pace pace; /* open loop only */
    int64_t ended;    /* when the end was asked for */
    size_t opened;    /* seats whose first connection was asked for */
    size_t unsettled;
    ev_prepare turn;
    ev_idle restless;
    struct flow_message *messages;
    struct seat seats[];
};

static bool is_open_loop(const struct stream *stream)
{
    return stream->options->rate > 0;
}

static void settle(struct seat *seat)
{
    struct stream *stream = seat->stream;
    if (!seat->settled && --stream->unsettled == 0)
        lane_done(stream->lane);
    seat->settled = true;
}

/* Not what was due before the measuring began. */
static bool counts(const struct seat *seat, int64_t due)
{
    return due >= seat->stream->lane->since;
}

static void queue(struct seat *seat, int64_t due)
{
    const struct sizes *sizes = &seat->stream->options->sizes;
    flow_queue(&seat->flow, sizes->size[seat->messages++ % sizes->count], due);
    seat->stream->lane->tally.sent += counts(seat, due);
}

/* Open loop: a message is due that was not sent. */
static bool is_behind(const struct seat *seat)
{
    return is_open_loop(seat->stream) && seat->arrival < seat->stream->pace.end;
}

/* At the end a place is given up when nothing is owed to it any more. */
static void settle_if_idle(struct seat *seat)
{
    if (seat->stream->lane->ending && seat->flow.outstanding == 0 && !is_behind(seat))
        settle(seat);
}

/* Styles. ---------------------------------------------------------------------------------------------------------- */

/* Closed loop: a new message for every reply. */
static void fill(struct seat *seat, int64_t now)
{
    while (!seat->stream->lane->ending && seat->flow.outstanding < seat->stream->options->depth)
        queue(seat, now);
}

/* Open loop: what is due by now, as far as the pipeline has room. */
static void queue_due(struct seat *seat, int64_t now)
{
    struct stream *stream = seat->stream;
    while (is_behind(seat) && seat->flow.state == FLOW_OPEN && seat->flow.outstanding < stream->options->depth &&
           pace_due(&stream->pace, seat->arrival) <= now) {
        queue(seat, pace_due(&stream->pace, seat->arrival));
        seat->arrival += stream->lane->members;
    }
}

/* The time to connect is part of the answer. */
static void queue_first(struct seat *seat, int64_t now)
{
    (void)now;
    queue(seat, seat->flow.opened);
}

static void connect_anew(struct seat *seat, int64_t now)
{
    flow_close(&seat->flow, true);
    if (!seat->stream->lane->ending)
        flow_open(&seat->flow, now);
}

static void stay(struct seat *seat, int64_t now)
{
    (void)now;
    settle(seat);
}

/* The first reply begins the idle time, the second one proves that it was survived. */
static void begin_holding(struct seat *seat, int64_t now)
{
    if (seat->messages > 1) {
        seat->stream->lane->tally.survived++;
        settle(seat);
    } else {
        seat->held = now;
    }
}

static void end_holding(struct seat *seat, int64_t now)
{
    if (seat->held == 0 || now - seat->held < seat->stream->options->hold)
        return;
    seat->held = 0;
    queue(seat, now);
    flow_push(&seat->flow, now);
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

static void on_connected(struct flow *flow, int64_t now)
{
    struct seat *seat = flow->owner;
    struct tally *tally = &seat->stream->lane->tally;
    tally->connected++;
    hist_add(&tally->connect, now - flow->opened);
    seat->stream->style->connected(seat, now);
    settle_if_idle(seat);
}

static void count_reply(const struct stream *stream, const struct flow_message *message, int64_t now)
{
    struct tally *tally = &stream->lane->tally;
    tally->replied++;
    tally->bytes += message->size;
    hist_add(&tally->response, now - message->due);
    if (is_open_loop(stream))
        hist_add(&tally->service, now - message->sent);
}

static void on_replied(struct flow *flow, const struct flow_message *message, int64_t now)
{
    struct seat *seat = flow->owner;
    if (counts(seat, message->due))
        count_reply(seat->stream, message, now);
    seat->stream->style->replied(seat, now);
    settle_if_idle(seat);
}

/* Messages that should have been sent, and never will be. */
static void lose_unsent(const struct seat *seat, uint64_t count)
{
    struct tally *tally = &seat->stream->lane->tally;
    tally->lost += count;
    tally->unsent += count;
}

static void on_failed(struct flow *flow, enum flow_end end, int64_t now)
{
    struct seat *seat = flow->owner;
    const struct style *style = seat->stream->style;
    struct lane *lane = seat->stream->lane;
    char text[FLOW_END_TEXT];
    (void)now;
    lane->tally.refused += end == FLOW_REFUSED;
    lane->tally.broken += end == FLOW_CLOSED || end == FLOW_BROKEN || end == FLOW_SILENT;
    lane->tally.faults += end == FLOW_WRONG;
    if (flow->outstanding > 0)
        lane->tally.lost += flow_outstanding_since(flow, lane->since);
    else if (style->single && !seat->settled)
        lose_unsent(seat, 1);
    problems_add(&lane->problems, end == FLOW_WRONG ? fault_kind_name(flow->fault.kind) : NULL,
                 flow_end_text(flow, end, text), 1);
    flow->outstanding = 0;
    seat->held = 0;
    if (style->once)
        settle(seat);
    settle_if_idle(seat);
}

static void on_due(struct pace *pace, uint64_t arrival, int64_t now)
{
    struct stream *stream = pace->owner;
    struct seat *seat = &stream->seats[arrival % stream->lane->members];
    queue_due(seat, now);
    flow_push(&seat->flow, now);
}

static const struct flow_events events = {.connected = on_connected, .replied = on_replied, .failed = on_failed};

/* What a lane asks for. -------------------------------------------------------------------------------------------- */

static void prepare(struct lane *lane, struct stream *stream)
{
    const struct lane_plan *plan = &lane->plan;
    stream->lane = lane;
    stream->options = plan->options;
    stream->style = style_of(plan->options);
    stream->unsettled = lane->members;
    stream->shared.loop = lane->loop;
    stream->shared.target = plan->target;
    stream->shared.events = &events;
    stream->shared.run = plan->run;
    stream->shared.next = (uint32_t)lane->index;
    stream->shared.step = (uint32_t)plan->options->threads;
    stream->shared.depth = plan->options->depth;
    stream->shared.lines = plan->options->lines;
    for (size_t i = 0; i < lane->members; i++) {
        struct seat *seat = &stream->seats[i];
        seat->stream = stream;
        seat->arrival = i;
        seat->flow.shared = &stream->shared;
        seat->flow.owner = seat;
        seat->flow.messages = stream->messages + i * plan->options->depth;
    }
}

/* Its share of the arrivals: every lane has the rate of its connections. */
static bool prepare_pace(struct stream *stream)
{
    const struct lane *lane = stream->lane;
    double rate = stream->options->rate * (double)lane->members / (double)stream->options->connections;
    stream->pace = (struct pace){.loop = lane->loop, .owner = stream, .on_due = on_due};
    stream->pace.period = (double)CLOCK_SECOND / rate;
    return pace_create(&stream->pace);
}

static bool create(struct lane *lane)
{
    struct stream *stream = calloc(1, sizeof *stream + lane->members * sizeof stream->seats[0]);
    if (stream == NULL) {
        warnx("out of memory");
        return false;
    }
    lane->load = stream;
    stream->pace.fd = -1;
    stream->messages = calloc(lane->members * lane->plan.options->depth, sizeof stream->messages[0]);
    if (stream->messages == NULL) {
        warnx("out of memory");
        return false;
    }
    prepare(lane, stream);
    return !is_open_loop(stream) || prepare_pace(stream);
}

/* The first connection is there already, which a server of one connection has no other of. But where it is timed, or is
 * one of many alike, it is made anew. */
static void take_trial(struct seat *seat, int fd, int64_t now)
{
    struct stream *stream = seat->stream;
    if (stream->style->single) {
        close(fd);
        return;
    }
    flow_adopt(&seat->flow, fd, now);
    stream->lane->tally.connected++;
    hist_add(&stream->lane->tally.connect, stream->lane->plan.trial_took);
    stream->style->connected(seat, now);
    flow_push(&seat->flow, now);
}

/* A few at each turn of the loop, or the first replies would wait for the last connection to be asked for. */
static void on_turn(struct ev_loop *loop, ev_prepare *turn, int revents)
{
    struct stream *stream = turn->data;
    size_t members = stream->lane->members;
    (void)revents;
    for (int i = 0; i < OPEN_BATCH && stream->opened < members; i++) {
        struct seat *seat = &stream->seats[stream->opened++];
        if (seat->flow.state == FLOW_IDLE && !seat->settled)
            flow_open(&seat->flow, clock_now());
    }
    if (stream->opened == members) {
        ev_prepare_stop(loop, turn);
        ev_idle_stop(loop, &stream->restless);
    }
}

static void on_idle(struct ev_loop *loop, ev_idle *idle, int revents)
{
    (void)loop;
    (void)idle;
    (void)revents;
}

/* While there is a connection to open the loop does not sleep. */
static void begin_opening(struct stream *stream)
{
    struct ev_loop *loop = stream->lane->loop;
    ev_prepare_init(&stream->turn, on_turn);
    ev_idle_init(&stream->restless, on_idle);
    stream->turn.data = stream;
    ev_prepare_start(loop, &stream->turn);
    ev_idle_start(loop, &stream->restless);
}

static void begin(struct lane *lane, int64_t now)
{
    struct stream *stream = lane->load;
    double share = (double)lane->index / (double)stream->options->threads;
    if (is_open_loop(stream))
        pace_begin(&stream->pace, now + (int64_t)(stream->pace.period * share));
    if (lane->index == 0 && lane->plan.trial != -1)
        take_trial(&stream->seats[0], lane->plan.trial, now);
    begin_opening(stream);
}

static void sweep_seat(struct seat *seat, int64_t now)
{
    const struct stream *stream = seat->stream;
    int64_t waiting = flow_waiting_since(&seat->flow);
    if (seat->settled)
        return;
    if (waiting != 0 && now - waiting >= stream->options->timeout)
        flow_give_up(&seat->flow, now);
    else if (stream->style->swept != NULL)
        stream->style->swept(seat, now);
    if (seat->flow.state == FLOW_IDLE && !seat->settled && seat < &stream->seats[stream->opened])
        flow_open(&seat->flow, now);
}

/* What was due and could not be sent in time is lost. */
static void give_up_behind(struct seat *seat)
{
    struct stream *stream = seat->stream;
    if (!is_behind(seat))
        return;
    uint64_t unsent = (stream->pace.end - seat->arrival + stream->lane->members - 1) / stream->lane->members;
    lose_unsent(seat, unsent);
    seat->arrival = stream->pace.end;
    settle_if_idle(seat);
}

/* What is on its way is not waited for any longer. */
static void abandon(struct seat *seat)
{
    struct lane *lane = seat->stream->lane;
    char text[PROBLEMS_TEXT];
    if (seat->settled)
        return;
    lane->tally.lost += flow_outstanding_since(&seat->flow, lane->since);
    snprintf(text, sizeof text, "no reply from %s before the end", lane->plan.target->text);
    if (seat->flow.outstanding > 0)
        problems_add(&lane->problems, NULL, text, 1);
    settle(seat);
}

static void sweep(struct lane *lane, int64_t now)
{
    struct stream *stream = lane->load;
    bool late = lane->ending && now - stream->ended >= STREAM_GRACE;
    bool hurry = lane->ending && lane->hurry && now - stream->ended >= LANE_HURRY;
    for (size_t i = 0; i < lane->members; i++) {
        if (late)
            give_up_behind(&stream->seats[i]);
        if (hurry)
            abandon(&stream->seats[i]);
        sweep_seat(&stream->seats[i], now);
    }
}

/* Nothing was sent on it yet. */
static void leave(struct seat *seat, int64_t now)
{
    struct lane *lane = seat->stream->lane;
    char text[PROBLEMS_TEXT];
    if (seat->flow.state == FLOW_CONNECTING && now - seat->flow.opened >= STREAM_SLOW) {
        lane->tally.refused++;
        snprintf(text, sizeof text, "cannot connect to %s before the end", lane->plan.target->text);
        problems_add(&lane->problems, NULL, text, 1);
    }
    flow_close(&seat->flow, true);
    settle(seat);
}

static void end(struct lane *lane, int64_t now)
{
    struct stream *stream = lane->load;
    stream->ended = now;
    if (is_open_loop(stream))
        pace_end(&stream->pace, now);
    for (size_t i = 0; i < lane->members; i++) {
        struct seat *seat = &stream->seats[i];
        if (is_behind(seat))
            queue_due(seat, now);
        else if (seat->flow.state != FLOW_OPEN)
            leave(seat, now);
        flow_push(&seat->flow, now);
        settle_if_idle(seat);
    }
}

static void destroy(struct lane *lane)
{
    struct stream *stream = lane->load;
    for (size_t i = 0; i < lane->members && stream->messages != NULL; i++)
        flow_close(&stream->seats[i].flow, false);
    if (stream->pace.fd != -1)
        pace_destroy(&stream->pace);
    free(stream->messages);
    free(stream);
}

const struct lane_load stream_load = {create, begin, sweep, end, destroy};
