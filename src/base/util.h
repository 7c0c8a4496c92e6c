/* util.h: small things that every layer may use. */
#ifndef MPECHOD_UTIL_H
#define MPECHOD_UTIL_H

#include <stdbool.h>
#include <stddef.h>

enum { REASON_MAX = 512 };

/* Why something failed, in words for the operator. Passed down by the caller, filled in where the failure is seen. */
struct reason {
    char text[REASON_MAX];
};

/* Write a reason (truncated to fit). Returns false, so that `return reason_set(...)` reads as a failure. */
bool reason_set(struct reason *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Seconds on CLOCK_MONOTONIC. */
double util_now(void);

/* The same to the last scheduler tick (1-10 ms ago): no more than a memory read, for paths that run per message. */
double util_now_coarse(void);

/* Move fd to a number >= FD_PRIVATE, close-on-exec. Closes the old number. Returns the new one, or -1 (errno). */
int util_fd_private(int fd);

/* Close a descriptor that may be -1, keeping errno. */
void util_close(int fd);

/* Zeroed memory that children do not get (MADV_DONTFORK): for what is the master's alone, and for what it writes at
 * every fork, which would otherwise be copied each time. NULL on failure. */
void *util_alloc_unforked(size_t size);
void util_free_unforked(void *memory, size_t size);

/* Lock an open file for writing, for as long as it is open anywhere, or fail at once with errno. A process that may
 * only read the file cannot hold such a lock, but its read lock prevents ours (fcntl(2), F_OFD_SETLK). */
bool util_lock(int fd);

/* Whether somebody else has locked an open file for writing. */
bool util_is_locked(int fd);

/* Create a file at path whole: written under a temporary name beside it, then renamed over it; with locked, locked
 * before anybody can see it. mode as for open(2). Returns the open descriptor (private, read-write), or -1
 * with errno. */
int util_create_file(const char *path, unsigned mode, const void *data, size_t size, bool locked);

/* Remove path if it is still the file that fd refers to. */
void util_remove_own(const char *path, int fd);

#endif
