/* run.h: what ping, ping -u and bench share, from the look-up of the name to the exit status. What they do when the
 * server is found is a function of each. Whatever fails was reported where it was seen.
 */
#ifndef MPECHO_RUN_H
#define MPECHO_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "options.h"
#include "report.h"
#include "result.h"
#include "status.h"
#include "target.h"

/* A shorter interval of ping is none at all: the next probe follows the reply. */
#define RUN_INTERVAL_LEAST (10 * CLOCK_US)

struct run {
    const struct options *options;
    struct target_found
        found;             /* fd: does not block; whoever takes it sets it to -1; with datagrams there is none, -1 */
    int64_t deadline;      /* ping: when its time is up, as clock_now() has it; INT64_MAX: never */
    int signals;           /* see signals.h; -1 before run_begin */
    struct report *report; /* NULL before run_begin */
    int64_t begun;         /* when the measuring was */
    bool stopped;          /* ping: by a signal, its deadline, or as nobody reads its output any more */
    struct result result;
};

/* Find the server and measure it. measure: not to be called, or to return early, is STATUS_LOCAL, unless it has called
 * run_begin; then the result decides. Returns what to exit with. */
enum status run_execute(const struct options *options, void (*measure)(struct run *run));

/* All is ready: begin to hear signals, and the report. False: STATUS_LOCAL. */
bool run_begin(struct run *run);

/* Is it as much as one must be allowed to send? */
bool run_is_flood(const struct options *options);

/* Ping: when a probe follows the one before, whatever became of that. ns. */
int64_t run_interval(const struct options *options);

/* Ping: take the signals that have come. INT and TERM stop the run, QUIT shows the summary so far. */
void run_take_signals(struct run *run);

/* Ping: wait until fd is readable, a signal comes, which is taken, or until then; the deadline stops the run. True: fd
 * is readable. */
bool run_wait(struct run *run, int fd, int64_t until);

/* Ping: report it, when somebody reads that: signals are heard meanwhile. */
void run_tell(struct run *run, const struct probe *probe);

#endif
