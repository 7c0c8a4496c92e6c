/* console.h: a line for whoever started the program, on a terminal perhaps: before there is a log, and beside it until
 * the daemon is ready. */
#ifndef MPECHOD_CONSOLE_H
#define MPECHOD_CONSOLE_H

/* Write a line: words of our own, which may be empty, and a text that is escaped as in the log, because it may quote
 * the configuration. Nobody is told whether it could be written. */
void console_say(int fd, const char *before, const char *text);

#endif
