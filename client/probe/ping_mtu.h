/* ping_mtu.h: mpecho ping -u -M do -s LOW-HIGH: the largest datagram that comes back, and from it the path MTU, in
 * run->result. Not here: setting the don't-fragment bit, see datagram.h.
 */
#ifndef MPECHO_PING_MTU_H
#define MPECHO_PING_MTU_H

#include "client/report/run.h"
#include "client/wire/datagram.h"

/* Run the search, which is bounded: a size is tried three times at most, and there are some seventeen sizes at most.
 * Sets the socket's owner, and on_event, tally and problems of its shared. */
void ping_mtu_search(struct run *run, struct datagram_socket *socket);

#endif
