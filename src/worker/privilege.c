/* privilege.c: gives up root; see privilege.h. Called by a new worker before it touches anything foreign; a failure
 * must end it. */
#include "worker/privilege.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Believe the kernel, not the return values. */
static bool dropped(uid_t uid, gid_t gid)
{
    uid_t r, e, s;
    gid_t rg, eg, sg;
    return getresuid(&r, &e, &s) == 0 && r == uid && e == uid && s == uid && getresgid(&rg, &eg, &sg) == 0 &&
           rg == gid && eg == gid && sg == gid && getgroups(0, NULL) == 0 && setuid(0) != 0 && setgid(0) != 0;
}

bool privilege_drop(uid_t uid, gid_t gid, struct reason *why)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return reason_set(why, "cannot set no_new_privs: %s", strerror(errno));
    if (geteuid() != 0)
        return true;
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return reason_set(why, "cannot become uid %u, gid %u: %s", (unsigned)uid, (unsigned)gid, strerror(errno));
    return dropped(uid, gid) || reason_set(why, "uid %u, gid %u would not stick", (unsigned)uid, (unsigned)gid);
}
