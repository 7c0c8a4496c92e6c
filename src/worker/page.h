/* page.h: what a worker says of itself, on its own page and by its byte in the row (contract/page.h). */
#ifndef MPECHOD_WORKER_PAGE_H
#define MPECHOD_WORKER_PAGE_H

#include "contract/job.h"

/* The worker runs. */
void page_begin(const struct worker_job *job);

void page_say(const struct worker_job *job, enum page_state state);
void page_count_accept(const struct worker_job *job);

#endif
