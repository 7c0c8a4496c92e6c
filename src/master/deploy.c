/* deploy.c: a configuration put to work; see deploy.h. Called by the rollout, and at the end. The first half runs in a
 * child of the master's. */
#include "master/deploy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "master/rundir.h"

static const struct listen_set no_listeners = {.n = 0};
static const struct lockfile no_lockfile = {.fd = -1, .sign = -1};

/* The parts, made in this order in the child, and taken back in reverse. */

static bool prepare_pidfile(struct deploy *deploy, const struct deploy *live, pid_t master, struct reason *why)
{
    deploy->pidfile.fd = -1;
    if (live != NULL && strcmp(live->conf.pid_file, deploy->conf.pid_file) == 0)
        return true; /* moves over at commit */
    return pidfile_take(&deploy->pidfile, deploy->conf.pid_file, master, why) ||
           conf_blame(&deploy->conf, "process.pid_file", why);
}

static bool prepare_rundir(struct deploy *deploy, const struct deploy *live, pid_t master, struct reason *why)
{
    (void)live;
    (void)master;
    (void)why;
    deploy->rundir = rundir_hold(&deploy->conf);
    return true;
}

/* The log itself is opened by the logger. */
static bool prepare_log_directory(struct deploy *deploy, const struct deploy *live, pid_t master, struct reason *why)
{
    (void)live;
    (void)master;
    return rundir_prepare(deploy->conf.log_target, why) || conf_blame(&deploy->conf, "log.target", why);
}

static bool prepare_listeners(struct deploy *deploy, const struct deploy *live, pid_t master, struct reason *why)
{
    const struct conf *conf = &deploy->conf;
    size_t failed;
    (void)master;
    for (size_t i = 0; i < conf->listens; i++) {
        const char *path = addr_path(&conf->listen[i].addr);
        if (path != NULL && !rundir_prepare(path, why))
            return conf_blame_listener(conf, i, why);
    }
    return listen_open(&deploy->listeners, conf, live != NULL ? &live->listeners : &no_listeners, &failed, why) ||
           conf_blame_listener(conf, failed, why);
}

/* If it is the same file, and still there, it moves over at commit. */
static bool prepare_lockfile(struct deploy *deploy, const struct deploy *live, pid_t master, struct reason *why)
{
    const struct conf *conf = &deploy->conf;
    (void)master;
    deploy->lockfile = no_lockfile;
    if (live != NULL && strcmp(live->conf.lock_file, conf->lock_file) == 0 && lockfile_is_there(&live->lockfile))
        return true;
    return lockfile_open(&deploy->lockfile, conf->lock_file, why) || conf_blame(conf, "accept.lock_file", why);
}

static void abandon_pidfile(struct deploy *deploy, const struct deploy *live)
{
    (void)live;
    pidfile_end(&deploy->pidfile);
}

static void abandon_lockfile(struct deploy *deploy, const struct deploy *live)
{
    (void)live;
    lockfile_end(&deploy->lockfile);
}

static void abandon_rundir(struct deploy *deploy, const struct deploy *live)
{
    (void)live;
    fd_close(deploy->rundir);
}

static void abandon_nothing(struct deploy *deploy, const struct deploy *live)
{
    (void)deploy;
    (void)live;
}

static void abandon_listeners(struct deploy *deploy, const struct deploy *live)
{
    listen_close(&deploy->listeners, live != NULL ? &live->listeners : &no_listeners);
}

static void commit_pidfile(struct deploy *deploy, struct deploy *live)
{
    if (deploy->pidfile.fd >= 0 || deploy->conf.pid_file[0] == '\0')
        return;
    deploy->pidfile = live->pidfile;
    live->pidfile.fd = -1;
}

static void commit_lockfile(struct deploy *deploy, struct deploy *live)
{
    if (deploy->lockfile.fd < 0) {
        deploy->lockfile = live->lockfile;
        live->lockfile = no_lockfile;
    } else if (deploy->lockfile.sign >= 0) {
        log_info(&deploy->log, "the accept lock is kept in memory: %s is on a file system that could be held up",
                 deploy->lockfile.path);
    }
}

static void commit_nothing(struct deploy *deploy, struct deploy *live)
{
    (void)deploy;
    (void)live;
}

static void commit_listeners(struct deploy *deploy, struct deploy *live)
{
    listen_commit(&deploy->listeners, &deploy->conf, clock_now());
    if (live != NULL)
        listen_close(&live->listeners, &deploy->listeners);
}

struct part {
    bool (*prepare)(struct deploy *deploy, const struct deploy *live, pid_t master, struct reason *why);
    void (*commit)(struct deploy *deploy, struct deploy *live);
    void (*abandon)(struct deploy *deploy, const struct deploy *live);
};

static const struct part parts[] = {
    {prepare_pidfile, commit_pidfile, abandon_pidfile},    {prepare_log_directory, commit_nothing, abandon_nothing},
    {prepare_lockfile, commit_lockfile, abandon_lockfile}, {prepare_listeners, commit_listeners, abandon_listeners},
    {prepare_rundir, commit_nothing, abandon_rundir}, /* the others have made it, if need be */
};

enum { PARTS = sizeof parts / sizeof parts[0] };

static void take_back(struct deploy *deploy, const struct deploy *live, size_t made)
{
    while (made > 0)
        parts[--made].abandon(deploy, live);
}

static bool prepare(struct deploy *deploy, const struct deploy *live, pid_t master, struct reason *why)
{
    for (size_t i = 0; i < PARTS; i++) {
        if (!parts[i].prepare(deploy, live, master, why)) {
            take_back(deploy, live, i);
            return false;
        }
    }
    return true;
}

/* The errand */

struct task {
    const struct conf_source *source;
    const struct conf *conf;
    const struct deploy *live;
    pid_t master;
};

struct answer {
    bool good;
    struct reason why;
    int kept[FD_LISTEN_MAX]; /* which listener of the live ones goes on as this one; -1: it is a new one */
    struct deploy deploy;
};

static struct errand_cargo cargo_of(struct answer *answer)
{
    struct errand_cargo cargo = {.data = answer, .size = sizeof *answer};
    cargo.fd[cargo.fds++] = &answer->deploy.pidfile.fd;
    cargo.fd[cargo.fds++] = &answer->deploy.rundir;
    cargo.fd[cargo.fds++] = &answer->deploy.lockfile.fd;
    cargo.fd[cargo.fds++] = &answer->deploy.lockfile.sign;
    for (size_t i = 0; i < FD_LISTEN_MAX; i++)
        cargo.fd[cargo.fds++] = &answer->deploy.listeners.at[i].fd;
    return cargo;
}

static int find_kept(const struct listen_set *live, int fd)
{
    for (size_t i = 0; i < live->n; i++)
        if (fd >= 0 && live->at[i].fd == fd)
            return (int)i;
    return -1;
}

/* The master has the sockets of kept listeners already, under numbers of its own, so they are not sent. */
static void pack(struct answer *answer, const struct listen_set *live)
{
    struct listen_set *set = &answer->deploy.listeners;
    for (size_t i = 0; i < FD_LISTEN_MAX; i++) {
        answer->kept[i] = i < set->n ? find_kept(live, set->at[i].fd) : -1;
        if (i >= set->n || answer->kept[i] >= 0)
            set->at[i].fd = -1;
    }
}

static bool unpack(struct answer *answer, const struct listen_set *live)
{
    struct listen_set *set = &answer->deploy.listeners;
    for (size_t i = 0; i < set->n; i++)
        if (answer->kept[i] >= 0)
            set->at[i].fd = (size_t)answer->kept[i] < live->n ? live->at[answer->kept[i]].fd : -1;
    return answer->good;
}

/* Look at the sockets that may be kept, and let go of them: a child that hangs, and outlives the master, would keep the
 * addresses from its successor. Their numbers stay taken, since a kept socket is known by its number. */
static void release_listeners(struct deploy *live)
{
    listen_inspect(&live->listeners, &live->conf);
    for (size_t i = 0; i < live->listeners.n; i++)
        if (live->listeners.at[i].fd >= 0)
            dup2(STDIN_FILENO, live->listeners.at[i].fd);
}

/* What the child writes to. */
struct desk {
    struct answer answer;
    struct deploy live; /* a copy of what is live, without the sockets */
};

/* In the child. */
static void run(void *context, int fd)
{
    struct task *task = context;
    struct desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL)
        return;
    if (task->live != NULL) {
        desk->live = *task->live;
        release_listeners(&desk->live);
        task->live = &desk->live;
    }
    struct answer *answer = &desk->answer;
    const struct listen_set *listeners = task->live != NULL ? &task->live->listeners : &no_listeners;
    struct deploy *deploy = &answer->deploy;
    if (task->source == NULL)
        deploy->conf = *task->conf;
    answer->good = (task->source == NULL || conf_load(task->source, &deploy->conf, &answer->why)) &&
                   prepare(deploy, task->live, task->master, &answer->why);
    if (!answer->good)
        *deploy = (struct deploy){.pidfile = {.fd = -1}, .lockfile = no_lockfile, .rundir = -1};
    struct answer sent = *answer;
    struct errand_cargo cargo = cargo_of(&sent);
    pack(&sent, listeners);
    if (!errand_answer(fd, &cargo) && answer->good)
        take_back(deploy, task->live, PARTS);
}

bool deploy_begin(struct errand *errand, const struct conf_source *source, const struct conf *conf,
                  const struct deploy *live, struct reason *why)
{
    struct task task = {.source = source, .conf = conf, .live = live, .master = getpid()};
    int kept[FD_LISTEN_MAX + 3];
    size_t n = 0;
    if (live != NULL && live->lockfile.fd >= 0)
        kept[n++] = live->lockfile.fd;
    if (live != NULL && live->lockfile.sign >= 0)
        kept[n++] = live->lockfile.sign;
    for (size_t i = 0; live != NULL && i < live->listeners.n; i++)
        if (live->listeners.at[i].fd >= 0)
            kept[n++] = live->listeners.at[i].fd;
    kept[n] = -1;
    return errand_begin(errand, run, &task, kept, why);
}

static struct deploy *adopt(const struct answer *answer, struct reason *why)
{
    struct deploy *deploy = malloc(sizeof *deploy);
    if (deploy == NULL) {
        reason_set(why, "out of memory");
        return NULL;
    }
    *deploy = answer->deploy;
    deploy->log = (struct log){.fd = -1, .workers = -1, .console = -1, .level = (enum log_level)deploy->conf.log_level};
    return deploy;
}

static void blame_file(const struct conf *conf, struct reason *why)
{
    struct reason what = *why;
    reason_set(why, "%s: %s", conf->file, what.text);
}

enum errand_state deploy_collect(struct errand *errand, const struct deploy *live, struct deploy **deploy,
                                 struct reason *why)
{
    const struct listen_set *listeners = live != NULL ? &live->listeners : &no_listeners;
    struct answer answer;
    struct errand_cargo cargo = cargo_of(&answer);
    enum errand_state state = errand_collect(errand, &cargo, why);
    if (state == ERRAND_FAILED && live != NULL)
        blame_file(&live->conf, why);
    if (state != ERRAND_DONE)
        return state;
    if (!unpack(&answer, listeners)) {
        *why = answer.why;
        return ERRAND_FAILED;
    }
    *deploy = adopt(&answer, why);
    if (*deploy != NULL)
        return ERRAND_DONE;
    take_back(&answer.deploy, live, PARTS);
    return ERRAND_FAILED;
}

void deploy_drop(struct errand *errand, const struct deploy *live)
{
    struct answer answer;
    struct errand_cargo cargo = cargo_of(&answer);
    if (errand_drop(errand, &cargo) != ERRAND_DONE || !unpack(&answer, live != NULL ? &live->listeners : &no_listeners))
        return;
    take_back(&answer.deploy, live, PARTS);
}

/* The kernel silently uses the smaller number. If that is smaller than the default, which nobody asked for, nothing is
 * logged. */
static void warn_of_backlog(struct log *log, const struct conf *conf)
{
    unsigned limit = listen_backlog_limit();
    if (limit > 0 && conf->backlog > limit && conf_is_set(conf, "accept.backlog"))
        log_warn(log, "accept.backlog is %u, but net.core.somaxconn allows %u: raise that too", conf->backlog, limit);
}

void deploy_commit(struct deploy *deploy, struct deploy *live)
{
    for (size_t i = 0; i < PARTS; i++)
        parts[i].commit(deploy, live);
    if (live != NULL)
        deploy_end(live);
    warn_of_backlog(&deploy->log, &deploy->conf);
}

void deploy_abandon(struct deploy *deploy, const struct deploy *live)
{
    take_back(deploy, live, PARTS);
    free(deploy);
}

bool deploy_tend(struct deploy *deploy)
{
    pidfile_tend(&deploy->pidfile, &deploy->log);
    return listen_mend(&deploy->listeners, &deploy->conf, clock_now(), &deploy->log);
}

bool deploy_end_left(struct deploy *deploy)
{
    return listen_end_left(&deploy->listeners, clock_now());
}

void deploy_close_listeners(struct deploy *deploy)
{
    abandon_listeners(deploy, NULL);
}

void deploy_end(struct deploy *deploy)
{
    deploy_abandon(deploy, NULL);
}
