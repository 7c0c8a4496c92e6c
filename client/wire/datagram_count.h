/* datagram_count.h: the counts of datagram. */
#ifndef MPECHO_DATAGRAM_COUNT_H
#define MPECHO_DATAGRAM_COUNT_H

#include "client/wire/datagram.h"

void datagram_count_sent(struct datagram_socket *socket, int64_t due);

/* Count what became of a datagram, or what came; what was due before shared->since is not counted, but its problems are
 * noted all the same. */
void datagram_count(struct datagram_socket *socket, const struct datagram_event *event, int64_t now);

#endif
