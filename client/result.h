/* result.h: what a run of ping or bench found, for whatever reports it. Filled by bench and ping; read by metric and
 * all report files. Nothing here fails. Not here: how it looks. */
#ifndef MPECHO_RESULT_H
#define MPECHO_RESULT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "options.h"
#include "problems.h"
#include "tally.h"
#include "target.h"

/* A stretch of the run. start and end: ns since the measuring began. Without what was omitted. */
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
    bool failed;       /* this machine refused what the run needs; told */
    bool interrupted;  /* a bench: by a signal, or because nobody reads its output, before its time */
    uint64_t path_mtu; /* bytes, with all headers; 0: not looked for, or not found */
    struct problems problems;
};

#endif
