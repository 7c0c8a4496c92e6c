/* reap.c: what the kernel says of workers: who died, how, and who was stopped. Called by the master for each. */
#include <sys/wait.h>

#include "base/clock.h"
#include "contract/exits.h"
#include "master/pool/pool.h"
#include "master/pool/state.h"
#include "master/sigpipe.h"

static void log_death(struct log *log, const struct roster_worker *worker, long slot, int status)
{
    char name[16];
    if (worker->given_up)
        log_debug(log, "worker %d (slot %ld) given up", (int)worker->pid, slot);
    else if (WIFSIGNALED(status))
        log_warn(log, "worker %d (slot %ld) killed by %s%s", (int)worker->pid, slot,
                 sigpipe_name(WTERMSIG(status), name), WCOREDUMP(status) ? " (core dumped)" : "");
    else if (WEXITSTATUS(status) != WORKER_DONE)
        log_warn(log, "worker %d (slot %ld) exited with status %d", (int)worker->pid, slot, WEXITSTATUS(status));
    else
        log_debug(log, "worker %d (slot %ld) left", (int)worker->pid, slot);
}

/* A worker that leaves in good order, but unasked and before it has served anybody, is as useless as one that dies. The
 * count of its connections is its own word, but all it can gain by a lie is not to count as a death. */
static bool left_unasked(const struct pool *pool, long slot, double now)
{
    const struct generation *generation = pool->roster.slots[slot].generation;
    return !generation_is_retired(generation) && board_read(pool->board, (size_t)slot).accepts == 0 &&
           now - generation->thinned > POLICY_YOUNG;
}

static bool is_abnormal(const struct pool *pool, long slot, int status, double now)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_DONE)
        return left_unasked(pool, slot, now);
    return !pool->roster.slots[slot].ended;
}

/* What a worker's exit status says about the others. */
static void note_status(struct pool *pool, struct generation *generation, int code)
{
    if (code == WORKER_SETUP || code == WORKER_PRIVILEGE)
        generation->failure = code;
    if (code == WORKER_TURN && generation == pool->current)
        pool->turn_broken = true;
}

static void bury(struct pool *pool, long slot, int status, struct log *log)
{
    const struct roster_worker worker = pool->roster.slots[slot];
    struct generation *generation = worker.generation;
    double now = clock_now();
    if (!pool->killing)
        log_death(log, &worker, slot, status);
    if (WIFEXITED(status))
        note_status(pool, generation, WEXITSTATUS(status));
    if (is_abnormal(pool, slot, status, now)) {
        generation->deaths++;
        if (generation == pool->current)
            policy_note_death(&pool->policy, now - worker.born, now);
    }
    roster_remove(&pool->roster, (size_t)slot);
    board_wipe(pool->board, (size_t)slot);
    generation->workers--;
}

void pool_note_child(struct pool *pool, pid_t pid, int status, struct log *log)
{
    long slot = roster_find(&pool->roster, pid);
    if (slot == ROSTER_NONE)
        return;
    if (WIFSTOPPED(status) || WIFCONTINUED(status))
        pool->roster.slots[slot].stopped = WIFSTOPPED(status);
    else
        bury(pool, slot, status, log);
}
