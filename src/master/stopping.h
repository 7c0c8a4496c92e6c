/* stopping.h: how the daemon ends. Nobody new gets in, the accept queues are served, connections get the drain time;
 * then what is left is killed. */
#ifndef MPECHOD_STOPPING_H
#define MPECHOD_STOPPING_H

struct master;

/* Stop, or, if that is under way, stop at once. name: of the signal, or of whoever asked. */
void stopping_request(struct master *m, const char *name);

/* At each look: go on to the next phase when it is time. waiting: connections in the accept queues. */
void stopping_continue(struct master *m, unsigned waiting);

#endif
