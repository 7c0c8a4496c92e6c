/* deploy.h: a configuration put to work: its pid file and listeners. Made whole beside the live one, and then
 * either takes its place or leaves no trace. Plain data, since a child makes it: whatever touches the file system is
 * done there (errand.h). */
#ifndef MPECHOD_DEPLOY_H
#define MPECHOD_DEPLOY_H

#include <stdbool.h>

#include "base/reason.h"
#include "conf/conf.h"
#include "contract/log.h"
#include "master/errand.h"
#include "master/listener/listen.h"
#include "master/lockfile.h"
#include "master/pidfile.h"

struct deploy {
    struct conf conf;
    struct pidfile pidfile;
    int rundir; /* rundir_hold's; -1: none */
    struct lockfile lockfile;
    struct log log; /* for its workers: to the same logger as the master's, at its own level */
    struct listen_set listeners;
};

/* Begin to prepare a configuration beside live (NULL: there is none): the one that source tells of, or, if source is
 * NULL, *conf. False with a reason. */
bool deploy_begin(struct errand *errand, const struct conf_source *source, const struct conf *conf,
                  const struct deploy *live, struct reason *why);

/* Take what has been prepared, if it is there. ERRAND_DONE: *deploy is it. ERRAND_FAILED: with a reason, in the form of
 * a configuration error. Its log is not attached yet (logger.h). */
enum errand_state deploy_collect(struct errand *errand, const struct deploy *live, struct deploy **deploy,
                                 struct reason *why);

/* Give up what is being prepared. */
void deploy_drop(struct errand *errand, const struct deploy *live);

/* Take the place of live (NULL: none), which is closed and freed, except for what both use. */
void deploy_commit(struct deploy *deploy, struct deploy *live);

/* Undo what was prepared; frees. */
void deploy_abandon(struct deploy *deploy, const struct deploy *live);

/* At a tick, and when something is known to be broken: put right what others have broken or removed. Whether workers
 * have to be replaced, because there are new listeners. */
bool deploy_tend(struct deploy *deploy);

/* End the listeners of earlier configurations whose queues have been served. Whether to call again soon. */
bool deploy_end_left(struct deploy *deploy);

/* Stop listening for good. */
void deploy_close_listeners(struct deploy *deploy);

/* Let go of everything; frees. */
void deploy_end(struct deploy *deploy);

#endif
