/* rollout.c: start, reload and renewal; see rollout.h. Called at requests and at each look. Only a start that fails
 * ends the daemon; after that a failure is one line in the log, and what is live goes on. */
#include "master/rollout.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "master/daemonize.h"

#define RENEWAL_FIRST 0.1    /* seconds between two renewals of what is broken; doubles up to RENEWAL_SLOWEST */
#define RENEWAL_SLOWEST 60.0 /* after this long without one, RENEWAL_FIRST again */

/* Verdicts */

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

static void say_done(struct master *m, enum rollout_kind kind, bool resumed)
{
    if (kind == ROLLOUT_START)
        say_ready(m);
    else if (kind == ROLLOUT_RELOAD)
        log_info(master_log(m), "config reloaded, generation %u", m->generation);
    if (resumed)
        log_info(master_log(m), "resumed: accepting connections again");
}

static void say_failed(struct master *m, enum rollout_kind kind, const char *why)
{
    if (kind == ROLLOUT_START)
        log_error(master_log(m), "cannot start: %s", why);
    else if (kind == ROLLOUT_RELOAD)
        log_error(master_log(m), "config not reloaded: %s", why);
    else if (!m->rollout.renewal_failed)
        log_error(master_log(m), "cannot renew what is broken: %s; the workers that are there go on", why);
    m->rollout.renewal_failed = kind == ROLLOUT_RENEWAL;
}

/* What the file says may be sound, and yet its workers cannot be started: then the file is named here. */
static void say_workers_failed(struct master *m, enum rollout_kind kind, const char *why)
{
    struct reason reason;
    reason_set(&reason, "%s: %s", m->setup->source.file, why);
    say_failed(m, kind, kind == ROLLOUT_RELOAD ? reason.text : why);
}

/* The end of a rollout, either way */

static void abandon(struct master *m)
{
    struct rollout *rollout = &m->rollout;
    if (rollout->starting != NULL)
        pool_abandon(m->pool, rollout->starting);
    rollout->starting = NULL;
    if (rollout->candidate != NULL && m->live != NULL) {
        deploy_abandon(rollout->candidate, m->live);
        rollout->candidate = NULL;
    }
    rollout->kind = ROLLOUT_NONE;
}

static void fail(struct master *m, const char *why)
{
    enum rollout_kind kind = m->rollout.kind;
    say_workers_failed(m, kind, why);
    abandon(m);
    if (kind != ROLLOUT_START)
        return;
    m->exit_code = 1;
    m->phase = PHASE_DRAINING;
    pool_kill(m->pool);
}

static void promote(struct master *m)
{
    struct rollout *rollout = &m->rollout;
    enum rollout_kind kind = rollout->kind;
    bool resumed = m->paused;
    pool_promote(m->pool, rollout->starting, kind != ROLLOUT_RENEWAL);
    if (rollout->candidate != NULL) {
        deploy_commit(rollout->candidate, m->live);
        m->live = rollout->candidate;
    }
    rollout->candidate = NULL;
    rollout->starting = NULL;
    rollout->kind = ROLLOUT_NONE;
    rollout->renewal_failed = false;
    m->paused = false;
    if (m->phase == PHASE_STARTING)
        m->phase = PHASE_RUNNING;
    say_done(m, kind, resumed);
}

/* The beginning */

static bool start_generation(struct master *m, struct deploy *deploy, struct reason *why)
{
    m->rollout.starting = pool_begin(m->pool, ++m->generation, &deploy->conf, &deploy->listeners, &deploy->log, why);
    return m->rollout.starting != NULL;
}

bool rollout_begin_start(struct master *m, struct reason *why)
{
    struct rollout *rollout = &m->rollout;
    rollout->kind = ROLLOUT_START;
    rollout->candidate = deploy_prepare(&m->setup->conf, NULL, m->stderr_fd, why);
    if (rollout->candidate == NULL)
        return false;
    if (strcmp(rollout->candidate->conf.log_target, "stderr") != 0)
        rollout->candidate->log.console = m->stderr_fd;
    if (!log_works(&rollout->candidate->log))
        dprintf(m->stderr_fd, "mpechod: warning: nothing listens at /dev/log: log lines are lost until a system logger "
                              "does; or set log.target\n");
    if (m->setup->inherited > 0)
        log_warn(&rollout->candidate->log,
                 "LISTEN_FDS: sockets of a service manager are not used yet: %u closed; `listen` says where to listen",
                 m->setup->inherited);
    return start_generation(m, rollout->candidate, why);
}

static void begin_reload(struct master *m)
{
    struct reason why;
    m->rollout.kind = ROLLOUT_RELOAD;
    struct conf conf;
    if (conf_load(&m->setup->source, &conf, &why))
        m->rollout.candidate = deploy_prepare(&conf, m->live, m->stderr_fd, &why);
    if (m->rollout.candidate == NULL) {
        say_failed(m, ROLLOUT_RELOAD, why.text);
        abandon(m);
    } else if (!start_generation(m, m->rollout.candidate, &why)) {
        fail(m, why.text);
    }
}

/* Replace the workers, who hold things as they were when they were forked. Paused, there are none. */
static void begin_renewal(struct master *m)
{
    struct reason why;
    if (m->paused)
        return;
    m->rollout.kind = ROLLOUT_RENEWAL;
    if (!start_generation(m, m->live, &why))
        fail(m, why.text);
}

static void begin_wanted(struct master *m)
{
    struct rollout *rollout = &m->rollout;
    if (rollout->kind != ROLLOUT_NONE || m->phase != PHASE_RUNNING)
        return;
    bool reload = rollout->reload_wanted, renewal = rollout->renewal_wanted;
    rollout->reload_wanted = rollout->renewal_wanted = false; /* a reload renews everything */
    if (reload)
        begin_reload(m);
    else if (renewal)
        begin_renewal(m);
}

void rollout_request(struct master *m, enum rollout_kind kind)
{
    if (kind == ROLLOUT_RELOAD)
        m->rollout.reload_wanted = true;
    else
        m->rollout.renewal_wanted = true;
    begin_wanted(m);
}

/* What keeps breaking is renewed less and less often. */
static bool may_renew(struct master *m)
{
    struct rollout *rollout = &m->rollout;
    double since = clock_now() - rollout->renewed;
    if (rollout->kind != ROLLOUT_NONE || since < rollout->renewal_delay)
        return false;
    bool quiet = rollout->renewal_delay <= 0 || since > rollout->renewal_delay + RENEWAL_SLOWEST;
    double delay = quiet ? RENEWAL_FIRST : 2 * rollout->renewal_delay;
    rollout->renewal_delay = delay < RENEWAL_SLOWEST ? delay : RENEWAL_SLOWEST;
    rollout->renewed = clock_now();
    return true;
}

void rollout_mend(struct master *m)
{
    if (m->phase != PHASE_RUNNING || !may_renew(m))
        return;
    log_warn(master_log(m), "the accept lock is of no use any more: starting generation %u", m->generation + 1);
    rollout_request(m, ROLLOUT_RENEWAL);
}

/* A candidate may share its listeners with what is live: meanwhile they stay as they are. */
static bool is_settled(const struct master *m)
{
    return m->phase == PHASE_RUNNING && m->rollout.kind == ROLLOUT_NONE;
}

void rollout_tend(struct master *m)
{
    if (is_settled(m) && deploy_tend(m->live))
        rollout_request(m, ROLLOUT_RENEWAL);
}

bool rollout_end_left(struct master *m)
{
    return is_settled(m) && deploy_end_left(m->live);
}

/* In between */

static void go_on(struct master *m)
{
    struct reason why;
    switch (pool_start(m->pool, m->rollout.starting, &why)) {
    case POOL_READY:
        promote(m);
        break;
    case POOL_FAILED:
        fail(m, why.text);
        break;
    case POOL_STARTING:
        break;
    }
}

void rollout_continue(struct master *m)
{
    if (m->rollout.starting != NULL)
        go_on(m);
    begin_wanted(m);
}

bool rollout_is_forking(const struct master *m)
{
    return m->rollout.starting != NULL && !pool_is_forked(m->rollout.starting);
}

void rollout_drop(struct master *m, const char *why)
{
    struct reason reason;
    reason_set(&reason, "%s: %s meanwhile", m->setup->source.file, why);
    if (m->rollout.kind == ROLLOUT_RELOAD || m->rollout.reload_wanted)
        say_failed(m, ROLLOUT_RELOAD, reason.text);
    m->rollout.reload_wanted = m->rollout.renewal_wanted = false;
    abandon(m);
}

void rollout_wake(struct master *m)
{
    struct reason why;
    m->rollout.kind = ROLLOUT_RENEWAL;
    if (start_generation(m, m->live, &why))
        promote(m);
    else
        fail(m, why.text);
}
