/* addr.h: socket addresses as people write them: "127.0.0.1:9190", "[::1]:9190", "*:9190", "unix:/path". Pure. */
#ifndef MPECHOD_ADDR_H
#define MPECHOD_ADDR_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/reason.h"

/* Room for the longest text that addr_format writes, "unix:" and a path, with its NUL. */
enum { ADDR_TEXT_MAX = 128, ADDR_PORT_DEFAULT = 9190 };

struct addr {
    struct sockaddr_storage storage;
    socklen_t length;
    bool dual_stack; /* "*": one IPv6 socket that takes IPv4 too; plain IPv4 where the kernel has no IPv6 */
};

/* Host is "*", or a numeric IPv4 or IPv6 address (brackets and %zone allowed); names are not looked up, since a
 * reload must not wait for DNS. port: 0-65535. */
bool addr_from_host(struct addr *addr, const char *host, long port, struct reason *why);

/* Path: absolute, shorter than 108 bytes (unix(7)). */
bool addr_from_path(struct addr *addr, const char *path, struct reason *why);

/* "HOST:PORT", "HOST" (then the default port) or "unix:/path". */
bool addr_parse(struct addr *addr, const char *text, struct reason *why);

/* The host and the port of "HOST:PORT" or "HOST". host: ADDR_TEXT_MAX bytes. */
bool addr_split(const char *text, char *host, long *port, struct reason *why);

/* Write the address in the form addr_parse reads, except that an IPv4 peer of a dual-stack socket is written
 * as the IPv4 address that it is, and a Unix socket without a name is "unix:". text: ADDR_TEXT_MAX bytes. */
void addr_format(const struct sockaddr_storage *storage, socklen_t length, char *text);

/* Like addr_format, but a dual-stack wildcard is "*:PORT". */
void addr_format_listen(const struct addr *addr, char *text);

bool addr_equal(const struct addr *a, const struct addr *b);

/* Whether the kernel would give only one of two sockets these addresses: they are equal, or one is all addresses of a
 * kind, and the ports are the same. Port 0 is a port of its own each time. */
bool addr_overlap(const struct addr *a, const struct addr *b);

/* Whether a socket bound to this IP address may be reached at any of the machine's. */
bool addr_is_wildcard(const struct addr *addr);

/* The path of a Unix address, or NULL. Points into addr. */
const char *addr_path(const struct addr *addr);

/* The port of an IP address, 0 for a Unix one. */
unsigned addr_port(const struct addr *addr);

#endif
