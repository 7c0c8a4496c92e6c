/* line.c: see line.h. Digits are written by hand where lines come by the ten thousand a second. */
#include "base/line.h"

#include <string.h>
#include <syslog.h>

/* Kept free for what closes a line, or a long one would not be JSON; and for the longest escape sequence. */
enum { CLOSING = 64 };

static void add(struct line *line, const char *text, size_t n)
{
    size_t room = sizeof line->text - 1 - line->length; /* the newline always fits */
    n = n < room ? n : room;
    memcpy(line->text + line->length, text, n);
    line->length += n;
}

static void add_word(struct line *line, const char *word)
{
    add(line, word, strlen(word));
}

/* At least `digits` digits, with zeros before the number. */
static void add_digits(struct line *line, uint64_t number, unsigned digits)
{
    char text[20];
    size_t at = sizeof text;
    while (at > 0 && (number > 0 || digits > 0)) {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
        digits -= digits > 0;
    }
    add(line, text + at, sizeof text - at);
}

static void add_escape(struct line *line, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    char code[] = {hex[byte >> 4], hex[byte & 15]};
    if (byte == '\\' || byte == '"') {
        char quoted[] = {'\\', (char)byte};
        add(line, quoted, sizeof quoted);
        return;
    }
    add_word(line, line->style.json ? "\\u00" : "\\x");
    add(line, code, sizeof code);
}

static bool is_plain(const struct line *line, unsigned char byte, bool one_word)
{
    return byte >= (one_word ? 0x21 : 0x20) && byte < 0x7f && byte != '\\' && !(line->style.json && byte == '"');
}

/* Whatever is not plain ASCII is spelled out. one_word: a space too. */
static void add_escaped(struct line *line, const char *text, size_t n, bool one_word)
{
    const size_t most = LOG_LINE_MAX - CLOSING;
    size_t from = 0, i = 0; /* from..i: plain, and added at once */
    for (; i < n && line->length + i - from < most; i++) {
        if (is_plain(line, (unsigned char)text[i], one_word))
            continue;
        add(line, text + from, i - from);
        add_escape(line, (unsigned char)text[i]);
        from = i + 1;
    }
    add(line, text + from, i - from);
}

/* 2026-11-21T04:47:52.123Z */
static void add_time(struct line *line, const struct line_head *head)
{
    struct tm tm = {0};
    gmtime_r(&head->second, &tm);
    const struct {
        int number;
        unsigned digits;
        char after;
    } parts[] = {{tm.tm_year + 1900, 4, '-'}, {tm.tm_mon + 1, 2, '-'}, {tm.tm_mday, 2, 'T'},
                 {tm.tm_hour, 2, ':'},        {tm.tm_min, 2, ':'},     {tm.tm_sec, 2, '.'}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        add_digits(line, parts[i].number > 0 ? (uint64_t)parts[i].number : 0, parts[i].digits);
        add(line, &parts[i].after, 1);
    }
    add_digits(line, head->millisecond % 1000, 3);
    add(line, "Z", 1);
}

/* As in RFC 3164: "<30>Nov 21 04:47:52 mpechod[4711]: ". */
static void add_syslog_header(struct line *line, const struct line_head *head)
{
    static const uint64_t severities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
    char text[32];
    add(line, "<", 1);
    add_digits(line, LOG_DAEMON | severities[head->level], 1);
    add(line, ">", 1);
    add(line, text, strftime(text, sizeof text, "%b %e %H:%M:%S", head->local));
    add_word(line, " mpechod[");
    add_digits(line, (uint64_t)head->pid, 1);
    add_word(line, "]: ");
}

static const char *level_word(enum log_level level)
{
    static const char *const words[] = {"ERROR", "WARN", "INFO", "DEBUG"};
    return words[level];
}

static void begin_json(struct line *line, const struct line_head *head)
{
    add_word(line, "{\"timestamp\":\"");
    add_time(line, head);
    add_word(line, "\",\"level\":\"");
    add_word(line, log_level_names[head->level]);
    add_word(line, "\",\"pid\":");
    add_digits(line, (uint64_t)head->pid, 1);
}

static void begin_text(struct line *line, const struct line_head *head)
{
    add_time(line, head);
    add(line, " ", 1);
    add_word(line, level_word(head->level));
    add_word(line, " [");
    add_digits(line, (uint64_t)head->pid, 1);
    add_word(line, "] ");
}

void line_begin(struct line *line, struct line_style style, const struct line_head *head)
{
    line->style = style;
    line->length = 0;
    line->fields = false;
    if (style.syslog)
        add_syslog_header(line, head);
    if (style.json) {
        begin_json(line, head);
    } else if (style.syslog) { /* its header has time and pid */
        add_word(line, level_word(head->level));
        add(line, " ", 1);
    } else {
        begin_text(line, head);
    }
}

void line_message(struct line *line, const char *text, size_t n)
{
    if (line->style.json)
        add_word(line, ",\"message\":\"");
    add_escaped(line, text, n, false);
    if (line->style.json)
        add(line, "\"", 1);
}

static void begin_field(struct line *line, const char *key)
{
    if (line->style.json)
        add_word(line, ",\"");
    else if (line->fields)
        add(line, " ", 1);
    add_word(line, key);
    add_word(line, line->style.json ? "\":" : "=");
    line->fields = true;
}

void line_text(struct line *line, const char *key, const char *text)
{
    begin_field(line, key);
    if (line->style.json)
        add(line, "\"", 1);
    add_escaped(line, text, strlen(text), !line->style.json);
    if (line->style.json)
        add(line, "\"", 1);
}

void line_number(struct line *line, const char *key, uint64_t number)
{
    begin_field(line, key);
    add_digits(line, number, 1);
}

void line_seconds(struct line *line, const char *key, uint64_t microseconds)
{
    uint64_t milliseconds = microseconds / 1000 + (microseconds % 1000 >= 500);
    begin_field(line, key);
    add_digits(line, milliseconds / 1000, 1);
    add(line, ".", 1);
    add_digits(line, milliseconds % 1000, 3);
}

void line_end(struct line *line)
{
    if (line->style.json)
        add(line, "}", 1);
    line->text[line->length++] = '\n';
}

void line_bare(struct line *line, const char *before, const char *text)
{
    line->style = (struct line_style){0};
    line->length = 0;
    add_word(line, before);
    add_escaped(line, text, strlen(text), false);
    line_end(line);
}
