/* edit.c: libedit on top of the session's poll loop. When libedit asks for a key, the loop goes round until there is
 * one. What libedit draws goes into memory first, and to the terminal as the terminal takes it. libedit runs only while
 * its line is on the screen: before an echo is written the line is erased, and afterwards drawn again. Not here: the
 * terminal's modes and signals, see tty.h. */
#include "client/line/edit.h"

#ifndef HAVE_LIBEDIT

void edit_lines(struct session *session)
{
    (void)session;
}

#else

#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/line/chars.h"
#include "client/line/tty.h"

enum {
    LINE_PIECE = 65536,     /* characters: a line is sent in pieces of about this length */
    KEYS_AHEAD = 4096,      /* bytes typed before libedit takes them: no more are read */
    DRAWING_AHEAD = 16384,  /* bytes drawn before they are written: no more keys are taken */
    HISTORY_LINES = 1000,   /* are remembered, */
    HISTORY_LENGTH = 4096,  /* unless they are longer, in characters */
    END_OF_INPUT = 'D' & 31 /* what libedit puts into an empty line at the one key for it, whichever that is */
};

struct edit {
    struct session *session;
    struct tty tty;
    EditLine *el;
    HistoryW *history;
    wchar_t prompt[1];

    unsigned char keys[KEYS_AHEAD];
    size_t key_count;
    size_t taken;        /* of keys, by libedit */
    size_t command_keys; /* how many characters libedit got for the command under way */

    FILE *screen; /* libedit draws here, that is, into drawing */
    char *drawing;
    size_t drawn;
    size_t written; /* of drawing, to the terminal */
    int terminal;   /* standard output, opened anew if possible */
    int keyboard;   /* standard input, the same */

    bool shown;        /* the line is on the screen: an echo has to wait, or it would land in the middle of it */
    bool handing_over; /* the line is complete: none is on the screen */
    bool in_echo;      /* the cursor stands behind an echo that has not ended its line */
};

/* What is on the screen. ------------------------------------------------------------------------------------------- */

/* A number that the terminal has: "co", its columns, or "li", its rows. */
static size_t number_of(const struct edit *edit, const char *name)
{
    int number = 0;
    el_wget(edit->el, EL_GETTC, name, &number);
    return number > 0 ? (size_t)number : 1;
}

static bool is_line_empty(const struct edit *edit)
{
    const LineInfoW *line = el_wline(edit->el);
    return edit->handing_over || line->lastchar == line->buffer;
}

/* How many rows below the line's first row this place in it is. If the line is longer than the screen, the screen shows
 * its end. */
static size_t rows_to(const struct edit *edit, const wchar_t *place)
{
    const LineInfoW *line = el_wline(edit->el);
    size_t length = (size_t)(line->lastchar - line->buffer);
    size_t rows = chars_rows(line->buffer, length, (size_t)(place - line->buffer), number_of(edit, "co"));
    size_t most = number_of(edit, "li") - 1;
    return rows < most ? rows : most;
}

static void begin_row(struct edit *edit)
{
    if (edit->in_echo)
        fputc('\n', edit->screen);
    edit->in_echo = false;
}

/* libedit can draw its line anew where the cursor is, but not erase it. */
static void erase_line(struct edit *edit)
{
    if (is_line_empty(edit))
        return;
    fputc('\r', edit->screen);
    for (size_t i = rows_to(edit, el_wline(edit->el)->cursor); i > 0; i--)
        el_wset(edit->el, EL_ECHOTC, L"up", NULL);
    el_wset(edit->el, EL_ECHOTC, L"cd", NULL);
}

static void draw_line(struct edit *edit)
{
    if (is_line_empty(edit))
        return;
    begin_row(edit);
    el_wset(edit->el, EL_REFRESH);
}

/* Leave the line as it is, and go to the row below it. */
static void step_below_line(struct edit *edit)
{
    const LineInfoW *line = el_wline(edit->el);
    if (!edit->shown || is_line_empty(edit))
        return;
    for (size_t i = rows_to(edit, line->lastchar) - rows_to(edit, line->cursor) + 1; i > 0; i--)
        fputc('\n', edit->screen);
}

static void hide_line(struct edit *edit)
{
    if (edit->shown)
        erase_line(edit);
    edit->shown = false;
}

static void show_line(struct edit *edit)
{
    const struct session *session = edit->session;
    if (edit->shown)
        return;
    edit->shown = true;
    if (session->received > 0)
        edit->in_echo = session->echo[session->received - 1] != '\n';
    draw_line(edit);
}

/* How much is drawn, and still to be written to the terminal. */
static size_t unwritten(const struct edit *edit)
{
    fflush(edit->screen);
    return edit->drawn - edit->written;
}

static void forget_drawing(struct edit *edit)
{
    rewind(edit->screen);
    fflush(edit->screen);
    edit->written = 0;
}

/* Signals. --------------------------------------------------------------------------------------------------------- */

static void leave(struct edit *edit)
{
    step_below_line(edit);
    size_t left = unwritten(edit);
    if (left > 0 && write(edit->terminal, edit->drawing + edit->written, left) != (ssize_t)left)
        edit->shown = false; /* a stopped terminal takes nothing, and we do not wait: the line is drawn anew later */
    forget_drawing(edit);
    tty_give_back(&edit->tty);
}

static void enter(struct edit *edit)
{
    tty_take(&edit->tty);
    el_resize(edit->el);
    if (edit->shown)
        draw_line(edit);
}

static void follow_window(struct edit *edit)
{
    if (edit->shown)
        erase_line(edit);
    el_resize(edit->el);
    if (edit->shown)
        draw_line(edit);
}

/* Any signal but WINCH acts as usual, with the terminal as it was found. If we survive it, we go on. */
static void heed_signals(struct edit *edit)
{
    for (int number; (number = tty_signal(&edit->tty)) != 0;) {
        if (number == SIGWINCH) {
            follow_window(edit);
        } else {
            leave(edit);
            raise(number);
            enter(edit);
        }
    }
}

/* The poll loop. --------------------------------------------------------------------------------------------------- */

/* Have the line on the screen unless there is an echo to write. */
static void arrange(struct edit *edit)
{
    if (session_has_echo(edit->session))
        hide_line(edit);
    else
        show_line(edit);
}

static bool may_edit(const struct edit *edit)
{
    return edit->shown && unwritten(edit) < DRAWING_AHEAD;
}

static bool wants_keys(const struct edit *edit)
{
    return session_takes_input(edit->session) && may_edit(edit) && edit->key_count < sizeof edit->keys;
}

static void read_keys(struct edit *edit)
{
    size_t room = sizeof edit->keys - edit->key_count;
    edit->key_count += session_read(edit->session, edit->keyboard, edit->keys + edit->key_count, room);
}

static void write_drawing(struct edit *edit)
{
    size_t left = unwritten(edit);
    edit->written += session_write(edit->session, edit->terminal, edit->drawing + edit->written, left);
    if (unwritten(edit) == 0)
        forget_drawing(edit);
}

/* One round of the session's loop. What is drawn is written before any echo. */
static void step(struct edit *edit)
{
    enum { KEYS = SESSION_SOURCES, SCREEN, SIGNALS, SOURCES };
    arrange(edit);
    bool drawing = unwritten(edit) > 0;
    struct pollfd fds[SOURCES] = {
        [KEYS] = {.fd = wants_keys(edit) ? edit->keyboard : -1, .events = POLLIN},
        [SCREEN] = {.fd = drawing ? edit->terminal : -1, .events = POLLOUT},
        [SIGNALS] = {.fd = edit->tty.signals, .events = POLLIN},
    };
    edit->session->output = drawing || edit->shown ? -1 : edit->terminal;
    session_step(edit->session, fds, SOURCES);
    if (fds[KEYS].revents != 0)
        read_keys(edit);
    if (fds[SCREEN].revents != 0)
        write_drawing(edit);
    if (fds[SIGNALS].revents != 0)
        heed_signals(edit);
}

/* From keys to lines. ---------------------------------------------------------------------------------------------- */

/* Make room for more keys. */
static void drop_taken(struct edit *edit)
{
    edit->key_count -= edit->taken;
    memmove(edit->keys, edit->keys + edit->taken, edit->key_count);
    edit->taken = 0;
}

static size_t decode_key(const struct edit *edit, wchar_t *key)
{
    return chars_decode(key, edit->keys + edit->taken, edit->key_count - edit->taken);
}

/* What libedit calls for the next key (EL_GETCFN). -1: the end. */
static int next_key(EditLine *el, wchar_t *key)
{
    struct edit *edit;
    size_t length = 0;
    el_wget(el, EL_CLIENTDATA, &edit);
    while (session_takes_input(edit->session)) {
        arrange(edit);
        length = may_edit(edit) ? decode_key(edit, key) : 0;
        if (length > 0)
            break;
        drop_taken(edit);
        step(edit);
    }
    if (length == 0)
        return -1;
    edit->taken += length;
    edit->command_keys++;
    begin_row(edit);
    return 1;
}

static void remember(struct edit *edit, const wchar_t *line, size_t length)
{
    wchar_t copy[HISTORY_LENGTH + 1];
    HistEventW event;
    if (length == 0 || length > HISTORY_LENGTH)
        return;
    wmemcpy(copy, line, length);
    copy[length] = L'\0';
    history_w(edit->history, &event, H_ENTER, copy);
}

static void put_bytes(struct edit *edit, const unsigned char *bytes, size_t length)
{
    while (length > 0 && session_takes_input(edit->session)) {
        size_t n = session_put(edit->session, bytes, length);
        bytes += n;
        length -= n;
        if (n == 0)
            step(edit);
    }
}

static void put_line(struct edit *edit, const wchar_t *line, size_t length)
{
    unsigned char bytes[4096];
    size_t filled = 0;
    for (size_t i = 0; i < length; i++) {
        filled += chars_encode(bytes + filled, line[i]);
        if (filled > sizeof bytes - MB_LEN_MAX || i + 1 == length) {
            put_bytes(edit, bytes, filled);
            filled = 0;
        }
    }
}

/* el_reset would restore the terminal's modes, and what a person types meanwhile would be echoed on the screen; it does
 * not while editing is off. */
static void forget_line(struct edit *edit)
{
    el_wset(edit->el, EL_EDITMODE, 0);
    el_reset(edit->el);
    el_wset(edit->el, EL_EDITMODE, 1);
    el_wset(edit->el, EL_REFRESH);
}

static void hand_over(struct edit *edit, const wchar_t *line, size_t length)
{
    edit->handing_over = true;
    put_line(edit, line, length);
    forget_line(edit);
    edit->handing_over = false;
}

/* After each command of libedit. line: what has been typed of it so far. */
static void on_command(struct edit *edit, const wchar_t *line, size_t length, bool was_empty)
{
    if (line[length - 1] == L'\n') {
        remember(edit, line, length - 1);
        hand_over(edit, line, length);
    } else if (was_empty && length == 1 && line[0] == END_OF_INPUT && edit->command_keys == 1) {
        edit->session->input_ended = true;
    } else if (length >= LINE_PIECE) {
        step_below_line(edit);
        hand_over(edit, line, length);
    }
}

static void edit_until_end(struct edit *edit)
{
    while (session_takes_input(edit->session)) {
        int length = 0;
        bool was_empty = is_line_empty(edit);
        edit->command_keys = 0;
        const wchar_t *line = el_wgets(edit->el, &length);
        if (line != NULL && session_takes_input(edit->session))
            on_command(edit, line, (size_t)length, was_empty);
    }
}

/* Beginning and end. ----------------------------------------------------------------------------------------------- */

/* The same terminal, opened so that nothing done to it blocks: it would hold up signals, which wait while a line is
 * edited. A write may block while a person has stopped the terminal; a read, although poll has seen a key, if ^C has
 * made the terminal throw the key away meanwhile. After su(1) we may not be allowed to open it; then either may block,
 * as it does without an editor. */
static int open_anew(int fd, int access)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int anew = open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return anew != -1 ? anew : fd;
}

static void close_anew(int anew, int fd)
{
    if (anew != fd)
        close(anew);
}

static bool start_history(struct edit *edit)
{
    HistEventW event;
    edit->history = history_winit();
    if (edit->history == NULL)
        return false;
    history_w(edit->history, &event, H_SETSIZE, HISTORY_LINES);
    history_w(edit->history, &event, H_SETUNIQUE, 1);
    el_wset(edit->el, EL_HIST, history_w, edit->history);
    return true;
}

/* There is no prompt, but libedit wants a string that is not const. */
static wchar_t *prompt(EditLine *el)
{
    struct edit *edit;
    el_wget(el, EL_CLIENTDATA, &edit);
    return edit->prompt;
}

/* A tab is text, as there is nothing to complete. A person's own editrc(5) has the last word. */
static void configure(struct edit *edit)
{
    el_wset(edit->el, EL_CLIENTDATA, edit);
    el_wset(edit->el, EL_GETCFN, next_key);
    el_wset(edit->el, EL_PROMPT, prompt);
    el_wset(edit->el, EL_EDITOR, L"emacs");
    el_wset(edit->el, EL_BIND, L"^I", L"ed-insert", NULL);
    el_source(edit->el, NULL);
}

static bool has_string(EditLine *el, const char *name)
{
    const char *string = NULL;
    return el_wget(el, EL_GETTC, name, &string) == 0 && string != NULL && *string != '\0';
}

/* Can the terminal that TERM names go up, and clear what is below? Asked without a descriptor, so that the modes of a
 * terminal where lines cannot be edited are not touched. */
static bool is_terminal_able(FILE *screen)
{
    EditLine *el = el_init_fd("mpecho", stdin, screen, screen, -1, -1, -1);
    bool able = el != NULL && has_string(el, "up") && has_string(el, "cd");
    el_end(el);
    return able;
}

static bool start_libedit(struct edit *edit)
{
    int on = 0;
    edit->el = el_init_fd("mpecho", stdin, edit->screen, edit->screen, STDIN_FILENO, STDOUT_FILENO, STDOUT_FILENO);
    if (edit->el == NULL || !start_history(edit))
        return false;
    configure(edit);
    el_wget(edit->el, EL_EDITMODE, &on);
    return on != 0;
}

static void start_editing(struct edit *edit)
{
    el_wset(edit->el, EL_UNBUFFERED, 1);
    tty_keep(&edit->tty);
    forget_drawing(edit); /* what libedit had to say of the terminal or of editrc(5) */
    edit->shown = true;
    edit->terminal = open_anew(STDOUT_FILENO, O_WRONLY);
    edit->keyboard = open_anew(STDIN_FILENO, O_RDONLY);
    edit->session->input = -1;
}

/* What has been drawn is still shown, unless a signal ends the wait. */
static void stop_editing(struct edit *edit)
{
    while (!edit->session->decided && unwritten(edit) > 0)
        step(edit);
    leave(edit);
    close_anew(edit->terminal, STDOUT_FILENO);
    close_anew(edit->keyboard, STDIN_FILENO);
    edit->session->input = STDIN_FILENO;
    edit->session->output = STDOUT_FILENO;
}

/* tty gives the terminal back, so libedit must not. */
static void stop_libedit(struct edit *edit)
{
    if (edit->el != NULL) {
        el_wset(edit->el, EL_EDITMODE, 0);
        el_end(edit->el);
    }
    if (edit->history != NULL)
        history_wend(edit->history);
}

static void run(struct edit *edit)
{
    if (!tty_open(&edit->tty))
        return;
    if (start_libedit(edit)) {
        start_editing(edit);
        edit_until_end(edit);
        stop_editing(edit);
    }
    stop_libedit(edit);
    tty_close(&edit->tty);
}

/* In the C locale only ASCII is text, and what else is typed would be shown as numbers. A terminal of today sends
 * UTF-8; what is not UTF-8 is handed on as it is. */
static void choose_characters(void)
{
    if (strcmp(setlocale(LC_CTYPE, NULL), "C") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

void edit_lines(struct session *session)
{
    struct edit edit = {.session = session};
    if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
        return;
    edit.screen = open_memstream(&edit.drawing, &edit.drawn);
    if (edit.screen == NULL)
        return;
    choose_characters();
    if (is_terminal_able(edit.screen))
        run(&edit);
    fclose(edit.screen);
    free(edit.drawing);
}

#endif
