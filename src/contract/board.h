/* board.h: the scoreboard: a page of shared memory for each worker, to which it alone writes. A worker has only its own
 * page mapped, so a stray pointer cannot hit another's (a malicious worker can map more). What a page says is gossip to
 * the master: it is read once, range-checked, counted, and never used as an index, a length, a pointer or a pid
 * (Apache's CVE-2019-0211 and PHP-FPM's CVE-2021-21703 were root exploits that way). */
#ifndef MPECHOD_BOARD_H
#define MPECHOD_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"

/* A fresh page reads as all zeros, which must mean: starting, nothing accepted. */
enum board_state { BOARD_STARTING, BOARD_IDLE, BOARD_BUSY, BOARD_STATES };

struct board;      /* the master's view of all of it, read-only */
struct board_page; /* a worker's own */

/* A page for each slot; those never used take no memory. NULL with a reason on failure. */
struct board *board_create(size_t slots, struct reason *why);
void board_destroy(struct board *board);

/* What the worker in that slot says of itself. */
enum board_state board_state(const struct board *board, size_t slot);
uint64_t board_accepts(const struct board *board, size_t slot);

/* Wipe a slot whose worker is gone, and give its memory back. */
void board_wipe(struct board *board, size_t slot);

/* In a new worker, before the board's descriptor is closed: map its own page. NULL: cannot (errno). */
struct board_page *board_enter(const struct board *board, size_t slot);

void board_idle(struct board_page *page);
void board_busy(struct board_page *page); /* counts an accepted connection as well */

#endif
