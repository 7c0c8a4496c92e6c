/* render.c: see render.h. Called by the logger. Workers can send anything, so every field of a record is checked
 * against its range and against the length of the datagram. */
#include "logger/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "contract/ends.h"
#include "contract/record.h"

#define LATEST ((time_t)253402300799) /* the last second of the year 9999 */

struct output {
    struct line_style style;
    pid_t pid;
    void (*emit)(void *context, const struct line *line);
    void *context;
};

static bool is_access(const unsigned char *data, size_t size)
{
    struct record_access access;
    size_t fixed = offsetof(struct record_access, addresses);
    if (size < fixed || size > sizeof access)
        return false;
    memcpy(&access, data, fixed);
    return access.peer_length <= sizeof(struct sockaddr_storage) &&
           access.local_length <= sizeof(struct sockaddr_storage) && echo_end_name(access.end) != NULL &&
           size == fixed + access.peer_length + access.local_length;
}

int render_kind(const struct spool_record *record)
{
    struct record_head head;
    size_t command = offsetof(struct record_command, target);
    if (record->size < sizeof head)
        return -1;
    memcpy(&head, record->data, sizeof head);
    if (head.magic != RECORD_MAGIC || head.level >= LOG_LEVELS || head.nanosecond >= 1000000000)
        return -1;
    switch (head.kind) {
    case RECORD_MESSAGE:
        return record->size <= sizeof(struct record_message) ? RECORD_MESSAGE : -1;
    case RECORD_ACCESS:
        return is_access(record->data, record->size) ? RECORD_ACCESS : -1;
    case RECORD_LOST:
        return record->size == sizeof(struct record_lost) ? RECORD_LOST : -1;
    case RECORD_OPEN:
    case RECORD_SWITCH:
    case RECORD_ABANDON:
    case RECORD_REOPEN:
    case RECORD_DETACH:
    case RECORD_QUIT:
        return record->size >= command && record->size < command + PATH_MAX ? head.kind : -1;
    default:
        return -1;
    }
}

static void begin(struct line *line, const struct output *out, enum log_level level, const struct timespec *when)
{
    bool sane = when->tv_sec >= 0 && when->tv_sec <= LATEST;
    struct tm local = {0};
    struct line_head head = {.level = level,
                             .pid = out->pid,
                             .second = sane ? when->tv_sec : 0,
                             .millisecond = (unsigned)(when->tv_nsec / 1000000),
                             .local = &local};
    if (out->style.syslog)
        localtime_r(&head.second, &local);
    line_begin(line, out->style, &head);
}

static void begin_record(struct line *line, const struct output *out, const struct record_head *head)
{
    const struct timespec when = {.tv_sec = head->second, .tv_nsec = head->nanosecond};
    begin(line, out, (enum log_level)head->level, &when);
}

static void emit_message(const struct output *out, const struct spool_record *record)
{
    struct record_head head;
    struct line line;
    memcpy(&head, record->data, sizeof head);
    begin_record(&line, out, &head);
    line_message(&line, (const char *)record->data + sizeof head, record->size - sizeof head);
    line_end(&line);
    out->emit(out->context, &line);
}

static void add_address(struct line *line, const char *key, const unsigned char *bytes, size_t length)
{
    struct sockaddr_storage storage = {0};
    char text[ADDR_TEXT_MAX];
    memcpy(&storage, bytes, length);
    addr_format(&storage, (socklen_t)length, text);
    line_text(line, key, text);
}

static void emit_access(const struct output *out, const struct spool_record *record)
{
    struct record_access access = {0};
    struct line line;
    memcpy(&access, record->data, record->size);
    begin_record(&line, out, &access.head);
    add_address(&line, "peer", access.addresses, access.peer_length);
    add_address(&line, "local", access.addresses + access.peer_length, access.local_length);
    line_number(&line, "in", access.in);
    line_number(&line, "out", access.out);
    line_seconds(&line, "time", access.microseconds);
    line_text(&line, "end", echo_end_name(access.end));
    line_end(&line);
    out->emit(out->context, &line);
}

static void emit_text_line(const struct output *out, const struct timespec *now, const char *text, size_t n)
{
    struct line line;
    begin(&line, out, LOG_LEVEL_WARN, now);
    line_message(&line, text, n);
    line_end(&line);
    out->emit(out->context, &line);
}

/* Each line of the text becomes a line of the log; if there are too many, the rest of the text becomes one. */
static void emit_text(const struct output *out, const struct spool_record *record, const struct timespec *now)
{
    const char *text = (const char *)record->data;
    size_t left = record->size;
    for (unsigned n = 1; left > 0; n++) {
        const char *end = n < RENDER_LINES_MAX ? memchr(text, '\n', left) : NULL;
        size_t length = end != NULL ? (size_t)(end - text) : left;
        if (length > 0)
            emit_text_line(out, now, text, length);
        length += end != NULL;
        text += length;
        left -= length;
    }
}

void render(const struct spool_record *record, struct line_style style, const struct timespec *now,
            void (*emit)(void *context, const struct line *line), void *context)
{
    const struct output out = {style, record->pid, emit, context};
    switch (render_kind(record)) {
    case RECORD_MESSAGE:
        emit_message(&out, record);
        break;
    case RECORD_ACCESS:
        emit_access(&out, record);
        break;
    case -1:
        emit_text(&out, record, now);
        break;
    default: /* says something to the logger only */
        break;
    }
}

void render_lost(struct line *line, struct line_style style, const struct timespec *now, pid_t pid, uint64_t lost)
{
    const struct output out = {.style = style, .pid = pid};
    char text[64];
    int n = snprintf(text, sizeof text, "%" PRIu64 " log lines lost", lost);
    begin(line, &out, LOG_LEVEL_WARN, now);
    line_message(line, text, (size_t)n);
    line_end(line);
}
