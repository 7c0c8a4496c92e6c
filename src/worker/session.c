/* session.c: see session.h. Called by process.c for each connection. Nothing a client does ends the worker. */
#include "worker/session.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/sockopt.h"
#include "contract/fdplan.h"
#include "worker/conn.h"
#include "worker/echo.h"
#include "worker/page.h"

static bool lifeline_ended(void)
{
    struct pollfd lifeline = {.fd = FD_LIFELINE};
    return poll(&lifeline, 1, 0) > 0;
}

/* When must the connection end for the daemon's sake? While the master lives, the master says so; an orphan keeps a
 * deadline of its own. This is asked without TERM, too, since the master may not be allowed to send it. */
static double drain_deadline(void *context)
{
    struct worker *worker = context;
    const struct worker_job *job = worker->job;
    /* A worker that was just forked may still hold the write end; then the alarm asks again. */
    if (!lifeline_ended())
        return 0;
    if (!worker->over && !worker->taker.dismissed)
        worker_close_listeners();
    worker->over = true;
    alarm(0);
    if (getppid() == job->master)
        return atomic_load(job->deadline);
    return job->terms->drain > 0 ? clock_now() + job->terms->drain
                                 : 0; /* the first one counts: conn.c keeps the earlier */
}

/* The addresses for the access line, which is sent when the connection is closed: they have to be asked for before. */
static void describe(struct record_access *access, const struct connection *connection)
{
    struct addr local = connection->endpoint->bound; /* where it listens, unless that is anywhere */
    if (addr_path(&local) == NULL && addr_is_wildcard(&local)) {
        local.length = sizeof local.storage;
        getsockname(FD_CONN, (struct sockaddr *)&local.storage, &local.length);
    }
    access->peer_length = (uint8_t)connection->peer_length;
    access->local_length = (uint8_t)local.length;
    memcpy(access->addresses, &connection->peer, access->peer_length);
    memcpy(access->addresses + access->peer_length, &local.storage, access->local_length);
}

static void end(struct worker *worker, const struct connection *connection, const struct conn_result *result)
{
    struct record_access access = {.in = result->in,
                                   .out = result->out,
                                   .microseconds = (uint64_t)(result->seconds * 1e6),
                                   .end = (uint8_t)result->end};
    bool logged = worker->job->terms->log_access;
    if (logged)
        describe(&access, connection);
    close(FD_CONN);
    if (logged)
        log_access(worker->job->log, &access); /* which may wait a little, and no client with it */
}

static struct conn_result serve(struct worker *worker)
{
    const struct worker_job *job = worker->job;
    const struct conn_terms terms = {
        .fd = FD_CONN,
        .idle = job->terms->idle,
        .limit = job->terms->connection,
        .patience = job->terms->patience,
        .drain_deadline = drain_deadline,
        .context = worker,
    };
    struct conn conn;
    conn_begin(&conn, &terms);
    echo_serve(&conn, job->buffer, job->buffer_size);
    return conn_end(&conn, job->buffer, job->buffer_size);
}

void session_serve(struct worker *worker, const struct connection *connection)
{
    const struct worker_job *job = worker->job;
    worker->taker.serving = true;
    title_change(job->title, sizeof WORKER_TITLE - 1, "busy");
    if (hints_place_taken(job->hints))
        worker_ring();
    if (!connection->inherits || connection->peer.ss_family == AF_UNIX)
        sockopt_timeouts(FD_CONN, job->terms->idle);
    struct conn_result result = serve(worker);
    end(worker, connection, &result);
    worker->taker.serving = false;
    page_say(job, PAGE_IDLE);
    title_change(job->title, sizeof WORKER_TITLE - 1, "idle");
    hints_place_free(job->hints);
}
