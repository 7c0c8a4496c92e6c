/* stream.h: what bench does with stream connections: closed loop, open loop, a connection a message, all at once, held
 * idle. Called by lane. Not here: a single connection, see flow.h. */
#ifndef MPECHO_STREAM_H
#define MPECHO_STREAM_H

#include "lane.h"

extern const struct lane_load stream_load;

#endif
