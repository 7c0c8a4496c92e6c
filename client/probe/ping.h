/* ping.h: mpecho ping over stream connections: a probe at every interval, a line for each, a summary. Not here: the
 * connection, see prober.h; datagrams, see ping_datagram.h. */
#ifndef MPECHO_PING_H
#define MPECHO_PING_H

#include "client/report/run.h"

/* For run_execute. */
void ping_measure(struct run *run);

#endif
