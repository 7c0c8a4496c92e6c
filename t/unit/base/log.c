/* log.c: what a line looks like whatever is in it, which lines there are, and what becomes of those that cannot be
 * written. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>

#include "base/log.h"
#include "contract/fdplan.h"

/* A log into a pipe, with the other end to read it from. */
struct piped {
    struct log log;
    int reader;
    char text[1 << 16];
};

static struct piped *open_piped(void)
{
    struct piped *piped = calloc(1, sizeof *piped);
    int fds[2];
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    piped->reader = fds[0];
    piped->log = (struct log){.fd = fds[1], .console = -1, .level = LOG_LEVEL_INFO, .pid = 4711};
    return piped;
}

static void close_piped(struct piped *piped)
{
    close(piped->log.fd);
    close(piped->reader);
    free(piped);
}

/* What has come, as far as there is room for it. */
static const char *read_text(struct piped *piped)
{
    size_t have = 0;
    ssize_t got;
    while ((got = read(piped->reader, piped->text + have, sizeof piped->text - 1 - have)) > 0)
        have += (size_t)got;
    piped->text[have] = '\0';
    return piped->text;
}

/* A time stamp of the text format. */
#define STAMP "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool good = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return good;
}

static void assert_matches(const char *text, const char *pattern)
{
    if (!matches(text, pattern))
        fail_msg("\"%s\" is not %s", text, pattern);
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
    struct piped *piped = open_piped();
    (void)state;
    log_error(&piped->log, "one %d", 1);
    assert_matches(read_text(piped), "^" STAMP " ERROR \\[4711\\] one 1\n$");
    log_warn(&piped->log, "two");
    assert_matches(read_text(piped), "^" STAMP " WARN \\[4711\\] two\n$");
    log_info(&piped->log, "three");
    assert_matches(read_text(piped), "^" STAMP " INFO \\[4711\\] three\n$");
    piped->log.level = LOG_LEVEL_DEBUG;
    log_debug(&piped->log, "four");
    assert_matches(read_text(piped), "^" STAMP " DEBUG \\[4711\\] four\n$");
    piped->log.json = true;
    log_warn(&piped->log, "five");
    assert_matches(read_text(piped),
                   "^[{]\"timestamp\":\"" STAMP "\",\"level\":\"warn\",\"pid\":4711,\"message\":\"five\"[}]\n$");
    close_piped(piped);
}

static void test_stamp_is_the_time(void **state)
{
    struct piped *piped = open_piped();
    time_t before = time(NULL);
    struct tm tm = {0};
    (void)state;
    setenv("TZ", "XYZ-9", 1); /* wherever it runs */
    tzset();
    log_info(&piped->log, "now");
    assert_non_null(strptime(read_text(piped), "%Y-%m-%dT%H:%M:%S", &tm));
    assert_in_range(timegm(&tm), before, time(NULL));
    close_piped(piped);
}

static void test_levels(void **state)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    struct piped *piped = open_piped();
    (void)state;
    for (unsigned level = 0; level < 4; level++) {
        assert_string_equal(log_level_names[level], names[level]);
        piped->log.level = level;
        for (unsigned i = 0; i < 4; i++) {
            log_write(&piped->log, i, "x");
            assert_int_equal(read_text(piped)[0] != '\0', i <= level);
        }
        log_fields(&piped->log, &(struct log_field){.key = "a", .text = "b"}, 1);
        assert_int_equal(read_text(piped)[0] != '\0', level >= LOG_LEVEL_INFO);
    }
    close_piped(piped);
}

static void test_errors_go_to_the_console_too(void **state)
{
    struct piped *piped = open_piped(), *console = open_piped();
    (void)state;
    piped->log.console = console->log.fd;
    log_warn(&piped->log, "warning");
    assert_string_equal(read_text(console), "");
    log_error(&piped->log, "bad: %s", "thing");
    assert_string_equal(read_text(console), "mpechod: bad: thing\n");
    assert_non_null(strstr(read_text(piped), "bad: thing\n"));
    close_piped(piped);
    close_piped(console);
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
    struct piped *piped = open_piped();
    (void)state;
    for (size_t i = 0; i < unit_count(cases); i++) {
        char end[128];
        piped->log.json = false;
        log_info(&piped->log, "%s", cases[i].raw);
        snprintf(end, sizeof end, "[4711] %s\n", cases[i].text);
        assert_string_equal(strchr(read_text(piped), '['), end);
        piped->log.json = true;
        log_info(&piped->log, "%s", cases[i].raw);
        snprintf(end, sizeof end, "\"message\":\"%s\"}\n", cases[i].json);
        assert_true(is_json_line(read_text(piped)));
        assert_string_equal(strstr(piped->text, "\"message\""), end);
    }
    close_piped(piped);
}

static void test_fields(void **state)
{
    static const struct log_field fields[] = {
        {.key = "peer", .text = "unix:/a b=\"\\\n"},
        {.key = "in", .number = 18446744073709551615.0},
        {.key = "time", .number = 0.0526, .decimals = 3},
        {.key = "end", .text = "eof"},
    };
    struct piped *piped = open_piped();
    (void)state;
    log_fields(&piped->log, fields, unit_count(fields));
    assert_matches(read_text(piped), "^" STAMP " INFO \\[4711\\] peer=unix:/a\\\\x20b=\"\\\\\\\\\\\\x0a "
                                     "in=18446744073709551616 time=0.053 end=eof\n$");
    piped->log.json = true;
    log_fields(&piped->log, fields, unit_count(fields));
    assert_true(is_json_line(read_text(piped)));
    assert_matches(piped->text, ",\"peer\":\"unix:/a b=\\\\\"\\\\\\\\\\\\u000a\",\"in\":18446744073709551616,"
                                "\"time\":0.053,\"end\":\"eof\"[}]\n$");
    close_piped(piped);
}

/* Any bytes, of any length: one line, in good form. */
static void test_random_messages(void **state)
{
    struct piped *piped = open_piped();
    uint64_t first = unit_seed();
    (void)state;
    for (uint64_t seed = first; seed < first + 4000; seed++) {
        struct unit_random random = {seed};
        char message[2 * LOG_LINE_MAX];
        unsigned near = LOG_LINE_MAX - 100 + unit_below(&random, 120);
        unsigned n = unit_chance(&random, 50) ? near : unit_below(&random, sizeof message);
        unsigned odd = unit_chance(&random, 50) ? 0 : unit_below(&random, 101);
        for (unsigned i = 0; i < n; i++)
            message[i] = unit_chance(&random, odd) ? (char)(1 + unit_below(&random, 255)) : 'x';
        message[n] = '\0';
        piped->log.json = unit_chance(&random, 50);
        log_info(&piped->log, "%s", message);
        size_t length = strlen(read_text(piped));
        bool plain = strspn(piped->text, "\n") == 0 && strcspn(piped->text, "\n") == length - 1;
        bool whole =
            piped->log.json ? is_json_line(piped->text) : matches(piped->text, "^" STAMP " INFO \\[4711\\] [ -~]*\n$");
        if (length > LOG_LINE_MAX || !plain || !whole)
            fail_msg("UNIT_SEED=%" PRIu64 ": %zu bytes: %s", seed, length, piped->text);
        if (n >= LOG_LINE_MAX)
            assert_true(length > LOG_LINE_MAX - 80); /* cut, but no shorter than need be */
    }
    assert_int_equal(piped->log.lost, 0);
    close_piped(piped);
}

/* The longest access line there can be: two paths, each byte escaped. */
static void test_longest_fields(void **state)
{
    char path[113];
    memset(path, '\x01', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    const struct log_field fields[] = {{.key = "peer", .text = path},
                                       {.key = "local", .text = path},
                                       {.key = "in", .number = 1e18},
                                       {.key = "out", .number = 1e18},
                                       {.key = "time", .number = 1e9, .decimals = 3},
                                       {.key = "end", .text = "drain"}};
    struct piped *piped = open_piped();
    (void)state;
    piped->log.json = true;
    log_fields(&piped->log, fields, unit_count(fields));
    assert_true(is_json_line(read_text(piped)));
    assert_non_null(strstr(piped->text, "\"end\":\"drain\"}\n"));
    close_piped(piped);
}

static void test_cuts_fields(void **state)
{
    static const char text[] = "0123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789";
    struct piped *piped = open_piped();
    struct log_field fields[60];
    (void)state;
    for (size_t i = 0; i < unit_count(fields); i++)
        fields[i] = (struct log_field){.key = "key", .text = text};
    for (size_t n = 1; n < unit_count(fields); n++) {
        log_fields(&piped->log, fields, n);
        size_t length = strlen(read_text(piped));
        assert_true(length <= LOG_LINE_MAX && piped->text[length - 1] == '\n');
        assert_true(length > n * sizeof text || length > LOG_LINE_MAX - 80);
    }
    close_piped(piped);
}

/* The system log's socket: its own header, a line a datagram, nothing after it. */
static void test_syslog_lines(void **state)
{
    int fds[2];
    char text[LOG_LINE_MAX + 1];
    struct log log = {.console = -1, .level = LOG_LEVEL_INFO, .syslog = true, .socket = true, .pid = 4711};
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
    log.fd = fds[0];
    log_warn(&log, "careful\n");
    ssize_t n = recv(fds[1], text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    assert_int_equal(LOG_DAEMON | LOG_WARNING, 28);
    assert_matches(text,
                   "^<28>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} mpechod\\[4711\\]: WARN careful\\\\x0a$");
    while (log.lost == 0)
        log_info(&log, "nobody reads"); /* and nobody waits for that */
    assert_int_equal(log.lost, 1);
    close(fds[0]);
    close(fds[1]);
}

/* Lines that are lost */

static void test_counts_lines_that_a_full_device_refuses(void **state)
{
    struct piped *piped = open_piped();
    struct log log;
    struct reason why;
    (void)state;
    assert_true(log_open(&log, "/dev/full", -1, &why));
    for (unsigned i = 1; i <= 5; i++) {
        log_info(&log, "lost");
        assert_int_equal(log.lost, i);
    }
    log_debug(&log, "never was");
    assert_int_equal(log.lost, 5);
    assert_return_code(dup2(piped->log.fd, log.fd), errno); /* room again */
    log_info(&log, "found");
    assert_matches(read_text(piped),
                   "^" STAMP " WARN \\[[0-9]+\\] 5 log lines lost\n" STAMP " INFO \\[[0-9]+\\] found\n$");
    assert_int_equal(log.lost, 0);
    log_info(&log, "more");
    assert_matches(read_text(piped), "^" STAMP " INFO \\[[0-9]+\\] more\n$");
    log_close(&log);
    close_piped(piped);
}

static void test_counts_lines_that_a_full_pipe_refuses(void **state)
{
    struct piped *piped = open_piped();
    unsigned written = 0, seen = 0;
    (void)state;
    for (; piped->log.lost < 3; written++)
        log_info(&piped->log, "line %u", written);
    for (const char *p = read_text(piped); (p = strchr(p, '\n')) != NULL; p++)
        seen++;
    assert_int_equal(seen, written - 3);
    log_info(&piped->log, "found");
    assert_matches(read_text(piped), "^[^\n]* WARN [^\n]* 3 log lines lost\n[^\n]* INFO [^\n]* found\n$");
    close_piped(piped);
}

/* Room for the notice, but not for the line after it: then that one is lost, and the notice is not said twice. Room for
 * the line, but not for the notice: then the line waits its turn. */
static void test_loses_lines_in_order(void **state)
{
    enum { PAGE = 4096, ROOM = 100 };
    static const char filler[PAGE - ROOM], longer[] =
                                               "this line is longer than the hundred bytes that there is room for, "
                                               "with its time stamp and all that";
    struct piped *piped = open_piped();
    (void)state;
    assert_int_equal(fcntl(piped->log.fd, F_SETPIPE_SZ, PAGE), PAGE);
    assert_int_equal(write(piped->log.fd, filler, sizeof filler), sizeof filler);
    log_info(&piped->log, "%s", longer);
    assert_int_equal(piped->log.lost, 1);
    log_info(&piped->log, "%s", longer);
    assert_int_equal(piped->log.lost, 1);
    log_info(&piped->log, "short");
    assert_int_equal(piped->log.lost, 2);
    read_text(piped);
    assert_matches(piped->text + sizeof filler, "^" STAMP " WARN \\[4711\\] 1 log lines lost\n$");
    log_info(&piped->log, "%s", longer);
    assert_matches(read_text(piped), " WARN \\[4711\\] 2 log lines lost\n" STAMP " INFO \\[4711\\] this line");
    close_piped(piped);
}

static long file_limit(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    return setrlimit(RLIMIT_FSIZE, &limit);
}

/* A disk that is full in the middle of a line: what is left of it stays alone. */
static void test_a_torn_line_does_not_spoil_the_next(void **state)
{
    char *path = unit_path(state, "torn.log"), text[4096];
    struct log log;
    struct reason why;
    signal(SIGXFSZ, SIG_IGN);
    assert_true(log_open(&log, path, -1, &why));
    log_info(&log, "first");
    file_limit(100);
    log_info(&log, "second, and it is far too long for a file that is to be a hundred bytes long and not a byte more");
    bool torn = log.torn;
    log_info(&log, "third");
    file_limit(RLIM_INFINITY);
    assert_true(torn);
    assert_int_equal(log.lost, 2);
    log_info(&log, "fourth");
    assert_int_equal(log.lost, 0);
    assert_false(log.torn);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    assert_matches(text, "^" STAMP " INFO \\[[0-9]+\\] first\n" STAMP " INFO \\[[0-9]+\\] second, a[^\n]*\n" STAMP
                         " WARN \\[[0-9]+\\] 2 log lines lost\n" STAMP " INFO \\[[0-9]+\\] fourth\n$");
    close(fd);
    log_close(&log);
    free(path);
}

/* Opening */

static void test_opens_a_file_to_append(void **state)
{
    char *path = unit_path(state, "file.log");
    struct stat st;
    struct reason why;
    mode_t before = umask(0);
    for (int i = 0; i < 2; i++) {
        struct log log;
        assert_true(log_open(&log, path, -1, &why));
        assert_true(log.fd >= FD_PRIVATE);
        assert_true(fcntl(log.fd, F_GETFD) & FD_CLOEXEC);
        assert_int_equal(log.pid, getpid());
        assert_true(log_works(&log));
        log_info(&log, "0123456789");
        log_close(&log);
        assert_int_equal(log.fd, FD_LOG);
    }
    umask(before);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_true(st.st_size > 80);
    free(path);
}

static void assert_does_not_open(const char *target, const char *expected)
{
    struct log log = {.fd = 123, .lost = 45};
    struct reason why;
    assert_false(log_open(&log, target, -1, &why));
    assert_string_equal(why.text, expected);
    assert_true(log.fd == 123 && log.lost == 45);
}

static void test_refuses_targets(void **state)
{
    char *link = unit_path(state, "link"), expected[REASON_MAX];
    assert_int_equal(symlink("/dev/null", link), 0);
    snprintf(expected, sizeof expected, "cannot open %s: Too many levels of symbolic links", link);
    assert_does_not_open(link, expected);
    snprintf(expected, sizeof expected, "cannot open %s: Is a directory", (const char *)*state);
    assert_does_not_open(*state, expected);
    assert_does_not_open("/no/such/log", "cannot open /no/such/log: No such file or directory");
    assert_does_not_open("stderr", "there is no stderr: the daemon let go of it when it detached");
    free(link);
}

static void test_a_fifo_without_a_reader_stops_nobody(void **state)
{
    char *path = unit_path(state, "fifo"), text[128] = "";
    struct log log;
    struct reason why;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_true(log_open(&log, path, -1, &why));
    while (log.lost == 0)
        log_info(&log, "nobody reads");
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(read(reader, text, sizeof text - 1) > 0);
    assert_matches(text, "^" STAMP " INFO ");
    close(reader);
    log_close(&log);
    free(path);
}

/* stderr is a pipe that others write to as well: they go on as they were. */
static void test_a_full_stderr_stops_nobody(void **state)
{
    int fds[2];
    struct log log;
    struct reason why;
    (void)state;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_true(log_open(&log, "stderr", fds[1], &why));
    assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
    while (log.lost == 0)
        log_info(&log, "nobody reads");
    log_close(&log);
    close(fds[0]);
    close(fds[1]);
}

/* A child */
static void adopts(const char *path)
{
    struct log log;
    struct reason why;
    log_init(&log);
    unit_require(log.fd == FD_LOG && log.level == LOG_LEVEL_INFO && log.console == -1 && !log.json);
    unit_require(log_open(&log, path, -1, &why));
    log_install(&log);
    fputs("a library's cry\n", stderr);
    pid_t pid = fork();
    if (pid == 0) {
        int before = log.fd;
        log_adopt(&log);
        unit_require(log.fd == FD_LOG && log.pid == getpid() && fcntl(before, F_GETFD) >= 0);
        log_info(&log, "%d is a worker", (int)getpid());
        _exit(0);
    }
    int status = -1;
    unit_require(waitpid(pid, &status, 0) == pid && status == 0);
    log_info(&log, "%d is the master", (int)getpid());
}

static void test_install_and_adopt(void **state)
{
    char *path = unit_path(state, "adopt.log"), text[1024];
    unit_in_child(adopts, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    assert_matches(text, "^a library's cry\n" STAMP " INFO \\[([0-9]+)\\] \\1 is a worker\n" STAMP
                         " INFO \\[([0-9]+)\\] \\2 is the master\n$");
    close(fd);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_checker_checks),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_stamp_is_the_time),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_errors_go_to_the_console_too),
        cmocka_unit_test(test_escapes_what_could_forge_a_line),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_random_messages),
        cmocka_unit_test(test_longest_fields),
        cmocka_unit_test(test_cuts_fields),
        cmocka_unit_test(test_syslog_lines),
        cmocka_unit_test(test_counts_lines_that_a_full_device_refuses),
        cmocka_unit_test(test_counts_lines_that_a_full_pipe_refuses),
        cmocka_unit_test(test_loses_lines_in_order),
        cmocka_unit_test(test_a_torn_line_does_not_spoil_the_next),
        cmocka_unit_test(test_opens_a_file_to_append),
        cmocka_unit_test(test_refuses_targets),
        cmocka_unit_test(test_a_fifo_without_a_reader_stops_nobody),
        cmocka_unit_test(test_a_full_stderr_stops_nobody),
        cmocka_unit_test(test_install_and_adopt),
    };
    return unit_run("log", tests, unit_make_scratch, unit_remove_scratch);
}
