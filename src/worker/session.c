/* session.c: see session.h. Called by process.c for each connection. Nothing a client does ends the worker. */
#include "worker/session.h"

#include <poll.h>
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

/* When must the connection end for the daemon's sake? While the master lives it keeps the time; an orphan keeps its
 * own. TERM need not have come, where the master may not send it. */
static double drain_deadline(void *context)
{
    struct worker *worker = context;
    const struct worker_job *job = worker->job;
    /* A worker that was just forked may still hold the write end; then the alarm asks again. */
    if (!lifeline_ended())
        return 0;
    if (!worker->over && !worker->taker.leaving)
        worker_close_listeners();
    worker->over = true;
    alarm(0);
    if (getppid() == job->master)
        return atomic_load(job->deadline);
    if (worker->orphan_deadline <= 0 && job->terms->drain > 0)
        worker->orphan_deadline = clock_now() + job->terms->drain;
    return worker->orphan_deadline;
}

static void log_access(struct worker *worker, const struct connection *connection, const struct conn_result *result)
{
    struct addr local = connection->endpoint->bound; /* a Unix socket's; a TCP one may listen at many */
    char peer_text[ADDR_TEXT_MAX], local_text[ADDR_TEXT_MAX];
    if (addr_path(&local) == NULL)
        getsockname(FD_CONN, (struct sockaddr *)&local.storage, &local.length);
    addr_format(&connection->peer, connection->peer_length, peer_text);
    addr_format(&local.storage, local.length, local_text);
    const struct log_field fields[] = {
        {.key = "peer", .text = peer_text},
        {.key = "local", .text = local_text},
        {.key = "in", .number = (double)result->in},
        {.key = "out", .number = (double)result->out},
        {.key = "time", .number = result->seconds, .decimals = 3},
        {.key = "end", .text = echo_end_name(result->end)},
    };
    log_fields(worker->job->log, fields, sizeof fields / sizeof fields[0]);
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
    if (hints_place_taken(job->hints))
        worker_ring();
    if (!connection->inherits || connection->peer.ss_family == AF_UNIX)
        sockopt_timeouts(FD_CONN, job->terms->idle);
    struct conn_result result = serve(worker);
    if (job->terms->log_access)
        log_access(worker, connection, &result);
    close(FD_CONN);
    page_say(job, PAGE_IDLE);
    hints_place_free(job->hints);
}
