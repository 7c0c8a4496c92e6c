/* fd.h: descriptors and the locks that belong to an open file. */
#ifndef MPECHOD_FD_H
#define MPECHOD_FD_H

#include <poll.h>
#include <stdbool.h>

/* Move fd to a number >= lowest, close-on-exec. Closes the old number. Returns the new one, or -1 (errno; also if fd is
 * -1). */
int fd_move(int fd, int lowest);

/* Close a descriptor that may be -1, keeping errno. */
void fd_close(int fd);

/* Close lowest and all above it, also where close_range(2) is unknown or forbidden. Not for signal handlers. */
void fd_close_from(int lowest);

/* Lock an open file for writing, for as long as it is open anywhere, or fail at once with errno. A process that may
 * only read the file cannot hold such a lock, but its read lock prevents ours (fcntl(2), F_OFD_SETLK). */
bool fd_lock(int fd);

/* Whether somebody else has locked an open file for writing. */
bool fd_is_locked(int fd);

/* poll(2) that does not wait. A pending signal interrupts even that, and no SA_RESTART helps: it is called again. */
int fd_poll_now(struct pollfd *pollfds, nfds_t n);

#endif
