/* inet.c: TCP listening sockets. Called by listener.c. Whatever connections can inherit from a listener is set here,
 * because it costs nothing per connection: TCP_NODELAY, keepalive, urgent data in line. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/sockopt.h"
#include "master/listener/kind.h"

enum { RACE_TRIES = 1000 }; /* a few ms */

/* A socket can be bound to an address although another one still has it, if that other socket is shut down and has
 * SO_REUSEADDR set. A worker may have cleared that option. */
static void vacate(const struct listener *listener)
{
    sockopt_int(listener->fd, SOL_SOCKET, SO_REUSEADDR, 1);
    shutdown(listener->fd, SHUT_RDWR);
}

/* A worker that has the rival open can make it listen again at once, and so take the address back, until we listen. */
static bool claim(const struct listener *listener, int backlog, const struct listener *rival, bool *bound)
{
    const struct addr *at = &listener->bound;
    *bound = false;
    for (int tries = 0; tries < RACE_TRIES; tries++) {
        if (rival != NULL)
            vacate(rival);
        *bound = *bound || bind(listener->fd, (const struct sockaddr *)&at->storage, at->length) == 0;
        if (*bound && listen(listener->fd, backlog) == 0)
            return true;
        if (rival == NULL || errno != EADDRINUSE)
            return false;
    }
    return false;
}

static bool begin(struct listener *listener, const struct conf_listen *wanted, int backlog,
                  const struct listener *rival, struct reason *why)
{
    struct addr *at = &listener->bound;
    int fd = listener->fd;
    bool bound;
    (void)wanted;
    sockopt_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    sockopt_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    sockopt_int(fd, SOL_SOCKET, SO_OOBINLINE, 1); /* an urgent byte is a byte: it comes back in its place */
    sockopt_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (at->storage.ss_family == AF_INET6)
        sockopt_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, !at->dual_stack);
    return (claim(listener, backlog, rival, &bound) &&
            getsockname(fd, (struct sockaddr *)&at->storage, &at->length) == 0) ||
           listener_cannot(why, bound ? "listen at" : "bind", at);
}

static enum listener_fault fault(struct listener *listener)
{
    if (listener->refusing || proof_holds(&listener->proof, listener->fd, &listener->changed))
        return LISTENER_SOUND;
    return LISTENER_TAMPERED;
}

/* Connections inherit this option; a connection without it keeps the port from being bound again for as long as it
 * lasts. */
static void restore(const struct listener *listener, int backlog)
{
    (void)backlog;
    sockopt_int(listener->fd, SOL_SOCKET, SO_REUSEADDR, 1);
}

static void tune(struct listener *listener, const struct conf_listen *wanted)
{
    (void)listener;
    (void)wanted;
}

/* For a listening socket TCP_INFO's tcpi_unacked is the length of its accept queue. */
static unsigned queue(const struct listener *listener)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(listener->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_unacked == 0)
        return 1;
    return info.tcpi_unacked;
}

/* Drop every SYN, so that handshakes under way complete and no new one begins. */
static void refuse(const struct listener *listener)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13), /* the flags of the TCP header */
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x02 /* SYN */, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    if (setsockopt(listener->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
        listen(listener->fd, 0); /* where only root may set filters: at least no more than one waits */
}

static void welcome(const struct listener *listener)
{
    sockopt_int(listener->fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
}

const struct kind kind_inet = {
    .begin = begin,
    .fault = fault,
    .restore = restore,
    .tune = tune,
    .queue = queue,
    .refuse = refuse,
    .welcome = welcome,
    .vacate = vacate,
};
