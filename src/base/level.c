/* level.c: see level.h. */
#include "base/level.h"

#include <stddef.h>

const char *const log_level_names[] = {"error", "warn", "info", "debug", NULL};
