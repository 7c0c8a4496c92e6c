/* reason.c: see reason.h. */
#include "base/reason.h"

#include <stdarg.h>
#include <stdio.h>

bool reason_set(struct reason *why, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(why->text, sizeof why->text, format, ap);
    va_end(ap);
    return false;
}
