/* process.c: from fork to serving, and the end: descriptors, privileges, signals; then stream.c and session.c in turns.
 * Forked by the pool; ends by exit, with a status of enum worker_exit. Holds the descriptors of fdplan.h and nothing
 * else. */
#include "worker/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "contract/exits.h"
#include "contract/fdplan.h"
#include "worker/page.h"
#include "worker/privilege.h"
#include "worker/session.h"
#include "worker/stream.h"
#include "worker/worker.h"

void worker_ring(void)
{
    ssize_t ignored = write(FD_DOORBELL, "", 1); /* EAGAIN: it rings already */
    (void)ignored;
}

void worker_close_listeners(void)
{
    for (int fd = FD_LISTEN; fd < FD_LISTEN + FD_LISTEN_MAX; fd++)
        close(fd);
}

/* Signals */

/* TERM, also from the kernel when the master dies: leave, once there is no connection. A handler has no variable to
 * tell the rest of the worker by, and needs none. Whether there is a connection is seen from descriptor 3. If there is
 * one, the handler finds what the worker has registered with the kernel (turn_taker), and sets a flag beside it.
 * Examples:
 *
 *   idle, waits for the turn or for a client    descriptor 3 is closed: the handler exits
 *   from accept to its log line                 the flag is set, listeners are closed; the worker leaves after close
 *   waits in recv                               the same, and recv ends with EINTR: the deadline is asked for
 *   just before recv                            the same, but recv waits: the alarm comes a second later, and again
 */
static void leave(int sig)
{
    (void)sig;
    int saved = errno;
    struct taker *taker = turn_taker();
    if (fcntl(FD_CONN, F_GETFD) < 0 && (taker == NULL || !taker->serving))
        _exit(WORKER_DONE);
    if (taker != NULL)
        taker->dismissed = true;
    worker_close_listeners();
    alarm(1);
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

/* The master's descriptors are all FD_PRIVATE or above, so that none is overwritten before it is in its place. All
 * others are closed, above all the write ends of lifelines: as long as one is open, the orphans of a killed master do
 * not hear of its end. */
static bool place_descriptors(const struct worker_job *job)
{
    bool placed = dup3(job->lifeline, FD_LIFELINE, 0) >= 0 && dup3(job->doorbell, FD_DOORBELL, 0) >= 0;
    for (size_t i = 0; i < job->terms->endpoints && placed; i++) {
        int fd = job->terms->endpoint[i].fd;
        /* Without a gap, also where there is nothing to serve: a listener's number is that of its endpoint. */
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
    title_set(job->title, WORKER_TITLE "idle");
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* after the change of uid, which clears it */
    set_signals();
    if (getppid() != job->master)
        _exit(WORKER_DONE);
}

/* A worker keeps what it will write to where it writes anyway: its log handle on the stack, its page behind the buffer.
 * If it wrote to memory that it has from the master, that page would be copied; and a page far from all others needs a
 * page table of its own. Together that would be 8 KiB a worker. */
static struct worker_job settle(const struct worker_job *given, struct log *log)
{
    struct worker_job job = *given;
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mremap(given->page, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, given->seat);
    *log = *given->log;
    job.log = log;
    if (page != MAP_FAILED)
        job.page = page;
    return job;
}

_Noreturn void worker_run(const struct worker_job *given)
{
    struct log log;
    const struct worker_job mine = settle(given, &log), *job = &mine;
    struct worker worker = {.job = job};
    struct connection connection;
    enum stream_event event = STREAM_NOTHING;
    become(&worker);
    stream_begin(&worker);
    page_say(job, PAGE_IDLE);
    if (hints_ready(job->hints))
        worker_ring();
    for (unsigned served = 0; event != STREAM_LEAVE && !worker.over && !worker.taker.dismissed;) {
        event = stream_wait(&worker, &connection);
        if (event != STREAM_CONNECTION)
            continue;
        session_serve(&worker, &connection);
        if (++served == job->terms->max_connections) /* never, if 0 */
            break;
    }
    _exit(WORKER_DONE);
}
