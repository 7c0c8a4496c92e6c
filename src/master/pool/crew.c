/* crew.c: the lifeline and the turn that a crew shares; see crew.h. Called by the generation and the pool. */
#include "master/pool/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "contract/fdplan.h"

void crew_init(struct crew *crew)
{
    *crew = (struct crew){.lifeline_read = -1, .lifeline_write = -1, .turn_fd = -1};
}

static bool open_lifeline(struct crew *crew)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    crew->lifeline_read = fd_move(fds[0], FD_PRIVATE);
    crew->lifeline_write = fd_move(fds[1], FD_PRIVATE);
    return crew->lifeline_read >= 0 && crew->lifeline_write >= 0;
}

static struct hints *make_hints(struct reason *why)
{
    void *hints = mmap(NULL, sizeof(struct hints), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (hints != MAP_FAILED)
        return hints;
    reason_set(why, "out of memory");
    return NULL;
}

bool crew_open(struct crew *crew, const struct lockfile *lockfile, size_t index, struct reason *why)
{
    if (!open_lifeline(crew))
        return reason_set(why, "cannot make a pipe: %s", strerror(errno));
    crew->index = index;
    crew->turn_fd = lockfile->fd;
    crew->hints = make_hints(why);
    return crew->hints != NULL && (crew->turn = lockfile_map(lockfile, index, why)) != NULL;
}

bool crew_share(struct crew *crew, bool shared)
{
    int advice = shared ? MADV_DOFORK : MADV_DONTFORK;
    if (crew->unshared == !shared)
        return true;
    if (madvise(crew->turn, sizeof *crew->turn, advice) != 0 || madvise(crew->hints, sizeof *crew->hints, advice) != 0)
        return false;
    crew->unshared = !shared;
    return true;
}

void crew_retire(struct crew *crew)
{
    fd_close(crew->lifeline_read);
    fd_close(crew->lifeline_write);
    crew->lifeline_read = crew->lifeline_write = crew->turn_fd = -1;
    if (crew->turn != NULL)
        lockfile_unmap(crew->turn);
    if (crew->hints != NULL)
        munmap(crew->hints, sizeof *crew->hints);
    crew->turn = NULL;
    crew->hints = NULL;
}

bool crew_is_retired(const struct crew *crew)
{
    return crew->lifeline_write < 0;
}

void crew_thin(struct crew *crew, unsigned n, double now)
{
    char bytes[256] = {0};
    if (n > 0)
        crew->thinned = now;
    while (n > 0) {
        size_t some = n < sizeof bytes ? n : sizeof bytes;
        ssize_t wrote = write(crew->lifeline_write, bytes, some);
        if (wrote <= 0) /* a pipe full of them is enough for now */
            return;
        n -= (unsigned)wrote;
    }
}

unsigned crew_thinning(const struct crew *crew)
{
    int unread = 0;
    return ioctl(crew->lifeline_write, FIONREAD, &unread) == 0 ? (unsigned)unread : 0;
}
