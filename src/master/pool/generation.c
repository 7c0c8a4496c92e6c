/* generation.c: the lifeline and turn that a generation of workers shares; see generation.h. Called by the pool. */
#include "master/pool/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

struct generation *generation_create(unsigned number, const struct conf *conf, const struct listen_set *listeners,
                                     struct log *log, struct reason *why)
{
    struct generation *generation = unforked_alloc(sizeof *generation);
    char *lock_file = strdup(conf->lock_file);
    struct worker_terms *terms = make_terms(conf, listeners);
    if (generation == NULL || lock_file == NULL || terms == NULL) {
        reason_set(why, "out of memory");
        goto fail;
    }
    *generation = (struct generation){
        .number = number,
        .progress = clock_now(),
        .conf = conf,
        .listeners = listeners,
        .log = log,
        .terms = terms,
        .lock_file = lock_file,
        .lifeline_read = -1,
        .lifeline_write = -1,
    };
    if (!open_lifeline(generation)) {
        reason_set(why, "cannot make a pipe: %s", strerror(errno));
        goto fail_lifeline;
    }
    if (!rundir_prepare(lock_file, why) ||
        (generation->turn = turn_create(lock_file, &generation->turn_fd, why)) == NULL)
        goto fail_lifeline;
    return generation;

fail_lifeline:
    fd_close(generation->lifeline_read);
    fd_close(generation->lifeline_write);
fail:
    free(terms);
    free(lock_file);
    unforked_free(generation, sizeof *generation);
    return NULL;
}

void generation_refresh(struct generation *generation)
{
    set_endpoints(generation->terms, generation->listeners);
}

void generation_destroy(struct generation *generation)
{
    generation_retire(generation);
    turn_destroy(generation->turn, generation->turn_fd, generation->lock_file);
    free(generation->lock_file);
    unforked_free(generation, sizeof *generation);
}

void generation_retire(struct generation *generation)
{
    if (!generation_is_retired(generation))
        generation->retired = clock_now();
    fd_close(generation->lifeline_read);
    fd_close(generation->lifeline_write);
    generation->lifeline_read = generation->lifeline_write = -1;
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
    turn_set_deadline(generation->turn, deadline);
}
