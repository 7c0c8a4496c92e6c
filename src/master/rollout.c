/* rollout.c: start, reload and renewal; see rollout.h. Called at requests and at each look. Only a start that fails
 * ends the daemon; after that a failure is one line in the log, and what is live goes on. */
#include "master/rollout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "contract/fdplan.h"
#include "master/daemonize.h"
#include "master/pool/generation.h"

#define ERRAND_PATIENCE 5.0 /* seconds that preparing may take: a file system may hang */

/* Verdicts */

static void say_ready(struct master *m, const char *names)
{
    log_info(&m->log, "ready: %u workers, listening on %s", m->live->conf.start, names);
    m->log.console = -1;
    dup3(m->log.fd, FD_LOG, 0); /* for what libraries print */
    if (m->setup->ready >= 0)
        daemonize_ready(m->setup->ready);
    if (m->setup->ready >= 0 && strcmp(m->live->conf.log_target, "stderr") != 0) {
        logger_detach(m->logger);
        fd_close(m->stderr_fd);
        m->stderr_fd = -1;
    }
}

static void say_done(struct master *m, enum rollout_kind kind, bool resumed)
{
    char names[LOG_TEXT_MAX / 2];
    listen_names(&m->live->listeners, names, sizeof names);
    if (kind == ROLLOUT_START)
        say_ready(m, names);
    else if (kind == ROLLOUT_RELOAD)
        log_info(&m->log, "config reloaded, generation %u, listening on %s", m->generation, names);
    if (resumed)
        log_info(&m->log, "resumed: accepting connections again");
}

static void say_failed(struct master *m, enum rollout_kind kind, const char *why)
{
    if (kind == ROLLOUT_START)
        log_error(&m->log, "cannot start: %s", why);
    else if (kind == ROLLOUT_RELOAD)
        log_error(&m->log, "config not reloaded: %s", why);
    else
        log_error(&m->log, "%s; the workers that are there go on", why);
}

/* The end of a rollout, either way */

static void abandon(struct master *m)
{
    struct rollout *rollout = &m->rollout;
    ev_io_stop(m->loop, &m->errand);
    if (rollout->errand.fd >= 0)
        deploy_drop(&rollout->errand, m->live);
    logger_abandon(m->logger);
    rollout->opening = false;
    if (rollout->starting != NULL)
        pool_abandon(m->pool, rollout->starting);
    rollout->starting = NULL;
    if (rollout->candidate != NULL && m->live != NULL) {
        deploy_abandon(rollout->candidate, m->live);
        rollout->candidate = NULL;
    }
    rollout->kind = ROLLOUT_NONE;
}

/* why: in the form of a configuration error, if the configuration is to blame. */
static void refuse(struct master *m, const char *why)
{
    enum rollout_kind kind = m->rollout.kind;
    say_failed(m, kind, why);
    abandon(m);
    if (kind != ROLLOUT_START)
        return;
    m->exit_code = 1;
    m->phase = PHASE_DRAINING;
    pool_kill(m->pool);
}

/* The reason does not blame a line of the file, so the name of the file is put before it. */
static void refuse_with_file(struct master *m, const char *why)
{
    struct reason reason;
    reason_set(&reason, "%s: %s", m->setup->source.file, why);
    refuse(m, m->rollout.kind == ROLLOUT_RELOAD ? reason.text : why);
}

static void promote(struct master *m)
{
    struct rollout *rollout = &m->rollout;
    enum rollout_kind kind = rollout->kind;
    bool resumed = m->paused;
    pool_promote(m->pool, rollout->starting, kind != ROLLOUT_RENEWAL);
    if (rollout->candidate != NULL) {
        logger_commit(m->logger);
        m->log.level = rollout->candidate->log.level;
        deploy_commit(rollout->candidate, m->live);
        m->live = rollout->candidate;
    }
    rollout->candidate = NULL;
    rollout->starting = NULL;
    rollout->kind = ROLLOUT_NONE;
    m->paused = false;
    if (m->phase == PHASE_STARTING)
        m->phase = PHASE_RUNNING;
    say_done(m, kind, resumed);
}

/* The beginning */

static bool start_generation(struct master *m, struct deploy *deploy, struct reason *why)
{
    const struct generation_parts parts = {
        .number = ++m->generation,
        .conf = &deploy->conf,
        .listeners = &deploy->listeners,
        .lockfile = deploy->lockfile.fd >= 0 ? &deploy->lockfile : &m->live->lockfile,
        .log = &deploy->log,
    };
    m->rollout.starting = pool_begin(m->pool, &parts, why);
    return m->rollout.starting != NULL;
}

/* The logger has answered that the target is open. Until the daemon is ready, standard error is all that anybody looks
 * at. */
static void note_console(struct master *m, const char *warning)
{
    if (strcmp(m->rollout.candidate->conf.log_target, "stderr") == 0)
        m->log.console = -1;
    if (warning[0] != '\0')
        dprintf(m->stderr_fd, "mpechod: warning: %s\n", warning);
    if (m->setup->inherited > 0)
        log_warn(&m->log,
                 "LISTEN_FDS: sockets of a service manager are not used yet: %u closed; `listen` says where to listen",
                 m->setup->inherited);
}

static bool begin(struct master *m, enum rollout_kind kind, struct reason *why)
{
    struct rollout *rollout = &m->rollout;
    const struct conf *conf = m->live != NULL ? &m->live->conf : &m->setup->conf;
    rollout->kind = kind;
    if (!deploy_begin(&rollout->errand, kind == ROLLOUT_RELOAD ? &m->setup->source : NULL, conf, m->live, why))
        return false;
    rollout->errand_end = clock_now() + ERRAND_PATIENCE;
    ev_io_set(&m->errand, rollout->errand.fd, EV_READ);
    ev_io_start(m->loop, &m->errand);
    return true;
}

bool rollout_begin_start(struct master *m, struct reason *why)
{
    return begin(m, ROLLOUT_START, why);
}

/* Replace the workers, who hold things as they were when they were forked. */
static bool begin_renewal(struct master *m, struct reason *why)
{
    m->rollout.kind = ROLLOUT_RENEWAL;
    return start_generation(m, m->live, why);
}

static void begin_wanted(struct master *m)
{
    struct reason why;
    bool begun = true;
    struct rollout *rollout = &m->rollout;
    if (rollout->kind != ROLLOUT_NONE || m->phase != PHASE_RUNNING)
        return;
    bool reload = rollout->reload_wanted, renewal = rollout->renewal_wanted;
    rollout->reload_wanted = rollout->renewal_wanted = false; /* a reload renews everything */
    if (reload)
        begun = begin(m, ROLLOUT_RELOAD, &why);
    else if (renewal && !m->paused) /* paused, there is nobody to be replaced */
        begun = begin_renewal(m, &why);
    if (!begun)
        refuse_with_file(m, why.text);
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
    return m->rollout.kind == ROLLOUT_NONE && renewal_take(&m->rollout.renewals, clock_now());
}

void rollout_mend(struct master *m, bool deaf)
{
    if (m->phase != PHASE_RUNNING || m->rollout.kind != ROLLOUT_NONE || (!may_renew(m) && !deaf))
        return;
    log_warn(&m->log, "the accept lock is of no use any more: starting generation %u", m->generation + 1);
    rollout_request(m, ROLLOUT_RENEWAL);
}

static void mend_log(struct master *m)
{
    if (m->phase != PHASE_RUNNING || !logger_is_cut(m->logger) || !may_renew(m) || !logger_mend(m->logger))
        return;
    logger_attach(m->logger, &m->log);
    logger_attach(m->logger, &m->live->log);
    log_warn(&m->log, "a worker has shut the log's socket down: starting generation %u", m->generation + 1);
    rollout_request(m, ROLLOUT_RENEWAL);
}

/* A reload that is under way may keep listeners of the live configuration, so these are left alone until it is over. */
static bool is_settled(const struct master *m)
{
    enum rollout_kind kind = m->rollout.kind;
    return m->phase == PHASE_RUNNING && (kind == ROLLOUT_NONE || kind == ROLLOUT_RENEWAL);
}

void rollout_tend(struct master *m)
{
    if (is_settled(m) && deploy_tend(m->live))
        rollout_request(m, ROLLOUT_RENEWAL);
    mend_log(m);
}

bool rollout_end_left(struct master *m)
{
    return is_settled(m) && deploy_end_left(m->live);
}

/* In between */

static void start_candidate(struct master *m)
{
    struct reason why;
    if (!start_generation(m, m->rollout.candidate, &why))
        refuse_with_file(m, why.text);
}

/* The logger is asked for a target that is not in use yet. */
static void open_log(struct master *m)
{
    struct deploy *candidate = m->rollout.candidate;
    bool json = candidate->conf.log_format == CONF_FORMAT_JSON;
    logger_attach(m->logger, &candidate->log);
    if (m->live == NULL)
        m->log.level = candidate->log.level;
    m->rollout.opening = !logger_uses(m->logger, candidate->conf.log_target, json);
    if (m->rollout.opening)
        logger_open(m->logger, candidate->conf.log_target, json);
    else
        start_candidate(m);
}

static void await_log(struct master *m)
{
    struct rollout *rollout = &m->rollout;
    struct reason why;
    enum logger_answer answer = logger_opened(m->logger, &why);
    if (answer == LOGGER_PENDING && clock_now() < rollout->errand_end)
        return;
    rollout->opening = false;
    if (answer == LOGGER_OPEN) {
        if (rollout->kind == ROLLOUT_START)
            note_console(m, why.text);
        start_candidate(m);
        return;
    }
    if (answer == LOGGER_PENDING)
        reason_set(&why, "cannot open %s: the logger does not answer: does the target in use hang?",
                   rollout->candidate->conf.log_target);
    conf_blame(&rollout->candidate->conf, "log.target", &why);
    refuse(m, why.text);
}

static void collect(struct master *m)
{
    struct rollout *rollout = &m->rollout;
    struct reason why;
    ev_io_stop(m->loop, &m->errand);
    switch (deploy_collect(&rollout->errand, m->live, &rollout->candidate, &why)) {
    case ERRAND_DONE:
        open_log(m);
        break;
    case ERRAND_FAILED:
        refuse(m, why.text);
        break;
    case ERRAND_UNDER_WAY:
        ev_io_start(m->loop, &m->errand);
        if (clock_now() >= rollout->errand_end)
            refuse_with_file(m, "preparing it takes too long: does a file system hang?");
        break;
    }
}

static void go_on(struct master *m)
{
    struct reason why;
    switch (pool_start(m->pool, m->rollout.starting, &why)) {
    case POOL_READY:
        promote(m);
        break;
    case POOL_FAILED:
        refuse_with_file(m, why.text);
        break;
    case POOL_STARTING:
        break;
    }
}

void rollout_continue(struct master *m)
{
    if (m->rollout.errand.fd >= 0)
        collect(m);
    if (m->rollout.opening)
        await_log(m);
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
    if (m->rollout.kind == ROLLOUT_RELOAD || m->rollout.reload_wanted)
        log_warn(&m->log, "config not reloaded: %s: %s meanwhile", m->setup->source.file, why);
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
        refuse_with_file(m, why.text);
}
