/* stopping.c: the end, phase by phase; see stopping.h. Called at a request and at each look. */
#include "master/stopping.h"

#include <stdbool.h>

#include "base/clock.h"
#include "master/rollout.h"
#include "master/state.h"

#define EMPTYING_LOOK 0.01 /* seconds between looks while the accept queues are emptied */

static void stop_at_once(struct master *m, const char *name)
{
    log_info(&m->log, "%s again: stopping at once", name);
    m->phase = PHASE_DRAINING;
    pool_kill(m->pool);
}

/* While the daemon is paused there is nobody to serve the queues. */
static void wake(struct master *m)
{
    bool broken;
    if (!pool_has_current(m->pool) && listen_waiting(&m->live->listeners, &broken) > 0)
        rollout_wake(m);
}

void stopping_request(struct master *m, const char *name)
{
    if (m->phase == PHASE_EMPTYING || m->phase == PHASE_DRAINING) {
        stop_at_once(m, name);
        return;
    }
    log_info(&m->log, "%s: stopping", name);
    rollout_drop(m, "stopped");
    if (m->live == NULL) {
        m->phase = PHASE_DRAINING;
        return;
    }
    m->phase = PHASE_EMPTYING;
    m->stop_deadline = m->live->conf.drain > 0 ? clock_now() + m->live->conf.drain : 0;
    pool_set_deadline(m->pool, m->stop_deadline);
    listen_refuse(&m->live->listeners);
    wake(m);
    master_look_after(m, EMPTYING_LOOK); /* handshakes that are under way get a moment to complete */
}

static void close_up(struct master *m)
{
    pool_retire_current(m->pool);
    deploy_close_listeners(m->live);
    m->phase = PHASE_DRAINING;
}

void stopping_continue(struct master *m, unsigned waiting)
{
    bool overdue = m->stop_deadline > 0 && clock_now() >= m->stop_deadline;
    if (m->phase == PHASE_EMPTYING && (waiting == 0 || overdue))
        close_up(m);
    if (m->phase == PHASE_EMPTYING)
        master_look_after(m, EMPTYING_LOOK);
    if (m->phase == PHASE_DRAINING && pool_size(m->pool) == 0)
        ev_break(m->loop, EVBREAK_ALL);
}
