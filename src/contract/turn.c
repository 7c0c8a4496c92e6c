/* turn.c: the accept turn and the hints beside it; see turn.h. */
#include "contract/turn.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/reason.h"
#include "contract/fdplan.h"

/* The hints have a cache line of their own: they are written at every connection, by workers that do not hold the turn.
 */
struct turn {
    pthread_mutex_t mutex;
    _Alignas(64) atomic_int spare;
    atomic_int awaited;
    _Atomic double deadline;
};

/* The kernel's robust futexes put the owner's tid into the lock word, and glibc keeps that word first. */
static_assert(offsetof(pthread_mutex_t, __data.__lock) == 0, "the lock word comes first");

/* glibc takes them for granted, and would not tell. But it registers a list with the kernel when a process starts. */
static bool has_robust_futexes(void)
{
    const struct robust_list_head *head = NULL;
    size_t size;
    return syscall(SYS_get_robust_list, 0, &head, &size) == 0 && head != NULL;
}

static bool init_mutex(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attr;
    bool good = has_robust_futexes() && pthread_mutexattr_init(&attr) == 0 &&
                pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) == 0 &&
                pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0 && pthread_mutex_init(mutex, &attr) == 0;
    pthread_mutexattr_destroy(&attr);
    return good;
}

struct turn *turn_create(const char *path, int *fd, struct reason *why)
{
    struct turn initial = {.spare = 0};
    if (!init_mutex(&initial.mutex)) {
        reason_set(why, "cannot make the accept lock: the kernel has no robust futexes");
        return NULL;
    }
    *fd = file_create(path, 0600, &initial, sizeof initial, false, FD_PRIVATE);
    struct turn *turn = *fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *turn, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (turn == MAP_FAILED) {
        reason_set(why, "cannot make the lock file %s: %s", path, strerror(errno));
        fd_close(*fd);
        return NULL;
    }
    return turn;
}

void turn_destroy(struct turn *turn, int fd, const char *path)
{
    munmap(turn, sizeof *turn);
    file_remove_own(path, fd);
    close(fd);
}

bool turn_take(struct turn *turn)
{
    int rc = pthread_mutex_lock(&turn->mutex);
    if (rc == EOWNERDEAD) /* what it guards is in the kernel, and cannot be left half done */
        rc = pthread_mutex_consistent(&turn->mutex);
    return rc == 0;
}

void turn_give(struct turn *turn)
{
    pthread_mutex_unlock(&turn->mutex);
}

static uint32_t *lock_word(const struct turn *turn)
{
    return (uint32_t *)&turn->mutex;
}

pid_t turn_holder(const struct turn *turn)
{
    return (pid_t)(__atomic_load_n(lock_word(turn), __ATOMIC_RELAXED) & FUTEX_TID_MASK);
}

void turn_kick(struct turn *turn)
{
    syscall(SYS_futex, lock_word(turn), FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* A worker says busy on the board before it takes its place here, so a place that was taken before this exchange is
 * seen by the count that follows it. */
void turn_begin_count(struct turn *turn)
{
    atomic_exchange(&turn->spare, 0);
}

void turn_set_spare(struct turn *turn, int spare)
{
    atomic_fetch_add(&turn->spare, spare);
}

bool turn_place_taken(struct turn *turn)
{
    return atomic_fetch_sub(&turn->spare, 1) <= 1;
}

void turn_place_free(struct turn *turn)
{
    atomic_fetch_add(&turn->spare, 1);
}

void turn_set_awaited(struct turn *turn, int workers)
{
    atomic_store(&turn->awaited, workers);
}

bool turn_ready(struct turn *turn)
{
    return atomic_fetch_sub(&turn->awaited, 1) == 1;
}

void turn_set_deadline(struct turn *turn, double deadline)
{
    atomic_store(&turn->deadline, deadline);
}

double turn_deadline(const struct turn *turn)
{
    return atomic_load(&turn->deadline);
}
