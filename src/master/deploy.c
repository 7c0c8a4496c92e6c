/* deploy.c: a configuration put to work; see deploy.h. Called by the master at start, at reload and at the end. */
#include "master/deploy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/rundir.h"

static bool open_log(struct log *log, const struct conf *conf, int stderr_fd, struct reason *why)
{
    if (!rundir_prepare(conf->log_target, why) || !log_open(log, conf->log_target, stderr_fd, why))
        return conf_blame(conf, "log.target", why);
    log->level = (enum log_level)conf->log_level;
    log->json = conf->log_format == CONF_FORMAT_JSON;
    return true;
}

static bool take_pidfile(struct deploy *deploy, const struct deploy *live, struct reason *why)
{
    deploy->pidfile.fd = -1;
    if (deploy->conf.pid_file[0] == '\0')
        return true; /* there is none */
    if (live != NULL && strcmp(live->conf.pid_file, deploy->conf.pid_file) == 0)
        return true; /* moves over at commit */
    return pidfile_take(&deploy->pidfile, deploy->conf.pid_file, getpid(), why) ||
           conf_blame(&deploy->conf, "process.pid_file", why);
}

static bool open_listeners(struct listen_set *set, const struct conf *conf, const struct listen_set *old,
                           struct reason *why)
{
    for (size_t i = 0; i < conf->listens; i++) {
        const char *path = addr_path(&conf->listen[i].addr);
        if (path != NULL && !rundir_prepare(path, why))
            return conf_blame_listener(conf, i, why);
    }
    size_t failed;
    return listen_open(set, conf, old, &failed, why) || conf_blame_listener(conf, failed, why);
}

/* The kernel cuts it without a word. Nobody asked for the default, so nothing is said of that. */
static void warn_of_backlog(struct log *log, const struct conf *conf)
{
    unsigned limit = listen_backlog_limit();
    if (limit > 0 && conf->backlog > limit && conf_is_set(conf, "accept.backlog"))
        log_warn(log, "accept.backlog is %u, but net.core.somaxconn allows %u: raise that too", conf->backlog, limit);
}

struct deploy *deploy_prepare(const struct conf *conf, const struct deploy *live, int stderr_fd, struct reason *why)
{
    static const struct listen_set none = {.n = 0};
    struct deploy *deploy = calloc(1, sizeof *deploy);
    if (deploy == NULL) {
        reason_set(why, "out of memory");
        goto fail;
    }
    deploy->conf = *conf;
    if (!take_pidfile(deploy, live, why))
        goto fail;
    if (!open_log(&deploy->log, conf, stderr_fd, why))
        goto fail_pidfile;
    if (!open_listeners(&deploy->listeners, conf, live != NULL ? &live->listeners : &none, why))
        goto fail_log;
    warn_of_backlog(&deploy->log, conf);
    return deploy;

fail_log:
    log_close(&deploy->log);
fail_pidfile:
    pidfile_drop(&deploy->pidfile);
fail:
    free(deploy);
    return NULL;
}

void deploy_commit(struct deploy *deploy, struct deploy *live)
{
    listen_commit(&deploy->listeners, &deploy->conf, clock_now());
    log_install(&deploy->log);
    if (live == NULL)
        return;
    if (deploy->pidfile.fd < 0 && deploy->conf.pid_file[0] != '\0') {
        deploy->pidfile = (struct pidfile){.path = deploy->conf.pid_file, .fd = live->pidfile.fd};
        live->pidfile.fd = -1;
    }
    listen_close(&live->listeners, &deploy->listeners);
    deploy_end(live);
}

void deploy_abandon(struct deploy *deploy, const struct deploy *live)
{
    if (live != NULL)
        listen_close(&deploy->listeners, &live->listeners);
    deploy_end(deploy);
}

bool deploy_reopen_log(struct deploy *deploy, int stderr_fd, struct reason *why)
{
    struct log log;
    if (!open_log(&log, &deploy->conf, stderr_fd, why))
        return false;
    log_close(&deploy->log);
    deploy->log = log;
    log_install(&deploy->log);
    return true;
}

bool deploy_tend(struct deploy *deploy)
{
    return listen_mend(&deploy->listeners, &deploy->conf, clock_now(), &deploy->log);
}

bool deploy_end_left(struct deploy *deploy)
{
    return listen_end_left(&deploy->listeners, clock_now());
}

void deploy_close_listeners(struct deploy *deploy)
{
    static const struct listen_set none = {.n = 0};
    listen_close(&deploy->listeners, &none);
}

void deploy_end(struct deploy *deploy)
{
    deploy_close_listeners(deploy);
    pidfile_drop(&deploy->pidfile);
    log_close(&deploy->log);
    free(deploy);
}
