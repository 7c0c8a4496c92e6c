/* children.c: the one place where children are waited for; see children.h. Called by the master after SIGCHLD. Nothing
 * here can fail. */
#include "master/children.h"

#include <assert.h>
#include <stddef.h>
#include <sys/wait.h>

static size_t find(const struct children *children, pid_t pid)
{
    size_t i = 0;
    while (i < CHILDREN_ALONE_MAX && children->alone[i].pid != pid)
        i++;
    return i;
}

void children_add(struct children *children, pid_t pid, const struct children_owner *owner)
{
    size_t i = find(children, 0);
    assert(pid > 0 && i < CHILDREN_ALONE_MAX);
    children->alone[i].pid = pid;
    children->alone[i].owner = *owner;
}

void children_forget(struct children *children, pid_t pid)
{
    size_t i = find(children, pid);
    if (i < CHILDREN_ALONE_MAX)
        children->alone[i].pid = 0;
}

/* The place is free before its owner is told, who may begin another child at once. */
static void tell(struct children *children, pid_t pid, int status)
{
    size_t i = find(children, pid);
    struct children_owner owner = i < CHILDREN_ALONE_MAX ? children->alone[i].owner : children->workers;
    if (!WIFSTOPPED(status) && !WIFCONTINUED(status))
        children_forget(children, pid);
    if (owner.told != NULL)
        owner.told(owner.context, pid, status);
}

bool children_reap(struct children *children, unsigned most)
{
    int status;
    for (unsigned n = 0; n < most; n++) {
        pid_t pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
        if (pid <= 0)
            return false;
        tell(children, pid, status);
    }
    return true;
}
