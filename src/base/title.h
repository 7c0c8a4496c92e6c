/* title.h: what ps(1) and top(1) show of a process, in place of its command line. The kernel reads a command line from
 * the process's own memory, where it lies in one piece with the environment (proc_pid_cmdline(5)): so a title is
 * written there, at no system call's cost. */
#ifndef MPECHOD_TITLE_H
#define MPECHOD_TITLE_H

#include <stddef.h>

enum { TITLE_MAX = 64 };

/* Plain data: a child has it from its parent. */
struct title {
    char *at; /* NULL: there is no room */
    size_t room;
    size_t own; /* bytes of the command line itself */
};

/* Find the room for a title. To be called by main before it looks at its arguments: the arguments are copied, and so is
 * the part of the environment that a title would overwrite, and the pointers are changed. If there is no memory for
 * that, the title has no room. */
struct title title_find(char **argv, char **environment);

/* Show this text, as far as there is room. */
void title_set(const struct title *title, const char *text);

/* Write over the text from that place on, no longer than what is there: for a word that changes often. */
void title_change(const struct title *title, size_t from, const char *text);

#endif
