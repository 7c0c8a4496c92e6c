/* logger.c: starts the logger, and another when it dies, tells it what to do, and hears what it answers; see logger.h.
 * Called by the rollout, at looks and at the end. What cannot be sent now is sent at a later look. */
#include "master/logger.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/sockopt.h"
#include "contract/fdplan.h"
#include "master/sigpipe.h"

#define START_APART 1.0 /* seconds between two starts at least */
#define END_WAIT 2.0    /* seconds that the end waits for all to be written */
#define END_URGE 0.5    /* after so long what it waits for, a terminal that hangs say, is interrupted */

enum { QUEUE_SIZE = 8 << 20 }; /* bytes of each queue, if we may: half a second of 20,000 lines a second */

#ifndef SO_PASSRIGHTS
enum { SO_PASSRIGHTS = 83 }; /* Linux 6.16 */
#endif

struct target {
    char path[PATH_MAX];
    bool json;
    uint32_t ticket; /* of the command to open it */
};

struct logger {
    void (*run)(const struct logger_job *);
    const struct title *title;
    struct children *children;
    void *spool;
    int stderr_fd;          /* -1: let go of */
    int ours, theirs;       /* the master's socket */
    int sending, receiving; /* the workers' */
    int leftovers;          /* the receiving end of the one before; -1: there was none */
    pid_t pid;              /* 0: it does not run */
    bool died;              /* and nothing has been said of it */
    int status;             /* of that, as waitpid has it */
    double started;         /* clock_now() */
    struct target current, candidate;
    bool has_current, has_candidate;
    uint32_t ticket;           /* the last one that was given out; answers name it */
    enum logger_answer answer; /* about the candidate */
    struct reason why;
    bool open_unsent, switch_unsent, abandon_unsent, reopen_unsent, detach_unsent;
    uint32_t reopening;    /* the ticket of a reopening that was not answered yet; 0: none */
    _Atomic uint64_t lost; /* by the master itself */
    uint64_t told;         /* lines lost by anybody that the logger knows of */
};

/* Sockets */

static bool make_pair(int *sending, int *receiving)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return false;
    *sending = fd_move(fds[0], FD_PRIVATE);
    *receiving = fd_move(fds[1], FD_PRIVATE);
    if (*sending < 0 || *receiving < 0)
        return false;
    sockopt_int(*receiving, SOL_SOCKET, SO_PASSCRED, 1);
    sockopt_int(*receiving, SOL_SOCKET, SO_PASSRIGHTS, 0); /* closing a foreign descriptor may take long */
    if (!sockopt_int(*sending, SOL_SOCKET, SO_SNDBUFFORCE, QUEUE_SIZE))
        sockopt_int(*sending, SOL_SOCKET, SO_SNDBUF, QUEUE_SIZE);
    return fcntl(*sending, F_SETFL, O_NONBLOCK) == 0; /* for what libraries print */
}

struct logger *logger_create(void (*run)(const struct logger_job *), const struct title *title, int stderr_fd,
                             struct children *children, struct reason *why)
{
    struct logger *logger = malloc(sizeof *logger);
    if (logger == NULL) {
        reason_set(why, "out of memory");
        return NULL;
    }
    *logger =
        (struct logger){.run = run, .title = title, .children = children, .stderr_fd = stderr_fd, .leftovers = -1};
    logger->spool = mmap(NULL, LOGGER_SPOOL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool mapped = logger->spool != MAP_FAILED && madvise(logger->spool, LOGGER_SPOOL_SIZE, MADV_DONTFORK) == 0;
    if (mapped && make_pair(&logger->ours, &logger->theirs) && make_pair(&logger->sending, &logger->receiving))
        return logger;
    reason_set(why, "cannot make the logger's sockets: %s", strerror(errno));
    free(logger); /* the rest goes with the process, which cannot start */
    return NULL;
}

void logger_attach(struct logger *logger, struct log *log)
{
    log->fd = logger->ours;
    log->workers = logger->sending;
    log->lost = &logger->lost;
}

int logger_descriptor(const struct logger *logger)
{
    return logger->ours;
}

/* Commands */

static bool command(const struct logger *logger, enum record_kind kind, uint32_t ticket, const struct target *target)
{
    struct record_command command = {.ticket = ticket};
    size_t length = 0;
    log_stamp(&command.head, kind, LOG_LEVEL_INFO);
    if (target != NULL) {
        length = strlen(target->path);
        memcpy(command.target, target->path, length);
        command.json = target->json;
    }
    return send(logger->ours, &command, offsetof(struct record_command, target) + length,
                MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* If the queue is full, they are sent later. */
static void send_commands(struct logger *logger)
{
    const struct {
        bool *unsent;
        enum record_kind kind;
        uint32_t ticket;
        const struct target *target;
    } commands[] = {
        {&logger->switch_unsent, RECORD_SWITCH, logger->current.ticket, &logger->current},
        {&logger->abandon_unsent, RECORD_ABANDON, 0, NULL},
        {&logger->open_unsent, RECORD_OPEN, logger->candidate.ticket, &logger->candidate},
        {&logger->reopen_unsent, RECORD_REOPEN, logger->reopening, NULL},
        {&logger->detach_unsent, RECORD_DETACH, 0, NULL},
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (*commands[i].unsent)
            *commands[i].unsent = !command(logger, commands[i].kind, commands[i].ticket, commands[i].target);
}

/* The process */

static void note_end(void *context, pid_t pid, int status)
{
    struct logger *logger = context;
    if (pid != logger->pid || WIFSTOPPED(status) || WIFCONTINUED(status))
        return;
    logger->pid = 0;
    logger->died = true;
    logger->status = status;
}

static pid_t fork_logger(const struct logger *logger, const struct logger_job *job)
{
    sigset_t before = sigpipe_block();
    madvise(logger->spool, LOGGER_SPOOL_SIZE, MADV_DOFORK);
    pid_t pid = fork();
    if (pid == 0) {
        logger->run(job);
        _exit(1);
    }
    madvise(logger->spool, LOGGER_SPOOL_SIZE, MADV_DONTFORK);
    sigpipe_restore(&before);
    return pid;
}

/* The commands that the job contains need not be sent again. */
static void start(struct logger *logger)
{
    const struct target *target = logger->has_current ? &logger->current : &logger->candidate;
    struct logger_job job = {
        .master = logger->theirs,
        .workers = logger->receiving,
        .leftovers = logger->leftovers,
        .stderr_fd = logger->stderr_fd,
        .title = logger->title,
        .spool = logger->spool,
        .json = target->json,
        .ticket = logger->has_current ? 0 : logger->candidate.ticket,
    };
    memcpy(job.target, target->path, sizeof job.target);
    logger->started = clock_now();
    pid_t pid = fork_logger(logger, &job);
    if (pid < 0)
        return;
    logger->pid = pid;
    children_add(logger->children, pid, &(struct children_owner){note_end, logger});
    logger->switch_unsent = logger->abandon_unsent = false;
    logger->open_unsent = logger->has_current && logger->has_candidate;
    send_commands(logger);
}

static void say_died(struct logger *logger, struct log *log)
{
    char name[16];
    if (!logger->died)
        return;
    logger->died = false;
    if (WIFSIGNALED(logger->status))
        log_warn(log, "the logger was killed by %s: starting another", sigpipe_name(WTERMSIG(logger->status), name));
    else
        log_warn(log, "the logger exited with status %d: starting another", WEXITSTATUS(logger->status));
}

void logger_look(struct logger *logger, struct log *log)
{
    bool wanted = logger->has_current || logger->has_candidate;
    if (wanted && logger->pid == 0 && (logger->started <= 0 || clock_now() >= logger->started + START_APART)) {
        say_died(logger, log);
        start(logger);
    }
    if (logger->pid != 0)
        send_commands(logger);
}

/* Targets */

void logger_open(struct logger *logger, const char *target, bool json)
{
    logger->candidate = (struct target){.json = json, .ticket = ++logger->ticket};
    snprintf(logger->candidate.path, sizeof logger->candidate.path, "%s", target);
    logger->has_candidate = true;
    logger->answer = LOGGER_PENDING;
    if (!logger->has_current) {
        start(logger);
        return;
    }
    logger->open_unsent = true;
    send_commands(logger);
}

enum logger_answer logger_opened(const struct logger *logger, struct reason *why)
{
    *why = logger->why;
    return logger->answer;
}

void logger_commit(struct logger *logger)
{
    if (!logger->has_candidate)
        return;
    logger->switch_unsent = logger->has_current;
    logger->open_unsent = false;
    logger->current = logger->candidate;
    logger->has_current = true;
    logger->has_candidate = false;
    send_commands(logger);
}

void logger_abandon(struct logger *logger)
{
    if (!logger->has_candidate)
        return;
    logger->has_candidate = logger->open_unsent = false;
    logger->abandon_unsent = true;
    send_commands(logger);
}

bool logger_uses(const struct logger *logger, const char *target, bool json)
{
    return logger->has_current && strcmp(logger->current.path, target) == 0 && logger->current.json == json;
}

void logger_reopen(struct logger *logger)
{
    logger->reopening = ++logger->ticket;
    logger->reopen_unsent = true;
    send_commands(logger);
}

void logger_detach(struct logger *logger)
{
    logger->stderr_fd = -1;
    logger->detach_unsent = true;
    send_commands(logger);
}

/* Answers. They come from a process that reads what workers send: nothing but this is believed of them. */
static bool take_answer(const struct logger *logger, uint32_t *ticket, bool *done, struct reason *why)
{
    struct record_answer answer = {.ticket = 0};
    size_t fixed = offsetof(struct record_answer, text);
    ssize_t got = recv(logger->ours, &answer, sizeof answer, MSG_DONTWAIT);
    if (got < (ssize_t)fixed)
        return false;
    *ticket = answer.ticket;
    *done = answer.done;
    reason_set(why, "%.*s", (int)((size_t)got - fixed), answer.text);
    return true;
}

static void say_reopened(struct log *log, bool done, const char *why)
{
    if (done)
        log_info(log, "log reopened");
    else
        log_error(log, "log not reopened: %s", why);
}

void logger_hear(struct logger *logger, struct log *log)
{
    struct reason why;
    uint32_t ticket;
    bool done;
    while (take_answer(logger, &ticket, &done, &why)) {
        if (logger->has_candidate && ticket == logger->candidate.ticket) {
            logger->answer = done ? LOGGER_OPEN : LOGGER_REFUSED;
            logger->why = why;
        } else if (ticket == logger->reopening) {
            logger->reopening = 0;
            say_reopened(log, done, why.text);
        }
    }
}

/* Lost lines */

void logger_tell_lost(struct logger *logger, uint64_t by_workers)
{
    struct record_lost lost;
    uint64_t all = by_workers + atomic_load(&logger->lost);
    if (all <= logger->told)
        return;
    lost.count = all - logger->told;
    log_stamp(&lost.head, RECORD_LOST, LOG_LEVEL_WARN);
    if (send(logger->ours, &lost, sizeof lost, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
        logger->told = all;
}

/* The workers' socket */

bool logger_is_cut(const struct logger *logger)
{
    struct pollfd end = {.fd = logger->receiving, .events = POLLRDHUP};
    return fd_poll_now(&end, 1) > 0 && (end.revents & POLLRDHUP) != 0;
}

/* A logger gets its sockets when it is forked, so the present one is ended. The next one gets the new socket, and reads
 * what is left in the old one. */
bool logger_mend(struct logger *logger)
{
    int sending = -1, receiving = -1;
    if (!make_pair(&sending, &receiving)) {
        fd_close(sending);
        fd_close(receiving);
        return false;
    }
    fd_close(logger->sending);
    fd_close(logger->leftovers);
    logger->leftovers = logger->receiving;
    logger->sending = sending;
    logger->receiving = receiving;
    if (logger->pid != 0)
        kill(logger->pid, SIGKILL);
    return true;
}

/* The end */

static bool has_ended(const struct logger *logger)
{
    while (children_reap(logger->children, 1))
        ;
    return logger->pid == 0;
}

static void wait_for_end(struct logger *logger)
{
    double begun = clock_now(), urged = begun + END_URGE;
    for (double now = begun; !has_ended(logger) && now < begun + END_WAIT; now = clock_now()) {
        if (now >= urged) {
            kill(logger->pid, SIGTERM);
            kill(logger->pid, SIGCONT); /* it may have been stopped */
            urged = now + 0.1;
        }
        poll(NULL, 0, 1);
    }
}

void logger_end(struct logger *logger)
{
    send_commands(logger);
    fd_close(logger->sending);
    if (has_ended(logger) && logger->has_current) /* what is there yet is for another one to write */
        start(logger);
    if (logger->pid != 0) {
        command(logger, RECORD_QUIT, 0, NULL);
        wait_for_end(logger);
    }
    fd_close(logger->ours);
    fd_close(logger->theirs);
    fd_close(logger->receiving);
    fd_close(logger->leftovers);
    munmap(logger->spool, LOGGER_SPOOL_SIZE);
    free(logger);
}
