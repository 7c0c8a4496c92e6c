/* daemonize.c: detaching; see daemonize.h. Called by main. */
#include "master/daemonize.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "contract/fdplan.h"

enum { DESCRIPTORS = 256 };

/* Room for the numbers of fdplan.h and what the master adds to them, however little the parent left us. */
static bool raise_limit(struct reason *why)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
        return true;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    if (limit.rlim_cur < DESCRIPTORS || setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return reason_set(why, "%d open files must be allowed (ulimit -n)", DESCRIPTORS);
    return true;
}

bool daemonize_clean(struct reason *why)
{
    int fd;
    do { /* open takes the lowest number that is free */
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= FD_LOG);
    if (fd < 0)
        return reason_set(why, "cannot open /dev/null: %s", strerror(errno));
    dup2(fd, 0);
    dup2(fd, 1);
    fd_close_from(FD_LOG + 1);
    umask(022);
    if (!raise_limit(why))
        return false;
    return chdir("/") == 0 || reason_set(why, "cannot change to /: %s", strerror(errno));
}

_Noreturn static void wait_until_ready(int fd)
{
    char byte;
    ssize_t n;
    do {
        n = read(fd, &byte, 1);
    } while (n < 0 && errno == EINTR);
    _exit(n == 1 ? 0 : 1); /* what went wrong has been said on the stderr that we share */
}

bool daemonize_detach(int *ready, struct reason *why)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return reason_set(why, "cannot make a pipe: %s", strerror(errno));
    pid_t first = fork();
    if (first > 0) {
        close(fds[1]);
        wait_until_ready(fds[0]);
    }
    close(fds[0]);
    /* Forked again, so that it leads no session and can never get a terminal. */
    pid_t second = first == 0 && setsid() >= 0 ? fork() : -1;
    if (second > 0)
        _exit(0);
    *ready = fd_move(fds[1], FD_PRIVATE);
    return second == 0 || reason_set(why, "cannot fork: %s", strerror(errno));
}

void daemonize_ready(int ready)
{
    ssize_t ignored = write(ready, "", 1);
    (void)ignored;
    close(ready);
}
