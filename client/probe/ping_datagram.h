/* ping_datagram.h: mpecho ping -u: a datagram every interval, whether or not the last one was answered; or the search
 * for the path MTU, see ping_mtu.h. */
#ifndef MPECHO_PING_DATAGRAM_H
#define MPECHO_PING_DATAGRAM_H

#include "client/report/run.h"

/* For run_execute. */
void ping_datagram_measure(struct run *run);

#endif
