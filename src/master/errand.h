/* errand.h: work that a file system could hold up, done by a child of the master's while the master goes on. The child
 * answers once, with plain data and the descriptors it has opened, and ends. */
#ifndef MPECHOD_ERRAND_H
#define MPECHOD_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/reason.h"

struct errand {
    pid_t pid;
    int fd; /* readable when the answer is there, or will not come; -1: none is under way */
};

enum { ERRAND_FDS_MAX = 128 };

/* What an errand brings back: size bytes of data, and descriptors (at FD_PRIVATE or above, in the order in which the
 * child had them; -1 stays -1). */
struct errand_cargo {
    void *data;
    size_t size;
    int *fd[ERRAND_FDS_MAX]; /* each within data */
    size_t fds;
};

enum errand_state { ERRAND_UNDER_WAY, ERRAND_DONE, ERRAND_FAILED };

/* Fork a child that runs work(context, fd), where fd is for errand_answer. It has nothing of the master's but what is
 * in its memory, the standard descriptors, and those in kept, which ends with -1. False with a reason. */
bool errand_begin(struct errand *errand, void (*work)(void *context, int fd), void *context, const int *kept,
                  struct reason *why);

/* The child: send the answer, and wait until it is taken. False: nobody waits for it any more, or it could not be taken
 * whole, so what was made is to be undone. */
bool errand_answer(int fd, const struct errand_cargo *cargo);

/* The master: take the answer; never waits. ERRAND_DONE: cargo is filled. ERRAND_FAILED: with a reason. The errand is
 * over then. */
enum errand_state errand_collect(struct errand *errand, const struct errand_cargo *cargo, struct reason *why);

/* Give an errand up. ERRAND_DONE: its answer was there already, and cargo is filled. ERRAND_FAILED: the child will find
 * that nobody waits for its answer, and undoes what it has made. */
enum errand_state errand_drop(struct errand *errand, const struct errand_cargo *cargo);

/* Call work(context, -1): at once if path is on a file system that cannot hang, otherwise in a child, which is waited
 * for no longer than 0.2 s. */
void errand_do(const char *path, void (*work)(void *context, int unused), void *context);

/* Remove a file, if it is still the one that dev and ino tell of, by errand_do. */
void errand_unlink(const char *path, dev_t dev, ino_t ino);

/* The same for the file that fd refers to. */
void errand_remove_own(const char *path, int fd);

#endif
