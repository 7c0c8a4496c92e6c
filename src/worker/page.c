/* page.c: see page.h. Called as a worker's state changes: plain stores, no system call. */
#include "worker/page.h"

#include "base/clock.h"

void page_begin(const struct worker_job *job)
{
    atomic_store_explicit(&job->page->version, PAGE_VERSION, memory_order_relaxed);
}

void page_say(const struct worker_job *job, enum page_state state)
{
    atomic_store_explicit(&job->page->since, clock_coarse(), memory_order_relaxed);
    atomic_store_explicit(&job->page->state, state, memory_order_relaxed);
    atomic_store_explicit(job->mark, (unsigned char)state, memory_order_relaxed);
}

/* Only this worker counts here, so that it need not be one step. */
void page_count_accept(const struct worker_job *job)
{
    uint64_t accepts = atomic_load_explicit(&job->page->accepts, memory_order_relaxed);
    atomic_store_explicit(&job->page->accepts, accepts + 1, memory_order_relaxed);
}
