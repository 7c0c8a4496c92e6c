/* reap.c: what the kernel says of workers: who died, how, and who was stopped. Called by the master for each. */
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "contract/exits.h"
#include "master/pool/pool.h"
#include "master/pool/state.h"
#include "master/sigpipe.h"

#define THINNING_TIME 1.0 /* seconds after generation_thin in which workers leave because they were asked to */

/* Lines about deaths: so many at once and so many a second name a worker each; the others are counted. */
static const struct bucket_size obituaries = {.burst = 1000, .rate = 50};

static bool is_left(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == WORKER_DONE;
}

static void log_death(struct log *log, const struct roster_worker *worker, long slot, int status)
{
    char name[16];
    if (worker->given_up)
        log_debug(log, "worker %d (slot %ld) given up", (int)worker->pid, slot);
    else if (WIFSIGNALED(status))
        log_warn(log, "worker %d (slot %ld) killed by %s%s", (int)worker->pid, slot,
                 sigpipe_name(WTERMSIG(status), name), WCOREDUMP(status) ? " (core dumped)" : "");
    else if (!is_left(status))
        log_warn(log, "worker %d (slot %ld) exited with status %d", (int)worker->pid, slot, WEXITSTATUS(status));
    else
        log_debug(log, "worker %d (slot %ld) left", (int)worker->pid, slot);
}

static void tell_death(struct pool *pool, const struct roster_worker *worker, long slot, int status, double now,
                       struct log *log)
{
    if (pool->killing)
        return;
    if (is_left(status) || bucket_take(&pool->obituaries, &obituaries, 1, now) == 1) {
        log_death(log, worker, slot, status);
        return;
    }
    if (pool->unnamed == 0)
        pool->unnamed_since = now;
    pool->unnamed++;
}

/* In good order, but unasked and before it has served anybody. */
static bool left_unasked(const struct generation *generation, bool served, double now)
{
    return !served && !generation_is_retired(generation) && now - generation->crew.thinned > THINNING_TIME;
}

static bool is_abnormal(const struct roster_worker *worker, bool served, int status, double now)
{
    return is_left(status) ? left_unasked(worker->generation, served, now) : !worker->ended;
}

static bool is_fault(int status)
{
    int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return sig == SIGSEGV || sig == SIGBUS || sig == SIGABRT;
}

/* What a worker's exit status says about the others. */
static void note_status(struct pool *pool, struct generation *generation, int code)
{
    if (code == WORKER_SETUP || code == WORKER_PRIVILEGE)
        generation->failure = code;
    if (code == WORKER_TURN && generation == pool->current)
        pool->turn_broken = true;
}

/* A worker that ends of its own accord before it has served anybody is as useless as one that is never ready. No client
 * can bring that about; and all that a worker gains by a lie about what it has served is the other rate of replacing.
 * A generation that is being started gives up by itself when too many are stillborn; of one that is retired nobody is
 * replaced. */
static void note_abnormal(struct pool *pool, const struct roster_worker *worker, bool served, int status, double now)
{
    struct generation *generation = worker->generation;
    bool stillborn = !worker->ready || (WIFEXITED(status) && !served);
    generation->stillborn += stillborn;
    if (generation == pool->current || (!stillborn && !generation_is_retired(generation)))
        policy_note_death(&pool->policy, stillborn ? POLICY_DEATH_STILLBORN : POLICY_DEATH_CRASH, is_fault(status),
                          now);
}

static void bury(struct pool *pool, long slot, int status, struct log *log)
{
    double now = clock_now();
    pool_see(pool, (size_t)slot, now);
    const struct roster_worker worker = pool->roster.slots[slot];
    tell_death(pool, &worker, slot, status, now, log);
    bool served = board_read(pool->board, (size_t)slot).accepts > 0;
    if (WIFEXITED(status))
        note_status(pool, worker.generation, WEXITSTATUS(status));
    if (is_abnormal(&worker, served, status, now))
        note_abnormal(pool, &worker, served, status, now);
    ledger_enter(&worker.generation->buried, pool->board, (size_t)slot);
    pool->lost += board_read(pool->board, (size_t)slot).lost;
    roster_remove(&pool->roster, (size_t)slot);
    board_wipe(pool->board, (size_t)slot);
    worker.generation->workers--;
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
