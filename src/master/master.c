/* master.c: the master's loop (libev): signals, the workers' doorbell, timers, and a look at the pool when one of them
 * calls for it. Requests come first, then the dead, then one look, however many signals have come. After "ready"
 * nothing in the master ends it but a request: what fails is logged and tried again. */
#include "master/master.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/unforked.h"
#include "contract/fdplan.h"
#include "master/requests.h"
#include "master/rollout.h"
#include "master/sigpipe.h"
#include "master/state.h"
#include "master/stopping.h"

#define PRIORITY (-10)    /* nice(2) */
#define TICK 0.5          /* seconds between looks when nothing happens: the safety net */
#define LOOK_APART 0.001  /* seconds between two looks at least, so that neither bells nor deaths can keep it busy */
#define LEAVING_LOOK 0.01 /* seconds between looks at listeners that have just begun to leave */
#define REAP_BATCH 256    /* deaths seen to at once: a few ms */

/* Looks */

void master_look_after(struct master *m, double seconds)
{
    if (ev_is_active(&m->again) && ev_timer_remaining(m->loop, &m->again) <= seconds)
        return;
    ev_timer_stop(m->loop, &m->again);
    ev_timer_set(&m->again, seconds, 0.);
    ev_timer_start(m->loop, &m->again);
}

/* As many deaths as leave time for requests; the rest at the next look, which comes at once. */
static void reap(struct master *m)
{
    if (m->reap_wanted)
        m->reap_wanted = children_reap(&m->children, REAP_BATCH);
}

static void look(struct master *m)
{
    reap(m);
    logger_look(m->logger, &m->log);
    m->last_look = clock_now();
    ev_io_start(m->loop, &m->doorbell);
    rollout_continue(m);
    struct pool_report report = pool_look(m->pool, &m->log);
    if (report.broken)
        rollout_tend(m);
    if (report.renew || report.deaf)
        rollout_mend(m, report.deaf);
    if (rollout_end_left(m))
        master_look_after(m, LEAVING_LOOK);
    if (report.more || m->reap_wanted || rollout_is_forking(m))
        master_look_after(m, 0);
    else if (report.retry > 0)
        master_look_after(m, report.retry);
    stopping_continue(m, report.waiting);
}

/* Something has happened that calls for a look. Until then the doorbell may ring unheard. */
static void look_soon(struct master *m)
{
    double left = m->last_look + LOOK_APART - clock_now();
    ev_io_stop(m->loop, &m->doorbell);
    if (left > 0)
        master_look_after(m, left);
    else
        look(m);
}

/* The loop's callbacks */

static void on_signals(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    struct master *m = io->data;
    int signals[64];
    for (size_t n; (n = sigpipe_read(signals, sizeof signals / sizeof signals[0])) > 0;)
        for (size_t i = 0; i < n; i++)
            if (signals[i] == SIGCHLD)
                m->reap_wanted = true;
            else
                requests_signal(m, signals[i]);
    look_soon(m);
}

static void on_doorbell(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    struct master *m = io->data;
    pool_answer_doorbell(m->pool);
    look_soon(m);
}

static void on_errand(struct ev_loop *loop, ev_io *io, int events)
{
    struct master *m = io->data;
    (void)events;
    ev_io_stop(loop, io);
    look_soon(m);
}

static void on_answer(struct ev_loop *loop, ev_io *io, int events)
{
    struct master *m = io->data;
    (void)loop;
    (void)events;
    logger_hear(m->logger, &m->log);
    look_soon(m);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    look(timer->data);
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct master *m = timer->data;
    rollout_tend(m);
    logger_tell_lost(m->logger, pool_lost(m->pool));
    on_timer(loop, timer, events);
}

static bool watch(struct master *m)
{
    ev_io_init(&m->signals, on_signals, FD_SELFPIPE_READ, EV_READ);
    ev_init(&m->errand, on_errand);
    ev_io_init(&m->answers, on_answer, logger_descriptor(m->logger), EV_READ);
    ev_io_init(&m->doorbell, on_doorbell, pool_doorbell(m->pool), EV_READ);
    ev_timer_init(&m->tick, on_tick, TICK, TICK);
    ev_timer_init(&m->again, on_timer, 0., 0.);
    m->signals.data = m->doorbell.data = m->errand.data = m->answers.data = m->tick.data = m->again.data = m;
    ev_io_start(m->loop, &m->signals);
    ev_io_start(m->loop, &m->doorbell);
    ev_io_start(m->loop, &m->answers);
    ev_timer_start(m->loop, &m->tick);
    ev_timer_start(m->loop, &m->again); /* the first look, at once */
    return true;
}

static void on_worker(void *context, pid_t pid, int status)
{
    struct master *m = context;
    pool_note_child(m->pool, pid, status, &m->log);
}

/* Not the default loop, which would reap every child by itself. */
static bool open_loop(struct master *m, struct reason *why)
{
    ev_set_allocator(unforked_resize); /* it writes at every event, and children would get copies */
    m->loop = ev_loop_new(EVFLAG_NOENV);
    m->pool = m->loop != NULL ? pool_create(m->setup->work, &m->setup->title, why) : NULL;
    m->children.workers = (struct children_owner){on_worker, m};
    if (m->loop == NULL)
        return reason_set(why, "cannot make an event loop");
    return m->pool != NULL;
}

static bool open_logger(struct master *m, struct reason *why)
{
    m->logger = logger_create(m->setup->log, &m->setup->title, m->stderr_fd, &m->children, why);
    if (m->logger != NULL)
        logger_attach(m->logger, &m->log);
    return m->logger != NULL;
}

/* Signals first: as soon as the pid file names us, somebody may send one. */
static bool begin(struct master *m, struct reason *why)
{
    return sigpipe_open(why) && open_loop(m, why) && open_logger(m, why) && watch(m) && rollout_begin_start(m, why);
}

static void end(struct master *m)
{
    struct deploy *deploy = m->live != NULL ? m->live : m->rollout.candidate;
    if (m->logger != NULL && m->pool != NULL)
        logger_tell_lost(m->logger, pool_lost(m->pool));
    if (m->pool != NULL)
        pool_destroy(m->pool);
    m->children.workers.told = NULL;
    if (m->loop != NULL)
        ev_loop_destroy(m->loop);
    if (m->exit_code == 0)
        log_info(&m->log, "stopped");
    if (deploy != NULL)
        deploy_end(deploy);
    if (m->logger != NULL)
        logger_end(m->logger);
    dup3(m->stderr_fd >= 0 ? m->stderr_fd : 0, FD_LOG, 0); /* a sanitizer may have something to say yet */
}

/* Thousands of workers that start at once must not keep it from a request. Children do not inherit it. Only root may.
 */
static void raise_priority(void)
{
    const struct sched_param param = {0};
    if (getpriority(PRIO_PROCESS, 0) == 0 && sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &param) == 0)
        setpriority(PRIO_PROCESS, 0, PRIORITY);
}

int master_run(const struct master_setup *setup)
{
    struct master m = {
        .setup = setup, .stderr_fd = fcntl(FD_LOG, F_DUPFD_CLOEXEC, FD_PRIVATE), .rollout.errand.fd = -1};
    struct reason why;
    m.log = (struct log){
        .fd = -1, .workers = -1, .console = m.stderr_fd >= 0 ? m.stderr_fd : FD_LOG, .level = LOG_LEVEL_INFO};
    title_set(&setup->title, "mpechod: master");
    raise_priority();
    if (begin(&m, &why)) {
        ev_run(m.loop, 0);
    } else {
        log_error(&m.log, "cannot start: %s", why.text);
        m.exit_code = 1;
    }
    end(&m);
    return m.exit_code;
}
