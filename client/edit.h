/* edit.h: a person edits lines, with a history, while what comes back is shown above them. Called by main for the
 * interactive mode. Where that cannot be (a terminal that cannot move its cursor, another output, built without
 * libedit) it does nothing, and the terminal's own editing serves. Not here: sending, receiving, the verdict. */
#ifndef MPECHO_EDIT_H
#define MPECHO_EDIT_H

#include "session.h"

/* Let lines be typed until the input ends or there is a verdict; session_run does the rest. The terminal is given
 * back as it was found, also when a signal ends or stops us. */
void edit_lines(struct session *session);

#endif
