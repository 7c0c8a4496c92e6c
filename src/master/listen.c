/* listen.c: the listening sockets; see listen.h. Whatever connections can inherit from a listener is set there,
 * because it costs nothing per connection: TCP_NODELAY, timeouts, keepalive, urgent data in line. */
#include "master/listen.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "base/sockopt.h"
#include "contract/fdplan.h"
#include "master/listen_unix.h"

bool listen_cannot(struct reason *why, const char *what, const struct addr *addr)
{
    int error = errno;
    char text[ADDR_TEXT_MAX];
    addr_format_listen(addr, text);
    const char *hint = error == EADDRINUSE                          ? ": does another server listen there?"
                       : error == EACCES && addr_path(addr) == NULL ? ": ports below 1024 are root's"
                       : error == EADDRNOTAVAIL                     ? ": it is not an address of this machine"
                                                                    : "";
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

static bool begin_inet(struct listener *listener, int backlog, struct reason *why)
{
    struct addr *at = &listener->bound;
    int fd = listener->fd;
    sockopt_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    sockopt_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    sockopt_int(fd, SOL_SOCKET, SO_OOBINLINE, 1); /* an urgent byte is a byte: it comes back in its place */
    sockopt_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (at->storage.ss_family == AF_INET6)
        sockopt_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, !at->dual_stack);
    if (bind(fd, (const struct sockaddr *)&at->storage, at->length) != 0)
        return listen_cannot(why, "bind", at);
    return (listen(fd, backlog) == 0 && getsockname(fd, (struct sockaddr *)&at->storage, &at->length) == 0) ||
           listen_cannot(why, "listen at", at);
}

static bool open_one(struct listener *listener, struct addr at, const struct conf_listen *wanted,
                     const struct conf *conf, struct reason *why)
{
    int fd = open_socket(&at), backlog = (int)conf->backlog;
    *listener = (struct listener){.wanted = wanted->addr, .bound = at, .fd = fd};
    if (fd < 0)
        return listen_cannot(why, "make a socket for", &at);
    sockopt_timeouts(fd, conf->idle);
    if (addr_path(&at) != NULL ? listen_unix_begin(listener, wanted->mode, backlog, why)
                               : begin_inet(listener, backlog, why))
        return true;
    close(fd);
    return false;
}

static bool has_fd(const struct listen_set *set, int fd)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->at[i].fd == fd)
            return true;
    return false;
}

/* The socket of set for that address, unless taken has it already: port 0 may be asked for twice. */
static const struct listener *find(const struct listen_set *set, const struct addr *wanted,
                                   const struct listen_set *taken)
{
    for (size_t i = 0; i < set->n; i++)
        if (addr_equal(&set->at[i].wanted, wanted) && !has_fd(taken, set->at[i].fd))
            return &set->at[i];
    return NULL;
}

/* A socket that somebody shut down hangs up; a closed one is not valid. */
static bool is_broken(short revents)
{
    return (revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/* poll(2) that does not wait. A pending signal interrupts even that, and no SA_RESTART helps. */
static int poll_now(struct pollfd *pollfds, nfds_t n)
{
    int rc;
    do {
        rc = poll(pollfds, n, 0);
    } while (rc < 0 && errno == EINTR);
    return rc;
}

/* Nobody can take its name away from a TCP socket. */
static bool has_name(const struct listener *listener)
{
    return addr_path(&listener->bound) == NULL || listen_unix_has_name(listener);
}

static bool is_sound(const struct listener *listener)
{
    struct pollfd pollfd = {.fd = listener->fd};
    return poll_now(&pollfd, 1) >= 0 && !is_broken(pollfd.revents) && has_name(listener);
}

static_assert((int)CONF_LISTEN_MAX <= (int)FD_LISTEN_MAX, "all configured listeners have a descriptor");

bool listen_open(struct listen_set *set, const struct conf *conf, const struct listen_set *old, size_t *failed,
                 struct reason *why)
{
    set->n = 0;
    for (size_t i = 0; i < conf->listens; i++) {
        const struct conf_listen *wanted = &conf->listen[i];
        const struct listener *kept = find(old, &wanted->addr, set);
        if (kept != NULL && is_sound(kept)) {
            set->at[set->n++] = *kept;
        } else if (open_one(&set->at[i], kept != NULL ? kept->bound : wanted->addr, wanted, conf, why)) {
            set->n++;
        } else {
            *failed = i;
            listen_close(set, old);
            return false;
        }
    }
    return true;
}

void listen_close(const struct listen_set *set, const struct listen_set *kept)
{
    for (size_t i = 0; i < set->n; i++) {
        if (has_fd(kept, set->at[i].fd))
            continue;
        if (addr_path(&set->at[i].bound) != NULL)
            listen_unix_remove_name(&set->at[i]);
        shutdown(set->at[i].fd, SHUT_RDWR); /* also ends it for workers that still hold it */
        close(set->at[i].fd);
    }
}

void listen_tune(const struct listen_set *set, const struct conf *conf)
{
    for (size_t i = 0; i < set->n; i++) {
        listen(set->at[i].fd, (int)conf->backlog);
        sockopt_timeouts(set->at[i].fd, conf->idle);
        if (addr_path(&set->at[i].bound) != NULL)
            listen_unix_set_mode(&set->at[i], conf->listen[i].mode);
    }
}

/* For a listening socket TCP_INFO's tcpi_unacked is the length of its accept queue; a Unix one cannot tell. */
static unsigned queue_length(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_unacked == 0)
        return 1;
    return info.tcpi_unacked;
}

unsigned listen_waiting(const struct listen_set *set, bool *broken)
{
    struct pollfd pollfds[FD_LISTEN_MAX];
    unsigned waiting = 0;
    *broken = false;
    for (size_t i = 0; i < set->n; i++) {
        pollfds[i] = (struct pollfd){.fd = set->at[i].fd, .events = POLLIN};
        *broken = *broken || !has_name(&set->at[i]);
    }
    if (poll_now(pollfds, set->n) <= 0)
        return 0;
    for (size_t i = 0; i < set->n; i++) {
        if (is_broken(pollfds[i].revents))
            *broken = true;
        else if ((pollfds[i].revents & POLLIN) != 0)
            waiting += queue_length(pollfds[i].fd);
    }
    return waiting;
}

/* TCP: drop every SYN, so that handshakes under way complete and no new one begins. Unix: take the name away. */
void listen_refuse(const struct listen_set *set)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13), /* the flags of the TCP header */
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x02 /* SYN */, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    for (size_t i = 0; i < set->n; i++) {
        if (addr_path(&set->at[i].bound) != NULL)
            listen_unix_remove_name(&set->at[i]);
        else if (setsockopt(set->at[i].fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
            listen(set->at[i].fd, 0); /* where only root may set filters: at least no more than one waits */
    }
}

unsigned listen_backlog_limit(void)
{
    char text[32] = "";
    FILE *file = fopen("/proc/sys/net/core/somaxconn", "re");
    if (file == NULL)
        return 0;
    const char *got = fgets(text, sizeof text, file);
    fclose(file);
    return got != NULL ? (unsigned)strtoul(got, NULL, 10) : 0;
}

void listen_names(const struct listen_set *set, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < set->n && used < size; i++) {
        char name[ADDR_TEXT_MAX];
        addr_format_listen(&set->at[i].bound, name);
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", name);
    }
}
