/* session.h: one conversation with the server, from the first byte to the verdict. Called by main, once, and by
 * edit, which lets a person edit lines meanwhile. Fails when what comes back is not what was sent, or when input
 * or output fail, and then tells the user why. Not here: making the connection, see target.h. */
#ifndef MPECHO_SESSION_H
#define MPECHO_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "differ.h"
#include "goodbye.h"
#include "status.h"
#include "window.h"

enum { SESSION_OUTPUT = 65536, SESSION_KEYS = 4096 };

/* The line that edit has on the screen, as far as the poll loop has to know. All 0: lines are not edited. */
struct session_line {
    bool edited;                      /* what is read are keys: the loop puts them into keys, and that is all */
    bool shown;                       /* no echo is written: it would be written into the line */
    bool busy;                        /* no key is read now */
    bool signalled;                   /* set by the loop: signals can be read */
    int signals;                      /* the descriptor of that */
    unsigned char keys[SESSION_KEYS]; /* edit takes them from here */
    size_t key_count;
    const char *drawing; /* what is written before anything else; the loop counts it off */
    size_t undrawn;
};

/* All 0 to begin, but for the first three. */
struct session {
    int fd;          /* the connection; the caller's to close */
    bool typed;      /* a person is at the input: a line q says goodbye */
    int64_t timeout; /* how long the server may be silent while it owes something; 0: for ever */

    bool decided; /* there is a verdict, and these two are it */
    enum status status;
    char why[256];    /* for the user, unless all is good */
    bool input_ended; /* nothing more will be read */
    bool half_closed; /* the server knows */
    int send_error;   /* errno of the send that failed, and so was the last; 0: none did */
    int64_t heard;    /* when the server last gave something, or the clock last stood */
    struct goodbye goodbye;
    struct differ differ;
    struct window window;
    struct session_line line;
    int out;                  /* where output is written: standard output, or the same terminal opened anew */
    size_t written, received; /* of output: what has been written of what has been received */
    unsigned char output[SESSION_OUTPUT];
};

void session_begin(struct session *session);

/* Go on from there to the verdict. Reads standard input, writes standard output; leaves their flags alone. */
enum status session_run(struct session *session);

/* For edit: wait until something can be done, and do it. */
void session_step(struct session *session);

/* True while there is no verdict and the input has not ended. */
bool session_takes_input(const struct session *session);

/* True while something that came back is still to be written. */
bool session_has_echo(const struct session *session);

/* Take so many of these bytes as input as there is room for, and find the goodbye in them. Returns how many. */
size_t session_put(struct session *session, const unsigned char *bytes, size_t length);

#endif
