/* session.h: one conversation with the server, from the first byte to the verdict. Fails when what comes back is not
 * what was sent, or when input or output fail, and then tells the user why. Not here: making the connection, see
 * target.h; editing lines, see edit.h. */
#ifndef MPECHO_SESSION_H
#define MPECHO_SESSION_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/base/status.h"
#include "client/line/differ.h"
#include "client/line/goodbye.h"
#include "client/line/window.h"

enum { SESSION_ECHO = 65536 };

/* What a step waits for. */
enum { SESSION_INPUT, SESSION_SERVER, SESSION_OUTPUT, SESSION_SOURCES };

/* All 0 before session_begin, but for the first three. */
struct session {
    int fd;          /* the connection; the caller's to close */
    bool typed;      /* a person is at the input: a line q says goodbye */
    int64_t timeout; /* how long the server may be silent while it owes something; 0: for ever */

    int input, output; /* standard input and output; -1: a step leaves it alone, edit sees to it */

    bool decided; /* there is a verdict, and these two are it */
    enum status status;
    char why[256];    /* for the user, unless all is good */
    bool input_ended; /* nothing more will be read */
    bool half_closed; /* the server knows */
    int send_error;   /* errno of the send that failed, after which there are no more; 0: none did */
    int64_t heard;    /* since when the server has been silent, as far as that counts, see is_awaited() */
    struct goodbye goodbye;
    struct differ differ;
    struct window window;
    size_t received, written; /* bytes in echo, and how many of them have been written to the output */
    unsigned char echo[SESSION_ECHO];
};

void session_begin(struct session *session);

/* Go on from there to the verdict. Reads standard input, writes standard output; leaves their flags alone. */
enum status session_run(struct session *session);

/* The rest is for edit, which sits between the person and the session. */

/* Wait until something can be done, and do it. The caller may wait for more at the same time: fds has count entries, of
 * which the session fills in the first SESSION_SOURCES, and the caller the others, whose revents it then looks at. */
void session_step(struct session *session, struct pollfd *fds, nfds_t count);

/* True while there is no verdict and the input has not ended. */
bool session_takes_input(const struct session *session);

/* True while something that came back is still to be written. */
bool session_has_echo(const struct session *session);

/* Take these bytes as input, as many as there is room for; returns how many. */
size_t session_put(struct session *session, const unsigned char *bytes, size_t length);

/* One read(2) of input, one write(2) of output, for which poll has said that they will not block. Return how many
 * bytes, perhaps 0. The end of the input is noted, and a failure is the verdict. */
size_t session_read(struct session *session, int fd, unsigned char *bytes, size_t size);
size_t session_write(struct session *session, int fd, const void *bytes, size_t length);

#endif
