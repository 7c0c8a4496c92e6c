/* barrage.c: when which socket sends; see barrage.h. Closed loop: a new datagram for every reply, up to the depth. The
 * place of one that got lost is filled by the next sweep, so that a port that is unreachable is not asked more often
 * than that. Open loop: a datagram is sent when it is due, whatever became of those before it. */
#include "barrage.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "datagram.h"
#include "pace.h"

/* After the end, datagrams that were due before it and could not be sent get so long. */
#define BARRAGE_GRACE CLOCK_SECOND

enum { LAUNCH_BATCH = 16 };

struct barrage;

struct post {
    struct datagram_socket socket;
    struct barrage *barrage;
    ev_io io;
    uint64_t messages; /* so far: picks the size of the next one */
    uint64_t arrival;  /* open loop: the next of its own, see pace.h */
    bool settled;      /* nothing more is wanted of it */
};

struct barrage {
    struct lane *lane;
    const struct options *options;
    struct datagram_shared shared;
    struct pace pace; /* open loop only */
    int64_t ended;    /* when the end was asked for */
    size_t unsettled;
    struct post posts[];
};

/* What got lost here must not be taken for lost on the way. */
static void note_overflow(struct post *post)
{
    struct lane *lane = post->barrage->lane;
    char text[PROBLEMS_TEXT];
    uint64_t count = datagram_overflowed(&post->socket);
    snprintf(text, sizeof text, "%s: a reply was thrown away here, as none were read fast enough",
             lane->plan.target->text);
    if (count > 0)
        problems_add(&lane->problems, NULL, text, count);
}

static void settle(struct post *post)
{
    struct barrage *barrage = post->barrage;
    if (post->settled)
        return;
    post->settled = true;
    note_overflow(post);
    if (--barrage->unsettled == 0)
        lane_done(barrage->lane);
}

/* Open loop: a datagram is due that was not sent. */
static bool is_behind(const struct post *post)
{
    return post->barrage->options->rate > 0 && post->arrival < post->barrage->pace.end;
}

static void settle_if_idle(struct post *post)
{
    if (post->barrage->lane->ending && post->socket.outstanding == 0 && !is_behind(post))
        settle(post);
}

/* Sending. --------------------------------------------------------------------------------------------------------- */

static void watch(struct post *post, int events)
{
    struct ev_loop *loop = post->barrage->lane->loop;
    if ((post->io.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(loop, &post->io);
    ev_io_set(&post->io, post->socket.fd, events);
    ev_io_start(loop, &post->io);
}

static enum datagram_sent launch(struct post *post, int64_t due)
{
    const struct sizes *sizes = &post->barrage->options->sizes;
    enum datagram_sent sent = datagram_send(&post->socket, sizes->size[post->messages % sizes->count], due);
    post->messages += sent != DATAGRAM_BUSY;
    watch(post, sent == DATAGRAM_BUSY ? EV_READ | EV_WRITE : EV_READ);
    return sent;
}

/* At most as many as there are places: ICMP messages may free them as fast as they are filled. */
static void fill(struct post *post)
{
    const struct barrage *barrage = post->barrage;
    uint64_t depth = barrage->options->depth;
    for (uint64_t i = 0; i < depth && post->socket.outstanding < depth && !barrage->lane->ending; i++)
        if (launch(post, clock_now()) != DATAGRAM_SENT)
            break;
}

/* A few at a time, as pace's own arrivals. */
static void launch_due(struct post *post, int64_t now)
{
    const struct barrage *barrage = post->barrage;
    for (int i = 0; i < LAUNCH_BATCH && is_behind(post) && pace_due(&barrage->pace, post->arrival) <= now; i++) {
        if (launch(post, pace_due(&barrage->pace, post->arrival)) == DATAGRAM_BUSY)
            break;
        post->arrival += barrage->lane->members;
    }
}

static void launch_more(struct post *post, int64_t now)
{
    if (post->barrage->options->rate > 0)
        launch_due(post, now);
    else
        fill(post);
}

/* Events. ---------------------------------------------------------------------------------------------------------- */

static void on_ready(struct ev_loop *loop, ev_io *io, int events)
{
    struct post *post = io->data;
    (void)loop;
    size_t replied = (events & EV_READ) != 0 ? datagram_receive(&post->socket) : 0;
    if (replied > 0 || (events & EV_WRITE) != 0)
        launch_more(post, clock_now());
    settle_if_idle(post);
}

static void on_due(struct pace *pace, uint64_t arrival, int64_t now)
{
    struct barrage *barrage = pace->owner;
    launch_due(&barrage->posts[arrival % barrage->lane->members], now);
}

/* What a lane asks for. -------------------------------------------------------------------------------------------- */

/* The open loop must remember all that may be on its way, and the closed loop a little more. */
static size_t memory_of(const struct options *options)
{
    double seconds = (double)options->timeout / (double)CLOCK_SECOND;
    if (options->rate > 0)
        return datagram_memory(2 * seconds * options->rate / (double)options->connections);
    return datagram_memory(4 * (double)options->depth);
}

static void prepare(struct lane *lane, struct barrage *barrage)
{
    const struct lane_plan *plan = &lane->plan;
    barrage->lane = lane;
    barrage->options = plan->options;
    barrage->unsettled = lane->members;
    barrage->shared.target = plan->target;
    barrage->shared.run = plan->run;
    barrage->shared.timeout = plan->options->timeout;
    barrage->shared.memory = memory_of(plan->options);
    barrage->shared.sockets = plan->options->connections;
    barrage->shared.patient = true;
    barrage->shared.open_loop = plan->options->rate > 0;
    barrage->shared.since = &lane->since;
    barrage->shared.tally = &lane->tally;
    barrage->shared.problems = &lane->problems;
}

static bool open_post(struct post *post, size_t number)
{
    struct barrage *barrage = post->barrage;
    post->arrival = number;
    post->socket.shared = &barrage->shared;
    post->socket.index = barrage->lane->index + number * barrage->options->threads;
    if (!datagram_open(&post->socket)) {
        warn("cannot make a socket for %s", barrage->lane->plan.target->text);
        return false;
    }
    ev_io_init(&post->io, on_ready, post->socket.fd, EV_READ);
    post->io.data = post;
    return true;
}

/* Its share of the arrivals: every lane has the rate of its sockets. */
static bool prepare_pace(struct barrage *barrage)
{
    const struct lane *lane = barrage->lane;
    double rate = barrage->options->rate * (double)lane->members / (double)barrage->options->connections;
    barrage->pace = (struct pace){.loop = lane->loop, .owner = barrage, .on_due = on_due, .fd = -1};
    if (rate <= 0)
        return true;
    barrage->pace.period = (double)CLOCK_SECOND / rate;
    return pace_create(&barrage->pace);
}

static bool create(struct lane *lane)
{
    struct barrage *barrage = calloc(1, sizeof *barrage + lane->members * sizeof barrage->posts[0]);
    if (barrage == NULL) {
        warnx("out of memory");
        return false;
    }
    lane->load = barrage;
    prepare(lane, barrage);
    if (!prepare_pace(barrage))
        return false;
    for (size_t i = 0; i < lane->members; i++) {
        barrage->posts[i].barrage = barrage;
        if (!open_post(&barrage->posts[i], i))
            return false;
    }
    return true;
}

static void begin(struct lane *lane, int64_t now)
{
    struct barrage *barrage = lane->load;
    bool open_loop = barrage->options->rate > 0;
    for (size_t i = 0; i < lane->members; i++) {
        ev_io_start(lane->loop, &barrage->posts[i].io);
        if (!open_loop)
            fill(&barrage->posts[i]);
    }
    if (open_loop)
        pace_begin(&barrage->pace,
                   now + (int64_t)(barrage->pace.period * (double)lane->index / (double)barrage->options->threads));
}

/* What was due and could not be sent in time is lost. */
static void give_up_behind(struct post *post)
{
    struct barrage *barrage = post->barrage;
    if (!is_behind(post))
        return;
    uint64_t unsent = (barrage->pace.end - post->arrival + barrage->lane->members - 1) / barrage->lane->members;
    barrage->lane->tally.lost += unsent;
    barrage->lane->tally.unsent += unsent;
    post->arrival = barrage->pace.end;
}

static void sweep(struct lane *lane, int64_t now)
{
    struct barrage *barrage = lane->load;
    bool late = lane->ending && now - barrage->ended >= BARRAGE_GRACE;
    bool hurry = lane->ending && lane->hurry && now - barrage->ended >= LANE_HURRY;
    for (size_t i = 0; i < lane->members; i++) {
        struct post *post = &barrage->posts[i];
        datagram_expire(&post->socket, hurry ? INT64_MAX : now);
        if (late)
            give_up_behind(post);
        launch_more(post, now);
        settle_if_idle(post);
    }
}

static void end(struct lane *lane, int64_t now)
{
    struct barrage *barrage = lane->load;
    barrage->ended = now;
    if (barrage->options->rate > 0)
        pace_end(&barrage->pace, now);
    for (size_t i = 0; i < lane->members; i++)
        settle_if_idle(&barrage->posts[i]);
}

static void destroy(struct lane *lane)
{
    struct barrage *barrage = lane->load;
    for (size_t i = 0; i < lane->members; i++) {
        if (barrage->posts[i].socket.records != NULL)
            ev_io_stop(lane->loop, &barrage->posts[i].io);
        datagram_close(&barrage->posts[i].socket);
    }
    if (barrage->pace.fd != -1 && barrage->options->rate > 0)
        pace_destroy(&barrage->pace);
    free(barrage);
}

const struct lane_load barrage_load = {create, begin, sweep, end, destroy};
