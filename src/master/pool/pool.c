/* pool.c: the generations of workers, and forking into them. What becomes of workers afterwards is in look.c and
 * reap.c. Called by the master's loop. Nothing in these files ends the master: what fails is logged, and tried
 * again at a later look. */
#include "master/pool/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/unforked.h"
#include "contract/exits.h"
#include "contract/fdplan.h"
#include "master/pool/state.h"
#include "master/pool/turnwatch.h"
#include "master/sigpipe.h"

enum { BUFFER_SIZE = 65536, BELL_SIZE = 4096 };

#define START_PATIENCE 30.0 /* seconds in which at least one more of a generation's first workers has to be ready */
#define FORK_TIME 0.03      /* seconds of forking after which requests are seen to */

/* O_NONBLOCK belongs to the open file description, and a worker can clear it for the end of the pipe that workers have.
 * An eventfd has only one description, so that a worker could make the master wait for ever. */
static bool hang_doorbell(struct pool *pool)
{
    int fds[2];
    pool->bell_read = pool->bell_write = -1;
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    pool->bell_read = fd_move(fds[0], FD_PRIVATE);
    pool->bell_write = fd_move(fds[1], FD_PRIVATE);
    fcntl(pool->bell_read, F_SETPIPE_SZ, BELL_SIZE); /* or one that workers keep full takes many reads to empty */
    return pool->bell_read >= 0 && pool->bell_write >= 0;
}

/* The buffer, and behind it the seat of a worker's page (job.h). */
static size_t buffer_room(void)
{
    return BUFFER_SIZE + (size_t)sysconf(_SC_PAGESIZE);
}

struct pool *pool_create(void (*run)(const struct worker_job *), const struct title *title, struct reason *why)
{
    struct pool *pool = unforked_alloc(sizeof *pool);
    if (pool == NULL || !roster_init(&pool->roster)) {
        reason_set(why, "out of memory");
        goto fail;
    }
    pool->run = run;
    pool->title = title;
    pool->master = getpid();
    pool->buffer = mmap(NULL, buffer_room(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!hang_doorbell(pool) || pool->buffer == MAP_FAILED) {
        reason_set(why, "cannot make the pool: %s", strerror(errno));
        goto fail_roster;
    }
    pool->board = turnwatch_possible(why) ? board_create(ROSTER_SLOTS, why) : NULL;
    if (pool->board == NULL)
        goto fail_roster;
    pool->orders = orders_create(why);
    if (pool->orders != NULL)
        return pool;

    board_destroy(pool->board);
fail_roster:
    fd_close(pool->bell_read);
    fd_close(pool->bell_write);
    roster_free(&pool->roster);
fail:
    unforked_free(pool, sizeof *pool);
    return NULL;
}

void pool_destroy(struct pool *pool)
{
    while (pool->generations != NULL) {
        struct generation *generation = pool->generations;
        pool->generations = generation->older;
        generation_destroy(generation);
    }
    orders_destroy(pool->orders);
    board_destroy(pool->board);
    munmap(pool->buffer, buffer_room());
    fd_close(pool->bell_read);
    fd_close(pool->bell_write);
    roster_free(&pool->roster);
    unforked_free(pool, sizeof *pool);
}

int pool_doorbell(const struct pool *pool)
{
    return pool->bell_read;
}

void pool_answer_doorbell(struct pool *pool)
{
    char rings[BELL_SIZE];
    ssize_t ignored = read(pool->bell_read, rings, sizeof rings);
    (void)ignored;
}

/* Forking */

/* All of it is on the stack: pool and generation are not there in the child. */
static struct worker_job make_job(const struct pool *pool, const struct generation *generation, size_t slot,
                                  struct page *page)
{
    return (struct worker_job){
        .terms = generation->terms,
        .log = generation->log,
        .turn = generation->crew.turn,
        .hints = generation->crew.hints,
        .deadline = orders_deadline(pool->orders, generation->index),
        .page = page,
        .mark = board_mark(pool->board, slot),
        .slot = slot,
        .lifeline = generation->crew.lifeline_read,
        .doorbell = pool->bell_write,
        .master = pool->master,
        .title = pool->title,
        .buffer = pool->buffer,
        .buffer_size = BUFFER_SIZE,
        .seat = pool->buffer + BUFFER_SIZE,
    };
}

/* A worker gets the turn and the hints of its own generation only. While there is but one, that costs nothing. */
static bool share_only(struct pool *pool, const struct generation *generation)
{
    for (struct generation *g = pool->generations; g != NULL; g = g->older)
        if (!generation_is_retired(g) && !crew_share(&g->crew, g == generation))
            return false;
    return true;
}

/* -1 with errno. */
static pid_t fork_worker(struct pool *pool, struct generation *generation, size_t slot)
{
    struct page *page = board_lend(pool->board, slot);
    pid_t pid = -1;
    if (page != NULL && share_only(pool, generation)) {
        void (*run)(const struct worker_job *) = pool->run;
        const struct worker_job job = make_job(pool, generation, slot, page);
        sigset_t before = sigpipe_block();
        pid = fork();
        if (pid == 0) {
            run(&job);
            _exit(WORKER_SETUP);
        }
        int error = errno;
        sigpipe_restore(&before);
        errno = error;
    }
    if (page != NULL)
        board_take_back(pool->board, slot);
    return pid;
}

static bool spawn(struct pool *pool, struct generation *generation)
{
    long slot = roster_vacancy(&pool->roster);
    if (slot == ROSTER_NONE) {
        errno = ENOSPC;
        return false;
    }
    generation_refresh(generation);
    pid_t pid = fork_worker(pool, generation, (size_t)slot);
    if (pid < 0)
        return false;
    const struct roster_worker worker = {.pid = pid, .generation = generation, .born = clock_now()};
    roster_add(&pool->roster, (size_t)slot, &worker);
    generation->workers++;
    generation->forked++;
    return true;
}

unsigned pool_fork(struct pool *pool, struct generation *generation, unsigned n)
{
    double end = clock_now() + FORK_TIME;
    for (unsigned forked = 0; forked < n; forked++) {
        if (forked > 0 && clock_now() >= end) {
            errno = 0;
            return forked;
        }
        if (!spawn(pool, generation))
            return forked;
    }
    return n;
}

/* Generations */

struct generation *pool_begin(struct pool *pool, const struct generation_parts *parts, struct reason *why)
{
    struct generation *generation = generation_create(parts, pool->orders, why);
    if (generation == NULL)
        return NULL;
    generation->older = pool->generations;
    pool->generations = generation;
    generation->terms->patience = pool_patience(pool, generation->terms->uid);
    generation->crew.hints->awaited = (int)parts->conf->start;
    generation->crew.hints->spare = HINTS_PLENTY;
    return generation;
}

void pool_see(struct pool *pool, size_t slot, double now)
{
    struct roster_worker *worker = &pool->roster.slots[slot];
    if (worker->ready || board_read(pool->board, slot).state == PAGE_STARTING)
        return;
    worker->ready = true;
    worker->generation->readied++;
    worker->generation->progress = now;
    if (worker->generation == pool->current)
        policy_note_ready(&pool->policy, now);
}

static void see_all(struct pool *pool, const struct generation *generation)
{
    double now = clock_now();
    for (size_t slot = 0; slot < pool->roster.high; slot++)
        if (pool->roster.slots[slot].pid != 0 && pool->roster.slots[slot].generation == generation)
            pool_see(pool, slot, now);
}

/* Workers that are not ready have no connection to lose. */
static void kill_unready(struct pool *pool, const struct generation *generation)
{
    see_all(pool, generation);
    for (size_t slot = 0; slot < pool->roster.high; slot++) {
        struct roster_worker *worker = &pool->roster.slots[slot];
        if (worker->pid != 0 && worker->generation == generation && !worker->ready) {
            worker->given_up = true;
            pool_signal_worker(pool, worker, SIGKILL);
        }
    }
}

/* How many were forked, without those that were stillborn, which are forked again. */
static unsigned count_started(const struct generation *generation)
{
    return generation->forked - generation->stillborn;
}

bool pool_is_forked(const struct generation *generation)
{
    return count_started(generation) >= generation->conf->start;
}

/* False with a reason: it would be useless to fork more of them. */
static bool fork_first(struct pool *pool, struct generation *generation, struct reason *why)
{
    unsigned missing = pool_is_forked(generation) ? 0 : generation->conf->start - count_started(generation);
    unsigned batch = missing < POLICY_BATCH ? missing : POLICY_BATCH;
    if (generation->failure != 0)
        return reason_set(why, "the new workers cannot start");
    if (generation->stillborn >= POLICY_STILLBORN_MAX)
        return reason_set(why, "the new workers die at once");
    if (pool_fork(pool, generation, batch) < batch && errno != 0)
        return reason_set(why, "cannot fork a worker: %s", strerror(errno));
    return true;
}

/* A worker that has been ready has shown that its generation can start. What became of it since may be its client's
 * doing, who could otherwise keep a generation from ever starting. */
enum pool_progress pool_start(struct pool *pool, struct generation *generation, struct reason *why)
{
    if (!fork_first(pool, generation, why))
        return POOL_FAILED;
    see_all(pool, generation);
    if (generation->readied >= generation->conf->start)
        return POOL_READY;
    if (clock_now() < generation->progress + START_PATIENCE)
        return POOL_STARTING;
    reason_set(why, "the new workers are not ready after %.0f s", START_PATIENCE);
    return POOL_FAILED;
}

void pool_set_generation_deadline(struct pool *pool, struct generation *generation, double deadline)
{
    generation_set_deadline(generation, deadline);
    pool_signal(pool, generation, SIGTERM);
}

/* The closed lifeline makes workers leave. TERM wakes those that wait for a client, so that they close the listeners.
 * */
void pool_retire(struct pool *pool, struct generation *generation)
{
    generation_retire(generation);
    pool_set_generation_deadline(pool, generation, pool->deadline);
    if (generation == pool->current)
        pool->current = NULL;
}

void pool_abandon(struct pool *pool, struct generation *generation)
{
    kill_unready(pool, generation);
    pool_retire(pool, generation);
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

void pool_promote(struct pool *pool, struct generation *generation, bool anew)
{
    struct generation *before = pool->current;
    pool->current = generation;
    if (anew)
        pool->policy = (struct policy){0};
    policy_begin_generation(&pool->policy);
    pool->turn_broken = pool->spoilt = false;
    if (before != NULL)
        pool_retire(pool, before);
}

void pool_set_deadline(struct pool *pool, double deadline)
{
    pool->deadline = deadline;
    for (struct generation *g = pool->generations; g != NULL; g = g->older)
        if (generation_is_retired(g))
            pool_set_generation_deadline(pool, g, deadline);
}

void pool_kill(struct pool *pool)
{
    pool->killing = true;
    pool_retire_current(pool); /* or the next look would fork new ones */
    for (struct generation *g = pool->generations; g != NULL; g = g->older)
        generation_set_deadline(g, clock_now()); /* for those that cannot be killed */
    pool_signal(pool, NULL, SIGKILL);
}

unsigned pool_size(const struct pool *pool)
{
    return (unsigned)pool->roster.count;
}

uint64_t pool_lost(const struct pool *pool)
{
    uint64_t lost = pool->lost;
    for (size_t slot = 0; slot < pool->roster.high; slot++)
        if (pool->roster.slots[slot].pid != 0)
            lost += board_read(pool->board, slot).lost;
    return lost;
}
