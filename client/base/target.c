/* target.c: resolve, try each address in turn, say what failed; see target.h. */
#include "client/base/target.h"

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/base/clock.h"
#include "client/base/signals.h"

#define UNIX_PREFIX "unix:"

/* Returns 0 or an errno. SO_SNDTIMEO bounds connect(2) for TCP and for Unix sockets alike, whose full queue a
 * non-blocking connect could not wait for; later transfers are MSG_DONTWAIT, so it bounds nothing else. EINTR
 * (a SIGCONT is enough, signal(7)) leaves a TCP connection under way; on Linux a second connect joins it. */
static int connect_within(int fd, const struct target *target, int64_t wait)
{
    int64_t us = wait == INT64_MAX ? 0 : MAX(wait / CLOCK_US, 1); /* 0: no limit */
    struct timeval limit = {.tv_sec = us / 1000000, .tv_usec = us % 1000000};
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == -1)
        return errno;
    while (connect(fd, (const struct sockaddr *)&target->address, target->length) == -1)
        if (errno != EINTR)
            return errno == EINPROGRESS || errno == EALREADY || errno == EAGAIN ? ETIMEDOUT : errno;
    return 0;
}

/* connect(2) of a datagram socket proves nothing. Is somebody there? Returns 0 or an errno. */
static int ask(int fd, int64_t until)
{
    char data[8] = {0};
    struct pollfd answer = {.fd = fd, .events = POLLIN};
    int ready;
    if (send(fd, data, sizeof data, MSG_NOSIGNAL) == -1)
        return errno;
    do {
        ready = signals_poll(&answer, 1, until);
    } while (ready == -1 && errno == EINTR);
    if (ready <= 0)
        return ETIMEDOUT;
    return recv(fd, data, sizeof data, MSG_DONTWAIT) == -1 ? errno : 0;
}

/* Returns a descriptor, or -1 with errno. */
static int connect_one(const struct target *target, int64_t wait, bool asking)
{
    int64_t begun = clock_now();
    int fd = socket(target->address.ss_family, target->type | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    int error = connect_within(fd, target, wait);
    if (error == 0 && asking)
        error = ask(fd, wait > 0 && wait < INT64_MAX - begun ? begun + wait : INT64_MAX);
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

static bool try_one(const struct target *target, int64_t wait, bool asking, struct target_found *found)
{
    int64_t begun = clock_now();
    found->target = target;
    found->fd = connect_one(target, wait, asking);
    found->took = clock_now() - begun;
    if (found->fd != -1)
        target_tune(found->fd);
    return found->fd != -1;
}

bool target_is_local(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS || error == EADDRNOTAVAIL;
}

const char *target_error_text(int error)
{
    return error == EADDRNOTAVAIL ? "this machine has no port left, or no address, to connect from" : strerror(error);
}

/* How long to wait for one. */
static int64_t shorter(int64_t limit, int64_t until)
{
    int64_t left = until == INT64_MAX ? INT64_MAX : until - clock_now();
    return limit == 0 ? left : MIN(limit, left);
}

static enum status try_all(const struct target *targets, size_t count, int64_t limit, int64_t until, bool asking,
                           struct target_found *found)
{
    size_t length = 0;
    int error = 0;
    for (size_t i = 0; i < count && (i == 0 || clock_now() < until); i++) {
        if (try_one(&targets[i], shorter(limit, until), asking, found))
            return STATUS_GOOD;
        error = errno;
        length += (size_t)snprintf(found->why + length, TARGET_WHY - length, "%s%s: %s",
                                   i == 0 ? "cannot connect to " : "; ", targets[i].text, target_error_text(error));
        length = MIN(length, TARGET_WHY - 1);
    }
    return target_is_local(error) ? STATUS_LOCAL : STATUS_NO_CONNECTION;
}

/* If nobody answers it is the first one after all: what is wrong there shows when it is measured, for which time is
 * left. */
enum status target_connect(const struct target *targets, size_t count, int64_t limit, int64_t until,
                           struct target_found *found)
{
    bool asking = targets[0].type == SOCK_DGRAM && count > 1;
    int64_t share = shorter(limit, until) / (int64_t)(count + 1);
    if (asking && try_all(targets, count, until == INT64_MAX ? limit : share, until, true, found) == STATUS_GOOD)
        return STATUS_GOOD;
    return try_all(targets, count, limit, until, false, found);
}

void target_close(int fd, bool reset)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

void target_tune(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* IPv4 may come in IPv6 clothes. */
unsigned target_headers(const struct target *target)
{
    const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)&target->address;
    bool ipv4 = target->address.ss_family == AF_INET || IN6_IS_ADDR_V4MAPPED(&address->sin6_addr);
    return ipv4 ? 20 + 8 : 40 + 8;
}

static bool is_multicast(const struct target *target)
{
    const struct sockaddr_storage *address = &target->address;
    if (address->ss_family == AF_INET)
        return IN_MULTICAST(ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
    return IN6_IS_ADDR_MULTICAST(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

/* Broadcast addresses can be bound to, but not connected to without being asked for. Nobody else's address can be bound
 * to, unless sysctl net.ipv4.ip_nonlocal_bind says so. Without a descriptor to find out with there is none to flood
 * with either, which is told when one is needed. */
static bool is_own(const struct target *target)
{
    struct sockaddr_storage address = target->address;
    if (address.ss_family == AF_UNIX)
        return true;
    if (address.ss_family == AF_INET)
        ((struct sockaddr_in *)&address)->sin_port = 0;
    else
        ((struct sockaddr_in6 *)&address)->sin6_port = 0;
    int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return true;
    bool own = !is_multicast(target) && bind(fd, (struct sockaddr *)&address, target->length) == 0 &&
               connect(fd, (const struct sockaddr *)&target->address, target->length) == 0;
    close(fd);
    return own;
}

bool target_may_flood(const struct target *targets, size_t count, const struct options *options)
{
    for (size_t i = 0; i < count && !options->yes_i_may; i++) {
        if (is_own(&targets[i]))
            continue;
        warnx("%s is not an address of this machine: to flood it, you must be allowed to, and say --yes-i-may",
              targets[i].text);
        return false;
    }
    return true;
}

/* Resolving. ------------------------------------------------------------------------------------------------------- */

static size_t resolve_unix(const char *path, struct target *target, char why[TARGET_WHY])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path[0] == '\0' || strlen(path) >= sizeof address.sun_path) {
        snprintf(why, TARGET_WHY, UNIX_PREFIX "%s: a socket's path has 1 to %zu bytes", path,
                 sizeof address.sun_path - 1);
        return 0;
    }
    memcpy(address.sun_path, path, strlen(path));
    memcpy(&target->address, &address, sizeof address);
    target->length = sizeof address;
    target->type = SOCK_STREAM;
    snprintf(target->text, sizeof target->text, UNIX_PREFIX "%s", path);
    return 1;
}

/* What can only be an address must not be asked of a name server: it may answer late, or with a lie. */
static bool looks_numeric(const char *host)
{
    return strchr(host, ':') != NULL || host[strspn(host, "0123456789.")] == '\0';
}

static void take_address(struct target *target, const struct addrinfo *found)
{
    char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";
    memcpy(&target->address, found->ai_addr, found->ai_addrlen);
    target->length = found->ai_addrlen;
    target->type = found->ai_socktype;
    getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(target->text, sizeof target->text, found->ai_family == AF_INET6 ? "[%.*s]:%.8s" : "%.*s:%.8s", 100, host,
             port);
}

static size_t take_addresses(struct target *targets, const struct addrinfo *found)
{
    size_t count = 0;
    for (const struct addrinfo *one = found; one != NULL; one = one->ai_next)
        take_address(&targets[count++], one);
    return count;
}

/* Two words of which the second is no service may be a mode, mistyped, and a host. */
static void explain(const struct options *options, int error, char why[TARGET_WHY])
{
    int n = snprintf(why, TARGET_WHY, "cannot resolve %s port %s: ", options->host, options->port);
    const char *what = error == EAI_SYSTEM    ? strerror(errno)
                       : error == EAI_SERVICE ? "no service has this name"
                                              : gai_strerror(error);
    if (n < TARGET_WHY)
        n += snprintf(why + n, TARGET_WHY - (size_t)n, "%s", what);
    if (error == EAI_SERVICE && !options->mode_given && n < TARGET_WHY)
        snprintf(why + n, TARGET_WHY - (size_t)n, "; and %s is not a mode; the modes are " OPTIONS_MODES,
                 options->host);
}

/* Returns the addresses, for freeaddrinfo, or NULL. */
static struct addrinfo *look_up(const struct options *options, char why[TARGET_WHY])
{
    char bare[NI_MAXHOST];
    const char *host = options->host;
    size_t n = strlen(host);
    bool bracketed = n >= 2 && host[0] == '[' && host[n - 1] == ']';
    struct addrinfo hints = {.ai_socktype = options->udp ? SOCK_DGRAM : SOCK_STREAM}, *found;
    hints.ai_family = options->ipv4 ? AF_INET : options->ipv6 || bracketed ? AF_INET6 : AF_UNSPEC;
    if (bracketed || looks_numeric(host))
        hints.ai_flags |= AI_NUMERICHOST;
    int error = EAI_NONAME;
    if (n < sizeof bare) {
        snprintf(bare, sizeof bare, "%.*s", (int)(bracketed ? n - 2 : n), bracketed ? host + 1 : host);
        error = getaddrinfo(bare, options->port, &hints, &found);
    }
    if (error == 0)
        return found;
    explain(options, error, why);
    return NULL;
}

size_t target_look_up(const struct options *options, struct target **targets, char why[TARGET_WHY])
{
    struct addrinfo *found = options->port == NULL ? NULL : look_up(options, why);
    size_t count = options->port == NULL ? 1 : 0;
    for (const struct addrinfo *one = found; one != NULL; one = one->ai_next)
        count++;
    *targets = count == 0 ? NULL : calloc(count, sizeof **targets);
    if (count > 0 && *targets == NULL)
        snprintf(why, TARGET_WHY, "out of memory");
    if (*targets == NULL)
        count = 0;
    else
        count = found != NULL ? take_addresses(*targets, found)
                              : resolve_unix(options->host + strlen(UNIX_PREFIX), *targets, why);
    if (found != NULL)
        freeaddrinfo(found);
    if (count == 0)
        free(*targets);
    return count;
}

size_t target_resolve(const struct options *options, struct target **targets)
{
    char why[TARGET_WHY];
    size_t count = target_look_up(options, targets, why);
    if (count == 0)
        warnx("%s", why);
    return count;
}
