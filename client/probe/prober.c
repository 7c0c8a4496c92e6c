/* prober.c: a conn with one message on it, and a timer for what it owes; see prober.h. */
#include "client/probe/prober.h"

#include <assert.h>
#include <err.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "client/base/clock.h"
#include "client/wire/conn.h"

struct prober {
    struct prober_plan plan;
    struct conn_shared shared;
    struct conn conn;
    struct conn_message message;
    _Atomic uint32_t numbers; /* see conn.h */
    ev_timer limit;

    bool busy;
    bool replaced;     /* the connection was, or will be, made in place of one that failed */
    uint64_t sequence; /* of the last probe */
    uint64_t size;     /* its */
    int64_t begun;     /* of the probe */
    int64_t connect;   /* how long the connection took that no probe has told yet; 0: there is none */
};

/* A probe's end. --------------------------------------------------------------------------------------------------- */

static struct probe make_probe(const struct prober *prober)
{
    return (struct probe){.sequence = prober->sequence, .at = prober->begun - prober->plan.begun};
}

static void tell_end(struct prober *prober, const struct probe *probe, int64_t now)
{
    prober->busy = false;
    ev_timer_stop(prober->plan.loop, &prober->limit);
    prober->plan.events->ended(prober->plan.owner, probe, now);
}

static void note_problem(struct prober *prober, const char *kind, const char *why)
{
    if (prober->plan.problems != NULL)
        problems_add(prober->plan.problems, kind, why, 1);
}

static void lose(struct prober *prober, const char *why, int64_t now)
{
    struct probe probe = make_probe(prober);
    probe.note = why;
    prober->plan.tally->lost++;
    tell_end(prober, &probe, now);
}

/* A connection is told with the first reply on it. */
static void succeed(struct prober *prober, const struct conn_message *message, int64_t now)
{
    struct probe probe = make_probe(prober);
    probe.bytes = message->size;
    probe.rtt = now - message->sent;
    probe.connect = prober->connect;
    probe.note = prober->replaced ? "connected again" : NULL;
    prober->connect = 0;
    prober->replaced = false;
    tell_end(prober, &probe, now);
}

static void count_reply(struct prober *prober, const struct conn_message *message, int64_t now)
{
    struct tally *tally = prober->plan.tally;
    int64_t rtt = now - message->sent;
    tally->replied++;
    tally->bytes += message->size;
    hist_add(&tally->response, prober->plan.single ? prober->connect + rtt : rtt);
    if (prober->plan.single)
        hist_add(&tally->service, rtt);
}

/* The connection. -------------------------------------------------------------------------------------------------- */

static void arm(struct prober *prober)
{
    ev_timer_stop(prober->plan.loop, &prober->limit);
    ev_now_update(prober->plan.loop);
    ev_timer_set(&prober->limit, clock_seconds(prober->plan.limit), 0);
    ev_timer_start(prober->plan.loop, &prober->limit);
}

static void on_limit(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct prober *prober = timer->data;
    (void)loop;
    (void)events;
    conn_give_up(&prober->conn, clock_now());
    if (prober->busy) /* only now there is a connection to wait on */
        arm(prober);
}

static void queue(struct prober *prober, int64_t now)
{
    conn_queue(&prober->conn, prober->size, now);
}

static void count_connection(struct prober *prober, int64_t took)
{
    prober->connect = took;
    prober->plan.tally->connected++;
    hist_add(&prober->plan.tally->connect, took);
}

static void on_connected(struct conn *conn, int64_t now)
{
    struct prober *prober = conn->owner;
    count_connection(prober, now - conn->opened);
    queue(prober, now);
}

static void on_replied(struct conn *conn, const struct conn_message *message, int64_t now)
{
    struct prober *prober = conn->owner;
    count_reply(prober, message, now);
    if (prober->plan.single)
        conn_close(conn, prober->plan.reset);
    succeed(prober, message, now);
}

static void on_failed(struct conn *conn, enum conn_end end, int64_t now)
{
    struct prober *prober = conn->owner;
    struct tally *tally = prober->plan.tally;
    char why[CONN_END_TEXT];
    conn_count_end(tally, end);
    prober->replaced = true;
    conn_end_text(conn, end, why);
    note_problem(prober, conn_end_kind(conn, end), why);
    if (prober->busy)
        lose(prober, why, now);
    else
        prober->plan.events->broke(prober->plan.owner, why);
}

static const struct conn_events events = {.connected = on_connected, .replied = on_replied, .failed = on_failed};

/* What the owner asks for. ----------------------------------------------------------------------------------------- */

static void set_up(struct prober *prober)
{
    prober->shared.loop = prober->plan.loop;
    prober->shared.target = prober->plan.found->target;
    prober->shared.events = &events;
    prober->shared.numbers = &prober->numbers;
    prober->shared.depth = 1;
    prober->shared.lines = prober->plan.lines;
    prober->shared.seed = pattern_complete_seed(prober->shared.seed, prober->plan.lines, PROBER_COMPLETE);
    prober->conn.shared = &prober->shared;
    prober->conn.messages = &prober->message;
    prober->conn.owner = prober;
    ev_init(&prober->limit, on_limit);
    prober->limit.data = prober;
}

struct prober *prober_create(const struct prober_plan *plan)
{
    struct prober *prober = calloc(1, sizeof *prober);
    if (prober == NULL ||
        getrandom(&prober->shared.seed, sizeof prober->shared.seed, 0) != sizeof prober->shared.seed) {
        warnx("out of memory, or of random numbers");
        close(plan->found->fd);
        free(prober);
        return NULL;
    }
    prober->plan = *plan;
    set_up(prober);
    conn_adopt(&prober->conn, plan->found->fd, clock_now());
    count_connection(prober, plan->found->took);
    return prober;
}

bool prober_is_busy(const struct prober *prober)
{
    return prober->busy;
}

void prober_send(struct prober *prober, uint64_t size, int64_t now)
{
    assert(!prober->busy);
    prober->busy = true;
    prober->sequence++;
    prober->size = size;
    prober->begun = now;
    prober->plan.tally->sent++;
    arm(prober);
    if (prober->conn.state == CONN_OPEN) {
        queue(prober, now);
        conn_push(&prober->conn, now);
    } else {
        conn_open(&prober->conn, now);
    }
}

void prober_stop(struct prober *prober, int64_t now)
{
    bool late = now - prober->begun > result_patience(prober->plan.tally);
    enum conn_state before = prober->conn.state;
    if (prober->busy)
        conn_catch_up(&prober->conn);
    late = late && prober->conn.state == before; /* or the probe was sent only now */
    if (prober->busy && conn_judge(&prober->conn, now))
        return;
    if (prober->conn.state != CONN_IDLE)
        conn_close(&prober->conn, prober->busy);
    if (prober->busy && late) {
        note_problem(prober, NULL, "no reply before the end");
        lose(prober, "no reply before the end", now);
    } else if (prober->busy) {
        prober->busy = false;
        prober->plan.tally->sent--;
        ev_timer_stop(prober->plan.loop, &prober->limit);
    }
}

void prober_destroy(struct prober *prober)
{
    if (prober == NULL)
        return;
    conn_close(&prober->conn, false);
    ev_timer_stop(prober->plan.loop, &prober->limit);
    free(prober);
}
