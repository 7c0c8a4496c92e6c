/* pool.c: the workers; see pool.h. Called by the master's loop. Nothing here ends the master: what fails is logged, and
 * tried again at a later look. */
#include "pool.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board.h"
#include "generation.h"
#include "policy.h"
#include "roster.h"
#include "sigpipe.h"

#define KILL_GRACE 1.0 /* seconds after its deadline a worker that has not ended by itself is killed */

enum { BUFFER_SIZE = 65536 };

struct pool {
    void (*run)(const struct worker_job *);
    pid_t master;
    int doorbell;
    struct board *board;
    unsigned char *buffer; /* every worker's, copied on its first write to it */
    struct roster roster;
    struct generation *generations; /* the newest first */
    struct generation *current;     /* the one that the policy keeps in shape; NULL: none */
    struct policy policy;
    double deadline; /* of generations that are retired from now on; 0: none */
    bool turn_broken;
    bool killing; /* pool_kill was called: deaths are no news */
};

/* What a look has seen. */
struct census {
    struct policy_view view;
    unsigned stuck; /* idle or stopped: workers that could accept, or should */
    unsigned draining; /* workers of retired generations */
    uint64_t accepts;
};

struct pool *pool_create(void (*run)(const struct worker_job *), struct reason *why)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL || !roster_init(&pool->roster)) {
        reason_set(why, "out of memory");
        goto fail;
    }
    pool->run = run;
    pool->master = getpid();
    pool->doorbell = util_fd_private(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    pool->buffer = mmap(NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pool->doorbell < 0 || pool->buffer == MAP_FAILED) {
        reason_set(why, "cannot make the pool: %s", strerror(errno));
        goto fail_roster;
    }
    pool->board = board_create(ROSTER_SLOTS, why);
    if (pool->board != NULL)
        return pool;

fail_roster:
    roster_free(&pool->roster);
fail:
    free(pool);
    return NULL;
}

void pool_destroy(struct pool *pool)
{
    while (pool->generations != NULL) {
        struct generation *generation = pool->generations;
        pool->generations = generation->older;
        generation_destroy(generation);
    }
    board_destroy(pool->board);
    munmap(pool->buffer, BUFFER_SIZE);
    close(pool->doorbell);
    roster_free(&pool->roster);
    free(pool);
}

int pool_doorbell(const struct pool *pool)
{
    return pool->doorbell;
}

void pool_answer_doorbell(struct pool *pool)
{
    uint64_t rings;
    ssize_t ignored = read(pool->doorbell, &rings, sizeof rings);
    (void)ignored;
}

/* Forking */

static bool spawn(struct pool *pool, struct generation *generation)
{
    long slot = roster_vacancy(&pool->roster);
    if (slot == ROSTER_NONE) {
        errno = ENOSPC;
        return false;
    }
    sigset_t before = sigpipe_block();
    pid_t pid = fork();
    if (pid == 0) {
        const struct worker_job job = {
            .conf = generation->conf,
            .listeners = generation->listeners,
            .log = generation->log,
            .turn = generation->turn,
            .board = pool->board,
            .slot = (size_t)slot,
            .lifeline = generation->lifeline_read,
            .doorbell = pool->doorbell,
            .master = pool->master,
            .buffer = pool->buffer,
            .buffer_size = BUFFER_SIZE,
        };
        pool->run(&job);
        _exit(WORKER_SETUP);
    }
    int error = errno;
    sigpipe_restore(&before);
    if (pid < 0) {
        errno = error;
        return false;
    }
    const struct roster_worker worker = {.pid = pid, .generation = generation, .born = util_now()};
    roster_add(&pool->roster, (size_t)slot, &worker);
    generation->workers++;
    return true;
}

/* Generations */

struct generation *pool_begin(struct pool *pool, unsigned number, const struct conf *conf,
                              const struct listen_set *listeners, struct log *log, struct reason *why)
{
    struct generation *generation = generation_create(number, conf, listeners, log, why);
    if (generation == NULL)
        return NULL;
    generation->older = pool->generations;
    pool->generations = generation;
    turn_set_awaited(generation->turn, (int)conf->start);
    turn_set_spare(generation->turn, INT_MAX / 2);
    return generation;
}

static unsigned count_ready(const struct pool *pool, const struct generation *generation)
{
    unsigned ready = 0;
    for (size_t slot = 0; slot < pool->roster.high; slot++)
        if (pool->roster.slots[slot].pid != 0 && pool->roster.slots[slot].generation == generation)
            ready += board_state(pool->board, slot) != BOARD_STARTING;
    return ready;
}

enum pool_progress pool_start(struct pool *pool, struct generation *generation, struct reason *why)
{
    if (generation->failure != 0 || generation->deaths >= POLICY_YOUNG_DEATHS) {
        reason_set(why, generation->failure != 0 ? "the new workers cannot start" : "the new workers die at once");
        return POOL_FAILED;
    }
    for (unsigned n = 0; n < POLICY_BATCH && generation->workers < generation->conf->start; n++) {
        if (!spawn(pool, generation)) {
            reason_set(why, "cannot fork a worker: %s", strerror(errno));
            return POOL_FAILED;
        }
    }
    return count_ready(pool, generation) >= generation->conf->start ? POOL_READY : POOL_STARTING;
}

bool pool_is_forked(const struct generation *generation)
{
    return generation->workers >= generation->conf->start;
}

static void signal_all(const struct pool *pool, const struct generation *generation, int sig)
{
    for (size_t slot = 0; slot < pool->roster.high; slot++) {
        struct roster_worker *worker = &pool->roster.slots[slot];
        if (worker->pid == 0 || (generation != NULL && worker->generation != generation))
            continue;
        worker->ended = worker->ended || sig == SIGKILL;
        kill(worker->pid, sig);
    }
}

static void set_deadline(struct pool *pool, struct generation *generation, double deadline)
{
    generation_set_deadline(generation, deadline);
    signal_all(pool, generation, SIGTERM);
}

/* The closed lifeline is what retires them; TERM makes those look who wait for a client, and let go of the listeners. */
void pool_retire(struct pool *pool, struct generation *generation)
{
    generation_retire(generation);
    set_deadline(pool, generation, pool->deadline);
    if (generation == pool->current)
        pool->current = NULL;
}

void pool_retire_current(struct pool *pool)
{
    if (pool->current != NULL)
        pool_retire(pool, pool->current);
}

bool pool_has_current(const struct pool *pool)
{
    return pool->current != NULL;
}

void pool_promote(struct pool *pool, struct generation *generation)
{
    struct generation *before = pool->current;
    pool->current = generation;
    pool->policy = (struct policy){0};
    pool->turn_broken = false;
    if (before != NULL)
        pool_retire(pool, before);
}

void pool_set_deadline(struct pool *pool, double deadline)
{
    pool->deadline = deadline;
    for (struct generation *g = pool->generations; g != NULL; g = g->older)
        if (generation_is_retired(g))
            set_deadline(pool, g, deadline);
}

static void drop_empty_generations(struct pool *pool)
{
    for (struct generation **link = &pool->generations; *link != NULL;) {
        struct generation *generation = *link;
        if (generation_is_retired(generation) && generation->workers == 0) {
            *link = generation->older;
            generation_destroy(generation);
        } else {
            link = &generation->older;
        }
    }
}

/* Looking */

static void count_worker(const struct pool *pool, size_t slot, struct census *census)
{
    const struct roster_worker *worker = &pool->roster.slots[slot];
    if (generation_is_retired(worker->generation))
        census->draining++;
    if (worker->generation != pool->current)
        return;
    bool busy = board_state(pool->board, slot) == BOARD_BUSY;
    census->view.total++;
    census->view.idle += !busy && !worker->stopped;
    census->stuck += !busy;
    census->accepts += board_accepts(pool->board, slot);
}

static struct census take_census(const struct pool *pool)
{
    struct census census = {0};
    for (size_t slot = 0; slot < pool->roster.high; slot++)
        if (pool->roster.slots[slot].pid != 0)
            count_worker(pool, slot, &census);
    if (pool->current != NULL)
        census.view.retiring = generation_thinning(pool->current);
    return census;
}

static void end_worker(struct roster_worker *worker)
{
    worker->ended = true;
    kill(worker->pid, SIGKILL);
}

/* Connections wait, idle workers are there, and nobody accepts. Most likely the one that has the turn was stopped. Whom
 * the lock names is gossip: only a worker of ours is ever killed. Returns whether a new generation is needed. */
static bool break_stall(struct pool *pool, struct log *log)
{
    struct generation *current = pool->current;
    long holder = roster_find(&pool->roster, turn_holder(current->turn));
    bool acted = false;
    for (size_t slot = 0; slot < pool->roster.high; slot++) {
        struct roster_worker *worker = &pool->roster.slots[slot];
        bool stopped = worker->stopped && board_state(pool->board, slot) != BOARD_BUSY;
        if (worker->pid == 0 || worker->generation != current || ((long)slot != holder && !stopped))
            continue;
        log_warn(log, "worker %d (slot %zu) %s while connections wait: ending it", (int)worker->pid, slot,
                 (long)slot == holder ? "sits on the accept turn" : "is stopped");
        end_worker(worker);
        acted = true;
    }
    turn_kick(current->turn);
    bool hopeless = !acted && current->kicked;
    current->kicked = !acted;
    if (hopeless)
        log_warn(log, "nobody takes the accept turn while connections wait: starting new workers");
    return hopeless;
}

static void say_notices(const struct pool *pool, struct log *log, const struct policy_view *view, unsigned notices, int error)
{
    const struct conf *conf = pool->current->conf;
    if (notices & POLICY_FULL)
        log_warn(log, "max_workers (%u) reached, %u connections waiting", conf->max_workers, view->waiting);
    if (notices & POLICY_DYING_YOUNG)
        log_error(log, "%d workers died at once after their start: forking slows down", POLICY_YOUNG_DEATHS);
    if (notices & POLICY_LIVING_AGAIN)
        log_info(log, "new workers live: forking at full speed again");
    if (notices & POLICY_FORK_FAILING)
        log_error(log, "cannot fork a worker: %s; trying again", strerror(error));
    if (notices & POLICY_FORKING_AGAIN)
        log_info(log, "forking works again");
}

/* The last idle worker to take a connection must ring, or the next client waits for the tick. */
static void set_hint(struct pool *pool, const struct policy_limits *limits, const struct policy_view *view, bool held_back)
{
    int idle = (int)view->idle - (int)view->retiring, spare = idle - (int)limits->min_spare + 1;
    if (held_back || view->total >= limits->max_workers)
        spare = INT_MAX / 2; /* nothing could be forked */
    turn_set_spare(pool->current->turn, spare);
}

static unsigned fork_some(struct pool *pool, unsigned n, double now, int *error)
{
    for (unsigned i = 0; i < n; i++) {
        bool worked = spawn(pool, pool->current);
        *error = errno;
        policy_note_fork(&pool->policy, worked, now);
        if (!worked)
            return i;
    }
    return n;
}

/* Carry out what the policy orders for the current generation. */
static void keep_shape(struct pool *pool, struct policy_view *view, double now, struct pool_report *report, struct log *log)
{
    const struct conf *conf = pool->current->conf;
    const struct policy_limits limits = {conf->min_spare, conf->max_spare, conf->max_workers};
    struct policy_order order = policy_decide(&pool->policy, &limits, view, now);
    int error = 0;
    unsigned forked = fork_some(pool, order.fork, now, &error);
    generation_thin(pool->current, order.retire);
    view->total += forked;
    view->idle += forked;
    view->retiring += order.retire;
    report->more = order.more && forked == order.fork;
    report->retry = order.retry;
    say_notices(pool, log, view, order.notices | pool->policy.notices, error);
    pool->policy.notices = 0;
    set_hint(pool, &limits, view, order.retry > 0);
}

/* Reloads do not cut connections, but finishing workers may be as many as the pool's and no more: beyond that the oldest
 * generation gets the drain time to end. */
static void bound_draining(struct pool *pool, const struct census *census, double now)
{
    struct generation *oldest = NULL;
    const struct conf *conf = pool->current->conf;
    if (census->draining <= conf->max_workers || conf->drain <= 0)
        return;
    for (struct generation *g = pool->generations; g != NULL; g = g->older)
        if (generation_is_retired(g) && g->deadline <= 0)
            oldest = g;
    if (oldest != NULL)
        set_deadline(pool, oldest, now + conf->drain);
}

static double sooner(double a, double b)
{
    return a <= 0 || (b > 0 && b < a) ? b : a;
}

static void end_overdue(struct pool *pool, double now, struct pool_report *report, struct log *log)
{
    for (struct generation *g = pool->generations; g != NULL; g = g->older) {
        if (g->deadline <= 0)
            continue;
        double left = g->deadline + KILL_GRACE - now;
        if (left > 0) {
            report->retry = sooner(report->retry, left);
        } else if (g->workers > 0) {
            log_warn(log, "%u workers have not ended in the drain time: killing them", g->workers);
            signal_all(pool, g, SIGKILL);
            generation_set_deadline(g, now + 60); /* not again at every look */
        }
    }
}

struct pool_report pool_look(struct pool *pool, struct log *log)
{
    struct pool_report report = {0};
    double now = util_now();
    struct census census = take_census(pool);
    struct generation *current = pool->current;
    if (current != NULL) {
        report.waiting = census.view.waiting = listen_waiting(current->listeners, &report.renew);
        if (stall_check(&current->stall, report.waiting, census.stuck, census.accepts, current->conf->stall_timeout, now))
            report.renew |= break_stall(pool, log);
        report.renew |= pool->turn_broken;
        keep_shape(pool, &census.view, now, &report, log);
        bound_draining(pool, &census, now);
    }
    end_overdue(pool, now, &report, log);
    return report;
}

/* Reaping */

static void log_death(struct log *log, const struct roster_worker *worker, long slot, int status)
{
    char name[16];
    if (WIFSIGNALED(status))
        log_warn(log, "worker %d (slot %ld) killed by %s%s", (int)worker->pid, slot,
                 sigpipe_name(WTERMSIG(status), name), WCOREDUMP(status) ? " (core dumped)" : "");
    else if (WEXITSTATUS(status) != WORKER_DONE)
        log_warn(log, "worker %d (slot %ld) exited with status %d", (int)worker->pid, slot, WEXITSTATUS(status));
    else
        log_debug(log, "worker %d (slot %ld) left", (int)worker->pid, slot);
}

static void bury(struct pool *pool, long slot, int status, struct log *log)
{
    const struct roster_worker worker = pool->roster.slots[slot];
    struct generation *generation = worker.generation;
    bool abnormal = !worker.ended && (WIFSIGNALED(status) || WEXITSTATUS(status) != WORKER_DONE);
    double now = util_now();
    if (!pool->killing)
        log_death(log, &worker, slot, status);
    if (WIFEXITED(status)) {
        int code = WEXITSTATUS(status);
        if (code == WORKER_SETUP || code == WORKER_PRIVILEGE)
            generation->failure = code;
        if (code == WORKER_TURN && generation == pool->current)
            pool->turn_broken = true;
    }
    if (abnormal) {
        generation->deaths++;
        if (generation == pool->current)
            policy_note_death(&pool->policy, now - worker.born, now);
    }
    roster_remove(&pool->roster, (size_t)slot);
    board_wipe(pool->board, (size_t)slot);
    generation->workers--;
}

/* The kernel says who died and who was stopped. As PID 1 the master also inherits orphans that were never its own. */
void pool_reap(struct pool *pool, struct log *log)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
        long slot = roster_find(&pool->roster, pid);
        if (slot == ROSTER_NONE)
            continue;
        if (WIFSTOPPED(status) || WIFCONTINUED(status))
            pool->roster.slots[slot].stopped = WIFSTOPPED(status);
        else
            bury(pool, slot, status, log);
    }
    drop_empty_generations(pool);
}

void pool_kill(struct pool *pool)
{
    pool->killing = true;
    signal_all(pool, NULL, SIGKILL);
}

unsigned pool_size(const struct pool *pool)
{
    return (unsigned)pool->roster.count;
}
