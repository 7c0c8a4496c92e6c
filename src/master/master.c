/* master.c: the master's loop (libev): one function for each thing that may happen. After "ready" nothing here ends the
 * master but a request: what fails is logged and tried again. Parses and reads nothing that a client or worker wrote.
 */
#include "master/master.h"

#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/reason.h"
#include "contract/fdplan.h"
#include "master/children.h"
#include "master/daemonize.h"
#include "master/deploy.h"
#include "master/pool/pool.h"
#include "master/sigpipe.h"

#define TICK 0.5           /* seconds between looks when nothing happens: the safety net */
#define LOOK_APART 0.001   /* seconds between two looks at least, so that neither bells nor deaths can keep it busy */
#define RENEW_FIRST 0.1    /* seconds between two renewals of what is broken; doubles up to RENEW_SLOWEST */
#define RENEW_SLOWEST 60.0 /* after this long without one, RENEW_FIRST again */
#define REAP_BATCH 256     /* deaths seen to at once: a few ms */
#define EMPTYING_LOOK 0.01 /* seconds between looks while the accept queues are emptied for a stop */

enum phase {
    PHASE_STARTING, /* not ready yet: whatever fails is fatal */
    PHASE_RUNNING,
    PHASE_EMPTYING, /* stopping: nobody new gets in, the queues are served */
    PHASE_DRAINING, /* stopping: connections get the drain time */
};

struct master {
    const struct master_setup *setup;
    enum phase phase;
    int exit_code;
    bool paused;
    bool reload_wanted; /* while another generation is being started */
    bool renew_wanted;  /* likewise, a generation with nothing new but its workers */
    bool renew_failed;  /* and has been logged */
    double renewed;     /* when the last renewal was, clock_now() */
    double renew_delay; /* seconds until there may be another */
    double stop_deadline;
    unsigned generation; /* the newest one's number */
    int stderr_fd;       /* what we were started with; -1: let go of */
    struct children children;
    bool reap_wanted; /* children have died, or may have */
    struct pool *pool;
    struct deploy *live;         /* NULL: starting */
    struct deploy *candidate;    /* what starting workers belong to, if it is not the live one; NULL: none */
    struct generation *starting; /* NULL: none */
    struct ev_loop *loop;
    ev_io signals, doorbell;
    ev_timer tick, again;
    double last_look; /* clock_now() */
};

static struct log *log_of(const struct master *m)
{
    return m->live != NULL ? &m->live->log : &m->candidate->log;
}

/* Starting generations: at start, at reload, after the log or a listener was opened anew */

static bool start_generation(struct master *m, struct deploy *deploy, struct reason *why)
{
    m->starting = pool_begin(m->pool, ++m->generation, &deploy->conf, &deploy->listeners, &deploy->log, why);
    return m->starting != NULL;
}

static void say_ready(struct master *m)
{
    char names[LOG_LINE_MAX / 2];
    listen_names(&m->live->listeners, names, sizeof names);
    log_info(&m->live->log, "ready: %u workers, listening on %s", m->live->conf.start, names);
    m->live->log.console = -1;
    if (m->setup->ready >= 0)
        daemonize_ready(m->setup->ready);
    if (m->setup->ready >= 0 && strcmp(m->live->conf.log_target, "stderr") != 0) {
        fd_close(m->stderr_fd);
        m->stderr_fd = -1;
    }
}

static void adopt_candidate(struct master *m)
{
    deploy_commit(m->candidate, m->live);
    m->live = m->candidate;
    m->candidate = NULL;
    if (m->phase == PHASE_STARTING) {
        m->phase = PHASE_RUNNING;
        say_ready(m);
    } else {
        log_info(&m->live->log, "config reloaded, generation %u", m->generation);
    }
}

static void finish_starting(struct master *m)
{
    struct generation *ready = m->starting;
    m->starting = NULL;
    m->paused = false;
    m->renew_failed = false;
    pool_promote(m->pool, ready, m->candidate != NULL);
    if (m->candidate != NULL)
        adopt_candidate(m);
}

static void give_up_starting(struct master *m)
{
    if (m->starting != NULL)
        pool_retire(m->pool, m->starting);
    m->starting = NULL;
    if (m->candidate != NULL && m->live != NULL) {
        deploy_abandon(m->candidate, m->live);
        m->candidate = NULL;
    }
}

/* A request has come that supersedes whatever is being started. */
static void drop_reload(struct master *m, const char *why)
{
    if (m->candidate != NULL && m->live != NULL)
        log_warn(&m->live->log, "config not reloaded: %s: %s meanwhile", m->setup->source.file, why);
    m->reload_wanted = m->renew_wanted = false;
    give_up_starting(m);
}

static void cannot_start(struct master *m, const char *why)
{
    log_error(log_of(m), "cannot start: %s", why);
    m->exit_code = 1;
    m->phase = PHASE_DRAINING;
    give_up_starting(m);
    pool_kill(m->pool);
}

static void starting_failed(struct master *m, const char *why)
{
    if (m->phase == PHASE_STARTING) {
        cannot_start(m, why);
        return;
    }
    if (m->candidate != NULL)
        log_error(&m->live->log, "config not reloaded: %s: %s", m->setup->source.file, why);
    else
        log_error(&m->live->log, "%s; the workers that are there go on", why);
    give_up_starting(m);
}

/* Replace the workers, who hold things as they were when they were forked. Paused, there are none. */
static void renew_generation(struct master *m)
{
    struct reason why;
    m->renew_wanted = m->starting != NULL;
    if (!m->renew_wanted && !m->paused && !start_generation(m, m->live, &why))
        starting_failed(m, why.text);
}

/* Looking after the pool */

static void look_again_after(struct master *m, double seconds)
{
    ev_timer_stop(m->loop, &m->again);
    ev_timer_set(&m->again, seconds, 0.);
    ev_timer_start(m->loop, &m->again);
}

static void go_on_starting(struct master *m)
{
    struct reason why;
    switch (pool_start(m->pool, m->starting, &why)) {
    case POOL_READY:
        finish_starting(m);
        break;
    case POOL_FAILED:
        starting_failed(m, why.text);
        break;
    case POOL_STARTING:
        break;
    }
}

/* What keeps breaking is renewed less and less often. */
static bool may_renew(struct master *m)
{
    double since = clock_now() - m->renewed;
    if (m->starting != NULL || since < m->renew_delay)
        return false;
    bool quiet = m->renew_delay <= 0 || since > m->renew_delay + RENEW_SLOWEST;
    double delay = quiet ? RENEW_FIRST : 2 * m->renew_delay;
    m->renew_delay = delay < RENEW_SLOWEST ? delay : RENEW_SLOWEST;
    m->renewed = clock_now();
    return true;
}

static void renew_listeners(struct master *m)
{
    struct reason why;
    if (!may_renew(m))
        return;
    if (deploy_renew_listeners(m->live, &why)) {
        log_warn(&m->live->log, "something that workers share was broken: starting generation %u", m->generation + 1);
        renew_generation(m);
    } else if (!m->renew_failed) {
        m->renew_failed = true;
        log_error(&m->live->log, "cannot renew a broken listener: %s; trying again", why.text);
    }
}

static void close_up(struct master *m)
{
    pool_retire_current(m->pool);
    deploy_close_listeners(m->live);
    m->phase = PHASE_DRAINING;
}

static void go_on_stopping(struct master *m, unsigned waiting)
{
    bool overdue = m->stop_deadline > 0 && clock_now() >= m->stop_deadline;
    if (m->phase == PHASE_EMPTYING && (waiting == 0 || overdue))
        close_up(m);
    if (m->phase == PHASE_DRAINING && pool_size(m->pool) == 0)
        ev_break(m->loop, EVBREAK_ALL);
}

static void reload(struct master *m);

/* Do what was asked for while a generation was being started. */
static void do_wanted(struct master *m)
{
    if (m->starting != NULL || m->phase != PHASE_RUNNING)
        return;
    if (m->reload_wanted)
        reload(m);
    else if (m->renew_wanted)
        renew_generation(m);
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
    m->last_look = clock_now();
    ev_io_start(m->loop, &m->doorbell);
    if (m->starting != NULL)
        go_on_starting(m);
    struct pool_report report = pool_look(m->pool, log_of(m));
    if (report.renew && m->phase == PHASE_RUNNING)
        renew_listeners(m);
    go_on_stopping(m, report.waiting);
    if (report.more || m->reap_wanted || (m->starting != NULL && !pool_is_forked(m->starting)))
        look_again_after(m, 0);
    else if (m->phase == PHASE_EMPTYING)
        look_again_after(m, EMPTYING_LOOK);
    else if (report.retry > 0)
        look_again_after(m, report.retry);
    do_wanted(m);
}

/* Something has happened that calls for a look. Until then the doorbell may ring unheard. */
static void look_soon(struct master *m)
{
    double left = m->last_look + LOOK_APART - clock_now();
    ev_io_stop(m->loop, &m->doorbell);
    if (left > 0)
        look_again_after(m, left);
    else
        look(m);
}

/* Signals */

static void reload(struct master *m)
{
    struct reason why;
    m->reload_wanted = m->starting != NULL;
    if (m->reload_wanted || m->phase != PHASE_RUNNING)
        return;
    struct conf conf;
    struct deploy *candidate =
        conf_load(&m->setup->source, &conf, &why) ? deploy_prepare(&conf, m->live, m->stderr_fd, &why) : NULL;
    if (candidate == NULL) {
        log_error(&m->live->log, "config not reloaded: %s", why.text);
        return;
    }
    m->candidate = candidate;
    if (!start_generation(m, candidate, &why))
        starting_failed(m, why.text);
}

static void reopen_log(struct master *m)
{
    struct reason why;
    if (m->phase != PHASE_RUNNING)
        return;
    if (!deploy_reopen_log(m->live, m->stderr_fd, &why)) {
        log_error(&m->live->log, "log not reopened: %s", why.text);
        return;
    }
    if (m->candidate != NULL && !deploy_reopen_log(m->candidate, m->stderr_fd, &why))
        log_error(&m->live->log, "log not reopened: %s", why.text);
    log_info(&m->live->log, "log reopened");
    renew_generation(m); /* workers hold the old file */
}

static void pause_service(struct master *m)
{
    if (m->phase != PHASE_RUNNING || m->paused)
        return;
    drop_reload(m, "paused");
    pool_retire_current(m->pool);
    m->paused = true;
    log_info(&m->live->log, "paused: no new connections until SIGHUP");
}

/* Paused, there is nobody to serve the queues. */
static void wake_for_stop(struct master *m)
{
    bool broken;
    struct reason why;
    if (pool_has_current(m->pool) || listen_waiting(&m->live->listeners, &broken) == 0)
        return;
    if (start_generation(m, m->live, &why))
        finish_starting(m);
    else
        log_error(&m->live->log, "%s", why.text);
}

static void stop(struct master *m, const char *name)
{
    if (m->phase == PHASE_EMPTYING || m->phase == PHASE_DRAINING) {
        log_info(log_of(m), "%s again: stopping at once", name);
        m->phase = PHASE_DRAINING;
        pool_kill(m->pool);
        return;
    }
    log_info(log_of(m), "%s: stopping", name);
    drop_reload(m, "stopped");
    if (m->live == NULL) {
        m->phase = PHASE_DRAINING;
        return;
    }
    m->phase = PHASE_EMPTYING;
    m->stop_deadline = m->live->conf.drain > 0 ? clock_now() + m->live->conf.drain : 0;
    pool_set_deadline(m->pool, m->stop_deadline);
    listen_refuse(&m->live->listeners);
    wake_for_stop(m);
    look_again_after(m, EMPTYING_LOOK); /* handshakes that are under way get a moment to complete */
}

static void on_signal_number(struct master *m, int sig)
{
    char name[16];
    sigpipe_name(sig, name);
    switch (sig) {
    case SIGCHLD:
        m->reap_wanted = true;
        break;
    case SIGTERM:
    case SIGINT:
    case SIGQUIT:
        stop(m, name);
        break;
    case SIGHUP:
        reload(m);
        look(m);
        break;
    case SIGUSR1:
        reopen_log(m);
        look(m);
        break;
    case SIGUSR2:
        log_warn(log_of(m), "SIGUSR2: replacing the running binary is not supported yet: nothing done");
        break;
    case SIGWINCH:
        pause_service(m);
        break;
    default:
        break;
    }
}

/* The loop's callbacks */

static void on_signals(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    struct master *m = io->data;
    int signals[64];
    size_t n = sigpipe_read(signals, sizeof signals / sizeof signals[0]);
    for (size_t i = 0; i < n; i++)
        on_signal_number(m, signals[i]);
    if (m->reap_wanted)
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

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    look(timer->data);
}

static void watch(struct master *m)
{
    ev_io_init(&m->signals, on_signals, FD_SELFPIPE_READ, EV_READ);
    ev_io_init(&m->doorbell, on_doorbell, pool_doorbell(m->pool), EV_READ);
    ev_timer_init(&m->tick, on_timer, TICK, TICK);
    ev_timer_init(&m->again, on_timer, 0., 0.);
    m->signals.data = m->doorbell.data = m->tick.data = m->again.data = m;
    ev_io_start(m->loop, &m->signals);
    ev_io_start(m->loop, &m->doorbell);
    ev_timer_start(m->loop, &m->tick);
    ev_timer_start(m->loop, &m->again); /* the first look, at once */
}

static void on_worker(void *context, pid_t pid, int status)
{
    struct master *m = context;
    pool_note_child(m->pool, pid, status, log_of(m));
}

/* Not the default loop, which would reap every child by itself. */
static bool open_loop(struct master *m, struct reason *why)
{
    m->loop = ev_loop_new(EVFLAG_NOENV);
    m->pool = m->loop != NULL ? pool_create(m->setup->work, why) : NULL;
    m->children.workers = (struct children_owner){on_worker, m};
    if (m->loop == NULL)
        return reason_set(why, "cannot make an event loop");
    return m->pool != NULL;
}

static bool begin(struct master *m, struct reason *why)
{
    m->candidate = deploy_prepare(&m->setup->conf, NULL, m->stderr_fd, why);
    if (m->candidate == NULL)
        return false;
    if (strcmp(m->candidate->conf.log_target, "stderr") != 0)
        m->candidate->log.console = m->stderr_fd;
    if (!log_works(&m->candidate->log))
        dprintf(m->stderr_fd, "mpechod: warning: nothing listens at /dev/log: log lines are lost until a system logger "
                              "does; or set log.target\n");
    return sigpipe_open(why) && open_loop(m, why) && start_generation(m, m->candidate, why);
}

static void end(struct master *m)
{
    struct deploy *deploy = m->live != NULL ? m->live : m->candidate;
    if (m->pool != NULL)
        pool_destroy(m->pool);
    if (m->loop != NULL)
        ev_loop_destroy(m->loop);
    if (deploy == NULL)
        return;
    if (m->exit_code == 0)
        log_info(&deploy->log, "stopped");
    deploy_end(deploy);
}

int master_run(const struct master_setup *setup)
{
    struct master m = {.setup = setup, .stderr_fd = fcntl(FD_LOG, F_DUPFD_CLOEXEC, FD_PRIVATE)};
    struct reason why;
    struct log early;
    log_init(&early);
    if (begin(&m, &why)) {
        watch(&m);
        ev_run(m.loop, 0);
    } else {
        log_error(m.candidate != NULL ? &m.candidate->log : &early, "cannot start: %s", why.text);
        m.exit_code = 1;
    }
    end(&m);
    return m.exit_code;
}
