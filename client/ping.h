/* ping.h: mpecho ping over stream connections: a probe at every interval, a line for each, a summary. Called by main,
 * once. Fails as exit statuses say, and then has told the user. Not here: the connection, see prober.h; what is
 * printed, see report.h; datagrams. */
#ifndef MPECHO_PING_H
#define MPECHO_PING_H

#include <stddef.h>

#include "options.h"
#include "status.h"
#include "target.h"

enum status ping_run(const struct options *options, const struct target *targets, size_t count);

#endif
