/* sigpipe.c: the self-pipe. Each test runs in a child of its own, whose signals and descriptors it takes over. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "contract/fdplan.h"
#include "master/sigpipe.h"

enum { PIPE_HOLDS = 65536, PAGE = 4096 };

static const int answered[] = {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};

static void open_pipe(void)
{
    struct reason why;
    unit_require(sigpipe_open(&why));
}

/* How often each signal comes out of the pipe, until it is empty. */
static size_t drain(size_t counts[NSIG])
{
    int signals[100];
    size_t all = 0, n;
    memset(counts, 0, NSIG * sizeof counts[0]);
    while ((n = sigpipe_read(signals, unit_count(signals))) > 0) {
        all += n;
        for (size_t i = 0; i < n; i++) {
            unit_require(signals[i] > 0 && signals[i] < NSIG);
            counts[signals[i]]++;
        }
    }
    return all;
}

static bool handled(int sig)
{
    struct sigaction action;
    unit_require(sigaction(sig, NULL, &action) == 0);
    return action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
}

static void has_fixed_numbers(const char *unused)
{
    int lowest = unit_next_fd(0);
    char byte = 0;
    (void)unused;
    open_pipe();
    for (int fd = FD_SELFPIPE_READ; fd <= FD_SELFPIPE_WRITE; fd++) {
        unit_require(fcntl(fd, F_GETFD) == FD_CLOEXEC);
        unit_require((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    }
    unit_require(write(FD_SELFPIPE_WRITE, "x", 1) == 1 && read(FD_SELFPIPE_READ, &byte, 1) == 1 && byte == 'x');
    unit_require(unit_next_fd(0) == lowest); /* and nothing else is open */
}

static void reports_each_signal(const char *unused)
{
    int signals[2 * unit_count(answered)];
    (void)unused;
    open_pipe();
    unit_require(sigpipe_read(signals, unit_count(signals)) == 0);
    for (size_t i = 0; i < unit_count(answered); i++)
        raise(answered[i]);
    unit_require(sigpipe_read(signals, 3) == 3); /* no more than there is room for */
    unit_require(sigpipe_read(signals + 3, unit_count(signals) - 3) == unit_count(answered) - 3);
    for (size_t i = 0; i < unit_count(answered); i++)
        unit_require(signals[i] == answered[i]);
    unit_require(sigpipe_read(signals, unit_count(signals)) == 0);
}

static void flood(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        raise(i % 2 == 0 ? SIGCHLD : SIGHUP);
}

static void survive_flood(unsigned n, size_t room)
{
    size_t counts[NSIG];
    raise(SIGUSR1);
    flood(n);
    raise(SIGTERM);
    unit_require(drain(counts) <= room);
    unit_require(counts[SIGUSR1] == 1 && counts[SIGTERM] == 1 && counts[SIGCHLD] >= 1 && counts[SIGHUP] >= 1);
    unit_require(counts[SIGINT] == 0 && counts[SIGUSR2] == 0);
}

static void open_small_pipe(void)
{
    open_pipe();
    unit_require(fcntl(FD_SELFPIPE_WRITE, F_SETPIPE_SZ, PAGE) == PAGE);
}

/* The kernel's pipe is full after 65536 bytes, and nobody reads. */
static void loses_nothing_in_a_flood(const char *unused)
{
    (void)unused;
    open_pipe();
    survive_flood(70000, PIPE_HOLDS);
}

static void loses_nothing_in_any_flood(const char *unused)
{
    (void)unused;
    open_small_pipe();
    for (unsigned n = PAGE - 4; n < PAGE + 4; n++)
        survive_flood(n, PAGE);
    survive_flood(5 * PAGE, PAGE);
}

/* Nor what comes after the pipe has overflowed. */
static void goes_on_after_a_flood(const char *unused)
{
    size_t counts[NSIG];
    (void)unused;
    open_small_pipe();
    flood(2 * PAGE);
    drain(counts);
    unit_require(drain(counts) == 0);
    raise(SIGTERM);
    raise(SIGTERM);
    unit_require(drain(counts) == 2 && counts[SIGTERM] == 2);
}

static void keeps_errno(const char *unused)
{
    (void)unused;
    open_small_pipe();
    errno = EDOM;
    flood(2 * PAGE);
    unit_require(errno == EDOM);
    close(FD_SELFPIPE_WRITE);
    raise(SIGTERM);
    unit_require(errno == EDOM);
}

/* A parent may leave anything behind. */
static void cleans_up_dispositions(const char *unused)
{
    static const int other[] = {SIGALRM, SIGUSR1, SIGTSTP, SIGVTALRM, SIGPROF, SIGIO, SIGSYS, SIGTTIN};
    struct sigaction action;
    sigset_t all, now;
    (void)unused;
    for (size_t i = 0; i < unit_count(other); i++)
        signal(other[i], SIG_IGN);
    signal(SIGRTMIN + 3, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGCHLD, SIG_IGN); /* with which children would leave without a word */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    open_pipe();
    for (size_t i = 0; i < unit_count(answered); i++)
        unit_require(handled(answered[i]));
    for (size_t i = 0; i < unit_count(other); i++) {
        sigaction(other[i], NULL, &action);
        unit_require(other[i] == SIGUSR1 || action.sa_handler == SIG_DFL);
    }
    sigaction(SIGRTMIN + 3, NULL, &action);
    unit_require(action.sa_handler == SIG_DFL);
    raise(SIGPIPE);
    raise(SIGXFSZ);
    sigprocmask(SIG_SETMASK, NULL, &now);
    for (int sig = 1; sig < NSIG; sig++)
        unit_require(sigismember(&now, sig) <= 0);
}

static void handlers_do_not_interrupt_each_other(const char *unused)
{
    struct sigaction action;
    (void)unused;
    open_pipe();
    for (size_t i = 0; i < unit_count(answered); i++) {
        sigaction(answered[i], NULL, &action);
        unit_require((action.sa_flags & SA_RESTART) != 0);
        for (size_t j = 0; j < unit_count(answered); j++)
            unit_require(sigismember(&action.sa_mask, answered[j]));
    }
}

static void blocks_and_restores(const char *unused)
{
    int signals[4];
    sigset_t usr1, now;
    (void)unused;
    open_pipe();
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    sigset_t before = sigpipe_block();
    sigprocmask(SIG_SETMASK, NULL, &now);
    for (size_t i = 0; i < unit_count(answered); i++)
        unit_require(sigismember(&now, answered[i]));
    raise(SIGTERM);
    raise(SIGUSR1);
    unit_require(sigpipe_read(signals, 4) == 0);
    sigpipe_restore(&before);
    unit_require(sigpipe_read(signals, 4) == 1 && signals[0] == SIGTERM);
    sigprocmask(SIG_SETMASK, NULL, &now);
    unit_require(sigismember(&now, SIGUSR1) && !sigismember(&now, SIGTERM));
}

static void raise_by_kernel(int sig)
{
    siginfo_t info = {.si_signo = sig, .si_code = SI_KERNEL};
    unit_require(syscall(SYS_rt_sigqueueinfo, getpid(), sig, &info) == 0);
}

/* A terminal tells of its new size with the same signal that an operator pauses the daemon with. Its ^C does count. */
static void does_not_pause_when_a_window_is_resized(const char *unused)
{
    size_t counts[NSIG];
    (void)unused;
    open_pipe();
    raise_by_kernel(SIGWINCH);
    unit_require(drain(counts) == 0);
    raise_by_kernel(SIGINT);
    unit_require(drain(counts) == 1 && counts[SIGINT] == 1);
    kill(getpid(), SIGWINCH);
    unit_require(drain(counts) == 1 && counts[SIGWINCH] == 1);
}

#define IN_A_CHILD(body)                                                                                               \
    static void test_##body(void **state)                                                                              \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        unit_in_child(body, NULL);                                                                                     \
    }

IN_A_CHILD(has_fixed_numbers)
IN_A_CHILD(reports_each_signal)
IN_A_CHILD(loses_nothing_in_a_flood)
IN_A_CHILD(loses_nothing_in_any_flood)
IN_A_CHILD(goes_on_after_a_flood)
IN_A_CHILD(keeps_errno)
IN_A_CHILD(cleans_up_dispositions)
IN_A_CHILD(handlers_do_not_interrupt_each_other)
IN_A_CHILD(blocks_and_restores)
IN_A_CHILD(does_not_pause_when_a_window_is_resized)

static void test_names(void **state)
{
    char buffer[16], expected[16];
    (void)state;
    assert_string_equal(sigpipe_name(SIGSEGV, buffer), "SIGSEGV");
    assert_string_equal(sigpipe_name(SIGTERM, buffer), "SIGTERM");
    snprintf(expected, sizeof expected, "signal %d", SIGRTMIN);
    assert_string_equal(sigpipe_name(SIGRTMIN, buffer), expected);
    assert_string_equal(sigpipe_name(12345678, buffer), "signal 12345678");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_has_fixed_numbers),
        cmocka_unit_test(test_reports_each_signal),
        cmocka_unit_test(test_loses_nothing_in_a_flood),
        cmocka_unit_test(test_loses_nothing_in_any_flood),
        cmocka_unit_test(test_goes_on_after_a_flood),
        cmocka_unit_test(test_keeps_errno),
        cmocka_unit_test(test_cleans_up_dispositions),
        cmocka_unit_test(test_handlers_do_not_interrupt_each_other),
        cmocka_unit_test(test_blocks_and_restores),
        cmocka_unit_test(test_does_not_pause_when_a_window_is_resized),
        cmocka_unit_test(test_names),
    };
    return unit_run("sigpipe", tests, NULL, NULL);
}
