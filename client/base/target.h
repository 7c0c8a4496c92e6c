/* target.h: from HOST and PORT to socket addresses, and to a connected socket, in every mode. Fails when nothing
 * resolves or no address answers in time. Not here: connections that do not wait, see conn.h. */
#ifndef MPECHO_TARGET_H
#define MPECHO_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "client/base/options.h"
#include "client/base/status.h"

/* One address. text: "127.0.0.1:9190", "[::1]:9190" or "unix:/path". */
enum { TARGET_TEXT = 128 };
struct target {
    struct sockaddr_storage address;
    socklen_t length;
    int type; /* SOCK_STREAM or SOCK_DGRAM */
    char text[TARGET_TEXT];
};

/* Room for why nothing resolves, or no address answers. What does not fit is cut off. */
enum { TARGET_WHY = 4096 };

/* Look up what the options name, for streams or datagrams. The look-up itself is bounded by resolv.conf(5).
 * Returns how many there are and sets *targets to them, for free(); or 0. */
size_t target_resolve(const struct options *options, struct target **targets);

/* The same, but a failure is described in why, and the user is not told. */
size_t target_look_up(const struct options *options, struct target **targets, char why[TARGET_WHY]);

/* The address that answered, or why none did. */
struct target_found {
    const struct target *target;
    int fd;               /* connected there: blocking, close-on-exec, the caller's */
    int64_t took;         /* ns to connect */
    char why[TARGET_WHY]; /* "cannot connect to [::1]:7: Connection refused; 127.0.0.1:7: Connection refused" */
};

/* Connect to the first address that answers. UDP: of several, each in turn is sent a datagram of eight bytes and has a
 * share of the time to answer; if there is only one, or none answers, it is the first with a route. limit: ns for each
 * address; 0: as long as the kernel tries. until: when to give up altogether, as clock_now() has it; INT64_MAX: never.
 * Returns STATUS_GOOD, STATUS_NO_CONNECTION, or STATUS_LOCAL for want of descriptors, memory or ports. The user is not
 * told.
 */
enum status target_connect(const struct target *targets, size_t count, int64_t limit, int64_t until,
                           struct target_found *found);

/* Is it this machine that refuses: no descriptor, no memory, no port or no address to connect from? */
bool target_is_local(int error);

/* Such an errno, or any other, in words. */
const char *target_error_text(int error);

/* End a connection; by a reset no TIME-WAIT is left, which would keep one of this machine's ports for a minute. */
void target_close(int fd, bool reset);

/* Set what every stream of ours needs of its socket: that a small message is sent without delay. */
void target_tune(int fd);

/* The IP and UDP headers of a datagram that goes there, in bytes, without options. */
unsigned target_headers(const struct target *target);

/* Whether these addresses may be flooded: each is one of this machine's own, or the user has allowed it. If not, the
 * user is told. To be called before anything is sent there. */
bool target_may_flood(const struct target *targets, size_t count, const struct options *options);

#endif
