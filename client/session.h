/* session.h: one conversation with the server, from the first byte to the verdict. Called by main, once.
 * Fails when what comes back is not what was sent, or when input or output fail, and then has told the user
 * why. Not here: making the connection, see connect.h. */
#ifndef MPECHO_SESSION_H
#define MPECHO_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "differ.h"
#include "goodbye.h"
#include "status.h"
#include "window.h"

enum { SESSION_OUTPUT = 65536 };

/* All 0 to begin, but for the first three. */
struct session {
    int fd;     /* the connection; the caller's to close */
    bool typed; /* a person is at the input: a line q says goodbye */
    int wait;   /* milliseconds of silence to put up with while the server owes something, 0 = no limit */

    enum status status;
    bool input_ended; /* nothing more will be read */
    bool half_closed; /* the server knows */
    int send_error;   /* errno of the send that failed, and so was the last; 0: none did */
    int64_t heard;    /* milliseconds: when the server last gave something, or the clock last stood */
    struct goodbye goodbye;
    struct differ differ;
    struct window window;
    size_t written, received; /* of output: what has been written of what has been received */
    unsigned char output[SESSION_OUTPUT];
};

/* Reads standard input, writes standard output; leaves their flags alone. Never STATUS_OPEN. */
enum status session_run(struct session *session);

#endif
