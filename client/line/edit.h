/* edit.h: a person edits lines, with a history, while what comes back is shown above them. Where that cannot be (the
 * terminal cannot move its cursor, the output is no terminal, built without libedit) it does nothing, and the
 * terminal's own editing serves. */
#ifndef MPECHO_EDIT_H
#define MPECHO_EDIT_H

#include "client/line/session.h"

/* Let lines be typed until the input ends or there is a verdict; session_run does the rest. The terminal is given back
 * as it was found, also when a signal ends or stops us. The locale must have been set. */
void edit_lines(struct session *session);

#endif
