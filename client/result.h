/* result.h: what a run of ping or bench found, for whatever reports it. */
#ifndef MPECHO_RESULT_H
#define MPECHO_RESULT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "options.h"
#include "problems.h"
#include "tally.h"
#include "target.h"

/* A part of the run. start, end: ns since the measuring began, which is after what --omit leaves out. */
struct interval {
    int64_t start, end;
    const struct tally *tally;
};

/* The whole. */
struct result {
    const struct options *options;
    const struct target *target;
    time_t begun;            /* wall clock */
    int64_t measured;        /* ns: what rates are computed by */
    uint64_t replied, bytes; /* within that time; what came later, being on its way at the end, is in total only */
    struct tally total;
    bool failed;       /* this machine refused what the run needs; the user was told */
    bool interrupted;  /* bench: ended early, by a signal or because its output can no longer be written */
    uint64_t path_mtu; /* bytes, with all headers; 0: not looked for, or not found */
    struct problems problems;
};

#endif
