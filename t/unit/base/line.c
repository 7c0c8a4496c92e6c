/* line.c: what a line looks like whatever is in it. */
#include "unit.h"

#include <regex.h>
#include <syslog.h>
#include <time.h>

#include "base/line.h"

static const struct line_style plain, json = {.json = true}, system_log = {.syslog = true};

/* A time stamp of the text format, and the one of these tests. */
#define STAMP "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"
#define WHEN "2026-11-21T04:47:52.012Z"

static struct line_head head_of(enum log_level level, struct tm *local)
{
    struct line_head head = {.level = level, .pid = 4711, .second = 1795236472, .millisecond = 12, .local = local};
    localtime_r(&head.second, local);
    return head;
}

static void begin(struct line *line, struct line_style style, enum log_level level)
{
    struct tm local;
    const struct line_head head = head_of(level, &local);
    line_begin(line, style, &head);
}

/* The line's text, with a NUL behind it. */
static const char *end(struct line *line)
{
    line_end(line);
    assert_true(line->length <= LOG_LINE_MAX);
    static char text[LOG_LINE_MAX + 1];
    memcpy(text, line->text, line->length);
    text[line->length] = '\0';
    return text;
}

static const char *message(struct line_style style, enum log_level level, const char *text, size_t n)
{
    struct line line;
    begin(&line, style, level);
    line_message(&line, text, n);
    return end(&line);
}

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool good = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return good;
}

/* A checker of JSON (RFC 8259), as far as lines go: an object of strings and numbers, with no key twice. */

static const char *skip_string(const char *p)
{
    if (*p++ != '"')
        return NULL;
    for (; *p != '"'; p++) {
        if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
            return NULL;
        if (*p != '\\')
            continue;
        if (*++p == '\0' || strchr("\"\\/bfnrtu", *p) == NULL)
            return NULL;
        if (*p == 'u' && strspn(p + 1, "0123456789abcdefABCDEF") < 4)
            return NULL;
    }
    return p + 1;
}

static const char *skip_number(const char *p)
{
    size_t digits = strspn(p += *p == '-', "0123456789");
    if (digits == 0 || (digits > 1 && *p == '0'))
        return NULL;
    p += digits;
    if (*p == '.') {
        digits = strspn(p + 1, "0123456789");
        p += 1 + digits;
    }
    return digits > 0 ? p : NULL;
}

static bool is_json_line(const char *p)
{
    const char *keys[16];
    size_t lengths[16], n = 0;
    do {
        if (n == 16 || (*p != (n == 0 ? '{' : ',')))
            return false;
        keys[n] = ++p;
        if ((p = skip_string(p)) == NULL || *p != ':')
            return false;
        lengths[n] = (size_t)(p - keys[n]);
        for (size_t i = 0; i < n; i++)
            if (lengths[i] == lengths[n] && memcmp(keys[i], keys[n], lengths[n]) == 0)
                return false;
        n++;
        p = p[1] == '"' ? skip_string(p + 1) : skip_number(p + 1);
    } while (p != NULL && *p != '}');
    return p != NULL && strcmp(p, "}\n") == 0;
}

static void test_the_checker_checks(void **state)
{
    static const char *const good[] = {"{\"a\":\"\"}\n", "{\"a\":-0.5,\"b\":\"\\u00e9\\\\\\\"\"}\n",
                                       "{\"a\":10,\"b\":\"\\\\u\"}\n"};
    static const char *const bad[] = {
        "{}\n",         "{\"a\":1}",          "{\"a\":1}\n\n",       "{\"a\":01}\n",
        "{\"a\":1.}\n", "{\"a\":nan}\n",      "{\"a\":\"\\x41\"}\n", "{\"a\":\"\\u00e\"}\n",
        "{\"a\":\"}\n", "{\"a\":\"\n\"}\n",   "{\"a\":\"\\\"}\n",    "{\"a\":1,\"a\":2}\n",
        "{\"a\":1,}\n", "{\"a\":\"\x7f\"}\n", "{\"a\" :1}\n",        "\"a\":1}\n"};
    (void)state;
    for (size_t i = 0; i < unit_count(good); i++)
        assert_true(is_json_line(good[i]));
    for (size_t i = 0; i < unit_count(bad); i++)
        assert_false(is_json_line(bad[i]));
}

/* Lines */

static void test_format(void **state)
{
    (void)state;
    assert_string_equal(message(plain, LOG_LEVEL_ERROR, "one", 3), WHEN " ERROR [4711] one\n");
    assert_string_equal(message(plain, LOG_LEVEL_WARN, "two", 3), WHEN " WARN [4711] two\n");
    assert_string_equal(message(plain, LOG_LEVEL_INFO, "three", 5), WHEN " INFO [4711] three\n");
    assert_string_equal(message(plain, LOG_LEVEL_DEBUG, "four", 4), WHEN " DEBUG [4711] four\n");
    assert_string_equal(message(json, LOG_LEVEL_WARN, "five", 4),
                        "{\"timestamp\":\"" WHEN "\",\"level\":\"warn\",\"pid\":4711,\"message\":\"five\"}\n");
}

static void test_names_of_levels(void **state)
{
    (void)state;
    assert_string_equal(log_level_names[LOG_LEVEL_ERROR], "error");
    assert_string_equal(log_level_names[LOG_LEVEL_WARN], "warn");
    assert_string_equal(log_level_names[LOG_LEVEL_INFO], "info");
    assert_string_equal(log_level_names[LOG_LEVEL_DEBUG], "debug");
    assert_null(log_level_names[LOG_LEVELS]);
}

/* In files the time is UTC, in the system log it is local. */
static void test_time_zones(void **state)
{
    (void)state;
    setenv("TZ", "XYZ-9", 1);
    tzset();
    assert_string_equal(message(plain, LOG_LEVEL_INFO, "now", 3), WHEN " INFO [4711] now\n");
    assert_int_equal(LOG_DAEMON | LOG_INFO, 30);
    assert_string_equal(message(system_log, LOG_LEVEL_INFO, "now", 3), "<30>Nov 21 13:47:52 mpechod[4711]: INFO now\n");
}

static void test_syslog(void **state)
{
    static const char *const beginnings[] = {"<27>", "<28>", "<30>", "<31>"};
    (void)state;
    for (unsigned level = 0; level < LOG_LEVELS; level++)
        assert_memory_equal(message(system_log, level, "x", 1), beginnings[level], 4);
    assert_true(
        matches(message(system_log, LOG_LEVEL_WARN, "careful\n", 8),
                "^<28>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} mpechod\\[4711\\]: WARN careful\\\\x0a\n$"));
    assert_true(matches(message((struct line_style){.json = true, .syslog = true}, LOG_LEVEL_WARN, "x", 1),
                        "^<28>[^{]*: [{]\"timestamp\":\"" STAMP "\".*\"x\"[}]\n$"));
}

static void test_escapes_what_could_forge_a_line(void **state)
{
    static const struct {
        const char *raw, *text, *json;
    } cases[] = {
        {"plain ~!", "plain ~!", "plain ~!"},
        {"a\nb\r\tc", "a\\x0ab\\x0d\\x09c", "a\\u000ab\\u000d\\u0009c"},
        {"\x1b[31m", "\\x1b[31m", "\\u001b[31m"},
        {"\x7f\x80\xff", "\\x7f\\x80\\xff", "\\u007f\\u0080\\u00ff"},
        {"\xc3\xa9", "\\xc3\\xa9", "\\u00c3\\u00a9"},
        {"\\n \"q\"", "\\\\n \"q\"", "\\\\n \\\"q\\\""},
        {"%s%n", "%s%n", "%s%n"},
        {"", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < unit_count(cases); i++) {
        char expected[128];
        size_t n = strlen(cases[i].raw);
        snprintf(expected, sizeof expected, "[4711] %s\n", cases[i].text);
        assert_string_equal(strchr(message(plain, LOG_LEVEL_INFO, cases[i].raw, n), '['), expected);
        snprintf(expected, sizeof expected, "\"message\":\"%s\"}\n", cases[i].json);
        const char *line = message(json, LOG_LEVEL_INFO, cases[i].raw, n);
        assert_true(is_json_line(line));
        assert_string_equal(strstr(line, "\"message\""), expected);
    }
    assert_string_equal(strchr(message(plain, LOG_LEVEL_INFO, "a\0b", 3), '['), "[4711] a\\x00b\n");
}

static const char *fields(struct line_style style)
{
    struct line line;
    begin(&line, style, LOG_LEVEL_INFO);
    line_text(&line, "peer", "unix:/a b=\"\\\n");
    line_number(&line, "in", UINT64_MAX);
    line_number(&line, "out", 0);
    line_seconds(&line, "time", 52600);
    line_text(&line, "end", "eof");
    return end(&line);
}

static void test_fields(void **state)
{
    (void)state;
    assert_string_equal(fields(plain), WHEN " INFO [4711] peer=unix:/a\\x20b=\"\\\\\\x0a "
                                            "in=18446744073709551615 out=0 time=0.053 end=eof\n");
    const char *line = fields(json);
    assert_true(is_json_line(line));
    assert_non_null(strstr(line, ",\"peer\":\"unix:/a b=\\\"\\\\\\u000a\",\"in\":18446744073709551615,\"out\":0,"
                                 "\"time\":0.053,\"end\":\"eof\"}\n"));
}

static void test_seconds(void **state)
{
    static const struct {
        uint64_t microseconds;
        const char *text;
    } cases[] = {{0, "0.000"},      {499, "0.000"},     {500, "0.001"},       {999499, "0.999"},
                 {999500, "1.000"}, {1234567, "1.235"}, {60000000, "60.000"}, {UINT64_MAX, "18446744073709.552"}};
    (void)state;
    for (size_t i = 0; i < unit_count(cases); i++) {
        struct line line;
        begin(&line, plain, LOG_LEVEL_INFO);
        line_seconds(&line, "time", cases[i].microseconds);
        const char *text = strchr(end(&line), '=') + 1;
        assert_memory_equal(text, cases[i].text, strlen(cases[i].text));
        assert_string_equal(text + strlen(cases[i].text), "\n");
    }
}

/* Any bytes, of any length: one line, in good form. */
static void test_random_messages(void **state)
{
    uint64_t first = unit_seed();
    (void)state;
    for (uint64_t seed = first; seed < first + 4000; seed++) {
        struct unit_random random = {seed};
        char bytes[2 * LOG_LINE_MAX];
        unsigned near = LOG_LINE_MAX - 100 + unit_below(&random, 120);
        unsigned n = unit_chance(&random, 50) ? near : unit_below(&random, sizeof bytes);
        unsigned odd = unit_chance(&random, 50) ? 0 : unit_below(&random, 101);
        for (unsigned i = 0; i < n; i++)
            bytes[i] = unit_chance(&random, odd) ? (char)unit_below(&random, 256) : 'x';
        bool as_json = unit_chance(&random, 50);
        const char *text = message(as_json ? json : plain, LOG_LEVEL_INFO, bytes, n);
        size_t length = strlen(text);
        bool one = strcspn(text, "\n") == length - 1;
        bool whole = as_json ? is_json_line(text) : matches(text, "^" STAMP " INFO \\[4711\\] [ -~]*\n$");
        if (!one || !whole)
            fail_msg("UNIT_SEED=%" PRIu64 ": %zu bytes: %s", seed, length, text);
        if (n >= LOG_LINE_MAX)
            assert_true(length > LOG_LINE_MAX - 80); /* cut, but no shorter than need be */
    }
}

/* The longest access line there can be: two paths, each byte escaped. */
static void test_longest_fields(void **state)
{
    char path[128];
    struct line line;
    (void)state;
    memset(path, '\x01', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    begin(&line, (struct line_style){.json = true, .syslog = true}, LOG_LEVEL_INFO);
    line_text(&line, "peer", path);
    line_text(&line, "local", path);
    line_number(&line, "in", UINT64_MAX);
    line_number(&line, "out", UINT64_MAX);
    line_seconds(&line, "time", UINT64_MAX);
    line_text(&line, "end", "drain");
    const char *text = end(&line);
    assert_true(is_json_line(strchr(text, '{')));
    assert_non_null(strstr(text, "\"end\":\"drain\"}\n"));
}

static void test_bare(void **state)
{
    struct line line;
    char text[LOG_LINE_MAX + 1];
    (void)state;
    line_bare(&line, "mpechod: ", "a \"b\"\n\x1b[31m\\ \xe9");
    assert_int_equal(line.length, strlen("mpechod: a \"b\"\\x0a\\x1b[31m\\\\ \\xe9\n"));
    assert_memory_equal(line.text, "mpechod: a \"b\"\\x0a\\x1b[31m\\\\ \\xe9\n", line.length);
    memset(text, '\n', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    line_bare(&line, "", text);
    assert_true(line.length <= LOG_LINE_MAX && line.text[line.length - 1] == '\n');
    assert_ptr_equal(memchr(line.text, '\n', line.length), &line.text[line.length - 1]);
}

static void test_cuts_fields(void **state)
{
    static const char text[] = "0123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789";
    (void)state;
    for (size_t n = 1; n < 60; n++) {
        struct line line;
        begin(&line, plain, LOG_LEVEL_INFO);
        for (size_t i = 0; i < n; i++)
            line_text(&line, "key", text);
        end(&line);
        assert_true(line.length <= LOG_LINE_MAX && line.text[line.length - 1] == '\n');
        assert_true(line.length > n * sizeof text || line.length > LOG_LINE_MAX - 80);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_checker_checks),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_names_of_levels),
        cmocka_unit_test(test_time_zones),
        cmocka_unit_test(test_syslog),
        cmocka_unit_test(test_escapes_what_could_forge_a_line),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_random_messages),
        cmocka_unit_test(test_longest_fields),
        cmocka_unit_test(test_cuts_fields),
        cmocka_unit_test(test_bare),
    };
    return unit_run("line", tests, NULL, NULL);
}
