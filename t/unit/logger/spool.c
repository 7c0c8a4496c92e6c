/* spool.c, sink.c: what becomes of lines that a target takes in part, late or not at all, and of those that a logger
 * has not written yet when it is killed. */
#include "unit.h"

#include <errno.h>
#include <regex.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/sockopt.h"
#include "contract/fdplan.h"
#include "logger/spool.h"

static struct spool *make_spool(void)
{
    struct spool *spool = calloc(1, sizeof *spool);
    assert_non_null(spool);
    return spool;
}

static struct sink open_sink(const char *target)
{
    struct sink sink;
    struct reason why;
    if (!sink_open(&sink, target, -1, &why))
        fail_msg("%s", why.text);
    return sink;
}

/* Add a line of just these words. */
static void add(struct spool *spool, const char *words)
{
    struct line line = {.length = (size_t)snprintf(line.text, sizeof line.text, "%s\n", words)};
    spool_add(spool, &line);
    spool_done(spool, SPOOL_MASTER);
}

static void tell(struct spool *spool)
{
    struct line line = {.length =
                            (size_t)snprintf(line.text, sizeof line.text, "lost: %" PRIu64 "\n", spool_untold(spool))};
    spool_tell(spool, &line);
}

static const char *content(const char *path)
{
    static char text[1 << 18];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    close(fd);
    return text;
}

static void file_limit(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Writing */

static void test_writes(void **state)
{
    char *path = unit_path(state, "file.log");
    struct spool *spool = make_spool();
    struct sink sink = open_sink(path);
    add(spool, "one");
    add(spool, "two");
    assert_false(spool_is_empty(spool));
    assert_false(spool_flush(spool, &sink));
    assert_true(spool_is_empty(spool));
    assert_string_equal(content(path), "one\ntwo\n");
    add(spool, "three");
    assert_false(spool_flush(spool, &sink));
    assert_string_equal(content(path), "one\ntwo\nthree\n");
    assert_int_equal(spool_untold(spool), 0);
    sink_close(&sink);
    free(spool);
    free(path);
}

/* A disk that is full in the middle of a line: the rest of it comes first when there is room, and nothing is glued. */
static void test_full_disk(void **state)
{
    char *path = unit_path(state, "full.log");
    struct spool *spool = make_spool();
    struct sink sink = open_sink(path);
    signal(SIGXFSZ, SIG_IGN);
    file_limit(9);
    add(spool, "first");
    add(spool, "second");
    add(spool, "third");
    assert_false(spool_flush(spool, &sink));
    assert_string_equal(content(path), "first\nsec");
    assert_int_equal(spool_untold(spool), 1);
    assert_true(spool_is_within_line(spool));
    add(spool, "fourth");
    add(spool, "fifth");
    assert_false(spool_flush(spool, &sink));
    assert_int_equal(spool_untold(spool), 3);
    tell(spool);
    add(spool, "sixth");
    assert_false(spool_flush(spool, &sink));
    assert_int_equal(spool_untold(spool), 4); /* the line that tells is none of them */
    file_limit(RLIM_INFINITY);
    tell(spool);
    add(spool, "seventh");
    assert_false(spool_flush(spool, &sink));
    assert_string_equal(content(path), "first\nsecond\nlost: 4\nseventh\n");
    assert_int_equal(spool_untold(spool), 0);
    sink_close(&sink);
    free(spool);
    free(path);
}

/* The disk is full in the middle of the line that tells of lost ones. */
static void test_torn_notice(void **state)
{
    char *path = unit_path(state, "notice.log");
    struct spool *spool = make_spool();
    struct sink sink = open_sink(path);
    signal(SIGXFSZ, SIG_IGN);
    spool_lose(spool, 7);
    file_limit(3);
    tell(spool);
    add(spool, "first");
    assert_false(spool_flush(spool, &sink));
    assert_string_equal(content(path), "los");
    assert_int_equal(spool_untold(spool), 8);
    file_limit(RLIM_INFINITY);
    assert_false(spool_flush(spool, &sink));
    assert_string_equal(content(path), "lost: 7\n");
    assert_int_equal(spool_untold(spool), 1);
    tell(spool);
    assert_false(spool_flush(spool, &sink));
    assert_string_equal(content(path), "lost: 7\nlost: 1\n");
    sink_close(&sink);
    free(spool);
    free(path);
}

/* A rotation while the disk is full: the rest of a line does not go to the new file, and is counted. */
static void test_cut(void **state)
{
    char *path = unit_path(state, "old.log"), *other = unit_path(state, "new.log");
    struct spool *spool = make_spool();
    struct sink sink = open_sink(path);
    signal(SIGXFSZ, SIG_IGN);
    file_limit(4);
    add(spool, "torn line");
    add(spool, "another");
    spool_flush(spool, &sink);
    file_limit(RLIM_INFINITY);
    spool_cut(spool);
    assert_true(spool_is_empty(spool));
    assert_int_equal(spool_untold(spool), 2);
    assert_false(sink_ends_a_line(&sink));
    sink_close(&sink);
    sink = open_sink(other);
    tell(spool);
    add(spool, "new");
    assert_false(spool_flush(spool, &sink));
    assert_string_equal(content(other), "lost: 2\nnew\n");
    assert_true(sink_ends_a_line(&sink));
    sink_close(&sink);
    free(spool);
    free(path);
    free(other);
}

static void test_a_device_that_fails(void **state)
{
    struct spool *spool = make_spool();
    struct sink sink = open_sink("/dev/full"), none = {.fd = -1};
    (void)state;
    for (unsigned i = 1; i <= 5; i++) {
        add(spool, "lost");
        assert_false(spool_flush(spool, i == 3 ? &none : &sink));
        assert_int_equal(spool_untold(spool), i);
        assert_true(spool_is_empty(spool));
    }
    sink_close(&sink);
    free(spool);
}

/* A pipe that nobody reads: whole lines wait. */
static void test_a_full_pipe(void **state)
{
    enum { LINES = 2000 };
    char *path = unit_path(state, "fifo"), words[64];
    static char text[1 << 18];
    struct spool *spool = make_spool();
    assert_int_equal(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct sink sink = open_sink(path);
    for (unsigned i = 0; i < LINES; i++) {
        snprintf(words, sizeof words, "line %4u %.40s", i, "0123456789012345678901234567890123456789");
        add(spool, words);
    }
    assert_true(spool_flush(spool, &sink));
    assert_true(spool_flush(spool, &sink));
    ssize_t got, have = 0;
    while (!spool_is_empty(spool)) {
        while ((got = read(reader, text + have, sizeof text - 1 - (size_t)have)) > 0)
            have += got;
        assert_int_equal(text[have - 1], '\n'); /* no line is in it in part */
        spool_flush(spool, &sink);
    }
    while ((got = read(reader, text + have, sizeof text - 1 - (size_t)have)) > 0)
        have += got;
    assert_int_equal(have, LINES * 51);
    assert_int_equal(spool_untold(spool), 0);
    close(reader);
    add(spool, "nobody");
    signal(SIGPIPE, SIG_IGN);
    assert_false(spool_flush(spool, &sink));
    assert_int_equal(spool_untold(spool), 1);
    sink_close(&sink);
    free(spool);
    free(path);
}

/* Receiving */

static void make_sockets(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    assert_true(sockopt_int(fds[0], SOL_SOCKET, SO_PASSCRED, 1));
}

static void test_receives(void **state)
{
    struct spool *spool = make_spool();
    struct spool_record record;
    int fds[2];
    (void)state;
    make_sockets(fds);
    assert_int_equal(spool_receive(spool, SPOOL_WORKERS, fds[0]), SPOOL_NOTHING);
    assert_false(spool_next(spool, SPOOL_WORKERS, &record));
    assert_int_equal(send(fds[1], "one", 3, 0), 3);
    assert_int_equal(send(fds[1], "", 0, 0), 0); /* is not the end */
    assert_int_equal(write(fds[1], "three", 5), 5);
    assert_int_equal(spool_receive(spool, SPOOL_WORKERS, fds[0]), SPOOL_GOT);
    assert_true(spool_next(spool, SPOOL_WORKERS, &record));
    assert_int_equal(record.size, 3);
    assert_memory_equal(record.data, "one", 3);
    assert_int_equal(record.pid, getpid());
    spool_done(spool, SPOOL_WORKERS);
    assert_true(spool_next(spool, SPOOL_WORKERS, &record));
    assert_memory_equal(record.data, "three", 5);
    assert_int_equal(record.pid, getpid());
    spool_done(spool, SPOOL_WORKERS);
    assert_false(spool_next(spool, SPOOL_WORKERS, &record));
    assert_int_equal(send(fds[1], "", 0, 0), 0);
    assert_int_equal(spool_receive(spool, SPOOL_WORKERS, fds[0]), SPOOL_GOT);
    assert_false(spool_next(spool, SPOOL_WORKERS, &record));
    shutdown(fds[1], SHUT_WR);
    assert_int_equal(spool_receive(spool, SPOOL_WORKERS, fds[0]), SPOOL_END);
    close(fds[0]);
    close(fds[1]);
    free(spool);
}

/* A worker may send descriptors, and more than anybody wants to read: nothing of it stays. */
static void test_foreign_datagrams(void **state)
{
    static char big[100000];
    struct spool *spool = make_spool();
    struct spool_record record;
    int fds[2], before = unit_next_fd(3);
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control = {.bytes = {0}};
    char byte = 'x';
    struct iovec piece = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    (void)state;
    make_sockets(fds);
    control.aligned =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.aligned), &fds[1], sizeof(int));
    assert_int_equal(sendmsg(fds[1], &message, 0), 1);
    assert_int_equal(send(fds[1], big, sizeof big, 0), sizeof big);
    assert_int_equal(spool_receive(spool, SPOOL_WORKERS, fds[0]), SPOOL_GOT);
    assert_true(spool_next(spool, SPOOL_WORKERS, &record));
    assert_int_equal(record.size, 1);
    assert_int_equal(record.pid, getpid());
    spool_done(spool, SPOOL_WORKERS);
    assert_true(spool_next(spool, SPOOL_WORKERS, &record));
    assert_int_equal(record.size, RECORD_MAX);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(unit_next_fd(3), before);
    free(spool);
}

/* Taking over from one that was killed */

/* Whatever had come and whatever of it was written: the file has each line once. */
static void test_successor(void **state)
{
    struct spool *spool = mmap(NULL, sizeof *spool, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    enum { ROUNDS = 60, LINES = 3000 };
    char *path = unit_path(state, "killed.log");
    struct unit_random random = {unit_seed()};
    int fds[2];
    make_sockets(fds);
    pid_t sender = unit_fork();
    if (sender == 0) {
        char line[200];
        for (unsigned i = 0; i < LINES; i++) {
            int n = snprintf(line, sizeof line, "%06u %.*s", i, (int)(i % 150),
                             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
            send(fds[1], line, (size_t)n, 0);
            if (i % 7 == 0)
                usleep(50);
        }
        _exit(0);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        pid_t logger = unit_fork();
        if (logger == 0) {
            struct sink sink;
            struct reason why;
            sink_open(&sink, path, -1, &why);
            spool_take_over(spool, &sink);
            for (;;) {
                struct spool_record record;
                while (spool_next(spool, SPOOL_WORKERS, &record)) {
                    struct line line = {.length = (size_t)snprintf(line.text, sizeof line.text, "%.*s\n",
                                                                   (int)record.size, record.data)};
                    spool_add(spool, &line);
                    spool_done(spool, SPOOL_WORKERS);
                }
                spool_flush(spool, &sink);
                if (spool_receive(spool, SPOOL_WORKERS, fds[0]) != SPOOL_GOT)
                    usleep(20);
            }
        }
        usleep(unit_below(&random, 3000));
        if (round == ROUNDS - 1) {
            assert_int_equal(unit_wait(sender), 0);
            for (unsigned tries = 0; tries < 2000 && strstr(content(path), "002999") == NULL; tries++)
                usleep(5000);
        }
        kill(logger, SIGKILL);
        unit_wait(logger);
    }
    unsigned next = 0;
    for (char *line = strtok((char *)content(path), "\n"); line != NULL; line = strtok(NULL, "\n"), next++)
        assert_int_equal(strtoul(line, NULL, 10), next);
    assert_int_equal(next, LINES);
    munmap(spool, sizeof *spool);
    close(fds[0]);
    close(fds[1]);
    free(path);
}

/* The file has another name by now, and there is a new one: what was in doubt is written there, whole. */
static void test_successor_with_another_file(void **state)
{
    char *path = unit_path(state, "a.log"), *other = unit_path(state, "b.log");
    struct spool *spool = make_spool();
    struct sink sink = open_sink(path);
    signal(SIGXFSZ, SIG_IGN);
    file_limit(3);
    add(spool, "first");
    spool_flush(spool, &sink);
    file_limit(RLIM_INFINITY);
    add(spool, "second");
    sink_close(&sink);
    sink = open_sink(other);
    spool_take_over(spool, &sink);
    assert_false(spool_flush(spool, &sink));
    assert_string_equal(content(other), "second\n");
    assert_int_equal(spool_untold(spool), 1);
    sink_close(&sink);
    free(spool);
    free(path);
    free(other);
}

/* It was killed within a line, and the file is another one by now: how long that is says nothing of what was written.
 */
static void test_successor_with_a_longer_file(void **state)
{
    struct spool *spool = mmap(NULL, sizeof *spool, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *path = unit_path(state, "c.log"), *other = unit_path(state, "d.log");
    struct sink sink = open_sink(path);
    add(spool, "first");
    add(spool, "second");
    pid_t pid = unit_fork();
    if (pid == 0) {
        signal(SIGXFSZ, SIG_DFL);
        file_limit(3);
        spool_flush(spool, &sink);
        _exit(0);
    }
    assert_int_equal(WTERMSIG(unit_wait(pid)), SIGXFSZ);
    assert_string_equal(content(path), "fir");
    sink_close(&sink);
    sink = open_sink(other);
    assert_int_equal(sink_write(&sink, "somebody's\n", 11), 11);
    spool_take_over(spool, &sink);
    assert_false(spool_flush(spool, &sink));
    assert_string_equal(content(other), "somebody's\nsecond\n");
    assert_int_equal(spool_untold(spool), 1);
    sink_close(&sink);
    munmap(spool, sizeof *spool);
    free(path);
    free(other);
}

/* Targets */

static void test_opens_a_file_to_append(void **state)
{
    char *path = unit_path(state, "append.log");
    struct stat st;
    mode_t before = umask(0);
    for (int i = 0; i < 2; i++) {
        struct sink sink = open_sink(path);
        assert_true(fcntl(sink.fd, F_GETFD) & FD_CLOEXEC);
        assert_true(fcntl(sink.fd, F_GETFL) & O_APPEND);
        assert_true(sink_works(&sink));
        assert_int_equal(sink_write(&sink, "0123456789\n", 11), 11);
        assert_int_equal(sink_size(&sink), 11 * (i + 1));
        sink_close(&sink);
        assert_int_equal(sink.fd, -1);
    }
    umask(before);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    free(path);
}

static void test_refuses_targets(void **state)
{
    char *link = unit_path(state, "link.log"), *nowhere = unit_path(state, "nowhere/file.log");
    struct sink sink;
    struct reason why;
    assert_int_equal(symlink("elsewhere.log", link), 0);
    const char *const paths[] = {"/", link, nowhere, "/dev/null/log"};
    for (size_t i = 0; i < unit_count(paths); i++) {
        why.text[0] = '\0';
        assert_false(sink_open(&sink, paths[i], 2, &why));
        assert_memory_equal(why.text, "cannot open ", 12);
        assert_int_equal(sink.fd, -1);
        assert_string_equal(sink.target, paths[i]);
    }
    assert_false(sink_open(&sink, "stderr", -1, &why));
    assert_non_null(strstr(why.text, "there is no stderr"));
    free(link);
    free(nowhere);
}

/* Pipes that nobody reads, ours to open and another's. */
static void test_full_pipes_stop_nobody(void **state)
{
    static const char line[] = "a line of the log that is of an ordinary length, as these things go\n";
    char *path = unit_path(state, "unread");
    struct sink sink;
    struct reason why;
    int fds[2];
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    for (int i = 0; i < 3; i++) {
        unsigned n = 0;
        assert_true(sink_open(&sink, i == 0 ? path : "stderr", fds[1], &why));
        if (i == 2) {
            assert_int_equal(sink.kind, SINK_STREAM);
            close(sink.fd);
            sink.fd = dup(fds[1]);
            sink.kind = SINK_SHARED; /* as if it could not be opened anew */
        }
        while (sink_write(&sink, line, sizeof line - 1) > 0)
            n++;
        assert_int_equal(errno, EAGAIN);
        assert_true(i == 2 || n > 100);
        sink_close(&sink);
    }
    assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
    close(fds[0]);
    close(fds[1]);
    free(path);
}

/* Standard error as systemd has it: a socket, of which blocking or not is not ours to say. */
static void test_a_socket_as_stderr(void **state)
{
    struct sink sink;
    struct reason why;
    int fds[2];
    char text[16];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_true(sink_open(&sink, "stderr", fds[1], &why));
    assert_int_equal(sink_write(&sink, "hello\n", 6), 6);
    assert_int_equal(read(fds[0], text, sizeof text), 6);
    char lines[6000];
    for (size_t i = 0; i < sizeof lines; i++)
        lines[i] = i % 60 == 59 ? '\n' : 'x';
    ssize_t n = sink_write(&sink, lines, sizeof lines);
    assert_in_range(n, 1, 4096);
    assert_int_equal(lines[n - 1], '\n'); /* whoever else writes there does so between lines */
    while (sink_write(&sink, "hello\n", 6) > 0)
        ;
    assert_int_equal(errno, EAGAIN);
    close(fds[0]);
    assert_int_equal(sink_write(&sink, "hello\n", 6), -1);
    assert_int_not_equal(errno, EAGAIN);
    sink_close(&sink);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_torn_notice),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_a_device_that_fails),
        cmocka_unit_test(test_a_full_pipe),
        cmocka_unit_test(test_receives),
        cmocka_unit_test(test_foreign_datagrams),
        cmocka_unit_test(test_successor),
        cmocka_unit_test(test_successor_with_another_file),
        cmocka_unit_test(test_successor_with_a_longer_file),
        cmocka_unit_test(test_opens_a_file_to_append),
        cmocka_unit_test(test_refuses_targets),
        cmocka_unit_test(test_full_pipes_stop_nobody),
        cmocka_unit_test(test_a_socket_as_stderr),
    };
    return unit_run("spool", tests, unit_make_scratch, unit_remove_scratch);
}
