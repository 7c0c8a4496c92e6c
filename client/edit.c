/* edit.c: libedit's editor on top of the poll loop; see edit.h for who calls and what may fail. libedit asks for a
 * key, and the loop goes round until there is one; what libedit draws goes into memory, and out from the loop. It
 * runs only while its line is on the screen: before an echo is written the line is erased, and drawn again after
 * it. Not here: the terminal's modes and signals, see tty.h. */
#include "edit.h"

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

#include "chars.h"
#include "tty.h"

enum {
    LINE_PIECE = 65536,     /* characters: a line is sent in pieces of about this length */
    DRAWING_AHEAD = 16384,  /* bytes drawn and not yet written, from which on no more keys are taken */
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
    FILE *screen; /* libedit draws here, which is: */
    char *drawing;
    size_t drawn;
    size_t written;    /* of that */
    size_t taken;      /* of session->line.keys: what has been given to libedit */
    size_t keys;       /* how many libedit got for the command under way */
    bool handing_over; /* the line is complete: none is on the screen */
    bool in_echo;      /* the cursor stands behind an echo that has not ended its line */
};

/* ---- what is on the screen ---- */

/* Of the terminal: its columns "co", its rows "li". */
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

/* How many rows below the line's first row this place in it is. Of a line longer than the screen, its end is seen. */
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

/* libedit knows how to draw its line anew where the cursor is, but not how to erase it. */
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
    if (!edit->session->line.shown || is_line_empty(edit))
        return;
    for (size_t i = rows_to(edit, line->lastchar) - rows_to(edit, line->cursor) + 1; i > 0; i--)
        fputc('\n', edit->screen);
}

static void hide_line(struct edit *edit)
{
    if (edit->session->line.shown)
        erase_line(edit);
    edit->session->line.shown = false;
}

static void show_line(struct edit *edit)
{
    const struct session *session = edit->session;
    if (session->line.shown)
        return;
    edit->session->line.shown = true;
    if (session->received > 0)
        edit->in_echo = session->output[session->received - 1] != '\n';
    draw_line(edit);
}

/* ---- the poll loop ---- */

/* Tell the loop what is to be written. */
static void offer_drawing(struct edit *edit)
{
    struct session_line *line = &edit->session->line;
    fflush(edit->screen);
    line->drawing = edit->drawing + edit->written;
    line->undrawn = edit->drawn - edit->written;
}

static void note_written(struct edit *edit)
{
    edit->written = edit->drawn - edit->session->line.undrawn;
    if (edit->session->line.undrawn > 0)
        return;
    rewind(edit->screen);
    fflush(edit->screen);
    edit->written = 0;
}

static void leave(struct edit *edit)
{
    struct session_line *line = &edit->session->line;
    step_below_line(edit);
    offer_drawing(edit);
    if (line->undrawn > 0 && write(edit->session->out, line->drawing, line->undrawn) != (ssize_t)line->undrawn)
        line->shown = false; /* a stopped terminal does not take it, and nobody waits for it: drawn anew, if ever */
    line->undrawn = 0;
    note_written(edit);
    tty_give_back(&edit->tty);
}

static void enter(struct edit *edit)
{
    tty_take(&edit->tty);
    el_resize(edit->el);
    if (edit->session->line.shown)
        draw_line(edit);
}

static void follow_window(struct edit *edit)
{
    if (edit->session->line.shown)
        erase_line(edit);
    el_resize(edit->el);
    if (edit->session->line.shown)
        draw_line(edit);
}

/* Whatever else came acts as ever, while the terminal is as it was found. Who survives goes on. */
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

/* The line on the screen unless there is an echo to write. */
static void arrange(struct edit *edit)
{
    if (session_has_echo(edit->session))
        hide_line(edit);
    else
        show_line(edit);
    offer_drawing(edit);
}

static bool may_edit(const struct edit *edit)
{
    return edit->session->line.shown && edit->session->line.undrawn < DRAWING_AHEAD;
}

static void step(struct edit *edit)
{
    struct session_line *line = &edit->session->line;
    arrange(edit);
    line->busy = !may_edit(edit);
    session_step(edit->session);
    note_written(edit);
    if (line->signalled)
        heed_signals(edit);
}

/* ---- from keys to lines ---- */

/* Takes the keys that libedit has had out of the loop's way. */
static void drop_taken(struct edit *edit)
{
    struct session_line *line = &edit->session->line;
    line->key_count -= edit->taken;
    memmove(line->keys, line->keys + edit->taken, line->key_count);
    edit->taken = 0;
}

static size_t decode_key(const struct edit *edit, wchar_t *key)
{
    const struct session_line *line = &edit->session->line;
    return chars_decode(key, line->keys + edit->taken, line->key_count - edit->taken);
}

/* libedit's: the next key; -1 is the end. */
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
    edit->keys++;
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

/* el_reset would bring the terminal's modes back, and with them what a person types meanwhile to the screen; it does
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

/* After each command: the line so far. */
static void on_command(struct edit *edit, const wchar_t *line, size_t length, bool was_empty)
{
    if (line[length - 1] == L'\n') {
        remember(edit, line, length - 1);
        hand_over(edit, line, length);
    } else if (was_empty && length == 1 && line[0] == END_OF_INPUT && edit->keys == 1) {
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
        edit->keys = 0;
        const wchar_t *line = el_wgets(edit->el, &length);
        if (line != NULL && session_takes_input(edit->session))
            on_command(edit, line, (size_t)length, was_empty);
    }
}

/* ---- beginning and end ---- */

/* The same terminal as one that never holds us when it is written to: signals wait while a line is edited. A user who
 * became another one (su) may not open it; then it may hold us, as it does without an editor. */
static int open_output(void)
{
    int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return fd != -1 ? fd : STDOUT_FILENO;
}

static void close_output(struct session *session)
{
    if (session->out != STDOUT_FILENO)
        close(session->out);
    session->out = STDOUT_FILENO;
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

/* There is none, but it has to be a string of a type that could be changed. */
static wchar_t *prompt(EditLine *el)
{
    struct edit *edit;
    el_wget(el, EL_CLIENTDATA, &edit);
    return edit->prompt;
}

/* A tab is text here, there is nothing to complete; a person's own editrc(5) has the last word. */
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

/* What TERM names can go up and clear what is below. Asked without a descriptor, so that the modes of a terminal where
 * lines cannot be edited are not touched. */
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
    struct session *session = edit->session;
    el_wset(edit->el, EL_UNBUFFERED, 1);
    tty_keep(&edit->tty);
    rewind(edit->screen); /* what libedit had to say of the terminal or of editrc(5) */
    session->out = open_output();
    session->line = (struct session_line){.edited = true, .shown = true, .signals = edit->tty.signals};
}

/* What is drawn by now is shown still, unless a signal ends the wait. */
static void stop_editing(struct edit *edit)
{
    offer_drawing(edit);
    while (!edit->session->decided && edit->session->line.undrawn > 0)
        step(edit);
    leave(edit);
    edit->session->line = (struct session_line){.edited = false};
    close_output(edit->session);
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

void edit_lines(struct session *session)
{
    struct edit edit = {.session = session};
    if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
        return;
    setlocale(LC_CTYPE, "");
    edit.screen = open_memstream(&edit.drawing, &edit.drawn);
    if (edit.screen == NULL)
        return;
    if (is_terminal_able(edit.screen))
        run(&edit);
    fclose(edit.screen);
    free(edit.drawing);
}

#endif
