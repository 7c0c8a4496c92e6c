/* ends.c: see ends.h. */
#include "contract/ends.h"

#include <stddef.h>

const char *echo_end_name(unsigned end)
{
    static const char *const names[] = {"eof", "reset", "idle", "limit", "drain", "error"};
    return end < ECHO_ENDS ? names[end] : NULL;
}
