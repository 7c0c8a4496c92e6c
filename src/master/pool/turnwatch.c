/* turnwatch.c: see turnwatch.h. Called by the pool. */
#include "master/pool/turnwatch.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "master/lockfile.h"

/* libc registers a list when a process starts, and does not tell if it cannot. */
bool turnwatch_possible(struct reason *why)
{
    const struct robust_list_head *head = NULL;
    size_t size;
    return (syscall(SYS_get_robust_list, 0, &head, &size) == 0 && head != NULL) ||
           reason_set(why, "cannot make the accept lock: the kernel has no robust futexes");
}

pid_t turnwatch_holder(int fd, size_t index)
{
    uint32_t word = 0;
    if (pread(fd, &word, sizeof word, lockfile_offset(index)) != sizeof word)
        return 0;
    return (pid_t)(word & FUTEX_TID_MASK);
}

void turnwatch_kick(struct turn *turn)
{
    syscall(SYS_futex, &turn->word, FUTEX_WAKE, 1, NULL, NULL, 0);
}
