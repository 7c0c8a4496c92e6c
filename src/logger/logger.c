/* logger.c: receives what workers and the master have to say, and writes it. Forked by the master. A file system may
 * hold the logger up for as long as it likes; then the queues of the sockets fill, and processes count what they cannot
 * send. The logger ends only when nobody is left who might have something to say. */
#include "logger/logger.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/reason.h"
#include "contract/fdplan.h"
#include "contract/record.h"
#include "logger/render.h"
#include "logger/sink.h"
#include "logger/spool.h"

#define PAUSE_NS 2000000 /* after a pass that found something: what comes meanwhile wakes nobody, and is one batch */
#define TELL_APART 1.0   /* seconds between two lines that tell of lost ones */
#define TRY_APART 1.0    /* seconds between two tries to open a target that could not be opened */
#define LAST_WAIT 1.0    /* seconds that a sink which is full may take at the end */

enum { BATCHES = 64 }; /* that are read from the workers before the master is heard */

struct logger {
    struct spool *spool;
    struct sink sink, candidate; /* candidate.fd < 0: there is none */
    struct line_style style;
    uint32_t ticket; /* the candidate's */
    bool full;       /* the sink is: what comes must wait */
    bool quitting, master_gone, workers_gone;
    double told;    /* when lost lines were last told of, clock_now() */
    double tried;   /* when the target was last tried */
    double give_up; /* when to end though the sink is full; 0: not yet known */
    int leftovers;  /* -1: nothing is left */
    int stderr_fd;  /* -1: there is none */
};

/* Becoming a logger */

static void on_term(int sig)
{
    (void)sig; /* ends a wait for a terminal, and no more */
}

/* A terminal's keys reach the whole process group; the log is needed until the workers are gone. */
static void set_signals(void)
{
    static const int ignored[] = {SIGCHLD, SIGINT,  SIGQUIT, SIGHUP,  SIGUSR1, SIGUSR2, SIGWINCH,
                                  SIGPIPE, SIGXFSZ, SIGTSTP, SIGTTIN, SIGTTOU, SIGALRM};
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigset_t none;
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        sigaction(ignored[i], &action, NULL);
    action.sa_handler = on_term; /* no SA_RESTART: see SINK_SHARED */
    sigaction(SIGTERM, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int place(int fd, int at)
{
    return fd >= 0 ? dup3(fd, at, SOCK_CLOEXEC) : -1;
}

/* The master's descriptors are all FD_PRIVATE or above, so that nothing is overwritten before it is placed. */
static void place_descriptors(struct logger *logger, const struct logger_job *job)
{
    if (place(job->master, FD_LOGGER_MASTER) < 0 || place(job->workers, FD_LOGGER_WORKERS) < 0)
        _exit(1);
    logger->leftovers = place(job->leftovers, FD_LOGGER_LEFTOVERS);
    logger->stderr_fd = place(job->stderr_fd, FD_LOGGER_STDERR);
    for (int fd = FD_LOGGER_LEFTOVERS; fd <= FD_LOGGER_STDERR; fd++)
        if (fd != logger->leftovers && fd != logger->stderr_fd)
            close(fd);
    close_range(FD_LOGGER_OTHERS, ~0U, 0);
}

/* The target */

/* What libraries print goes there too. */
static void install(const struct logger *logger)
{
    if (logger->sink.fd >= 0)
        dup3(logger->sink.fd, FD_LOG, SOCK_CLOEXEC);
}

/* If the file ends within a line, because the machine crashed or the logger was killed, ours must not be appended to
 * that line. */
static void begin_with_a_line(const struct logger *logger)
{
    if (!spool_is_within_line(logger->spool) && !sink_ends_a_line(&logger->sink))
        sink_write(&logger->sink, "\n", 1);
}

static void use(struct logger *logger, const struct sink *sink)
{
    if (!sink_is_same(sink, &logger->sink))
        spool_cut(logger->spool);
    sink_close(&logger->sink);
    logger->sink = *sink;
    logger->style.syslog = sink->kind == SINK_SYSLOG;
    begin_with_a_line(logger);
    install(logger);
}

static void set_target(struct logger *logger, const char *target, bool json, struct reason *why)
{
    struct sink sink;
    sink_open(&sink, target, logger->stderr_fd, why);
    logger->style.json = json;
    logger->tried = clock_now();
    use(logger, &sink);
}

static void try_again(struct logger *logger)
{
    struct sink sink;
    struct reason ignored;
    if (logger->sink.fd >= 0 || clock_now() < logger->tried + TRY_APART)
        return;
    logger->tried = clock_now();
    if (sink_open(&sink, logger->sink.target, logger->stderr_fd, &ignored))
        use(logger, &sink);
}

/* Commands */

static void answer(uint32_t ticket, const struct sink *sink, struct reason *why)
{
    struct record_answer answer = {
        .head = {.magic = RECORD_MAGIC, .kind = RECORD_ANSWER}, .ticket = ticket, .done = sink->fd >= 0};
    if (answer.done)
        why->text[0] = '\0';
    if (answer.done && !sink_works(sink))
        reason_set(why,
                   "nothing listens at /dev/log: log lines are lost until a system logger does; or set log.target");
    size_t length = strnlen(why->text, sizeof answer.text);
    memcpy(answer.text, why->text, length);
    send(FD_LOGGER_MASTER, &answer, offsetof(struct record_answer, text) + length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void open_candidate(struct logger *logger, const struct record_command *command)
{
    struct reason why;
    sink_close(&logger->candidate);
    sink_open(&logger->candidate, command->target, logger->stderr_fd, &why);
    logger->ticket = command->ticket;
    answer(command->ticket, &logger->candidate, &why);
}

static void switch_over(struct logger *logger, const struct record_command *command)
{
    struct reason why;
    if (logger->candidate.fd < 0 || logger->ticket != command->ticket) {
        set_target(logger, command->target, command->json, &why);
        return;
    }
    struct sink sink = logger->candidate;
    logger->candidate = (struct sink){.fd = -1};
    logger->style.json = command->json;
    use(logger, &sink);
}

static void reopen(struct logger *logger, uint32_t ticket)
{
    struct sink sink;
    struct reason why;
    bool opened = sink_open(&sink, logger->sink.target, logger->stderr_fd, &why);
    if (opened)
        use(logger, &sink);
    answer(ticket, &sink, &why);
}

static void obey(struct logger *logger, int kind, const struct spool_record *record)
{
    struct record_command command = {0};
    memcpy(&command, record->data, record->size < sizeof command ? record->size : sizeof command - 1);
    switch (kind) {
    case RECORD_OPEN:
        open_candidate(logger, &command);
        break;
    case RECORD_SWITCH:
        switch_over(logger, &command);
        break;
    case RECORD_ABANDON:
        sink_close(&logger->candidate);
        break;
    case RECORD_REOPEN:
        reopen(logger, command.ticket);
        break;
    case RECORD_DETACH:
        fd_close(logger->stderr_fd);
        logger->stderr_fd = -1;
        break;
    case RECORD_QUIT:
        logger->quitting = true;
        break;
    default:
        break;
    }
}

/* Receiving and writing */

static void flush(struct logger *logger)
{
    try_again(logger);
    logger->full = spool_flush(logger->spool, &logger->sink);
}

static void add(void *context, const struct line *line)
{
    struct logger *logger = context;
    spool_add(logger->spool, line);
}

/* There is always room for a record after a flush, unless the sink is full. */
static bool has_room(struct logger *logger)
{
    enum { ROOM = RENDER_LINES_MAX * LOG_LINE_MAX };
    if (spool_room(logger->spool) < ROOM)
        flush(logger);
    return spool_room(logger->spool) >= ROOM;
}

static void tell_lost(struct logger *logger, const struct timespec *now)
{
    uint64_t lost = spool_untold(logger->spool);
    struct line notice;
    if (lost == 0 || !has_room(logger) || (clock_now() < logger->told + TELL_APART && !logger->quitting))
        return;
    logger->told = clock_now();
    render_lost(&notice, logger->style, now, getpid(), lost);
    spool_tell(logger->spool, &notice);
}

static void take_record(struct logger *logger, enum spool_from from, const struct spool_record *record,
                        const struct timespec *now)
{
    int kind = render_kind(record);
    if (kind == RECORD_LOST) {
        struct record_lost lost;
        memcpy(&lost, record->data, sizeof lost);
        if (from == SPOOL_MASTER)
            spool_lose(logger->spool, lost.count);
    } else if (kind > RECORD_LOST && from == SPOOL_MASTER) {
        flush(logger);
        obey(logger, kind, record);
    } else if (has_room(logger)) {
        render(record, logger->style, now, add, logger);
    } else { /* the master's: see take_batch */
        spool_lose(logger->spool, 1);
    }
    spool_done(logger->spool, from);
}

/* While the sink is full, what workers send stays in the socket. The master is always heard, since it may switch to
 * another sink. False: some records have to wait. */
static bool take_batch(struct logger *logger, enum spool_from from)
{
    struct spool_record record;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    tell_lost(logger, &now);
    while (from == SPOOL_MASTER || has_room(logger)) {
        if (!spool_next(logger->spool, from, &record))
            return true;
        take_record(logger, from, &record, &now);
    }
    return false;
}

/* Returns whether anything was received. *gone: nobody has the other end open any more. */
static bool hear(struct logger *logger, enum spool_from from, int fd, bool *gone)
{
    bool heard = false;
    for (unsigned batch = 0; batch < BATCHES && take_batch(logger, from) && !*gone; batch++) {
        enum spool_got got = spool_receive(logger->spool, from, fd);
        *gone = got == SPOOL_END;
        if (got != SPOOL_GOT)
            break;
        heard = true;
        if (from == SPOOL_WORKERS && logger->full)
            break;
    }
    return heard;
}

/* Workers first: the master may speak of what they have said. */
static bool hear_all(struct logger *logger)
{
    bool heard = false, gone = false;
    if (logger->leftovers >= 0 && !logger->full) {
        heard = hear(logger, SPOOL_WORKERS, logger->leftovers, &gone);
        if (gone || !heard) {
            fd_close(logger->leftovers);
            logger->leftovers = -1;
        }
    }
    if (!logger->full)
        heard |= hear(logger, SPOOL_WORKERS, FD_LOGGER_WORKERS, &logger->workers_gone);
    return heard | hear(logger, SPOOL_MASTER, FD_LOGGER_MASTER, &logger->master_gone);
}

static bool is_over(struct logger *logger, bool heard)
{
    bool over = logger->quitting || (logger->master_gone && logger->workers_gone);
    if (!over || heard)
        return false;
    if (spool_is_empty(logger->spool) && spool_untold(logger->spool) == 0)
        return true;
    if (logger->give_up <= 0)
        logger->give_up = clock_now() + LAST_WAIT;
    return clock_now() >= logger->give_up;
}

static void rest(const struct logger *logger, bool heard)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    struct pollfd fds[] = {
        {.fd = logger->master_gone ? -1 : FD_LOGGER_MASTER, .events = POLLIN},
        {.fd = logger->workers_gone || logger->full ? -1 : FD_LOGGER_WORKERS, .events = POLLIN},
        {.fd = logger->full ? logger->sink.fd : -1, .events = POLLOUT},
    };
    if (heard) {
        nanosleep(&pause, NULL);
        return;
    }
    bool pending = logger->full || logger->quitting || logger->sink.fd < 0 || spool_untold(logger->spool) > 0;
    poll(fds, sizeof fds / sizeof fds[0], pending ? (logger->quitting ? 50 : 1000) : -1);
}

_Noreturn void logger_run(const struct logger_job *job)
{
    struct logger logger = {.spool = job->spool, .sink = {.fd = -1}, .candidate = {.fd = -1}};
    struct reason why = {.text = ""};
    prctl(PR_SET_NAME, "mpechod-logger");
    title_set(job->title, "mpechod: logger");
    set_signals();
    place_descriptors(&logger, job);
    tzset();
    sink_open(&logger.sink, job->target, logger.stderr_fd, &why);
    logger.style = (struct line_style){.json = job->json, .syslog = logger.sink.kind == SINK_SYSLOG};
    spool_take_over(logger.spool, &logger.sink);
    begin_with_a_line(&logger);
    install(&logger);
    if (job->ticket != 0)
        answer(job->ticket, &logger.sink, &why);
    for (bool heard = false; !is_over(&logger, heard);) {
        rest(&logger, heard);
        heard = hear_all(&logger);
        flush(&logger);
    }
    _exit(0);
}
