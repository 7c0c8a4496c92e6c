/* kind.h: the kinds of listeners: what each does in its own way. Shared by the files of this folder; nobody else
 * includes it. Functions that act on the socket or its name are only called for a socket that is ours alone. */
#ifndef MPECHOD_KIND_H
#define MPECHOD_KIND_H

#include <stdbool.h>

#include "master/listener/listener.h"

struct kind {
    /* Bind the socket to listener->bound, and listen. rival (NULL: none) has that address still, and is to let go of
     * it. False with a reason, and no name is left behind. */
    bool (*begin)(struct listener *listener, const struct conf_listen *wanted, int backlog,
                  const struct listener *rival, struct reason *why);

    /* What is wrong with a socket that has not been shut down. */
    enum listener_fault (*fault)(struct listener *listener);

    /* Undo what a worker may have done to a socket and is not seen otherwise. */
    void (*restore)(const struct listener *listener, int backlog);

    /* What the configuration says that is not a socket option of all kinds. */
    void (*tune)(struct listener *listener, const struct conf_listen *wanted);

    unsigned (*queue)(const struct listener *listener);
    void (*refuse)(const struct listener *listener);
    void (*welcome)(const struct listener *listener); /* undo refuse; NULL: cannot */

    /* Let go of the address, so that another socket can have it. */
    void (*vacate)(const struct listener *listener);
};

extern const struct kind kind_inet, kind_unix;

#endif
