/* stream.h: how an idle worker comes to a connection of a stream socket: the turn, poll, accept. */
#ifndef MPECHOD_STREAM_H
#define MPECHOD_STREAM_H

#include "worker/worker.h"

/* What became of waiting. */
enum stream_event { STREAM_NOTHING, STREAM_CONNECTION, STREAM_LEAVE };

/* Once, before the first wait. */
void stream_begin(struct worker *worker);

/* Wait for the turn, and then for a connection or for the end of the generation. STREAM_NOTHING: wait again. Exits if
 * something that all workers share is broken. */
enum stream_event stream_wait(struct worker *worker, struct connection *connection);

#endif
