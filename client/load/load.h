/* load.h: the loads of bench. load_stream: connections in a closed loop, an open loop, one for each message, all at
 * once, or held idle. load_udp: datagrams in a closed or an open loop. */
#ifndef MPECHO_LOAD_H
#define MPECHO_LOAD_H

#include "client/load/thread.h"

extern const struct load load_stream, load_udp;

#endif
