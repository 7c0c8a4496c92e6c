/* requests.c: one switch for all that the master may be asked; see requests.h. Called by the loop before it reaps or
 * looks at anything, so that neither deaths nor load hold a request up. Nothing in here waits. */
#include "master/requests.h"

#include <signal.h>
#include <stdbool.h>

#include "master/rollout.h"
#include "master/sigpipe.h"
#include "master/state.h"
#include "master/stopping.h"

static void reopen_log(struct master *m)
{
    if (m->phase != PHASE_STARTING)
        logger_reopen(m->logger);
}

/* A reload that is under way would end the pause, so it is dropped even if we are paused already. */
static void pause_service(struct master *m)
{
    if (m->phase != PHASE_RUNNING)
        return;
    rollout_drop(m, "paused");
    if (m->paused)
        return;
    pool_retire_current(m->pool);
    m->paused = true;
    log_info(&m->log, "paused: no new connections until SIGHUP");
}

/* Terminals, and programs that pass signals on to containers, send it when the size of a window changes. */
static void on_winch(struct master *m)
{
    if (m->setup->has_terminal)
        log_debug(&m->log, "SIGWINCH ignored: it may come from the terminal");
    else
        pause_service(m);
}

void requests_signal(struct master *m, int sig)
{
    char name[16];
    sigpipe_name(sig, name);
    switch (sig) {
    case SIGTERM:
    case SIGINT:
    case SIGQUIT:
        stopping_request(m, name);
        break;
    case SIGHUP:
        rollout_request(m, ROLLOUT_RELOAD);
        break;
    case SIGUSR1:
        reopen_log(m);
        break;
    case SIGUSR2:
        log_warn(&m->log, "SIGUSR2: replacing the running binary is not supported yet: nothing done");
        break;
    case SIGWINCH:
        on_winch(m);
        break;
    default:
        break;
    }
}
