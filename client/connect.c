/* connect.c: resolve, try each address in turn, say what failed; see connect.h. */
#include "connect.h"

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* How each address tried so far failed: "127.0.0.1: Connection refused; ::1: Connection refused". */
struct failures {
    char text[512];
    size_t length;
};

static void failures_add(struct failures *failures, const struct addrinfo *to, int error)
{
    char where[NI_MAXHOST] = "?";
    size_t room = sizeof failures->text - failures->length;
    getnameinfo(to->ai_addr, to->ai_addrlen, where, sizeof where, NULL, 0, NI_NUMERICHOST);
    int n = snprintf(failures->text + failures->length, room, "%s%s: %s", failures->length > 0 ? "; " : "", where,
                     strerror(error));
    failures->length += (size_t)n < room ? (size_t)n : room - 1;
}

/* Returns 0 or an errno. SO_SNDTIMEO bounds connect(2) for TCP and for Unix sockets alike, whose full queue a
 * non-blocking connect could not wait for; later transfers are MSG_DONTWAIT, so it bounds nothing else. EINTR
 * (a SIGCONT is enough, signal(7)) leaves a TCP connection under way; on Linux a second connect joins it. */
static int connect_within(int fd, const struct addrinfo *to, int wait)
{
    struct timeval limit = {.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000L};
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == -1)
        return errno;
    while (connect(fd, to->ai_addr, to->ai_addrlen) == -1)
        if (errno != EINTR)
            return errno == EINPROGRESS || errno == EALREADY || errno == EAGAIN ? ETIMEDOUT : errno;
    return 0;
}

/* Returns a descriptor, or -1 with errno. */
static int connect_one(const struct addrinfo *to, int wait)
{
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    int error = connect_within(fd, to, wait);
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

static int connect_unix(const char *path, int wait)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct addrinfo to = {.ai_family = AF_UNIX, .ai_addr = (struct sockaddr *)&address, .ai_addrlen = sizeof address};
    if (path[0] == '\0' || strlen(path) >= sizeof address.sun_path) {
        warnx("unix:%s: a socket's path has 1 to %zu bytes", path, sizeof address.sun_path - 1);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int fd = connect_one(&to, wait);
    if (fd == -1)
        warn("cannot connect to unix:%s", path);
    return fd;
}

/* What can only be an address must not be asked of a name server: it may answer late, or with a lie. */
static bool looks_numeric(const char *host)
{
    return strchr(host, ':') != NULL || host[strspn(host, "0123456789.")] == '\0';
}

/* Returns the addresses, for freeaddrinfo, or NULL. */
static struct addrinfo *resolve(const char *host, const char *port)
{
    char bare[NI_MAXHOST];
    size_t n = strlen(host);
    bool bracketed = n >= 2 && host[0] == '[' && host[n - 1] == ']';
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = bracketed ? AF_INET6 : AF_UNSPEC}, *found;
    if (bracketed || looks_numeric(host))
        hints.ai_flags |= AI_NUMERICHOST;
    int error = EAI_NONAME;
    if (n < sizeof bare) {
        snprintf(bare, sizeof bare, "%.*s", (int)(bracketed ? n - 2 : n), bracketed ? host + 1 : host);
        error = getaddrinfo(bare, port, &hints, &found);
    }
    if (error == 0)
        return found;
    warnx("cannot resolve %s port %s: %s", host, port, error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    return NULL;
}

static int connect_inet(const char *host, const char *port, int wait)
{
    struct failures failures = {0};
    struct addrinfo *found = resolve(host, port);
    int fd = -1, on = 1;
    for (struct addrinfo *to = found; to != NULL && fd == -1; to = to->ai_next) {
        fd = connect_one(to, wait);
        if (fd == -1)
            failures_add(&failures, to, errno);
    }
    if (fd == -1 && found != NULL)
        warnx("cannot connect to %s port %s: %s", host, port, failures.text);
    /* So that a typed line goes out though the last one is not acknowledged. If refused, it is late. */
    if (fd != -1)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (found != NULL)
        freeaddrinfo(found);
    return fd;
}

int connect_open(const char *host, const char *port, int wait)
{
    return port == NULL ? connect_unix(host + strlen("unix:"), wait) : connect_inet(host, port, wait);
}
