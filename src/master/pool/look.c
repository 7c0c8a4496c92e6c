/* look.c: a look at the pool, and what it calls for: count, ask the policy, fork or thin, break a stall, end
 * what is overdue. Called by the master at a tick, a ring or a death. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "master/pool/pool.h"
#include "master/pool/state.h"
#include "master/pool/turnwatch.h"

#define LEAVE_PATIENCE 5.0 /* seconds in which a worker without a connection should have left a retired generation */
#define UNNAMED_APART 1.0  /* seconds between two lines about deaths that were not logged one by one */
#define KILL_GRACE 1.0     /* seconds after its deadline at which a worker that has not ended is killed */

/* What a look has seen. */
struct census {
    struct policy_view view;
    unsigned able;     /* workers that could or should accept: idle or stopped; not counted while nobody waits */
    unsigned draining; /* finishing a connection of a retired generation, which has no deadline yet */
    bool lingering;    /* a worker of a retired generation has not left, and has had time enough */
};

static bool is_late(const struct roster_worker *worker, double now)
{
    return generation_is_retired(worker->generation) && !worker->ended &&
           now - worker->generation->retired > LEAVE_PATIENCE;
}

/* Workers of a retired generation that were idle, or still starting, are about to leave. */
static bool is_draining(const struct pool *pool, size_t slot)
{
    const struct generation *generation = pool->roster.slots[slot].generation;
    if (!generation_is_retired(generation) || generation->deadline > 0)
        return false;
    return board_read(pool->board, slot).state == PAGE_BUSY;
}

/* While nobody waits for a worker, the row is good enough for counting idle ones. */
static void count_worker(struct pool *pool, size_t slot, bool by_row, double now, struct census *census)
{
    const struct roster_worker *worker = &pool->roster.slots[slot];
    pool_see(pool, slot, now);
    census->draining += is_draining(pool, slot);
    census->lingering |= is_late(worker, now);
    if (worker->generation != pool->current)
        return;
    census->view.total++;
    if (by_row) {
        census->view.idle += board_glance(pool->board, slot) != PAGE_BUSY && !worker->stopped;
        return;
    }
    struct board_view said = board_read(pool->board, slot);
    census->view.idle += said.state != PAGE_BUSY && !worker->stopped;
    census->able += said.state != PAGE_BUSY && (said.state != PAGE_UNABLE || worker->stopped);
}

static struct census take_census(struct pool *pool, bool by_row, double now)
{
    struct census census = {0};
    for (size_t slot = 0; slot < pool->roster.high; slot++)
        if (pool->roster.slots[slot].pid != 0)
            count_worker(pool, slot, by_row, now, &census);
    if (pool->current != NULL)
        census.view.thinning = crew_thinning(&pool->current->crew);
    return census;
}

/* Any worker can write into the lock whom it likes. So the process that it names is ended only if it is a worker of the
 * current generation that is idle by its own page. A bystander with a connection stays. */
static bool is_in_the_way(const struct pool *pool, size_t slot, pid_t holder)
{
    const struct roster_worker *worker = &pool->roster.slots[slot];
    return worker->pid != 0 && worker->generation == pool->current && (worker->pid == holder || worker->stopped) &&
           board_read(pool->board, slot).state != PAGE_BUSY;
}

/* Most likely the worker that has the turn was stopped. If nobody has it, whoever was woken for it may have been. */
static void break_stall(struct pool *pool, struct log *log)
{
    struct generation *current = pool->current;
    pid_t holder = turnwatch_holder(current->crew.turn_fd, current->crew.index);
    for (size_t slot = 0; slot < pool->roster.high; slot++) {
        struct roster_worker *worker = &pool->roster.slots[slot];
        if (!is_in_the_way(pool, slot, holder))
            continue;
        log_warn(log, "worker %d (slot %zu) %s while connections wait: ending it", (int)worker->pid, slot,
                 worker->pid == holder ? "sits on the accept turn" : "is stopped");
        pool_signal_worker(pool, worker, SIGKILL);
    }
    turnwatch_kick(current->crew.turn);
}

static bool is_lingering(const struct pool *pool, size_t slot, double now)
{
    const struct roster_worker *worker = &pool->roster.slots[slot];
    if (worker->pid == 0 || !is_late(worker, now))
        return false;
    struct board_view said = board_read(pool->board, slot);
    return said.state != PAGE_BUSY && now - said.since > LEAVE_PATIENCE;
}

/* Whoever has had no connection for a while, by its own page, and does not leave is stopped, or is not to be trusted:
 * it could go on accepting from listeners that later generations have as well. */
static void end_lingering(struct pool *pool, double now, struct log *log)
{
    for (size_t slot = 0; slot < pool->roster.high; slot++) {
        struct roster_worker *worker = &pool->roster.slots[slot];
        if (!is_lingering(pool, slot, now))
            continue;
        log_warn(log, "worker %d (slot %zu) has no connection and does not leave: ending it", (int)worker->pid, slot);
        pool_signal_worker(pool, worker, SIGKILL);
    }
}

/* Returns whether a new generation is needed. */
static bool watch_turn(struct pool *pool, const struct census *census, double now, struct log *log)
{
    struct generation *current = pool->current;
    unsigned counted = census->view.waiting > 0 ? listen_counted(current->listeners) : 0;
    const struct stall_sight sight = {
        .waiting = counted > 0 ? counted : census->view.waiting,
        .counted = counted > 0,
        .able = census->able,
        .accepts = atomic_load(&current->crew.hints->accepts),
    };
    enum stall_verdict verdict = stall_check(&current->crew.stall, &sight, current->conf->stall_timeout, now);
    if (verdict == STALL_END)
        break_stall(pool, log);
    if (verdict == STALL_RENEW)
        log_warn(log, "nobody takes the accept turn while connections wait: starting new workers");
    return verdict == STALL_RENEW;
}

static void say_notices(const struct pool *pool, struct log *log, const struct policy_view *view, unsigned notices,
                        int error)
{
    const struct conf *conf = pool->current->conf;
    if (notices & POLICY_FULL)
        log_warn(log, "max_workers (%u) reached, %u connection%s waiting", conf->max_workers, view->waiting,
                 view->waiting == 1 ? "" : "s");
    if (notices & POLICY_STILLBORN)
        log_error(log, "%d workers died at once, before they were ready: forking slows down", POLICY_STILLBORN_MAX);
    if (notices & POLICY_STARTING)
        log_info(log, "new workers are ready: forking at full speed again");
    if (notices & POLICY_CRASHING)
        log_warn(log, "workers keep crashing: replacing %d a second from now on", POLICY_REPLACE_RATE);
    if (notices & POLICY_SPOILT)
        log_warn(log, "%d workers crashed within %.0f s, perhaps for what they share: starting new workers",
                 POLICY_FAULTS_MAX, POLICY_CRASH_MEMORY);
    if (notices & POLICY_CALM)
        log_info(log, "no worker has crashed for %.0f s", POLICY_CRASH_MEMORY);
    if (notices & POLICY_FORK_FAILING)
        log_error(log, "cannot fork a worker: %s; trying again", strerror(error));
    if (notices & POLICY_FORKING_AGAIN)
        log_info(log, "forking works again");
}

/* The last idle worker to take a connection must ring, or the next client waits for the tick. */
static void set_hint(struct pool *pool, const struct policy_limits *limits, const struct policy_view *view,
                     bool held_back)
{
    int idle = (int)view->idle - (int)view->thinning, spare = idle - (int)limits->min_spare + 1;
    if (held_back || view->total >= limits->max_workers)
        spare = HINTS_PLENTY; /* nothing could be forked */
    hints_set_spare(pool->current->crew.hints, spare);
}

/* error: why fewer than that; 0: all of them, or there was no time. */
static unsigned fork_some(struct pool *pool, unsigned n, double now, int *error)
{
    unsigned forked = pool_fork(pool, pool->current, n);
    *error = forked < n ? errno : 0;
    if (forked > 0)
        policy_note_fork(&pool->policy, true, now);
    if (*error != 0)
        policy_note_fork(&pool->policy, false, now);
    return forked;
}

/* Carry out what the policy decides for the current generation. */
static void keep_shape(struct pool *pool, struct policy_view *view, double now, struct pool_report *report,
                       struct log *log)
{
    const struct conf *conf = pool->current->conf;
    const struct policy_limits limits = {conf->min_spare, conf->max_spare, conf->max_workers};
    struct policy_decision decision = policy_decide(&pool->policy, &limits, view, now);
    int error = 0;
    unsigned forked = fork_some(pool, decision.fork, now, &error);
    crew_thin(&pool->current->crew, decision.thin, now);
    view->total += forked;
    view->idle += forked;
    view->thinning += decision.thin;
    report->more = error == 0 && (decision.more || forked < decision.fork);
    report->retry = decision.retry;
    unsigned notices = decision.notices | pool->policy.notices;
    pool->policy.notices = 0;
    pool->spoilt = pool->spoilt || (notices & POLICY_SPOILT) != 0;
    say_notices(pool, log, view, notices, error);
    set_hint(pool, &limits, view, decision.retry > 0);
}

/* A reload does not cut connections, but no more workers may be finishing them than the pool may have. If there are
 * more, the oldest generation gets the drain time to end. */
static void bound_draining(struct pool *pool, const struct census *census, double now)
{
    struct generation *oldest = NULL;
    const struct conf *conf = pool->current->conf;
    if (census->draining <= conf->max_workers || conf->drain <= 0)
        return;
    for (struct generation *g = pool->generations; g != NULL; g = g->older)
        if (generation_is_retired(g) && g->deadline <= 0)
            oldest = g;
    if (oldest != NULL)
        pool_set_generation_deadline(pool, oldest, now + conf->drain);
}

static double sooner(double a, double b)
{
    return a <= 0 || (b > 0 && b < a) ? b : a;
}

static void end_overdue(struct pool *pool, double now, struct pool_report *report, struct log *log)
{
    for (struct generation *g = pool->generations; g != NULL; g = g->older) {
        if (g->deadline <= 0)
            continue;
        double left = g->deadline + KILL_GRACE - now;
        if (left > 0) {
            report->retry = sooner(report->retry, left);
        } else if (g->workers > 0) {
            log_warn(log, "%u workers have not ended in the drain time: killing them", g->workers);
            pool_signal(pool, g, SIGKILL);
            generation_set_deadline(g, now + 60); /* not again at every look */
        }
    }
}

/* When no worker is left, the last of them are logged without waiting any longer. */
static void say_unnamed(struct pool *pool, double now, struct pool_report *report, struct log *log)
{
    double left = pool->unnamed_since + UNNAMED_APART - now;
    if (pool->unnamed == 0)
        return;
    if (left > 0 && pool->roster.count > 0) {
        report->retry = sooner(report->retry, left);
        return;
    }
    log_warn(log, "%lu more workers died", pool->unnamed);
    pool->unnamed = 0;
}

/* Retired, and the last worker is gone. */
static void destroy_empty_generations(struct pool *pool)
{
    for (struct generation **link = &pool->generations; *link != NULL;) {
        struct generation *generation = *link;
        if (generation_is_retired(generation) && generation->workers == 0) {
            *link = generation->older;
            generation_destroy(generation);
        } else {
            link = &generation->older;
        }
    }
}

struct pool_report pool_look(struct pool *pool, struct log *log)
{
    struct pool_report report = {0};
    double now = clock_now();
    struct generation *current = pool->current;
    bool quiet = current == NULL || listen_waiting(current->listeners, &report.broken) == 0;
    if (current != NULL)
        hints_begin_count(current->crew.hints);
    struct census census = take_census(pool, quiet, now);
    if (current != NULL) {
        report.waiting = census.view.waiting = listen_waiting(current->listeners, &report.broken);
        report.deaf = watch_turn(pool, &census, now, log);
        keep_shape(pool, &census.view, now, &report, log);
        report.renew = pool->turn_broken || pool->spoilt;
        report.retry = sooner(report.retry, stall_left(&current->crew.stall, current->conf->stall_timeout, now));
        bound_draining(pool, &census, now);
    }
    if (census.lingering)
        end_lingering(pool, now, log);
    end_overdue(pool, now, &report, log);
    say_unnamed(pool, now, &report, log);
    pool_say_unsignalled(pool, log);
    destroy_empty_generations(pool);
    return report;
}
