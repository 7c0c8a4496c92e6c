/* level.h: how much a log line matters. */
#ifndef MPECHOD_LEVEL_H
#define MPECHOD_LEVEL_H

/* error: the daemon cannot do what it is for; warn: something is wrong and was dealt with; info: what an operator
 * wants to know; debug: the rest. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVELS };

/* What the levels are called in the configuration and in JSON, in their order; ends with NULL. */
extern const char *const log_level_names[];

#endif
