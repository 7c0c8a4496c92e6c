/* check.h: mpecho check: one line and an exit status, as the Monitoring Plugins Development Guidelines have it.
 * Whatever fails is a state, and the line says why. */
#ifndef MPECHO_CHECK_H
#define MPECHO_CHECK_H

#include "client/base/options.h"

/* What to exit with. The guidelines: UNKNOWN is for wrong arguments and failures of the machine that checks; a name
 * that does not resolve, or no answer in time, is CRITICAL. */
enum check_state { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

/* Takes options->duration at most, a name server that does not answer included. */
enum check_state check_run(const struct options *options);

/* The line after a usage error, whose details the user was told on standard error. */
enum check_state check_usage(void);

#endif
