/* listen.c: the listening sockets of a configuration; see listen.h. Called by deploy, the pool and the master. */
#include "master/listener/listen.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"

#define REOPEN_APART 1.0 /* seconds between two tries to open a listener anew */
#define LEAVE_LEAST 0.02 /* seconds that a leaving one is kept at least, for handshakes that are under way */

static_assert((int)CONF_LISTEN_MAX <= (int)FD_LISTEN_MAX, "all configured listeners have a descriptor");

static bool has_fd(const struct listen_set *set, int fd)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->at[i].fd == fd)
            return true;
    return false;
}

/* The socket of set for that address, unless taken has it already: port 0 may be asked for twice. A Unix socket that
 * leaves has given its name away for good. */
static const struct listener *find(const struct listen_set *set, const struct addr *wanted,
                                   const struct listen_set *taken)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct listener *listener = &set->at[i];
        if (listener->fd >= 0 && addr_equal(&listener->wanted, wanted) && !has_fd(taken, listener->fd) &&
            !(listener->leaving && listener->kind == LISTENER_UNIX))
            return listener;
    }
    return NULL;
}

/* One that was tampered with can still be kept: the next tick opens it anew, which would not be all or nothing. */
static bool is_worth_keeping(const struct listener *listener)
{
    return listener_serves(listener) && (listener->fault == LISTENER_SOUND || listener->fault == LISTENER_TAMPERED);
}

static bool open_one(struct listener *listener, const struct conf *conf, size_t index, const struct listener *old,
                     struct reason *why)
{
    const struct conf_listen *wanted = &conf->listen[index];
    if (old == NULL || !is_worth_keeping(old))
        return listener_open(listener, wanted, old != NULL ? &old->bound : &wanted->addr, conf, why);
    *listener = *old;
    listener->leaving = false;
    listener->left = listener->leave_by = 0;
    return true;
}

/* A place for one that leaves: a free one after the configured ones, or the oldest one's, which is ended. */
static struct listener *place_for_leaving(struct listen_set *set, size_t configured)
{
    struct listener *oldest = NULL;
    if (set->n < FD_LISTEN_MAX)
        return &set->at[set->n++];
    for (size_t i = configured; i < set->n; i++) {
        if (set->at[i].fd < 0)
            return &set->at[i];
        if (oldest == NULL || set->at[i].left < oldest->left)
            oldest = &set->at[i];
    }
    if (oldest != NULL)
        listener_end(oldest);
    return oldest;
}

static void add_leaving(struct listen_set *set, const struct listen_set *old)
{
    for (size_t i = 0; i < old->n && set->n < FD_LISTEN_MAX; i++) {
        struct listener listener = old->at[i];
        listener.leaving = true;
        if (listener_serves(&listener) && !listener.shared && !has_fd(set, listener.fd))
            set->at[set->n++] = listener;
    }
}

bool listen_open(struct listen_set *set, const struct conf *conf, const struct listen_set *old, size_t *failed,
                 struct reason *why)
{
    set->n = 0;
    for (size_t i = 0; i < conf->listens; i++) {
        if (!open_one(&set->at[i], conf, i, find(old, &conf->listen[i].addr, set), why)) {
            *failed = i;
            listen_close(set, old);
            return false;
        }
        set->n++;
    }
    add_leaving(set, old);
    return true;
}

static void leave(struct listener *listener, const struct conf *conf, double now)
{
    listener_refuse(listener);
    listener->left = now;
    listener->leave_by = conf->drain > 0 ? now + conf->drain : 0;
}

void listen_commit(struct listen_set *set, const struct conf *conf, double now)
{
    for (size_t i = 0; i < set->n; i++) {
        if (!set->at[i].leaving)
            listener_tune(&set->at[i], &conf->listen[i], conf);
        else if (set->at[i].left <= 0)
            leave(&set->at[i], conf, now);
    }
}

void listen_close(struct listen_set *set, const struct listen_set *kept)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->at[i].fd >= 0 && !has_fd(kept, set->at[i].fd))
            listener_end(&set->at[i]);
    set->n = 0;
}

void listen_inspect(struct listen_set *set, const struct conf *conf)
{
    for (size_t i = 0; i < conf->listens; i++)
        listener_inspect(&set->at[i], conf);
}

bool listen_is_due(const struct listen_set *set, size_t index, double now)
{
    const struct listener *listener = &set->at[index];
    return listener->fault != LISTENER_SOUND && (listener->tried <= 0 || now >= listener->tried + REOPEN_APART);
}

bool listen_reopen(struct listen_set *set, size_t index, const struct conf *conf, double now, struct reason *why)
{
    struct listener rest, *place;
    bool reopened = listener_reopen(&set->at[index], &conf->listen[index], conf, &rest, why);
    set->at[index].tried = now;
    if (rest.fd < 0)
        return reopened;
    leave(&rest, conf, now);
    place = place_for_leaving(set, conf->listens);
    if (place != NULL)
        *place = rest;
    else
        listener_end(&rest);
    return reopened;
}

static bool is_over(const struct listener *listener, double now)
{
    struct pollfd pollfd = {.fd = listener->fd, .events = POLLIN};
    if (listener->leave_by > 0 && now >= listener->leave_by)
        return true;
    bool quiet = fd_poll_now(&pollfd, 1) == 0;
    return listener_is_shut(pollfd.revents) || (quiet && now >= listener->left + LEAVE_LEAST);
}

bool listen_end_left(struct listen_set *set, double now)
{
    bool soon = false;
    for (size_t i = 0; i < set->n; i++) {
        struct listener *listener = &set->at[i];
        if (!listener->leaving || listener->fd < 0 || listener->left <= 0)
            continue;
        if (is_over(listener, now))
            listener_end(listener);
        else
            soon = soon || now < listener->left + LEAVE_LEAST;
    }
    return soon;
}

unsigned listen_waiting(const struct listen_set *set, bool *broken)
{
    struct pollfd pollfds[FD_LISTEN_MAX];
    unsigned waiting = 0;
    *broken = false;
    for (size_t i = 0; i < set->n; i++)
        pollfds[i] = (struct pollfd){.fd = listener_serves(&set->at[i]) ? set->at[i].fd : -1, .events = POLLIN};
    if (fd_poll_now(pollfds, set->n) <= 0)
        return 0;
    for (size_t i = 0; i < set->n; i++) {
        if (listener_is_shut(pollfds[i].revents))
            *broken = true;
        else if ((pollfds[i].revents & POLLIN) != 0)
            waiting += listener_queue(&set->at[i]);
    }
    return waiting;
}

unsigned listen_counted(const struct listen_set *set)
{
    unsigned waiting = 0;
    for (size_t i = 0; i < set->n; i++) {
        struct pollfd pollfd = {.fd = set->at[i].fd, .events = POLLIN};
        bool counts = listener_serves(&set->at[i]) && addr_path(&set->at[i].bound) == NULL;
        if (counts && fd_poll_now(&pollfd, 1) > 0 && (pollfd.revents & POLLIN) != 0)
            waiting += listener_queue(&set->at[i]);
    }
    return waiting;
}

void listen_refuse(struct listen_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        listener_refuse(&set->at[i]);
}

unsigned listen_backlog_limit(void)
{
    return file_number("/proc/sys/net/core/somaxconn", 0);
}

void listen_names(const struct listen_set *set, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < set->n && used < size; i++) {
        char name[ADDR_TEXT_MAX];
        if (set->at[i].leaving)
            continue;
        addr_format_listen(&set->at[i].bound, name);
        used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", name);
    }
}
