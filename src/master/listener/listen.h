/* listen.h: the listening sockets of a configuration. The master makes, keeps, watches and closes them; workers only
 * accept. */
#ifndef MPECHOD_LISTEN_H
#define MPECHOD_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/reason.h"
#include "conf/conf.h"
#include "contract/fdplan.h"
#include "contract/log.h"
#include "master/listener/listener.h"

/* The listeners of a configuration, in its order, and after them those that are leaving. A listener keeps its place for
 * as long as the set is used: workers know it by that. The same socket may be in the sets of two configurations. */
struct listen_set {
    struct listener at[FD_LISTEN_MAX];
    size_t n;
};

/* Open what conf asks for into *set. A socket of old (may be empty) with the same address is taken over if
 * it worked when listen_inspect last looked at old, and made anew in its place, on the same port, if it did not. What
 * old has besides comes after them, as leaving. All or nothing: on failure old is as it was, and *failed tells which of
 * conf's listeners it was. */
bool listen_open(struct listen_set *set, const struct conf *conf, const struct listen_set *old, size_t *failed,
                 struct reason *why);

/* The set is in force now: set what conf says of kept sockets too, and let nobody new in at those that leave, which
 * have timeout.drain until they are ended. */
void listen_commit(struct listen_set *set, const struct conf *conf, double now);

/* End the sockets of set that are not in kept. */
void listen_close(struct listen_set *set, const struct listen_set *kept);

/* Look at every listener of conf more closely than a look does, and say which are broken, in their `fault`. */
void listen_inspect(struct listen_set *set, const struct conf *conf);

/* Whether that listener is broken, and enough time has passed since it was opened anew last. */
bool listen_is_due(const struct listen_set *set, size_t index, double now);

/* Open a broken listener anew. False with a reason: it is tried again later, and the others are not touched. */
bool listen_reopen(struct listen_set *set, size_t index, const struct conf *conf, double now, struct reason *why);

/* listen_inspect, and listen_reopen for those that are due; says what it does. Whether workers have to be replaced by
 * ones that get the new sockets. */
bool listen_mend(struct listen_set *set, const struct conf *conf, double now, struct log *log);

/* End what is leaving and has nobody left to serve, or no time left. Whether to call again soon: handshakes under way
 * get a moment. */
bool listen_end_left(struct listen_set *set, double now);

/* Connections that wait to be accepted; a socket that cannot tell how many counts as one at most. *broken: whether one
 * does not listen any more. */
unsigned listen_waiting(const struct listen_set *set, bool *broken);

/* The same, of those that can tell how many. */
unsigned listen_counted(const struct listen_set *set);

/* From now on let nobody new in anywhere; what is in the queues, or on its way there, can still be accepted. */
void listen_refuse(struct listen_set *set);

/* "ADDR:PORT, ADDR:PORT" as bound; without those that are leaving. */
void listen_names(const struct listen_set *set, char *text, size_t size);

/* How many listening sockets we were started with. */
unsigned listen_inherited(void);

/* How long an accept queue may be on this system, whatever accept.backlog asks for; 0: cannot tell. */
unsigned listen_backlog_limit(void);

#endif
