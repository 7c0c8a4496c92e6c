/* listen.c: the listening sockets; see listen.h. Whatever can be set on a listener and inherited by its connections
 * is, for that costs nothing per connection: TCP_NODELAY, timeouts, keepalive, urgent data in line. */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static bool set_int(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

void listen_set_timeouts(int fd, double seconds)
{
    struct timeval t = {.tv_sec = (time_t)seconds, .tv_usec = (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)};
    if (seconds > 0 && t.tv_sec == 0 && t.tv_usec == 0)
        t.tv_usec = 1; /* 0 would mean for ever */
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

#define STALE_TRIES 5
#define STALE_APART 20000000 /* nanoseconds */

/* Does nobody answer at this socket file? One that is bound and about to listen refuses too, for a moment. */
static bool is_stale(const struct addr *addr)
{
    const struct timespec apart = {.tv_nsec = STALE_APART};
    for (int tries = 0; tries < STALE_TRIES; tries++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        bool refused =
            fd >= 0 && connect(fd, (const struct sockaddr *)&addr->storage, addr->length) != 0 && errno == ECONNREFUSED;
        util_close(fd);
        if (!refused)
            return false;
        nanosleep(&apart, NULL);
    }
    return true;
}

/* A socket file that nobody answers at was left behind by a daemon that was killed. */
static bool remove_stale(const struct addr *addr, struct reason *why)
{
    const char *path = addr_path(addr);
    struct stat st;
    if (lstat(path, &st) != 0)
        return true;
    if (!S_ISSOCK(st.st_mode))
        return reason_set(why, "%s exists and is not a socket: remove it, or choose another path", path);
    if (!is_stale(addr))
        return reason_set(why, "somebody listens at %s already", path);
    return unlink(path) == 0 || reason_set(why, "cannot remove the old socket %s: %s", path, strerror(errno));
}

static bool cannot(struct reason *why, const char *what, const struct addr *addr)
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

static bool bind_unix(int fd, const struct addr *addr, mode_t mode, struct reason *why)
{
    if (!remove_stale(addr, why))
        return false;
    mode_t before = umask(0777 & ~mode);
    int rc = bind(fd, (const struct sockaddr *)&addr->storage, addr->length);
    umask(before);
    return rc == 0 || cannot(why, "bind", addr);
}

static bool bind_inet(int fd, const struct addr *addr, struct reason *why)
{
    set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_int(fd, SOL_SOCKET, SO_OOBINLINE, 1); /* an urgent byte is a byte: it comes back in its place */
    set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (addr->storage.ss_family == AF_INET6)
        set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, !addr->dual_stack);
    return bind(fd, (const struct sockaddr *)&addr->storage, addr->length) == 0 || cannot(why, "bind", addr);
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
    return util_fd_private(fd);
}

/* Is the file at its path the one that was bound? */
static bool has_name(const struct listener *listener)
{
    struct stat st;
    return lstat(addr_path(&listener->bound), &st) == 0 && st.st_dev == listener->dev && st.st_ino == listener->ino;
}

static void remove_name(const struct listener *listener)
{
    const char *path = addr_path(&listener->bound);
    if (path != NULL && has_name(listener))
        unlink(path);
}

/* Remember which file was bound, to know it again. */
static void note_name(struct listener *listener)
{
    struct stat st;
    if (lstat(addr_path(&listener->bound), &st) == 0) {
        listener->dev = st.st_dev;
        listener->ino = st.st_ino;
    }
}

static bool bind_listener(struct listener *listener, const struct conf_listen *wanted, struct reason *why)
{
    struct addr *at = &listener->bound;
    if (addr_path(at) == NULL)
        return bind_inet(listener->fd, at, why) &&
               getsockname(listener->fd, (struct sockaddr *)&at->storage, &at->length) == 0;
    if (!bind_unix(listener->fd, at, wanted->mode, why))
        return false;
    note_name(listener);
    return true;
}

/* Until a Unix socket listens, another daemon that wants its path may take it for one that was left behind. */
static bool start_listening(const struct listener *listener, const struct conf *conf, struct reason *why)
{
    if (listen(listener->fd, (int)conf->backlog) != 0)
        return cannot(why, "listen at", &listener->bound);
    return addr_path(&listener->bound) == NULL || has_name(listener) ||
           reason_set(why, "%s was taken by somebody else meanwhile", addr_path(&listener->bound));
}

static bool open_one(struct listener *listener, struct addr at, const struct conf_listen *wanted,
                     const struct conf *conf, struct reason *why)
{
    int fd = open_socket(&at);
    *listener = (struct listener){.wanted = wanted->addr, .bound = at, .fd = fd};
    if (fd < 0)
        return cannot(why, "make a socket for", &at);
    listen_set_timeouts(fd, conf->idle);
    if (bind_listener(listener, wanted, why) && start_listening(listener, conf, why))
        return true;
    remove_name(listener);
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

/* A Unix socket without its file cannot be reached. */
static bool is_sound(const struct listener *listener)
{
    struct pollfd pollfd = {.fd = listener->fd};
    return poll_now(&pollfd, 1) >= 0 && !is_broken(pollfd.revents) &&
           (addr_path(&listener->bound) == NULL || has_name(listener));
}

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

/* Through a descriptor, so that it is our socket's mode that changes, whatever somebody may put at its path. */
static void set_mode(const struct listener *listener, mode_t mode)
{
    char file[32];
    struct stat st;
    int fd = open(addr_path(&listener->bound), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == listener->dev && st.st_ino == listener->ino &&
        (st.st_mode & 0777) != mode)
        chmod(file, mode);
    util_close(fd);
}

void listen_close(const struct listen_set *set, const struct listen_set *kept)
{
    for (size_t i = 0; i < set->n; i++) {
        if (has_fd(kept, set->at[i].fd))
            continue;
        remove_name(&set->at[i]);
        shutdown(set->at[i].fd, SHUT_RDWR); /* for workers that still hold it, too */
        close(set->at[i].fd);
    }
}

void listen_tune(const struct listen_set *set, const struct conf *conf)
{
    for (size_t i = 0; i < set->n; i++) {
        listen(set->at[i].fd, (int)conf->backlog);
        listen_set_timeouts(set->at[i].fd, conf->idle);
        if (addr_path(&set->at[i].bound) != NULL)
            set_mode(&set->at[i], conf->listen[i].mode);
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
    for (size_t i = 0; i < set->n; i++)
        pollfds[i] = (struct pollfd){.fd = set->at[i].fd, .events = POLLIN};
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
            remove_name(&set->at[i]);
        else if (setsockopt(set->at[i].fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
            listen(set->at[i].fd, 0); /* some systems keep filters for root: then at least no more than one waits */
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
