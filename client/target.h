/* target.h: from HOST and PORT to socket addresses, and to a connected socket. Called by every mode, at its beginning.
 * Fails when nothing resolves or no address answers in time, and then has told the user how each one failed.
 * Not here: anything sent or received; connections that do not wait, see conn.h. */
#ifndef MPECHO_TARGET_H
#define MPECHO_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "options.h"

/* One address. text: "127.0.0.1:9190", "[::1]:9190" or "unix:/path". */
enum { TARGET_TEXT = 128 };
struct target {
    struct sockaddr_storage address;
    socklen_t length;
    char text[TARGET_TEXT];
};

/* Room for why nothing resolves. */
enum { TARGET_WHY = 4096 };

/* Look up what the options name, for streams or datagrams. The look-up itself is bounded by resolv.conf(5).
 * Returns how many there are and sets *targets to them, for free(); or 0. */
size_t target_resolve(const struct options *options, struct target **targets);

/* The same, but what fails is told in why, not to the user. */
size_t target_look_up(const struct options *options, struct target **targets, char why[TARGET_WHY]);

/* How each address tried so far failed: "127.0.0.1:7: Connection refused; [::1]:7: Connection refused". All 0 to begin.
 */
struct target_failures {
    char text[512];
    size_t length;
};

/* One more; error is an errno. What does not fit is cut off. */
void target_failed(struct target_failures *failures, const struct target *target, int error);

/* Connect to the first one that answers; of datagrams, that there is a route to. The wait for each is options->timeout,
 * 0 = the kernel's own limit. Returns a blocking, close-on-exec descriptor, which one it was, and
 * in ns how long that one took; or -1. */
int target_connect(const struct options *options, const struct target *targets, size_t count, size_t *which,
                   int64_t *took);

/* What every stream of ours wants of its socket: no delay for a small message. */
void target_tune(int fd);

/* The IP and UDP headers of a datagram that goes there, in bytes, without options. */
unsigned target_headers(const struct target *target);

/* May they be flooded: is each an address of this machine, or has the user said so? Tells if not. Asked before anything
 * is sent there. */
bool target_may_flood(const struct target *targets, size_t count, const struct options *options);

#endif
