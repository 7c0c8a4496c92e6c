/* worker.c: the life of a worker: wait for the turn, accept, give the turn on, echo, again. Forked by the pool; ends by
 * exit, with a status of enum worker_exit. Holds the descriptors of fdplan.h and nothing else. */
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/sockopt.h"
#include "contract/exits.h"
#include "contract/fdplan.h"
#include "worker/echo.h"
#include "worker/page.h"
#include "worker/privilege.h"
#include "worker/turn.h"

#define BACKOFF_FIRST 0.01 /* seconds; when there is nothing to accept with. Doubles up to BACKOFF_LONGEST */
#define BACKOFF_LONGEST 1.0
#define MEND_PATIENCE 1.0 /* seconds the master has to renew a broken listening socket */

struct worker {
    const struct worker_job *job;
    struct taker taker;     /* of the accept turn */
    nfds_t polled;          /* the lifeline and the listeners */
    nfds_t next;            /* the listener to be served first, so that none starves */
    double backoff;         /* seconds; 0: accepting works */
    bool leaving;           /* told to, or the generation is over: no more connections */
    double orphan_deadline; /* when an orphan's connection must have ended; 0: not an orphan, or no limit */
    struct pollfd pollfds[1 + FD_LISTEN_MAX];
};

/* What became of waiting for a connection. */
enum wait { WAIT_GOT, WAIT_LEAVE, WAIT_RETRY };

/* An accepted connection. */
struct guest {
    struct sockaddr_storage peer;
    socklen_t peer_length;
    const struct endpoint *endpoint;
};

/* Signals */

/* TERM, also from the kernel when the master dies: leave, once there is no connection. It needs no variable: descriptor
 * numbers say whether there is one, and the kernel knows where the rest of the worker finds out (turn_taker). The
 * listening sockets are let go of at once, or the port could not be taken again. */
static void leave(int sig)
{
    (void)sig;
    int saved = errno;
    if (fcntl(FD_CONN, F_GETFD) < 0)
        _exit(WORKER_DONE);
    struct taker *taker = turn_taker();
    if (taker != NULL)
        taker->leaving = true;
    for (int fd = FD_LISTEN; fd < FD_LISTEN + FD_LISTEN_MAX; fd++)
        close(fd);
    alarm(1); /* come again, in case this came just before a call that waits */
    errno = saved;
}

static void set_signals(void)
{
    /* What the master answers; what a log that is full or gone sends; what a terminal sends to those that write to it
     * from the background. */
    static const int ignored[] = {SIGCHLD, SIGINT,   SIGQUIT, SIGHUP,  SIGUSR1,
                                  SIGUSR2, SIGWINCH, SIGPIPE, SIGXFSZ, SIGTTOU};
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigset_t none;
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        sigaction(ignored[i], &action, NULL);
    action.sa_handler = leave; /* no SA_RESTART: a wait must end */
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Becoming a worker */

static void ring(void)
{
    ssize_t ignored = write(FD_DOORBELL, "", 1); /* EAGAIN: it rings already */
    (void)ignored;
}

/* The master's descriptors are all FD_PRIVATE or above, so that nothing is overwritten before it is placed. Whatever
 * else of the master's we still have is closed: the write ends of lifelines above all, which would keep the orphans of
 * a killed master from hearing of its end. */
static bool place_descriptors(const struct worker_job *job)
{
    bool placed = dup3(job->lifeline, FD_LIFELINE, 0) >= 0 && dup3(job->doorbell, FD_DOORBELL, 0) >= 0;
    for (size_t i = 0; i < job->terms->endpoints && placed; i++) {
        int fd = job->terms->endpoint[i].fd;
        /* Without a gap, also where there is nothing to serve: the number tells whether TERM has come (leave). */
        placed = dup3(fd >= 0 ? fd : job->lifeline, FD_LISTEN + (int)i, 0) >= 0;
    }
    log_adopt(job->log, &job->page->lost);
    fd_close_from(FD_LISTEN + (int)job->terms->endpoints);
    close(FD_CONN);
    return placed;
}

static void become(struct worker *worker)
{
    const struct worker_job *job = worker->job;
    struct reason why;
    page_begin(job);
    if (!place_descriptors(job) ||
        !turn_enter(&worker->taker, job->turn)) { /* first: nothing that may take its time comes before */
        log_error(job->log, "worker cannot start: %s", strerror(errno));
        _exit(WORKER_SETUP);
    }
    if (!privilege_drop(job->terms->uid, job->terms->gid, &why)) {
        log_error(job->log, "worker cannot start: %s", why.text);
        _exit(WORKER_PRIVILEGE);
    }
    setpgid(0, 0); /* an orphaned process group that is stopped is continued by the kernel, to hear of its end */
    prctl(PR_SET_NAME, "mpechod-worker");
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* after the change of uid, which clears it */
    set_signals();
    if (getppid() != job->master)
        _exit(WORKER_DONE);
}

static void set_pollfds(struct worker *worker)
{
    worker->pollfds[0] = (struct pollfd){.fd = FD_LIFELINE, .events = POLLIN};
    for (size_t i = 0; i < worker->job->terms->endpoints; i++) {
        bool served = worker->job->terms->endpoint[i].fd >= 0;
        worker->pollfds[1 + i] = (struct pollfd){.fd = served ? FD_LISTEN + (int)i : -1, .events = POLLIN};
    }
    worker->polled = 1 + worker->job->terms->endpoints;
    worker->next = 1;
}

/* Waiting for a connection */

/* A byte retires one worker, whoever reads it; the end of it retires all. */
static enum wait read_lifeline(const struct worker *worker)
{
    char byte;
    if (read(FD_LIFELINE, &byte, 1) >= 0)
        return WAIT_LEAVE;
    if (errno == EAGAIN || errno == EINTR)
        return WAIT_RETRY;
    log_error(worker->job->log, "worker leaves: its lifeline cannot be read: %s", strerror(errno));
    _exit(WORKER_LIFELINE);
}

/* Give the turn back, and wait where only the end of the generation is heard. */
static enum wait stand_aside(struct worker *worker, double seconds)
{
    struct pollfd lifeline = {.fd = FD_LIFELINE}; /* hang-up is reported unasked; bytes are for whoever has the turn */
    turn_give(&worker->taker);
    return poll(&lifeline, 1, (int)(seconds * 1000)) > 0 ? WAIT_LEAVE : WAIT_RETRY;
}

static enum wait back_off(struct worker *worker)
{
    if (worker->backoff <= 0) {
        log_warn(worker->job->log, "cannot accept: %s; trying again", strerror(errno));
        worker->backoff = BACKOFF_FIRST;
    } else if (worker->backoff < BACKOFF_LONGEST) {
        worker->backoff *= 2;
    }
    return stand_aside(worker, worker->backoff);
}

/* A listener does not work. One that is leaving has been ended: it is not waited for any more. Of another the master
 * sees for itself what is wrong and starts a new generation; if it finds nothing, the fault is in here. */
static enum wait report_listener(struct worker *worker, int fd)
{
    if (worker->job->terms->endpoint[fd - FD_LISTEN].leaving) {
        worker->pollfds[1 + fd - FD_LISTEN].fd = -1;
        turn_give(&worker->taker);
        return WAIT_RETRY;
    }
    ring();
    if (stand_aside(worker, MEND_PATIENCE) == WAIT_LEAVE)
        return WAIT_LEAVE;
    log_warn(worker->job->log, "worker leaves: its listening socket does not work");
    _exit(WORKER_LISTENER);
}

static enum wait accept_failed(struct worker *worker, int fd)
{
    switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return back_off(worker);
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP:
        return report_listener(worker, fd);
    default: /* reset before it was accepted, or an error of the network that came with it (accept(2)) */
        turn_give(&worker->taker);
        return WAIT_RETRY;
    }
}

static enum wait accept_guest(struct worker *worker, int fd, struct guest *guest)
{
    guest->peer_length = sizeof guest->peer;
    guest->endpoint = &worker->job->terms->endpoint[fd - FD_LISTEN];
    int conn = accept4(fd, (struct sockaddr *)&guest->peer, &guest->peer_length, 0);
    if (conn < 0)
        return accept_failed(worker, fd);
    hints_count_accept(worker->job->hints);
    page_count_accept(worker->job);
    page_say(worker->job, PAGE_BUSY); /* before the turn is given, or the master might count an idle worker too many */
    turn_give(&worker->taker);
    if (conn != FD_CONN)
        _exit(WORKER_SETUP);
    if (worker->backoff > 0)
        log_info(worker->job->log, "accepting again");
    worker->backoff = 0;
    return WAIT_GOT;
}

/* The holder of the turn, after poll. The lifeline comes first, or a busy server's old generation would never leave. */
static enum wait serve_event(struct worker *worker, struct guest *guest)
{
    if (worker->pollfds[0].revents != 0) {
        enum wait wait = read_lifeline(worker);
        turn_give(&worker->taker);
        return wait;
    }
    nfds_t listeners = worker->polled - 1;
    for (nfds_t i = 0; i < listeners; i++) {
        nfds_t at = 1 + (worker->next - 1 + i) % listeners;
        short revents = worker->pollfds[at].revents;
        if (revents == 0)
            continue;
        worker->next = 1 + at % listeners;
        if ((revents & POLLIN) == 0)
            return report_listener(worker, worker->pollfds[at].fd);
        return accept_guest(worker, worker->pollfds[at].fd, guest);
    }
    turn_give(&worker->taker); /* interrupted */
    return WAIT_RETRY;
}

static enum wait wait_for_guest(struct worker *worker, struct guest *guest)
{
    if (!turn_take(&worker->taker)) {
        if (worker->taker.leaving)
            return WAIT_LEAVE;
        log_error(worker->job->log, "worker leaves: the accept lock is broken");
        _exit(WORKER_TURN);
    }
    for (nfds_t i = 0; i < worker->polled; i++)
        worker->pollfds[i].revents = 0; /* which poll leaves as they are when it is interrupted */
    poll(worker->pollfds, worker->polled, -1);
    return serve_event(worker, guest);
}

/* Serving it */

static bool lifeline_ended(void)
{
    struct pollfd lifeline = {.fd = FD_LIFELINE};
    return poll(&lifeline, 1, 0) > 0;
}

/* echo_run asks when the connection must end. While the master lives it keeps the time; an orphan keeps its own. */
static double drain_deadline(void *context)
{
    struct worker *worker = context;
    const struct worker_job *job = worker->job;
    worker->leaving = worker->leaving || worker->taker.leaving;
    /* A worker that was just forked may still hold the write end; then the alarm asks again. */
    if (!lifeline_ended())
        return 0;
    worker->leaving = true;
    alarm(0);
    if (getppid() == job->master)
        return atomic_load(job->deadline);
    if (worker->orphan_deadline <= 0 && job->terms->drain > 0)
        worker->orphan_deadline = clock_now() + job->terms->drain;
    return worker->orphan_deadline;
}

/* What is said of a connection once it is closed, but that must be asked before. */
static void describe(struct record_access *access, const struct guest *guest)
{
    struct addr local = guest->endpoint->bound; /* a Unix socket's; a TCP one may listen at many */
    if (addr_path(&local) == NULL) {
        local.length = sizeof local.storage;
        getsockname(FD_CONN, (struct sockaddr *)&local.storage, &local.length);
    }
    access->peer_length = (uint8_t)guest->peer_length;
    access->local_length = (uint8_t)local.length;
    memcpy(access->addresses, &guest->peer, access->peer_length);
    memcpy(access->addresses + access->peer_length, &local.storage, access->local_length);
}

static void end_guest(struct worker *worker, const struct guest *guest, const struct echo_result *result)
{
    struct record_access access = {.in = result->in,
                                   .out = result->out,
                                   .microseconds = (uint64_t)(result->seconds * 1e6),
                                   .end = (uint8_t)result->end};
    bool logged = worker->job->terms->log_access;
    if (logged)
        describe(&access, guest);
    close(FD_CONN);
    if (logged)
        log_access(worker->job->log, &access); /* which may wait a little, and no client with it */
}

static void serve(struct worker *worker, const struct guest *guest)
{
    const struct worker_job *job = worker->job;
    const struct worker_terms *terms = job->terms;
    const struct echo echo = {
        .fd = FD_CONN,
        .buffer = job->buffer,
        .size = job->buffer_size,
        .idle = terms->idle,
        .limit = terms->connection,
        .drain_deadline = drain_deadline,
        .context = worker,
    };
    if (hints_place_taken(job->hints))
        ring();
    if (guest->peer.ss_family == AF_UNIX)
        sockopt_timeouts(FD_CONN, echo.idle);
    struct echo_result result = echo_run(&echo);
    end_guest(worker, guest, &result);
    page_say(job, PAGE_IDLE);
    hints_place_free(job->hints);
}

_Noreturn void worker_run(const struct worker_job *job)
{
    struct worker worker = {.job = job};
    struct guest guest;
    enum wait wait = WAIT_RETRY;
    become(&worker);
    set_pollfds(&worker);
    page_say(job, PAGE_IDLE);
    if (hints_ready(job->hints))
        ring();
    for (unsigned served = 0; wait != WAIT_LEAVE && !worker.leaving && !worker.taker.leaving;) {
        wait = wait_for_guest(&worker, &guest);
        if (wait != WAIT_GOT)
            continue;
        serve(&worker, &guest);
        if (++served == job->terms->max_connections) /* never, if 0 */
            break;
    }
    _exit(WORKER_DONE);
}
