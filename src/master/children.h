/* children.h: every child of the master's, and who is told what the kernel says about it. The master's only call of
 * waitpid(2) is here: if another call took a death, its owner would never hear of it. */
#ifndef MPECHOD_CHILDREN_H
#define MPECHOD_CHILDREN_H

#include <stdbool.h>
#include <sys/types.h>

enum { CHILDREN_ALONE_MAX = 8 };

/* Told of a child: pid and status are waitpid's. It has ended, unless it was stopped or continued. */
typedef void children_told(void *context, pid_t pid, int status);

struct children_owner {
    children_told *told;
    void *context;
};

/* All 0 to begin. */
struct children {
    /* The workers are many, and it is their owner who knows which pid is one: told of every pid but those below. It
     * ignores a pid that it does not know: as process 1 the master inherits orphans that were never its own. */
    struct children_owner workers;
    /* Children of which there is one of a kind. */
    struct {
        pid_t pid; /* 0: free */
        struct children_owner owner;
    } alone[CHILDREN_ALONE_MAX];
};

/* From now on owner is told of this child, until it has ended. No more than CHILDREN_ALONE_MAX at a time. */
void children_add(struct children *children, pid_t pid, const struct children_owner *owner);

/* The owner does not want to be told any more; the child is reaped all the same. */
void children_forget(struct children *children, pid_t pid);

/* Reap what has died, most at the most: the rest can wait until a request was seen to. True: there may be more. */
bool children_reap(struct children *children, unsigned most);

#endif
