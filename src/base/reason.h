/* reason.h: why something failed, in words for the operator. Passed down by the caller, filled in where the failure is
 * seen. */
#ifndef MPECHOD_REASON_H
#define MPECHOD_REASON_H

#include <stdbool.h>

enum { REASON_MAX = 512 };

struct reason {
    char text[REASON_MAX];
};

/* Write a reason (truncated to fit). Returns false, so that `return reason_set(...)` reads as a failure. */
bool reason_set(struct reason *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
