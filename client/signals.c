/* signals.c: a signalfd(2), so that nothing runs in a signal handler; see signals.h. */
#include "signals.h"

#include <err.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void add(sigset_t *set, int signal1, int signal2)
{
    sigaddset(set, signal1);
    sigaddset(set, signal2);
}

int signals_open(void)
{
    sigset_t set;
    sigemptyset(&set);
    add(&set, SIGINT, SIGTERM);
    sigaddset(&set, SIGQUIT);
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
        sigset_t set;
        sigemptyset(&set);
        add(&set, SIGINT, SIGTERM);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
    }
    return (int)info.ssi_signo;
}
