/* signal.c: signals to workers, and what is done if they may not be sent: without CAP_KILL, as in hardened containers,
 * root may not signal processes of another user. Called by the pool. */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "master/pool/state.h"

#define PATIENCE 1.0 /* seconds after which a worker looks for itself, if it cannot be told */

static bool has_cap_kill(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & (UINT32_C(1) << CAP_KILL)) != 0;
}

double pool_patience(const struct pool *pool, uid_t uid)
{
    bool others = geteuid() == 0 && uid != 0;
    return pool->unsignalled != 0 || (others && !has_cap_kill()) ? PATIENCE : 0;
}

void pool_signal_worker(struct pool *pool, struct roster_worker *worker, int sig)
{
    worker->ended = worker->ended || sig == SIGKILL;
    if (kill(worker->pid, sig) != 0 && errno != ESRCH)
        pool->unsignalled = errno;
}

void pool_signal(struct pool *pool, const struct generation *generation, int sig)
{
    for (size_t slot = 0; slot < pool->roster.high; slot++) {
        struct roster_worker *worker = &pool->roster.slots[slot];
        if (worker->pid != 0 && (generation == NULL || worker->generation == generation))
            pool_signal_worker(pool, worker, sig);
    }
}

void pool_say_unsignalled(struct pool *pool, struct log *log)
{
    if (pool->unsignalled == 0 || pool->unsignalled_told)
        return;
    pool->unsignalled_told = true;
    log_warn(log, "workers cannot be signalled: %s: they notice by themselves what they are told, up to %.0f s late",
             strerror(pool->unsignalled), PATIENCE);
}
