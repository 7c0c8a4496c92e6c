/* orders.c: see orders.h. Called by the pool. A file in memory is mapped twice: once for writing, by the master alone;
 * then it is sealed, and mapped for reading, which children inherit and cannot change any more (fcntl(2),
 * F_SEAL_FUTURE_WRITE).
 */
#include "master/pool/orders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "base/unforked.h"
#include "contract/fdplan.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum { PLACES = 65536 + 64 }; /* a generation has a worker at least, or is the newest; see ROSTER_SLOTS */

static const size_t most = PLACES * sizeof(double);

struct orders {
    int fd;
    size_t size; /* of the file: bytes, as many as were needed so far */
    _Atomic double *ours;
    const _Atomic double *theirs;
    bool taken[PLACES];
};

/* Mapped as a whole from the start, also what the file does not have yet. */
static bool map_twice(struct orders *orders)
{
    void *ours = mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_SHARED, orders->fd, 0), *theirs = MAP_FAILED;
    if (ours != MAP_FAILED && madvise(ours, most, MADV_DONTFORK) == 0) {
        fcntl(orders->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE); /* since Linux 5.1 */
        theirs = mmap(NULL, most, PROT_READ, MAP_SHARED, orders->fd, 0);
    }
    if (theirs == MAP_FAILED && ours != MAP_FAILED)
        munmap(ours, most);
    orders->ours = ours;
    orders->theirs = theirs;
    return theirs != MAP_FAILED;
}

struct orders *orders_create(struct reason *why)
{
    struct orders *orders = unforked_alloc(sizeof *orders);
    if (orders != NULL) {
        orders->fd = fd_move(memfd_create("mpechod orders", MFD_CLOEXEC | MFD_ALLOW_SEALING), FD_PRIVATE);
        if (orders->fd >= 0 && map_twice(orders))
            return orders;
        int saved = errno;
        fd_close(orders->fd);
        unforked_free(orders, sizeof *orders);
        errno = saved;
    }
    reason_set(why, "cannot make the pool: %s", strerror(errno));
    return NULL;
}

void orders_destroy(struct orders *orders)
{
    munmap((void *)orders->ours, most);
    munmap((void *)orders->theirs, most);
    fd_close(orders->fd);
    unforked_free(orders, sizeof *orders);
}

static bool reach(struct orders *orders, size_t index)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), needed = (index * sizeof(double) / page + 1) * page;
    if (needed > orders->size && ftruncate(orders->fd, (off_t)needed) != 0)
        return false;
    if (needed > orders->size)
        orders->size = needed;
    return true;
}

long orders_take(struct orders *orders)
{
    size_t index = 0;
    while (index < PLACES && orders->taken[index])
        index++;
    errno = ENOSPC;
    if (index == PLACES || !reach(orders, index))
        return ORDERS_NONE;
    orders->taken[index] = true;
    orders_set_deadline(orders, index, 0);
    return (long)index;
}

void orders_free(struct orders *orders, size_t index)
{
    orders->taken[index] = false;
}

void orders_set_deadline(struct orders *orders, size_t index, double deadline)
{
    atomic_store(&orders->ours[index], deadline);
}

const _Atomic double *orders_deadline(const struct orders *orders, size_t index)
{
    return &orders->theirs[index];
}
