/* ping_mtu.h: mpecho ping -u -M do -s LOW-HIGH: the largest datagram that comes back, and from it the path MTU. Called
 * by ping_datagram. Nothing fails: what is found is in the result. Not here: setting the don't-fragment bit, see
 * datagram.h.
 */
#ifndef MPECHO_PING_MTU_H
#define MPECHO_PING_MTU_H

#include "ping_datagram.h"

/* Bounded: a size is tried three times at most, and there are some seventeen sizes at most. */
void ping_mtu_search(struct ping_datagram *ping);

#endif
