/* addr.c: socket addresses to text and back. Pure: numeric addresses only, nothing is looked up. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_port(struct addr *addr, unsigned port)
{
    if (addr->storage.ss_family == AF_INET)
        ((struct sockaddr_in *)&addr->storage)->sin_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in6 *)&addr->storage)->sin6_port = htons((uint16_t)port);
}

static void set_any(struct addr *addr)
{
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&addr->storage;
    in6->sin6_family = AF_INET6;
    in6->sin6_addr = in6addr_any;
    addr->length = sizeof *in6;
    addr->dual_stack = true;
}

static bool not_numeric(const char *given, struct reason *why)
{
    return reason_set(why, "'%s' is neither \"*\" nor a numeric IPv4 or IPv6 address", given);
}

/* An address that is one of each link needs a zone, the name or the number of the link's interface. */
static bool check_zone(const struct sockaddr_in6 *in6, const char *host, struct reason *why)
{
    if (in6->sin6_scope_id == 0 && IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
        return reason_set(why, "'%s' is a link-local address: say of which interface, as in '%s%%eth0'", host, host);
    return true;
}

/* Whether all that is wrong with an address is that it has an interface which is not there. */
static bool is_zone_unknown(const char *host)
{
    char bare[ADDR_TEXT_MAX];
    struct in6_addr in6;
    const char *zone = strchrnul(host, '%');
    snprintf(bare, sizeof bare, "%.*s", (int)(zone - host), host);
    return *zone == '%' && inet_pton(AF_INET6, bare, &in6) == 1 && if_nametoindex(zone + 1) == 0;
}

/* getaddrinfo, because it knows zones (fe80::1%eth0). */
static bool set_in6(struct addr *addr, const char *host, const char *given, struct reason *why)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return is_zone_unknown(host) ? reason_set(why, "'%s': there is no such interface", host)
                                     : not_numeric(given, why);
    memcpy(&addr->storage, found->ai_addr, found->ai_addrlen);
    addr->length = found->ai_addrlen;
    freeaddrinfo(found);
    return check_zone((const struct sockaddr_in6 *)&addr->storage, host, why);
}

/* inet_pton, because getaddrinfo also takes the old form "127.1", which is more likely to be a typo. */
static bool set_in(struct addr *addr, const char *host, const char *given, struct reason *why)
{
    struct sockaddr_in *in = (struct sockaddr_in *)&addr->storage;
    in->sin_family = AF_INET;
    addr->length = sizeof *in;
    return inet_pton(AF_INET, host, &in->sin_addr) == 1 || not_numeric(given, why);
}

/* ::ffff:1.2.3.4 is an IPv4 address in the form of an IPv6 one, to which our IPv6 sockets could not be bound. */
static void unmap(struct addr *addr)
{
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr->storage;
    if (addr->storage.ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
        return;
    struct sockaddr_in in = {.sin_family = AF_INET};
    memcpy(&in.sin_addr, &in6->sin6_addr.s6_addr[12], sizeof in.sin_addr);
    memset(&addr->storage, 0, sizeof addr->storage);
    memcpy(&addr->storage, &in, sizeof in);
    addr->length = sizeof in;
}

bool addr_from_host(struct addr *addr, const char *host, long port, struct reason *why)
{
    *addr = (struct addr){0};
    char bare[ADDR_TEXT_MAX];
    size_t n = strlen(host);
    bool bracketed = n >= 2 && host[0] == '[' && host[n - 1] == ']';
    if (n >= sizeof bare)
        return reason_set(why, "the address is too long");
    snprintf(bare, sizeof bare, "%.*s", (int)(bracketed ? n - 2 : n), bracketed ? host + 1 : host);
    if (port < 0 || port > 65535)
        return reason_set(why, "port %ld is not from 0 to 65535", port);
    if (strcmp(host, "*") == 0)
        set_any(addr);
    else if (!(strchr(bare, ':') != NULL ? set_in6(addr, bare, host, why) : set_in(addr, bare, host, why)))
        return false;
    unmap(addr);
    set_port(addr, (unsigned)port);
    return true;
}

bool addr_from_path(struct addr *addr, const char *path, struct reason *why)
{
    *addr = (struct addr){0};
    struct sockaddr_un *un = (struct sockaddr_un *)&addr->storage;
    if (path[0] != '/')
        return reason_set(why, "'%s' is not an absolute path", path);
    if (strlen(path) >= sizeof un->sun_path)
        return reason_set(why, "the path is longer than the %zu bytes that a Unix socket may have",
                          sizeof un->sun_path - 1);
    un->sun_family = AF_UNIX;
    snprintf(un->sun_path, sizeof un->sun_path, "%s", path);
    addr->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
    return true;
}

bool addr_split(const char *text, char *host, long *port, struct reason *why)
{
    const char *colon = strrchr(text, ':');
    bool bare6 = colon != NULL && text[0] != '[' && strchr(text, ':') != colon; /* "::1" has no port */
    if (colon == NULL || bare6 || text[strlen(text) - 1] == ']')
        colon = NULL;
    char *end = NULL;
    *port = colon != NULL ? strtol(colon + 1, &end, 10) : ADDR_PORT_DEFAULT;
    if (colon != NULL && (colon[1] < '0' || colon[1] > '9' || *end != '\0'))
        return reason_set(why, "'%s' is not a port number", colon + 1);
    size_t n = colon != NULL ? (size_t)(colon - text) : strlen(text);
    if (n >= ADDR_TEXT_MAX)
        return reason_set(why, "the address is too long");
    snprintf(host, ADDR_TEXT_MAX, "%.*s", (int)n, text);
    return true;
}

bool addr_parse(struct addr *addr, const char *text, struct reason *why)
{
    char host[ADDR_TEXT_MAX] = "";
    long port;
    if (strncmp(text, "unix:", 5) == 0)
        return addr_from_path(addr, text + 5, why);
    return addr_split(text, host, &port, why) && addr_from_host(addr, host, port, why);
}

static char *add_number(char *at, unsigned number, char after)
{
    char digits[5];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (n > 0)
        *at++ = digits[--n];
    *at++ = after;
    return at;
}

/* By hand: the log needs it twice a line, and printf takes more time than all the rest of the line. */
static void format_in(const struct sockaddr_in *in, char *text)
{
    uint32_t host = ntohl(in->sin_addr.s_addr);
    for (int shift = 24; shift >= 0; shift -= 8)
        text = add_number(text, host >> shift & 255, shift > 0 ? '.' : ':');
    add_number(text, ntohs(in->sin_port), '\0');
}

static void format_in6(const struct sockaddr_in6 *in6, char *text)
{
    char host[INET6_ADDRSTRLEN], zone[IF_NAMESIZE + 1] = "";
    unsigned port = ntohs(in6->sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
        inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], host, sizeof host);
        snprintf(text, ADDR_TEXT_MAX, "%s:%u", host, port);
        return;
    }
    inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
    if (in6->sin6_scope_id != 0)
        snprintf(zone, sizeof zone, "%%%u", in6->sin6_scope_id);
    snprintf(text, ADDR_TEXT_MAX, "[%s%s]:%u", host, zone, port);
}

void addr_format(const struct sockaddr_storage *storage, socklen_t length, char *text)
{
    if (storage->ss_family == AF_INET) {
        format_in((const struct sockaddr_in *)storage, text);
    } else if (storage->ss_family == AF_INET6) {
        format_in6((const struct sockaddr_in6 *)storage, text);
    } else {
        /* An unnamed or abstract peer has no path; the kernel need not end a path with a NUL. */
        const struct sockaddr_un *un = (const struct sockaddr_un *)storage;
        size_t room =
            length > offsetof(struct sockaddr_un, sun_path) ? length - offsetof(struct sockaddr_un, sun_path) : 0;
        int n = room > 0 && un->sun_path[0] != '\0' ? (int)strnlen(un->sun_path, room) : 0;
        snprintf(text, ADDR_TEXT_MAX, "unix:%.*s", n, un->sun_path);
    }
}

void addr_format_listen(const struct addr *addr, char *text)
{
    if (addr->dual_stack)
        snprintf(text, ADDR_TEXT_MAX, "*:%u", addr_port(addr));
    else
        addr_format(&addr->storage, addr->length, text);
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    return a->dual_stack == b->dual_stack && a->length == b->length && memcmp(&a->storage, &b->storage, a->length) == 0;
}

bool addr_is_wildcard(const struct addr *addr)
{
    if (addr->storage.ss_family == AF_INET)
        return ((const struct sockaddr_in *)&addr->storage)->sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)&addr->storage)->sin6_addr);
}

/* Whether a socket bound to one gets what is sent to the other. */
static bool covers(const struct addr *one, const struct addr *other)
{
    return one->dual_stack || (one->storage.ss_family == other->storage.ss_family && addr_is_wildcard(one));
}

bool addr_overlap(const struct addr *a, const struct addr *b)
{
    if (addr_equal(a, b))
        return addr_path(a) != NULL || addr_port(a) != 0;
    bool same_port = addr_path(a) == NULL && addr_path(b) == NULL && addr_port(a) == addr_port(b) && addr_port(a) != 0;
    return same_port && (covers(a, b) || covers(b, a));
}

const char *addr_path(const struct addr *addr)
{
    return addr->storage.ss_family == AF_UNIX ? ((const struct sockaddr_un *)&addr->storage)->sun_path : NULL;
}

unsigned addr_port(const struct addr *addr)
{
    if (addr->storage.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)&addr->storage)->sin_port);
    if (addr->storage.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&addr->storage)->sin6_port);
    return 0;
}
