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
#include "master/sigpipe.h"

enum { BUFFER_SIZE = 65536, BELL_SIZE = 4096 };

#define START_PATIENCE 30.0 /* seconds that a generation's first workers have to be ready */

/* O_NONBLOCK belongs to the open file description, and workers can change it for theirs. An eventfd has only one, by
 * which a worker could make the master wait for ever. */
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

struct pool *pool_create(void (*run)(const struct worker_job *), struct reason *why)
{
    struct pool *pool = unforked_alloc(sizeof *pool);
    if (pool == NULL || !roster_init(&pool->roster)) {
        reason_set(why, "out of memory");
        goto fail;
    }
    pool->run = run;
    pool->master = getpid();
    pool->buffer = mmap(NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!hang_doorbell(pool) || pool->buffer == MAP_FAILED) {
        reason_set(why, "cannot make the pool: %s", strerror(errno));
        goto fail_roster;
    }
    pool->board = board_create(ROSTER_SLOTS, why);
    if (pool->board != NULL)
        return pool;

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
    board_destroy(pool->board);
    munmap(pool->buffer, BUFFER_SIZE);
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

bool pool_spawn(struct pool *pool, struct generation *generation)
{
    long slot = roster_vacancy(&pool->roster);
    if (slot == ROSTER_NONE) {
        errno = ENOSPC;
        return false;
    }
    generation_refresh(generation);
    struct page *page = board_lend(pool->board, (size_t)slot);
    if (page == NULL)
        return false;
    /* On the stack: pool and generation are not there in the child. */
    void (*run)(const struct worker_job *) = pool->run;
    const struct worker_job job = {
        .terms = generation->terms,
        .log = generation->log,
        .turn = generation->turn,
        .page = page,
        .mark = board_mark(pool->board, (size_t)slot),
        .slot = (size_t)slot,
        .lifeline = generation->lifeline_read,
        .doorbell = pool->bell_write,
        .master = pool->master,
        .buffer = pool->buffer,
        .buffer_size = BUFFER_SIZE,
    };
    sigset_t before = sigpipe_block();
    pid_t pid = fork();
    if (pid == 0) {
        run(&job);
        _exit(WORKER_SETUP);
    }
    int error = errno;
    board_take_back(pool->board, (size_t)slot);
    sigpipe_restore(&before);
    if (pid < 0) {
        errno = error;
        return false;
    }
    const struct roster_worker worker = {.pid = pid, .generation = generation, .born = clock_now()};
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
            ready += board_read(pool->board, slot).state != PAGE_STARTING;
    return ready;
}

/* Workers that are not ready have no connection to lose. */
static void kill_unready(const struct pool *pool, const struct generation *generation)
{
    for (size_t slot = 0; slot < pool->roster.high; slot++) {
        struct roster_worker *worker = &pool->roster.slots[slot];
        if (worker->pid != 0 && worker->generation == generation &&
            board_read(pool->board, slot).state == PAGE_STARTING) {
            worker->ended = worker->given_up = true;
            kill(worker->pid, SIGKILL);
        }
    }
}

enum pool_progress pool_start(struct pool *pool, struct generation *generation, struct reason *why)
{
    if (generation->failure != 0 || generation->deaths >= POLICY_YOUNG_DEATHS) {
        reason_set(why, generation->failure != 0 ? "the new workers cannot start" : "the new workers die at once");
        return POOL_FAILED;
    }
    for (unsigned n = 0; n < POLICY_BATCH && generation->workers < generation->conf->start; n++) {
        if (!pool_spawn(pool, generation)) {
            reason_set(why, "cannot fork a worker: %s", strerror(errno));
            return POOL_FAILED;
        }
    }
    if (count_ready(pool, generation) >= generation->conf->start)
        return POOL_READY;
    if (clock_now() < generation->born + START_PATIENCE)
        return POOL_STARTING;
    reason_set(why, "the new workers are not ready after %.0f s", START_PATIENCE);
    return POOL_FAILED;
}

bool pool_is_forked(const struct generation *generation)
{
    return generation->workers >= generation->conf->start;
}

void pool_signal(const struct pool *pool, const struct generation *generation, int sig)
{
    for (size_t slot = 0; slot < pool->roster.high; slot++) {
        struct roster_worker *worker = &pool->roster.slots[slot];
        if (worker->pid == 0 || (generation != NULL && worker->generation != generation))
            continue;
        worker->ended = worker->ended || sig == SIGKILL;
        kill(worker->pid, sig);
    }
}

void pool_set_generation_deadline(struct pool *pool, struct generation *generation, double deadline)
{
    generation_set_deadline(generation, deadline);
    pool_signal(pool, generation, SIGTERM);
}

/* It is the closed lifeline that retires workers; TERM makes those that wait for a client look, and let go of the
 * listeners. */
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
    pool->turn_broken = false;
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
    pool_signal(pool, NULL, SIGKILL);
}

unsigned pool_size(const struct pool *pool)
{
    return (unsigned)pool->roster.count;
}
