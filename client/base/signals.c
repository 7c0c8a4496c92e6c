/* signals.c: a signalfd(2), so that nothing runs in a signal handler; see signals.h. */
#include "client/base/signals.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/param.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "client/base/clock.h"

/* Whoever had a signal ignored when we were started, as nohup(1) and shells do, wants it so. */
static void add_unless_ignored(sigset_t *set, int number)
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        sigaddset(set, number);
}

static sigset_t some_signals(bool without_quit)
{
    sigset_t set;
    sigemptyset(&set);
    add_unless_ignored(&set, SIGINT);
    add_unless_ignored(&set, SIGTERM);
    if (!without_quit)
        add_unless_ignored(&set, SIGQUIT);
    return set;
}

int signals_open(void)
{
    sigset_t set = some_signals(false);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd == -1)
        warn("signalfd");
    return fd;
}

int signals_next(int fd)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != sizeof info)
        return 0;
    if (info.ssi_signo != SIGQUIT) {
        sigset_t set = some_signals(true);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
    }
    return (int)info.ssi_signo;
}

int signals_poll(struct pollfd *fds, nfds_t count, int64_t until)
{
    int64_t left = MAX(until - clock_now(), 0);
    struct timespec limit = {.tv_sec = left / CLOCK_SECOND, .tv_nsec = left % CLOCK_SECOND};
    return ppoll(fds, count, until == INT64_MAX ? NULL : &limit, NULL);
}

/* What poll reports of an output that failed is for whoever writes to it. */
bool signals_wait_for_output(int fd, int64_t until)
{
    struct pollfd fds[] = {{.fd = STDOUT_FILENO, .events = POLLOUT}, {.fd = fd, .events = POLLIN}};
    int rc;
    do {
        rc = signals_poll(fds, 2, until);
    } while (rc == -1 && errno == EINTR);
    return rc > 0 && fds[0].revents != 0;
}

void signals_release(void)
{
    sigset_t set = some_signals(false);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}
