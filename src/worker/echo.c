/* echo.c: see echo.h. Called by a session for each connection. */
#include "worker/echo.h"

void echo_serve(struct conn *conn, unsigned char *buffer, size_t size)
{
    size_t got;
    do {
        got = conn_recv(conn, buffer, size);
    } while (got > 0 && conn_send(conn, buffer, got));
}
