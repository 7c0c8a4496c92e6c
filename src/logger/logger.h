/* logger.h: the process that owns the log: the only one that opens it and writes to it. */
#ifndef MPECHOD_LOGGER_H
#define MPECHOD_LOGGER_H

#include "contract/logging.h"

/* To be called in the child with all signals blocked. Ends when the master says so; or, when the master is gone, with
 * the last worker. */
_Noreturn void logger_run(const struct logger_job *job);

#endif
