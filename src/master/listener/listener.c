/* listener.c: one listening socket; see listener.h. Called by listen.c. */
#include "master/listener/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sockopt.h"
#include "contract/fdplan.h"
#include "master/listener/kind.h"

static const struct kind *const kinds[LISTENER_KINDS] = {
    [LISTENER_INET] = &kind_inet,
    [LISTENER_UNIX] = &kind_unix,
};

static const struct kind *kind_of(const struct listener *listener)
{
    return kinds[listener->kind];
}

bool listener_cannot(struct reason *why, const char *what, const struct addr *addr)
{
    int error = errno;
    char text[ADDR_TEXT_MAX], hint[64] = "";
    unsigned port = addr_port(addr), privileged = file_number("/proc/sys/net/ipv4/ip_unprivileged_port_start", 1024);
    addr_format_listen(addr, text);
    if (error == EADDRINUSE)
        snprintf(hint, sizeof hint, ": does another server listen there?");
    else if (error == EACCES && port > 0 && port < privileged)
        snprintf(hint, sizeof hint, ": ports below %u are root's", privileged);
    else if (error == EADDRNOTAVAIL)
        snprintf(hint, sizeof hint, ": it is not an address of this machine");
    return reason_set(why, "cannot %s %s: %s%s", what, text, strerror(error), hint);
}

/* "*" where the kernel has no IPv6. */
static int open_socket(struct addr *addr)
{
    const int flags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int fd = socket(addr->storage.ss_family, flags, 0);
    if (fd < 0 && errno == EAFNOSUPPORT && addr->dual_stack) {
        struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)addr_port(addr))};
        memset(&addr->storage, 0, sizeof addr->storage);
        memcpy(&addr->storage, &any, sizeof any);
        addr->length = sizeof any;
        fd = socket(AF_INET, flags, 0);
    }
    return fd_move(fd, FD_PRIVATE);
}

static bool open_against(struct listener *listener, const struct conf_listen *wanted, const struct addr *at,
                         const struct conf *conf, const struct listener *rival, struct reason *why)
{
    struct addr bound = *at;
    int fd = open_socket(&bound);
    *listener = (struct listener){.fd = fd, .wanted = wanted->addr, .bound = bound};
    listener->kind = addr_path(at) != NULL ? LISTENER_UNIX : LISTENER_INET;
    if (fd < 0)
        return listener_cannot(why, "make a socket for", at);
    sockopt_timeouts(fd, conf->idle);
    if (kind_of(listener)->begin(listener, wanted, (int)conf->backlog, rival, why)) {
        proof_take(&listener->proof, fd);
        return true;
    }
    listener_release(listener);
    return false;
}

bool listener_open(struct listener *listener, const struct conf_listen *wanted, const struct addr *at,
                   const struct conf *conf, struct reason *why)
{
    return open_against(listener, wanted, at, conf, NULL, why);
}

bool listener_serves(const struct listener *listener)
{
    return listener->fd >= 0 && !listener->down;
}

static void make_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK) == 0)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void listener_inspect(struct listener *listener, const struct conf *conf)
{
    struct pollfd pollfd = {.fd = listener->fd};
    bool was_reachable = listener->fault == LISTENER_NAMELESS;
    if (!listener_serves(listener))
        return;
    listener->fault = LISTENER_SOUND;
    if (fd_poll_now(&pollfd, 1) > 0 && listener_is_shut(pollfd.revents)) {
        listener->fault = LISTENER_SHUT;
        if (was_reachable)
            listener->tried = 0; /* workers wait for it from now on: do not wait for the next try */
        return;
    }
    make_nonblocking(listener->fd);
    if (listener->shared || listener->leaving)
        return;
    kind_of(listener)->restore(listener, (int)conf->backlog);
    listener->fault = kind_of(listener)->fault(listener);
}

bool listener_is_shut(short revents)
{
    return (revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

void listener_fault_text(const struct listener *listener, char *text, size_t size)
{
    switch (listener->fault) {
    case LISTENER_SOUND:
        snprintf(text, size, "sound");
        break;
    case LISTENER_SHUT:
        snprintf(text, size, "somebody shut it down");
        break;
    case LISTENER_NAMELESS:
        snprintf(text, size, "its file was removed or replaced");
        break;
    case LISTENER_TAMPERED:
        snprintf(text, size, "a worker changed %s", proof_name(listener->changed));
        break;
    }
}

bool listener_reopen(struct listener *listener, const struct conf_listen *wanted, const struct conf *conf,
                     struct listener *rest, struct reason *why)
{
    struct listener fresh, old = *listener;
    bool reachable = old.fault == LISTENER_NAMELESS; /* its queue, by workers */
    *rest = (struct listener){.fd = -1};
    if (!open_against(&fresh, wanted, &old.bound, conf, reachable || old.shared ? NULL : &old, why)) {
        listener->down = !reachable;
        return false;
    }
    *listener = fresh;
    if (reachable) {
        *rest = old;
        rest->leaving = rest->refusing = true;
    } else {
        listener_release(&old);
    }
    return true;
}

/* An option that was tampered with must not be taken for what we set. */
void listener_tune(struct listener *listener, const struct conf_listen *wanted, const struct conf *conf)
{
    if (!listener_serves(listener))
        return;
    if (listener->refusing && kind_of(listener)->welcome != NULL) {
        kind_of(listener)->welcome(listener);
        listener->refusing = false;
    }
    sockopt_timeouts(listener->fd, conf->idle);
    if (listener->shared)
        return;
    listen(listener->fd, (int)conf->backlog);
    kind_of(listener)->tune(listener, wanted);
    proof_retake_tuned(&listener->proof, listener->fd);
}

unsigned listener_queue(const struct listener *listener)
{
    return kind_of(listener)->queue(listener);
}

void listener_refuse(struct listener *listener)
{
    if (!listener_serves(listener) || listener->refusing)
        return;
    if (listener->shared)
        listener_release(listener);
    else
        kind_of(listener)->refuse(listener);
    listener->refusing = true;
}

void listener_release(struct listener *listener)
{
    fd_close(listener->fd);
    listener->fd = -1;
}

/* Shutting it down ends it for workers that still have it open, too. */
void listener_end(struct listener *listener)
{
    if (listener->fd >= 0 && !listener->shared) {
        kind_of(listener)->vacate(listener);
        shutdown(listener->fd, SHUT_RDWR);
    }
    listener_release(listener);
}
