/* run.h: what ping, ping -u and bench share, from the look-up of the name to the exit status. What they do when the
 * server is found is a function of each. Whatever fails was reported where it was seen.
 */
#ifndef MPECHO_RUN_H
#define MPECHO_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "client/base/clock.h"
#include "client/base/options.h"
#include "client/base/status.h"
#include "client/base/target.h"
#include "client/report/report.h"
#include "client/report/result.h"

/* A shorter interval of ping is none at all: the next probe follows the reply. */
#define RUN_INTERVAL_LEAST (10 * CLOCK_US)

struct run {
    const struct options *options;
    /* fd: does not block; whoever takes it sets it to -1. With datagrams there is none: -1. */
    struct target_found found;
    int64_t deadline;      /* ping: when its time is up, as clock_now() has it; INT64_MAX: never */
    int signals;           /* see signals.h; -1 before run_begin */
    struct report *report; /* NULL before run_begin */
    int64_t begun;         /* when run_begin was called */
    bool stopped;          /* ping: by a signal, its deadline, or because its output cannot be written */
    struct result result;
};

/* Find the server, call measure, report, and return what to exit with. measure makes what it needs, calls run_begin,
 * and measures. If it returns before run_begin has succeeded, having told why, that is STATUS_LOCAL; afterwards the
 * result decides. */
enum status run_execute(const struct options *options, void (*measure)(struct run *run));

/* All is ready: begin to hear signals, and the report. False: STATUS_LOCAL. */
bool run_begin(struct run *run);

/* Does it need --yes-i-may at other machines? Every bench does, and ping with an interval below 2 ms. */
bool run_is_flood(const struct options *options);

/* Ping: ns from one probe's time to the next one's; if there is no interval, and replies set the pace, from a probe
 * that is lost to the next. */
int64_t run_interval(const struct options *options);

/* Ping: take the signals that have come. INT and TERM stop the run, QUIT shows the summary so far. */
void run_take_signals(struct run *run);

/* Ping -u: wait until fd is readable, a signal comes, which is taken, or until then; the deadline stops the run. True:
 * fd is readable. */
bool run_wait(struct run *run, int fd, int64_t until);

/* Ping: report it, when somebody reads that: signals are heard meanwhile. */
void run_tell(struct run *run, const struct probe *probe);

#endif
