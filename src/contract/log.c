/* log.c: see log.h. Not for signal handlers. A line costs its sender one system call. */
#include "contract/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/console.h"
#include "contract/fdplan.h"

enum { WORKER_PATIENCE = 10 };

void log_stamp(struct record_head *head, enum record_kind kind, enum log_level level)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *head = (struct record_head){.magic = RECORD_MAGIC,
                                 .kind = (uint8_t)kind,
                                 .level = (uint8_t)level,
                                 .second = now.tv_sec,
                                 .nanosecond = (uint32_t)now.tv_nsec};
}

static bool try(const struct log *log, const void *record, size_t size)
{
    return send(log->fd, record, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* poll waits for a quarter of the queue, but whatever room there is will do. */
static bool wait_and_try(struct log *log, const void *record, size_t size)
{
    struct pollfd room = {.fd = log->fd, .events = POLLOUT};
    if (errno != EAGAIN || log->patience == 0 || log->stuck)
        return false;
    poll(&room, 1, log->patience);
    log->stuck = !try(log, record, size);
    return !log->stuck;
}

static void send_record(struct log *log, const void *record, size_t size)
{
    if (try(log, record, size))
        log->stuck = false;
    else if (!wait_and_try(log, record, size))
        /* Nobody else counts here, so that it need not be one step. */
        atomic_store_explicit(log->lost, atomic_load_explicit(log->lost, memory_order_relaxed) + 1,
                              memory_order_relaxed);
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    struct record_message message;
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(message.text, sizeof message.text, format, ap);
    va_end(ap);
    if (level == LOG_LEVEL_ERROR && log->console >= 0)
        console_say(log->console, "mpechod: ", message.text);
    if (level > log->level || log->fd < 0)
        return;
    size_t length = n < 0 ? 0 : n < (int)sizeof message.text ? (size_t)n : sizeof message.text - 1;
    log_stamp(&message.head, RECORD_MESSAGE, level);
    send_record(log, &message, offsetof(struct record_message, text) + length);
}

void log_access(struct log *log, struct record_access *access)
{
    if (log->level < LOG_LEVEL_INFO)
        return;
    log_stamp(&access->head, RECORD_ACCESS, LOG_LEVEL_INFO);
    send_record(log, access, offsetof(struct record_access, addresses) + access->peer_length + access->local_length);
}

void log_adopt(struct log *log, _Atomic uint64_t *lost)
{
    dup3(log->workers, FD_LOG, 0);
    *log = (struct log){
        .fd = FD_LOG, .workers = -1, .console = -1, .patience = WORKER_PATIENCE, .level = log->level, .lost = lost};
}
