/* generation.c: the lifeline and turn that a generation of workers shares; see generation.h. Called by the pool. */
#include "master/pool/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "conf/rundir.h"

static bool open_lifeline(struct generation *generation)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    generation->lifeline_read = util_fd_private(fds[0]);
    generation->lifeline_write = util_fd_private(fds[1]);
    return generation->lifeline_read >= 0 && generation->lifeline_write >= 0;
}

struct generation *generation_create(unsigned number, const struct conf *conf, const struct listen_set *listeners,
                                     struct log *log, struct reason *why)
{
    struct generation *generation = util_alloc_unforked(sizeof *generation);
    char *lock_file = strdup(conf->lock_file);
    if (generation == NULL || lock_file == NULL) {
        reason_set(why, "out of memory");
        goto fail;
    }
    *generation = (struct generation){
        .number = number,
        .born = util_now(),
        .conf = conf,
        .listeners = listeners,
        .log = log,
        .lock_file = lock_file,
        .lifeline_read = -1,
        .lifeline_write = -1,
    };
    if (!open_lifeline(generation)) {
        reason_set(why, "cannot make a pipe: %s", strerror(errno));
        goto fail;
    }
    if (!rundir_prepare(lock_file, why) ||
        (generation->turn = turn_create(lock_file, &generation->turn_fd, why)) == NULL)
        goto fail_lifeline;
    return generation;

fail_lifeline:
    generation_retire(generation);
fail:
    free(lock_file);
    util_free_unforked(generation, sizeof *generation);
    return NULL;
}

void generation_destroy(struct generation *generation)
{
    generation_retire(generation);
    turn_destroy(generation->turn, generation->turn_fd, generation->lock_file);
    free(generation->lock_file);
    util_free_unforked(generation, sizeof *generation);
}

void generation_retire(struct generation *generation)
{
    util_close(generation->lifeline_read);
    util_close(generation->lifeline_write);
    generation->lifeline_read = generation->lifeline_write = -1;
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
