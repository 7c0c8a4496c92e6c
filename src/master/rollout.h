/* rollout.h: how something new takes the place of what is live: it is prepared beside the live one, a generation of
 * workers is started, and when they are ready, it is promoted; if anything fails before, it is given up, and nothing
 * has happened. Start, reload and renewal are this one mechanism, and each ends with one verdict. */
#ifndef MPECHOD_ROLLOUT_H
#define MPECHOD_ROLLOUT_H

#include <stdbool.h>

#include "base/reason.h"
#include "master/state.h"

/* The first one. False with a reason: the daemon cannot start. */
bool rollout_begin_start(struct master *m, struct reason *why);

/* Ask for a reload or a renewal. While another is under way it is remembered, and done afterwards. */
void rollout_request(struct master *m, enum rollout_kind kind);

/* At a tick, and when a listener is broken: put right what others have broken or removed, the log's socket among it. */
void rollout_tend(struct master *m);

/* The accept lock is broken: renew it, though less and less often if it keeps breaking. deaf: nobody is served
 * meanwhile, so it is renewed at once, which the watch over the turn asks for once in a stall_timeout at most. */
void rollout_mend(struct master *m, bool deaf);

/* At each look: end the listeners of earlier configurations that have nobody left to serve. Whether to look again
 * soon. */
bool rollout_end_left(struct master *m);

/* At each look: get on with what is under way, and begin what is wanted. */
void rollout_continue(struct master *m);

/* Whether there is more to fork at once. */
bool rollout_is_forking(const struct master *m);

/* A request has come that supersedes whatever is under way or wanted. why: "paused", "stopped". */
void rollout_drop(struct master *m, const char *why);

/* Workers for the live configuration at once, ready or not: for a stop while the daemon is paused. */
void rollout_wake(struct master *m);

#endif
