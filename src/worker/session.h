/* session.h: one accepted connection, from accept to close. */
#ifndef MPECHOD_SESSION_H
#define MPECHOD_SESSION_H

#include "worker/worker.h"

/* Serve it to its end, log it, and close it. */
void session_serve(struct worker *worker, const struct connection *connection);

#endif
