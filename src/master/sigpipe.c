/* sigpipe.c: the self-pipe; see sigpipe.h. Used by the master alone; a worker has dispositions of its own. */
#include "master/sigpipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "contract/fdplan.h"

static const int answered[] = {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};

enum { ANSWERED = sizeof answered / sizeof answered[0] };

/* The pipe is full: fold what is in it, so that each signal is in it once, and add this one. Nobody interferes, since
 * all signals are blocked in a handler and the reader is the process that it interrupted. */
static void fold(unsigned char sig)
{
    unsigned char bytes[4096];
    bool seen[NSIG] = {false};
    ssize_t n;
    seen[sig] = true;
    while ((n = read(FD_SELFPIPE_READ, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < n; i++)
            if (bytes[i] < NSIG)
                seen[bytes[i]] = true;
    for (unsigned char s = 1; s < NSIG; s++)
        if (seen[s] && write(FD_SELFPIPE_WRITE, &s, 1) != 1)
            return;
}

/* info: a terminal that changes its size sends WINCH to the whole foreground; only one that somebody sent is a request.
 */
static void handle(int sig, siginfo_t *info, void *context)
{
    (void)context;
    int saved = errno;
    unsigned char byte = (unsigned char)sig;
    bool resize = sig == SIGWINCH && info->si_code == SI_KERNEL;
    if (!resize && write(FD_SELFPIPE_WRITE, &byte, 1) < 0 && errno == EAGAIN)
        fold(byte);
    errno = saved;
}

static bool open_pipe(void)
{
    int fds[2];
    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0)
        return false;
    bool placed = dup3(fds[0], FD_SELFPIPE_READ, O_CLOEXEC) >= 0 && dup3(fds[1], FD_SELFPIPE_WRITE, O_CLOEXEC) >= 0;
    fd_close(fds[0]);
    fd_close(fds[1]);
    return placed;
}

/* Faults keep what they have: sanitizers and debuggers hook them. */
static bool is_fault(int sig)
{
    return sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL || sig == SIGABRT || sig == SIGTRAP;
}

bool sigpipe_open(struct reason *why)
{
    if (!open_pipe())
        return reason_set(why, "cannot make the signal pipe: %s", strerror(errno));
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int sig = 1; sig < NSIG; sig++)
        if (!is_fault(sig))
            sigaction(sig, &action, NULL); /* fails for KILL, STOP and libc's own: as it should */
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL); /* a log that may not grow is a log that is full, and no more */
    action = (struct sigaction){.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < ANSWERED; i++)
        if (sigaction(answered[i], &action, NULL) != 0)
            return reason_set(why, "cannot handle signal %d: %s", answered[i], strerror(errno));
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return true;
}

size_t sigpipe_read(int *signals, size_t max)
{
    unsigned char bytes[64];
    ssize_t n = read(FD_SELFPIPE_READ, bytes, max < sizeof bytes ? max : sizeof bytes);
    for (ssize_t i = 0; i < n; i++)
        signals[i] = bytes[i];
    return n > 0 ? (size_t)n : 0;
}

sigset_t sigpipe_block(void)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    return before;
}

void sigpipe_restore(const sigset_t *before)
{
    sigprocmask(SIG_SETMASK, before, NULL);
}

const char *sigpipe_name(int sig, char *buffer)
{
    const char *name = sigabbrev_np(sig);
    if (name != NULL)
        snprintf(buffer, 16, "SIG%s", name);
    else
        snprintf(buffer, 16, "signal %d", sig);
    return buffer;
}
