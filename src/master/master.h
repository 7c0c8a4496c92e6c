/* master.h: the master process: waits for signals, the workers' doorbell and its tick, and answers each. */
#ifndef MPECHOD_MASTER_H
#define MPECHOD_MASTER_H

#include <stdbool.h>

#include "base/title.h"
#include "conf/conf.h"
#include "contract/job.h"
#include "contract/logging.h"

struct master_setup {
    struct conf_source source;               /* what a reload reads again */
    struct conf conf;                        /* read and checked */
    void (*log)(const struct logger_job *);  /* what the logger does; never returns */
    void (*work)(const struct worker_job *); /* what a new worker does; never returns */
    struct title title;
    bool has_terminal;  /* or stands for one, as the first process of a container */
    unsigned inherited; /* listening sockets that we were started with, and that were closed */
    int ready;          /* for daemonize_ready; -1: nobody waits */
};

/* Run until stopped. Returns 0 if stopped by request, 1 if it could not start, which has been logged. */
int master_run(const struct master_setup *setup);

#endif
