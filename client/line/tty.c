/* tty.c: termios(3) and a signalfd(2). Nothing here waits until the terminal has taken what was written (TCSADRAIN): a
 * person may have stopped it. */
#include "client/line/tty.h"

#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Those that end or stop the process, whether a key sent them or not; CONT, after which the modes may be others; and a
 * new size of the window. What was blocked before is left alone: raised again, it would only stay pending. */
static void choose_signals(struct tty *tty)
{
    const int wanted[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH};
    sigemptyset(&tty->caught);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (sigismember(&tty->before, wanted[i]) == 0)
            sigaddset(&tty->caught, wanted[i]);
}

bool tty_open(struct tty *tty)
{
    if (tcgetattr(STDIN_FILENO, &tty->found) == -1 || sigprocmask(SIG_BLOCK, NULL, &tty->before) == -1)
        return false;
    choose_signals(tty);
    tty->signals = signalfd(-1, &tty->caught, SFD_NONBLOCK | SFD_CLOEXEC);
    if (tty->signals == -1)
        return false;
    sigprocmask(SIG_BLOCK, &tty->caught, NULL);
    return true;
}

void tty_keep(struct tty *tty)
{
    tcgetattr(STDIN_FILENO, &tty->edited);
}

void tty_give_back(const struct tty *tty)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &tty->found);
    sigprocmask(SIG_SETMASK, &tty->before, NULL);
}

void tty_take(struct tty *tty)
{
    sigprocmask(SIG_BLOCK, &tty->caught, NULL);
    tcgetattr(STDIN_FILENO, &tty->found);
    tcsetattr(STDIN_FILENO, TCSANOW, &tty->edited);
}

void tty_close(struct tty *tty)
{
    tty_give_back(tty);
    close(tty->signals);
}

int tty_signal(const struct tty *tty)
{
    struct signalfd_siginfo info;
    return read(tty->signals, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}
