/* barrage.h: what bench does with datagrams: closed loop and open loop. Called by lane. Not here: a single socket, see
 * datagram.h. */
#ifndef MPECHO_BARRAGE_H
#define MPECHO_BARRAGE_H

#include "lane.h"

extern const struct lane_load barrage_load;

#endif
