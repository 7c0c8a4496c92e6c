/* connect.h: from HOST and PORT to a connected stream socket. Called by main, once.
 * Fails when nothing resolves or no address answers in time, and then has told the user how each one failed.
 * Not here: anything sent or received. */
#ifndef MPECHO_CONNECT_H
#define MPECHO_CONNECT_H

/* host: a name, an address (IPv6 with or without brackets) or "unix:" and a path; port: NULL for the latter.
 * wait: milliseconds for each address, 0 = the kernel's own limit. The look-up itself is bounded by
 * resolv.conf(5). Returns a blocking, close-on-exec descriptor, or -1. */
int connect_open(const char *host, const char *port, int wait);

#endif
