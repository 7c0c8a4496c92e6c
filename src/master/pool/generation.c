/* generation.c: the lifeline and turn that a generation of workers shares; see generation.h. Called by the pool. */
#include "master/pool/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/unforked.h"
#include "contract/fdplan.h"
#include "master/rundir.h"

static bool open_lifeline(struct generation *generation)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    generation->lifeline_read = fd_move(fds[0], FD_PRIVATE);
    generation->lifeline_write = fd_move(fds[1], FD_PRIVATE);
    return generation->lifeline_read >= 0 && generation->lifeline_write >= 0;
}

static void set_endpoints(struct worker_terms *terms, const struct listen_set *listeners)
{
    terms->endpoints = listeners->n;
    for (size_t i = 0; i < listeners->n; i++) {
        const struct listener *listener = &listeners->at[i];
        terms->endpoint[i] = (struct endpoint){
            .fd = listener_serves(listener) ? listener->fd : -1,
            .leaving = listener->leaving,
            .bound = listener->bound,
        };
    }
}

static struct worker_terms *make_terms(const struct conf *conf, const struct listen_set *listeners)
{
    struct worker_terms *terms = malloc(sizeof *terms);
    if (terms == NULL)
        return NULL;
    *terms = (struct worker_terms){
        .uid = conf->user.id,
        .gid = conf->group.id,
        .max_connections = conf->max_connections,
        .idle = conf->idle,
        .connection = conf->connection,
        .drain = conf->drain,
        .log_access = conf->log_access,
    };
    set_endpoints(terms, listeners);
    return terms;
}

static struct hints *make_hints(struct reason *why)
{
    void *hints = mmap(NULL, sizeof(struct hints), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (hints != MAP_FAILED)
        return hints;
    reason_set(why, "out of memory");
    return NULL;
}

static bool advise(const struct generation *generation, int advice)
{
    return madvise(generation->turn, sizeof *generation->turn, advice) == 0 &&
           madvise(generation->hints, sizeof *generation->hints, advice) == 0;
}

bool generation_lend(const struct generation *generation)
{
    return advise(generation, MADV_DOFORK);
}

void generation_take_back(const struct generation *generation)
{
    int saved = errno;
    advise(generation, MADV_DONTFORK);
    errno = saved;
}

static bool take_place(struct generation *generation, struct orders *orders, struct reason *why)
{
    long index = orders_take(orders);
    if (index == ORDERS_NONE)
        return reason_set(why, "cannot make a generation: %s", strerror(errno));
    generation->index = (size_t)index;
    generation->orders = orders;
    return true;
}

static bool open_all(struct generation *generation, const struct generation_parts *parts, struct orders *orders,
                     struct reason *why)
{
    generation->terms = make_terms(parts->conf, parts->listeners);
    if (generation->terms == NULL)
        return reason_set(why, "out of memory");
    if (!open_lifeline(generation))
        return reason_set(why, "cannot make a pipe: %s", strerror(errno));
    generation->hints = make_hints(why);
    if (generation->hints == NULL || !take_place(generation, orders, why))
        return false;
    generation->turn = lockfile_map(parts->lockfile, generation->index, why);
    if (generation->turn == NULL)
        return false;
    return advise(generation, MADV_DONTFORK) || reason_set(why, "cannot make a generation: %s", strerror(errno));
}

struct generation *generation_create(const struct generation_parts *parts, struct orders *orders, struct reason *why)
{
    struct generation *generation = unforked_alloc(sizeof *generation);
    if (generation == NULL) {
        reason_set(why, "out of memory");
        return NULL;
    }
    *generation = (struct generation){
        .number = parts->number,
        .progress = clock_now(),
        .conf = parts->conf,
        .listeners = parts->listeners,
        .log = parts->log,
        .lifeline_read = -1,
        .lifeline_write = -1,
        .turn_fd = parts->lockfile->fd,
    };
    if (open_all(generation, parts, orders, why))
        return generation;
    generation_destroy(generation);
    return NULL;
}

void generation_refresh(struct generation *generation)
{
    set_endpoints(generation->terms, generation->listeners);
}

void generation_destroy(struct generation *generation)
{
    generation_retire(generation);
    if (generation->orders != NULL)
        orders_free(generation->orders, generation->index);
    unforked_free(generation, sizeof *generation);
}

/* What is left of it costs the master neither a descriptor nor a page. */
void generation_retire(struct generation *generation)
{
    if (!generation_is_retired(generation))
        generation->retired = clock_now();
    fd_close(generation->lifeline_read);
    fd_close(generation->lifeline_write);
    generation->lifeline_read = generation->lifeline_write = generation->turn_fd = -1;
    if (generation->turn != NULL)
        lockfile_unmap(generation->turn);
    if (generation->hints != NULL)
        munmap(generation->hints, sizeof *generation->hints);
    generation->turn = NULL;
    generation->hints = NULL;
    free(generation->terms);
    generation->terms = NULL;
    generation->conf = NULL;
    generation->listeners = NULL;
    generation->log = NULL;
}

bool generation_is_retired(const struct generation *generation)
{
    return generation->lifeline_write < 0;
}

void generation_thin(struct generation *generation, unsigned n, double now)
{
    char bytes[256] = {0};
    if (n > 0)
        generation->thinned = now;
    while (n > 0) {
        size_t some = n < sizeof bytes ? n : sizeof bytes;
        ssize_t wrote = write(generation->lifeline_write, bytes, some);
        if (wrote <= 0) /* a pipe full of them is enough for now */
            return;
        n -= (unsigned)wrote;
    }
}

unsigned generation_thinning(const struct generation *generation)
{
    int unread = 0;
    return ioctl(generation->lifeline_write, FIONREAD, &unread) == 0 ? (unsigned)unread : 0;
}

void generation_set_deadline(struct generation *generation, double deadline)
{
    generation->deadline = deadline;
    orders_set_deadline(generation->orders, generation->index, deadline);
}
