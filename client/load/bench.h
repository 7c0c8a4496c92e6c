/* bench.h: mpecho bench: load for a while, a report at intervals, a summary. Not here: what is sent, see load.h. */
#ifndef MPECHO_BENCH_H
#define MPECHO_BENCH_H

#include "client/report/run.h"

/* For run_execute. */
void bench_measure(struct run *run);

#endif
