/* bench.h: mpecho bench: load for a while, a report at intervals, a summary. Called by main, once. Fails as exit
 * statuses say, and then has told the user. Not here: what is sent, see stream.h; what is printed, see report.h. */
#ifndef MPECHO_BENCH_H
#define MPECHO_BENCH_H

#include <stddef.h>

#include "options.h"
#include "status.h"
#include "target.h"

enum status bench_run(const struct options *options, const struct target *targets, size_t count);

#endif
