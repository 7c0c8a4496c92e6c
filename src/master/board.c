/* board.c: the scoreboard; see board.h. Called by the pool. The memory is anonymous, not a file's, so that no limit on
 * the size of files (ulimit -f) counts it; it is made a chunk at a time, so that one on memory (ulimit -v) counts only
 * what the pool needs. */
#include "master/board.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/reason.h"

enum { CHUNK = 256 }; /* pages */

struct board {
    size_t page; /* bytes */
    size_t slots;
    page_mark *row;
    char *chunks[]; /* CHUNK pages each; NULL: not needed so far */
};

static void *map_shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

struct board *board_create(size_t slots, struct reason *why)
{
    size_t chunks = (slots + CHUNK - 1) / CHUNK;
    struct board *board = calloc(1, sizeof *board + chunks * sizeof board->chunks[0]);
    if (board != NULL) {
        board->page = (size_t)sysconf(_SC_PAGESIZE);
        board->slots = slots;
        board->row = map_shared(slots * sizeof board->row[0]);
        if (board->row != NULL)
            return board;
    }
    reason_set(why, "cannot make the scoreboard: %s", strerror(errno));
    free(board);
    return NULL;
}

void board_destroy(struct board *board)
{
    for (size_t i = 0; i * CHUNK < board->slots; i++)
        if (board->chunks[i] != NULL)
            munmap(board->chunks[i], CHUNK * board->page);
    munmap(board->row, board->slots * sizeof board->row[0]);
    free(board);
}

static char *page_of(const struct board *board, size_t slot)
{
    return board->chunks[slot / CHUNK] + slot % CHUNK * board->page;
}

static bool have_chunk(struct board *board, size_t slot)
{
    char **chunk = &board->chunks[slot / CHUNK];
    if (*chunk != NULL)
        return true;
    char *memory = map_shared(CHUNK * board->page);
    if (memory != NULL && madvise(memory, CHUNK * board->page, MADV_DONTFORK) != 0) {
        munmap(memory, CHUNK * board->page);
        memory = NULL;
    }
    *chunk = memory;
    return memory != NULL;
}

struct page *board_lend(struct board *board, size_t slot)
{
    if (!have_chunk(board, slot) || madvise(page_of(board, slot), board->page, MADV_DOFORK) != 0)
        return NULL;
    return (struct page *)page_of(board, slot);
}

void board_take_back(struct board *board, size_t slot)
{
    int saved = errno;
    madvise(page_of(board, slot), board->page, MADV_DONTFORK);
    errno = saved;
}

page_mark *board_mark(const struct board *board, size_t slot)
{
    return &board->row[slot];
}

static enum page_state state_within(unsigned said)
{
    return said < PAGE_STATES ? (enum page_state)said : PAGE_BUSY;
}

struct board_view board_read(const struct board *board, size_t slot)
{
    const struct page *page = (const struct page *)page_of(board, slot);
    double since = atomic_load_explicit(&page->since, memory_order_relaxed);
    return (struct board_view){
        .state = state_within(atomic_load_explicit(&page->state, memory_order_relaxed)),
        .since = since > 0 && since <= clock_now() ? since : 0, /* and not NaN */
        .accepts = atomic_load_explicit(&page->accepts, memory_order_relaxed),
        .lost = atomic_load_explicit(&page->lost, memory_order_relaxed),
    };
}

enum page_state board_glance(const struct board *board, size_t slot)
{
    return state_within(atomic_load_explicit(&board->row[slot], memory_order_relaxed));
}

void board_wipe(struct board *board, size_t slot)
{
    atomic_store_explicit(&board->row[slot], PAGE_STARTING, memory_order_relaxed);
    madvise(page_of(board, slot), board->page, MADV_REMOVE);
}
