/* tty.h: the terminal at standard input while a line is edited: its modes, and the signals that concern them, which
 * wait until the terminal can be given back. Not here: what is read or written. */
#ifndef MPECHO_TTY_H
#define MPECHO_TTY_H

#include <signal.h>
#include <stdbool.h>
#include <termios.h>

struct tty {
    int signals;             /* readable when tty_signal has one */
    sigset_t caught, before; /* the signals that wait; what was blocked before */
    struct termios found, edited;
};

/* Note the modes as they are, and block the signals. Returns false, with nothing changed or said, when that fails:
 * mpecho goes on without editing. */
bool tty_open(struct tty *tty);

/* Note the modes as they are now: those for editing. */
void tty_keep(struct tty *tty);

/* Restore the modes that were found, and let signals act as usual. */
void tty_give_back(const struct tty *tty);

/* Note the modes as they are now, for the next tty_give_back, and set those for editing again. */
void tty_take(struct tty *tty);

void tty_close(struct tty *tty);

/* The next signal that came, or 0. */
int tty_signal(const struct tty *tty);

#endif
