/* listen_unix.h: what listen.c and listen_unix.c share; nobody else includes it. */
#ifndef MPECHOD_LISTEN_UNIX_H
#define MPECHOD_LISTEN_UNIX_H

#include <stdbool.h>
#include <sys/types.h>

#include "master/listen.h"

/* Make the socket listen at listener->bound, which must not be somebody else's, and note which file that is. The path
 * never shows a socket that does not listen. False with a reason, and nothing is left behind. */
bool listen_unix_begin(struct listener *listener, mode_t mode, int backlog, struct reason *why);

/* Is the file at its path still the one that was made? A socket without its file cannot be reached. */
bool listen_unix_has_name(const struct listener *listener);

/* Remove the file, if it is. */
void listen_unix_remove_name(const struct listener *listener);

/* Give the file that mode, if it is. */
void listen_unix_set_mode(const struct listener *listener, mode_t mode);

/* "cannot WHAT ADDRESS: errno", with a hint. Returns false. */
bool listen_cannot(struct reason *why, const char *what, const struct addr *addr);

#endif
