/* board.h: the scoreboard, as the master reads it: the pages of all workers and the row beside them (contract/page.h).
 * A worker has only its own page mapped, so that neither a stray pointer nor a hostile worker reaches another's. */
#ifndef MPECHOD_BOARD_H
#define MPECHOD_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "contract/page.h"

struct board;

/* What a worker said, copied once, and all of it within its range. */
struct board_view {
    enum page_state state; /* PAGE_BUSY if it is none: a worker that lies is not counted on */
    double since;          /* clock_now(); never in the future; 0: not known */
    uint64_t accepts, lost;
};

/* For that many slots at most. Slots that were never used cost nothing. NULL with a reason on failure. */
struct board *board_create(size_t slots, struct reason *why);
void board_destroy(struct board *board);

/* Around a fork: from board_lend to board_take_back, a child that is forked gets the page of that slot, and of no
 * other. NULL with errno on failure. */
struct page *board_lend(struct board *board, size_t slot);
void board_take_back(struct board *board, size_t slot);

/* The byte of that slot in the row, which every child gets. */
page_mark *board_mark(const struct board *board, size_t slot);

/* The page of a slot that was lent. */
struct board_view board_read(const struct board *board, size_t slot);

/* What the row says of it: cheap, and less to be trusted. */
enum page_state board_glance(const struct board *board, size_t slot);

/* Wipe a slot whose worker is gone, and give its memory back. */
void board_wipe(struct board *board, size_t slot);

#endif
