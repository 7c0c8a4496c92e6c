/* turn.c: the accept turn; see turn.h. Called by a worker around each accept. Any worker can write any value into the
 * word. The worst that can come of it is that this worker sleeps until the master ends it. */
#include "worker/turn.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A list's entry is the address of a pointer to the next, and futex_offset leads from there to the word. Here the
 * entry is the word itself, and nothing is ever read through it: the kernel only looks whether the word is ours. */
bool turn_enter(struct taker *taker, struct turn *turn)
{
    *taker = (struct taker){.turn = turn, .tid = (uint32_t)gettid()};
    taker->list.list.next = &taker->list.list;
    taker->list.list_op_pending = (struct robust_list *)&turn->word;
    return syscall(SYS_set_robust_list, &taker->list, sizeof taker->list) == 0;
}

struct taker *turn_taker(void)
{
    struct robust_list_head *list = NULL;
    size_t size = 0;
    if (syscall(SYS_get_robust_list, 0, &list, &size) != 0 || list == NULL || list->list_op_pending == NULL)
        return NULL;
    return (struct taker *)((char *)list - offsetof(struct taker, list));
}

static bool is_free(uint32_t word)
{
    return (word & FUTEX_TID_MASK) == 0;
}

/* Sleep until somebody gives the turn back; not at all if the word has changed. False: the kernel does not wait on this
 * word. */
static bool sleep_before(_Atomic uint32_t *word, uint32_t value)
{
    return syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0) == 0 || errno == EAGAIN || errno == EINTR;
}

/* A worker that has slept sets FUTEX_WAITERS when it takes the turn, since it was the only one to be woken, and others
 * may still sleep. */
bool turn_take(struct taker *taker)
{
    _Atomic uint32_t *word = &taker->turn->word;
    uint32_t seen = atomic_load(word), mine = taker->tid;
    while (!atomic_load_explicit(&taker->dismissed, memory_order_relaxed)) {
        if (is_free(seen)) {
            if (atomic_compare_exchange_weak(word, &seen, mine | (seen & FUTEX_WAITERS)))
                return true;
        } else if ((seen & FUTEX_WAITERS) != 0 || atomic_compare_exchange_weak(word, &seen, seen | FUTEX_WAITERS)) {
            mine = taker->tid | FUTEX_WAITERS;
            if (!sleep_before(word, seen | FUTEX_WAITERS))
                return false;
            seen = atomic_load(word);
        }
    }
    return false;
}

void turn_give(struct taker *taker)
{
    _Atomic uint32_t *word = &taker->turn->word;
    if ((atomic_exchange(word, 0) & FUTEX_WAITERS) != 0)
        syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}
