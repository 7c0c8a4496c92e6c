/* target.c: resolve, try each address in turn, say what failed; see target.h. */
#include "target.h"

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"

#define UNIX_PREFIX "unix:"

void target_failed(struct target_failures *failures, const struct target *target, int error)
{
    size_t room = sizeof failures->text - failures->length;
    int n = snprintf(failures->text + failures->length, room, "%s%s: %s", failures->length > 0 ? "; " : "",
                     target->text, strerror(error));
    failures->length += (size_t)n < room ? (size_t)n : room - 1;
}

/* Returns 0 or an errno. SO_SNDTIMEO bounds connect(2) for TCP and for Unix sockets alike, whose full queue a
 * non-blocking connect could not wait for; later transfers are MSG_DONTWAIT, so it bounds nothing else. EINTR
 * (a SIGCONT is enough, signal(7)) leaves a TCP connection under way; on Linux a second connect joins it. */
static int connect_within(int fd, const struct target *target, int64_t wait)
{
    struct timeval limit = {.tv_sec = wait / CLOCK_SECOND, .tv_usec = wait % CLOCK_SECOND / CLOCK_US};
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == -1)
        return errno;
    while (connect(fd, (const struct sockaddr *)&target->address, target->length) == -1)
        if (errno != EINTR)
            return errno == EINPROGRESS || errno == EALREADY || errno == EAGAIN ? ETIMEDOUT : errno;
    return 0;
}

/* Returns a descriptor, or -1 with errno. Of datagrams this only says that there is a route. */
static int connect_one(const struct target *target, bool udp, int64_t wait)
{
    int fd = socket(target->address.ss_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    int error = connect_within(fd, target, wait);
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

int target_connect(const struct options *options, const struct target *targets, size_t count, size_t *which,
                   int64_t *took)
{
    struct target_failures failures = {.length = 0};
    for (*which = 0; *which < count; ++*which) {
        int64_t begun = clock_now();
        int fd = connect_one(&targets[*which], options->udp, options->timeout);
        *took = clock_now() - begun;
        if (fd != -1) {
            target_tune(fd);
            return fd;
        }
        target_failed(&failures, &targets[*which], errno);
    }
    if (options->port == NULL)
        warnx("cannot connect to %s", failures.text);
    else
        warnx("cannot connect to %s port %s: %s", options->host, options->port, failures.text);
    return -1;
}

/* So that a message goes out though the last one is not acknowledged. If refused, it is late; all but TCP refuse. */
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
 * to, unless sysctl net.ipv4.ip_nonlocal_bind says so. */
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
    bool own = fd != -1 && !is_multicast(target) && bind(fd, (struct sockaddr *)&address, target->length) == 0 &&
               connect(fd, (const struct sockaddr *)&target->address, target->length) == 0;
    if (fd != -1)
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
    snprintf(why, TARGET_WHY, "cannot resolve %s port %s: %s", host, options->port,
             error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
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
