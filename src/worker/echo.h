/* echo.h: the service: what comes goes back (RFC 862). */
#ifndef MPECHOD_ECHO_H
#define MPECHOD_ECHO_H

#include "worker/conn.h"

/* Until the connection ends. In the steady state a message costs two system calls. */
void echo_serve(struct conn *conn, unsigned char *buffer, size_t size);

#endif
