/* process.h: the life of a worker, from just after fork to its exit. */
#ifndef MPECHOD_PROCESS_H
#define MPECHOD_PROCESS_H

#include "contract/job.h"

/* To be called in the child with all signals blocked. */
_Noreturn void worker_run(const struct worker_job *given);

#endif
