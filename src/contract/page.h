/* page.h: what a worker says of itself, on a page of shared memory that it alone writes, and by a byte in the row that
 * all workers share. All of it is gossip to the master: it copies a field once, checks its range, counts it, and never
 * uses it as an index, a length, a pointer or a pid (Apache's CVE-2019-0211 and PHP-FPM's CVE-2021-21703 were root
 * exploits that way). worker/page.h writes, master/board.h reads. */
#ifndef MPECHOD_PAGE_H
#define MPECHOD_PAGE_H

#include <stdatomic.h>
#include <stdint.h>

/* Of the layout below. A reader that does not know it leaves the page alone. */
enum { PAGE_VERSION = 1 };

/* A fresh page is all zeros, which must mean: starting, nothing done. */
enum page_state {
    PAGE_STARTING,
    PAGE_IDLE,
    PAGE_UNABLE, /* idle, but accept fails again and again, and the fault is not the worker's */
    PAGE_BUSY,   /* has a connection */
    PAGE_STATES
};

/* Each member is valid by itself; no two of them need be of the same moment. What is to come (the peer, the endpoint,
 * bytes, how connections ended) is appended, with a new version. */
struct page {
    _Atomic uint32_t version; /* PAGE_VERSION, once the worker runs */
    _Atomic uint32_t state;   /* enum page_state */
    _Atomic double since;     /* clock_coarse() when it began */
    _Atomic uint64_t accepts; /* connections so far */
    _Atomic uint64_t lost;    /* lines that were not logged */
};

/* A byte of the row: enum page_state again. All workers' bytes stand side by side, so that counting 10,000 workers
 * reads three pages, not 10,000. Any worker can write any of them: the row is for counting while nobody waits, and what
 * matters more is read from the pages. */
typedef atomic_uchar page_mark;

#endif
