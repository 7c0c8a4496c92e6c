/* board.c: the scoreboard; see board.h. */
#include "contract/board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "contract/fdplan.h"

struct board_page {
    atomic_uint state; /* enum board_state */
    _Atomic uint64_t accepts;
};

struct board {
    int fd;
    size_t page; /* bytes */
    size_t slots;
    const char *pages;
};

struct board *board_create(size_t slots, struct reason *why)
{
    struct board *board = malloc(sizeof *board);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int fd = fd_move(memfd_create("mpechod scoreboard", MFD_CLOEXEC), FD_PRIVATE);
    void *pages = MAP_FAILED;
    if (board != NULL && fd >= 0 && ftruncate(fd, (off_t)(slots * page)) == 0)
        pages = mmap(NULL, slots * page, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
    /* A worker maps its own page alone. */
    if (pages == MAP_FAILED || madvise(pages, slots * page, MADV_DONTFORK) != 0) {
        reason_set(why, "cannot make the scoreboard: %s", strerror(errno));
        fd_close(fd);
        free(board);
        return NULL;
    }
    *board = (struct board){.fd = fd, .page = page, .slots = slots, .pages = pages};
    return board;
}

void board_destroy(struct board *board)
{
    munmap((void *)board->pages, board->slots * board->page);
    close(board->fd);
    free(board);
}

static const struct board_page *page_of(const struct board *board, size_t slot)
{
    return (const struct board_page *)(board->pages + slot * board->page);
}

enum board_state board_state(const struct board *board, size_t slot)
{
    unsigned said = atomic_load_explicit(&page_of(board, slot)->state, memory_order_relaxed);
    return said < BOARD_STATES ? (enum board_state)said : BOARD_BUSY; /* a worker that lies is not counted on */
}

uint64_t board_accepts(const struct board *board, size_t slot)
{
    return atomic_load_explicit(&page_of(board, slot)->accepts, memory_order_relaxed);
}

void board_wipe(struct board *board, size_t slot)
{
    fallocate(board->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(slot * board->page), (off_t)board->page);
}

struct board_page *board_enter(const struct board *board, size_t slot)
{
    void *page = mmap(NULL, board->page, PROT_READ | PROT_WRITE, MAP_SHARED, board->fd, (off_t)(slot * board->page));
    return page != MAP_FAILED ? page : NULL;
}

void board_idle(struct board_page *page)
{
    atomic_store_explicit(&page->state, BOARD_IDLE, memory_order_relaxed);
}

void board_busy(struct board_page *page)
{
    uint64_t accepts = atomic_load_explicit(&page->accepts, memory_order_relaxed);
    atomic_store_explicit(&page->accepts, accepts + 1, memory_order_relaxed);
    atomic_store_explicit(&page->state, BOARD_BUSY, memory_order_relaxed);
}
