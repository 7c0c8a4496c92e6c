/* logger.h: the master's handle of the logger: the process that owns the log (logger/logger.h). The sockets to it are
 * kept here at both ends, so that a logger that dies loses nothing of what is in them: the next one reads on. Nothing
 * here waits for it but logger_end. */
#ifndef MPECHOD_MASTER_LOGGER_H
#define MPECHOD_MASTER_LOGGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"
#include "contract/log.h"
#include "contract/logging.h"
#include "master/children.h"

struct logger;

/* run: what the process does. stderr_fd: what the target "stderr" means; the caller's, as is the title. No process yet.
 * NULL with a reason on failure. */
struct logger *logger_create(void (*run)(const struct logger_job *), const struct title *title, int stderr_fd,
                             struct children *children, struct reason *why);

/* Point a log at the logger, for the master itself, and for workers that adopt it. */
void logger_attach(struct logger *logger, struct log *log);

/* Readable when the logger has answered; then call logger_hear, which logs what became of a reopening. */
int logger_descriptor(const struct logger *logger);
void logger_hear(struct logger *logger, struct log *log);

/* Have a target opened beside the one in use; the first time the process is started with it. */
void logger_open(struct logger *logger, const char *target, bool json);

/* What has become of the target that was to be opened. The reason says why it is refused, or, if it is open, what is
 * not as it should be; it may be "". */
enum logger_answer { LOGGER_PENDING, LOGGER_OPEN, LOGGER_REFUSED };
enum logger_answer logger_opened(const struct logger *logger, struct reason *why);

/* Use it from now on, or close it again. Nothing happens if none was opened. */
void logger_commit(struct logger *logger);
void logger_abandon(struct logger *logger);

/* Whether the target in use is that one, in that format. */
bool logger_uses(const struct logger *logger, const char *target, bool json);

/* Open the target in use anew. */
void logger_reopen(struct logger *logger);

/* Let go of standard error, unless it is the target. */
void logger_detach(struct logger *logger);

/* At each look: start a process in place of one that has died, say again what could not be said. */
void logger_look(struct logger *logger, struct log *log);

/* Take note of how many lines workers have lost in all; the log will say how many these are since it last did. */
void logger_tell_lost(struct logger *logger, uint64_t by_workers);

/* Whether a worker has shut the socket that all workers use; and make another one in its place, after which logs have
 * to be attached again and new workers to be forked. False: that is not possible now. */
bool logger_is_cut(const struct logger *logger);
bool logger_mend(struct logger *logger);

/* The end: all that was sent is written first, if that takes no longer than two seconds. */
void logger_end(struct logger *logger);

#endif
