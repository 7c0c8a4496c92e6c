/* file.h: files that appear whole or not at all, and whether a name and a descriptor are one file. */
#ifndef MPECHOD_FILE_H
#define MPECHOD_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Create a file at path whole: written under a temporary name beside it, then renamed over it; with locked, locked
 * before anybody can see it. mode as for open(2). Returns the open descriptor (at lowest or above, read-write), or -1
 * with errno. */
int file_create(const char *path, unsigned mode, const void *data, size_t size, bool locked, int lowest);

/* The same, but if there is something at path already, it stays, and this fails with EEXIST. */
int file_create_new(const char *path, unsigned mode, const void *data, size_t size, bool locked, int lowest);

/* Whether path is the file that fd refers to. */
bool file_is_at(const char *path, int fd);

/* Whether a call that only looks at path may hang, because it is on a file system of another machine or process. */
bool file_may_hang(const char *path);

/* The number that the first line of a file of the kernel's holds; otherwise, if there is none. */
unsigned file_number(const char *path, unsigned otherwise);

#endif
