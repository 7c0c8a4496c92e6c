/* unforked.h: memory that children do not get. */
#ifndef MPECHOD_UNFORKED_H
#define MPECHOD_UNFORKED_H

#include <stddef.h>

/* Zeroed memory that children do not get (MADV_DONTFORK): for what is the master's alone, and for what it writes at
 * every fork, which would otherwise be copied each time. NULL on failure. */
void *unforked_alloc(size_t size);
void unforked_free(void *memory, size_t size);

/* The same in the manner of realloc(3), for a library that takes an allocator: size 0 frees. Not for unforked_free. */
void *unforked_resize(void *memory, long size);

#endif
