/* conn.c over one end of a socket pair, of which the test has the other: when messages were due and sent, what is owed
 * and since when, what is given up, and what is told. Times are the test's own where conn is given them. */
#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "client/base/clock.h"
#include "client/wire/conn.h"

enum { DEPTH = 4, TOLD = 32 };

struct told {
    struct conn_message message;
    int64_t now;
};

/* What was told. */
struct scene {
    struct conn_shared shared;
    struct conn conn;
    struct conn_message messages[DEPTH];
    _Atomic uint32_t numbers;
    int peer;
    size_t connected, replied, failed;
    struct told told[TOLD];
    enum conn_end end;
    bool again; /* within `replied`: queue another message */
};

static void on_connected(struct conn *conn, int64_t now)
{
    struct scene *scene = conn->owner;
    (void)now;
    scene->connected++;
    conn_queue(conn, 10, 1);
}

static void on_replied(struct conn *conn, const struct conn_message *message, int64_t now)
{
    struct scene *scene = conn->owner;
    assert_in_range(scene->replied, 0, TOLD - 1);
    scene->told[scene->replied++] = (struct told){*message, now};
    if (scene->again)
        conn_queue(conn, message->size, now);
    scene->again = false;
}

static void on_failed(struct conn *conn, enum conn_end end, int64_t now)
{
    struct scene *scene = conn->owner;
    (void)now;
    scene->failed++;
    scene->end = end;
}

static const struct conn_events events = {.connected = on_connected, .replied = on_replied, .failed = on_failed};

static struct scene *make(bool lines)
{
    static struct target target = {.text = "the peer", .type = SOCK_STREAM};
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->shared.loop = ev_loop_new(EVFLAG_NOENV);
    assert_non_null(scene->shared.loop);
    scene->shared.target = &target;
    scene->shared.events = &events;
    scene->shared.seed = 12345;
    scene->shared.numbers = &scene->numbers;
    scene->shared.depth = DEPTH;
    scene->shared.lines = lines;
    scene->conn.shared = &scene->shared;
    scene->conn.messages = scene->messages;
    scene->conn.owner = scene;
    scene->peer = -1;
    return scene;
}

static struct scene *begin(bool lines)
{
    struct scene *scene = make(lines);
    int fds[2];
    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), errno);
    scene->peer = fds[1];
    conn_adopt(&scene->conn, fds[0], 1);
    return scene;
}

static void end(struct scene *scene)
{
    conn_close(&scene->conn, false);
    ev_loop_destroy(scene->shared.loop);
    if (scene->peer != -1)
        close(scene->peer);
    free(scene);
}

/* What has come at the peer. */
static size_t take(struct scene *scene, unsigned char *data, size_t room)
{
    size_t length = 0;
    for (ssize_t n; length < room && (n = recv(scene->peer, data + length, room - length, 0)) > 0;)
        length += (size_t)n;
    return length;
}

static void give(struct scene *scene, const unsigned char *data, size_t length)
{
    assert_int_equal(send(scene->peer, data, length, MSG_NOSIGNAL), length);
}

/* One turn of the loop, which does not wait. */
static void turn(struct scene *scene)
{
    ev_run(scene->shared.loop, EVRUN_NOWAIT);
}

/* So many turns, with waiting, until something is told. */
static void turn_until_failed(struct scene *scene)
{
    for (int i = 0; i < 100 && scene->failed == 0; i++)
        ev_run(scene->shared.loop, EVRUN_ONCE);
    assert_int_equal(scene->failed, 1);
}

/* Messages. -------------------------------------------------------------------------------------------------------- */

static void test_all_that_are_sent_at_once_have_that_time(void **state)
{
    struct scene *scene = begin(false);
    unsigned char data[64];
    (void)state;
    for (int i = 0; i < 3; i++)
        conn_queue(&scene->conn, 10, 100 + i);
    conn_push(&scene->conn, 1000);
    assert_int_equal(take(scene, data, sizeof data), 30);
    assert_int_equal(conn_waiting_since(&scene->conn), 1000);
    assert_int_equal(conn_outstanding_since(&scene->conn, 101), 2);
    assert_int_equal(conn_outstanding_since(&scene->conn, 0), 3);
    give(scene, data, 30);
    turn(scene);
    assert_int_equal(scene->replied, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(scene->told[i].message.due, 100 + i);
        assert_int_equal(scene->told[i].message.sent, 1000);
        assert_int_equal(scene->told[i].message.size, 10);
        assert_int_equal(scene->told[i].message.end, 10 * (i + 1));
        assert_in_range(scene->told[i].now, clock_now() - CLOCK_SECOND, clock_now());
    }
    assert_int_equal(conn_waiting_since(&scene->conn), 0);
    assert_int_equal(conn_outstanding_since(&scene->conn, 0), 0);
    end(scene);
}

/* A message is sent when its first byte is with the kernel: one that waits behind another is sent later. */
static void test_what_the_kernel_does_not_take_is_sent_later(void **state)
{
    enum { LARGE = 8 << 20 };
    struct scene *scene = begin(false);
    unsigned char *data = malloc(LARGE + 10);
    (void)state;
    assert_non_null(data);
    conn_queue(&scene->conn, LARGE, 1);
    conn_queue(&scene->conn, 10, 2);
    conn_push(&scene->conn, 1000);
    assert_true(scene->conn.sent < LARGE);
    assert_int_equal(conn_waiting_since(&scene->conn), 1000);
    int64_t before = clock_now();
    size_t length = 0;
    while (length < LARGE + 10) {
        length += take(scene, data + length, LARGE + 10 - length);
        turn(scene);
    }
    for (size_t given = 0; given < length;) {
        ssize_t n = send(scene->peer, data + given, length - given, MSG_NOSIGNAL);
        given += n > 0 ? (size_t)n : 0;
        turn(scene);
    }
    turn(scene);
    assert_int_equal(scene->replied, 2);
    assert_int_equal(scene->told[0].message.sent, 1000);
    assert_in_range(scene->told[1].message.sent, before, clock_now());
    free(data);
    end(scene);
}

static void test_the_stream_is_the_pattern(void **state)
{
    struct scene *scene = begin(false);
    unsigned char data[300], wanted[300];
    (void)state;
    for (size_t i = 0; i < 3; i++)
        conn_queue(&scene->conn, 100, 1);
    conn_push(&scene->conn, 1);
    assert_int_equal(take(scene, data, sizeof data), 300);
    pattern_fill(&(struct pattern){.seed = 12345}, 0, wanted, sizeof wanted);
    assert_memory_equal(data, wanted, sizeof data);
    end(scene);
}

/* However they are cut: the newline that ends a message may be what comes alone. */
static void test_lines_end_in_newlines(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < 24; cut++) {
        struct scene *scene = begin(true);
        unsigned char data[64];
        for (size_t i = 0; i < 3; i++)
            conn_queue(&scene->conn, 8, 1);
        conn_push(&scene->conn, 1);
        assert_int_equal(take(scene, data, sizeof data), 24);
        for (size_t i = 0; i < 24; i++)
            assert_int_equal(data[i] == '\n', i % 8 == 7);
        give(scene, data, cut);
        turn(scene);
        assert_int_equal(scene->replied, cut / 8);
        give(scene, data + cut, 24 - cut);
        turn(scene);
        assert_int_equal(scene->replied, 3);
        assert_int_equal(scene->failed, 0);
        end(scene);
    }
}

static void test_a_wrong_newline_is_wrong(void **state)
{
    (void)state;
    for (size_t at = 0; at < 16; at++) {
        struct scene *scene = begin(true);
        unsigned char data[64];
        conn_queue(&scene->conn, 8, 1);
        conn_queue(&scene->conn, 8, 1);
        conn_push(&scene->conn, 1);
        assert_int_equal(take(scene, data, sizeof data), 16);
        unsigned char right = data[at];
        data[at] = right == '\n' ? 0x80 : '\n';
        give(scene, data, 16);
        turn_until_failed(scene);
        assert_int_equal(scene->end, CONN_WRONG);
        assert_int_equal(scene->conn.fault.offset, at);
        assert_int_equal(scene->conn.fault.expected, right);
        assert_int_equal(scene->conn.fault.received, data[at]);
        end(scene);
    }
}

/* Within `replied` conn_push need not be called. */
static void test_what_is_queued_in_a_reply_goes_out(void **state)
{
    struct scene *scene = begin(false);
    unsigned char data[64];
    (void)state;
    conn_queue(&scene->conn, 10, 1);
    conn_push(&scene->conn, 1);
    assert_int_equal(take(scene, data, sizeof data), 10);
    scene->again = true;
    give(scene, data, 10);
    turn(scene);
    assert_int_equal(take(scene, data, sizeof data), 10);
    assert_int_equal(conn_waiting_since(&scene->conn), scene->told[0].now);
    end(scene);
}

/* The ring goes round. */
static void test_more_messages_than_there_is_room_for_at_a_time(void **state)
{
    struct scene *scene = begin(false);
    (void)state;
    for (int i = 0; i < 3 * DEPTH; i++) {
        unsigned char data[64];
        conn_queue(&scene->conn, 1 + (uint64_t)i, i);
        if (i < 2)
            continue;
        conn_push(&scene->conn, 1);
        give(scene, data, take(scene, data, sizeof data));
        turn(scene);
    }
    assert_int_equal(scene->replied, 3 * DEPTH);
    for (size_t i = 0; i < scene->replied; i++)
        assert_int_equal(scene->told[i].message.due, i);
    end(scene);
}

/* Giving up. ------------------------------------------------------------------------------------------------------- */

static void test_a_reply_that_has_come_is_told_and_not_given_up(void **state)
{
    struct scene *scene = begin(false);
    unsigned char data[64];
    (void)state;
    conn_queue(&scene->conn, 10, 1);
    conn_push(&scene->conn, 1);
    give(scene, data, take(scene, data, sizeof data));
    conn_give_up(&scene->conn, 5000);
    assert_int_equal(scene->replied, 1);
    assert_int_equal(scene->failed, 0);
    assert_int_equal(scene->conn.state, CONN_OPEN);
    end(scene);
}

/* A part of it that has come unseen gains it as much time as it had; but one that drips does so once only. */
static void test_a_reply_that_drips_is_waited_for_once_more_and_no_longer(void **state)
{
    struct scene *scene = begin(false);
    unsigned char data[64];
    char text[CONN_END_TEXT];
    (void)state;
    conn_queue(&scene->conn, 10, 1);
    conn_push(&scene->conn, 1);
    take(scene, data, sizeof data);
    give(scene, data, 3);
    conn_give_up(&scene->conn, 5000);
    assert_int_equal(scene->failed, 0);
    assert_int_equal(conn_waiting_since(&scene->conn), 5000);
    give(scene, data + 3, 3);
    conn_give_up(&scene->conn, 10000);
    assert_int_equal(scene->failed, 1);
    assert_int_equal(scene->end, CONN_SILENT);
    assert_string_equal(conn_end_text(&scene->conn, scene->end, text),
                        "no reply from the peer in time: 4 of 10 bytes missing, from offset 6 on");
    assert_string_equal(conn_end_kind(&scene->conn, scene->end), "truncated");
    end(scene);
}

/* The next reply has its time again. */
static void test_each_reply_may_be_caught_up_with(void **state)
{
    struct scene *scene = begin(false);
    unsigned char data[64];
    (void)state;
    for (int i = 0; i < 2; i++)
        conn_queue(&scene->conn, 10, 1);
    conn_push(&scene->conn, 1);
    take(scene, data, sizeof data);
    give(scene, data, 3);
    conn_give_up(&scene->conn, 5000);
    assert_int_equal(conn_waiting_since(&scene->conn), 5000);
    give(scene, data + 3, 8);
    turn(scene);
    assert_int_equal(scene->replied, 1);
    assert_int_equal(conn_waiting_since(&scene->conn), 1);
    give(scene, data + 11, 1);
    conn_give_up(&scene->conn, 9000);
    assert_int_equal(scene->failed, 0);
    assert_int_equal(conn_waiting_since(&scene->conn), 9000);
    end(scene);
}

/* And so has the first one on another connection. */
static void test_another_connection_may_be_caught_up_with(void **state)
{
    struct scene *scene = begin(false);
    unsigned char data[64];
    int fds[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        conn_queue(&scene->conn, 10, 1);
        conn_push(&scene->conn, 1);
        take(scene, data, sizeof data);
        give(scene, data, 3);
        conn_give_up(&scene->conn, 5000);
        assert_int_equal(scene->failed, i);
        conn_give_up(&scene->conn, 10000);
        assert_int_equal(scene->failed, i + 1);
        close(scene->peer);
        assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), errno);
        scene->peer = fds[1];
        conn_adopt(&scene->conn, fds[0], 1);
    }
    end(scene);
}

static void test_silence_is_told(void **state)
{
    struct scene *scene = begin(false);
    char text[CONN_END_TEXT];
    (void)state;
    conn_queue(&scene->conn, 10, 1);
    conn_push(&scene->conn, 1);
    conn_give_up(&scene->conn, 5000);
    assert_int_equal(scene->failed, 1);
    assert_int_equal(scene->end, CONN_SILENT);
    assert_string_equal(conn_end_text(&scene->conn, scene->end, text), "no reply from the peer in time");
    assert_null(conn_end_kind(&scene->conn, scene->end));
    assert_int_equal(scene->conn.state, CONN_IDLE);
    end(scene);
}

static void test_an_end_is_told(void **state)
{
    struct scene *scene = begin(false);
    char text[CONN_END_TEXT];
    (void)state;
    close(scene->peer);
    scene->peer = -1;
    turn(scene);
    assert_int_equal(scene->failed, 1);
    assert_int_equal(scene->end, CONN_CLOSED);
    assert_string_equal(conn_end_text(&scene->conn, scene->end, text), "the peer closed the connection");
    end(scene);
}

/* If something could not be sent any more, why not says more than that it ended. */
static void test_why_sending_failed_is_told(void **state)
{
    struct scene *scene = begin(false);
    char text[CONN_END_TEXT];
    (void)state;
    close(scene->peer);
    scene->peer = -1;
    conn_queue(&scene->conn, 10, 1);
    conn_push(&scene->conn, 1);
    assert_int_equal(scene->failed, 0);
    turn(scene);
    assert_int_equal(scene->end, CONN_BROKEN);
    assert_string_equal(conn_end_text(&scene->conn, scene->end, text), "connection to the peer: Broken pipe");
    end(scene);
}

/* Replies that came before the end are told before it. */
static void test_a_reply_before_an_end_is_told(void **state)
{
    struct scene *scene = begin(false);
    unsigned char data[64];
    (void)state;
    conn_queue(&scene->conn, 10, 1);
    conn_queue(&scene->conn, 10, 1);
    conn_push(&scene->conn, 1);
    take(scene, data, sizeof data);
    give(scene, data, 10);
    close(scene->peer);
    scene->peer = -1;
    turn_until_failed(scene);
    assert_int_equal(scene->replied, 1);
    assert_int_equal(scene->conn.outstanding, 1);
    end(scene);
}

/* Wrong bytes. ----------------------------------------------------------------------------------------------------- */

/* A few bytes are waited on for more, 50 ms; enough of them are judged at once. */
static void test_evidence_is_waited_for(void **state)
{
    struct scene *scene = begin(false);
    unsigned char data[256];
    (void)state;
    conn_queue(&scene->conn, 200, 1);
    conn_push(&scene->conn, 1);
    take(scene, data, sizeof data);
    data[0] ^= 1;
    give(scene, data, 10);
    turn(scene);
    assert_int_equal(scene->failed, 0);
    assert_int_equal(scene->conn.doubtful, 10);
    give(scene, data + 10, CONN_EVIDENCE - 11);
    turn(scene);
    assert_int_equal(scene->failed, 0);
    give(scene, data + CONN_EVIDENCE - 1, 1);
    turn(scene);
    assert_int_equal(scene->failed, 1);
    assert_int_equal(scene->end, CONN_WRONG);
    assert_int_equal(scene->conn.fault.offset, 0);
    end(scene);
}

static void test_little_evidence_is_judged_in_time(void **state)
{
    struct scene *scene = begin(false);
    unsigned char data[256];
    (void)state;
    conn_queue(&scene->conn, 200, 1);
    conn_push(&scene->conn, 1);
    take(scene, data, sizeof data);
    data[5] ^= 1;
    give(scene, data, 10);
    int64_t before = clock_now();
    turn_until_failed(scene);
    assert_in_range(clock_now() - before, 40 * CLOCK_MS, 10 * CLOCK_SECOND);
    assert_int_equal(scene->end, CONN_WRONG);
    assert_int_equal(scene->conn.fault.offset, 5);
    end(scene);
}

/* What comes when nothing is owed is wrong at once. */
static void test_what_nobody_asked_for(void **state)
{
    struct scene *scene = begin(false);
    (void)state;
    give(scene, (const unsigned char *)"x", 1);
    turn(scene);
    assert_int_equal(scene->failed, 1);
    assert_int_equal(scene->end, CONN_WRONG);
    assert_string_equal(conn_end_kind(&scene->conn, scene->end), "extra");
    end(scene);
}

/* The owner ends the run: what is there is judged. */
static void test_judging_early(void **state)
{
    struct scene *scene = begin(false);
    unsigned char data[64];
    (void)state;
    conn_queue(&scene->conn, 64, 1);
    conn_push(&scene->conn, 1);
    take(scene, data, sizeof data);
    assert_false(conn_judge(&scene->conn, 5));
    data[1] ^= 1;
    give(scene, data, 3);
    turn(scene);
    assert_int_equal(scene->failed, 0);
    conn_give_up(&scene->conn, 5);
    assert_int_equal(scene->failed, 1);
    assert_int_equal(scene->end, CONN_WRONG);
    assert_false(conn_judge(&scene->conn, 5));
    end(scene);
}

/* Connecting. ------------------------------------------------------------------------------------------------------ */

static void name(struct target *target, int listener)
{
    target->length = sizeof target->address;
    assert_return_code(getsockname(listener, (struct sockaddr *)&target->address, &target->length), errno);
}

static int listen_on_loopback(int backlog)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof address), errno);
    assert_return_code(listen(fd, backlog), errno);
    return fd;
}

/* Over loopback the connection stands, and its message is out, when conn_open returns. */
static void test_connects_and_sends_at_once(void **state)
{
    struct scene *scene = make(false);
    struct target target = {.text = "here", .type = SOCK_STREAM};
    unsigned char data[64];
    int listener = listen_on_loopback(8);
    (void)state;
    name(&target, listener);
    scene->shared.target = &target;
    conn_open(&scene->conn, 7);
    assert_int_equal(scene->connected, 1);
    assert_int_equal(scene->conn.opened, 7);
    scene->peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    assert_int_equal(take(scene, data, sizeof data), 10);
    give(scene, data, 10);
    for (int i = 0; i < 100 && scene->replied == 0; i++)
        ev_run(scene->shared.loop, EVRUN_ONCE);
    assert_int_equal(scene->replied, 1);
    assert_int_equal(scene->connected, 1);
    close(listener);
    end(scene);
}

/* Echo as much as there is room for, once. */
static void echo(struct scene *scene, unsigned char *data, size_t room)
{
    size_t length = take(scene, data, room), given = 0;
    while (given < length) {
        ssize_t n = send(scene->peer, data + given, length - given, MSG_NOSIGNAL);
        given += n > 0 ? (size_t)n : 0;
        turn(scene);
    }
    turn(scene);
}

/* A long reply, of which the kernel keeps more than one recv(2) takes, has come altogether. */
static void test_all_of_a_long_reply_is_caught_up_with(void **state)
{
    enum { LENGTH = 3 * CONN_BUFFER, ROUNDS = 200 };
    struct scene *scene = make(false);
    struct target target = {.text = "here", .type = SOCK_STREAM};
    unsigned char *data = malloc(LENGTH);
    int listener = listen_on_loopback(8);
    (void)state;
    assert_non_null(data);
    name(&target, listener);
    scene->shared.target = &target;
    conn_open(&scene->conn, 7);
    scene->peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    while (scene->replied == 0)
        echo(scene, data, LENGTH);
    for (int i = 0; i < 20; i++) { /* the kernel learns to keep more */
        size_t replied = scene->replied = 0;
        conn_queue(&scene->conn, LENGTH, 1);
        conn_push(&scene->conn, 1);
        while (scene->replied == replied)
            echo(scene, data, LENGTH);
    }
    conn_queue(&scene->conn, LENGTH, 1);
    conn_push(&scene->conn, 1);
    size_t length = 0, given = 0;
    while (length < LENGTH) {
        length += take(scene, data + length, LENGTH - length);
        conn_push(&scene->conn, 1);
    }
    for (int i = 0; i < ROUNDS && given < LENGTH; i++) {
        ssize_t n = send(scene->peer, data + given, LENGTH - given, MSG_NOSIGNAL);
        given += n > 0 ? (size_t)n : 0;
    }
    usleep(10000); /* for the kernel's own queues */
    scene->replied = 0;
    conn_catch_up(&scene->conn);
    if (given < LENGTH)
        unit_note("the kernel keeps %zu bytes only\n", given);
    else
        assert_int_equal(scene->replied, 1);
    free(data);
    close(listener);
    end(scene);
}

/* What is refused is told later, from the loop, and not before conn_open returns. */
static void test_a_refusal_is_told_from_the_loop(void **state)
{
    struct scene *scene = make(false);
    struct target target = {.text = "here", .type = SOCK_STREAM};
    char text[CONN_END_TEXT];
    int listener = listen_on_loopback(8);
    (void)state;
    name(&target, listener);
    close(listener);
    scene->shared.target = &target;
    conn_open(&scene->conn, 7);
    assert_int_equal(scene->failed, 0);
    assert_int_equal(conn_waiting_since(&scene->conn), 7);
    turn_until_failed(scene);
    assert_int_equal(scene->end, CONN_REFUSED);
    assert_string_equal(conn_end_text(&scene->conn, scene->end, text), "cannot connect to here: Connection refused");
    end(scene);
}

static void test_no_answer_is_no_refusal(void **state)
{
    struct scene *scene = make(false);
    struct target target = {.text = "here", .type = SOCK_STREAM};
    struct tally *tally = calloc(1, sizeof *tally);
    int listener = listen_on_loopback(0), first;
    (void)state;
    name(&target, listener);
    first = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(connect(first, (struct sockaddr *)&target.address, target.length), errno);
    scene->shared.target = &target;
    conn_open(&scene->conn, 7);
    turn(scene);
    assert_int_equal(scene->connected + scene->failed, 0);
    conn_give_up(&scene->conn, 8);
    assert_int_equal(scene->end, CONN_UNANSWERED);
    conn_count_end(tally, scene->end);
    assert_int_equal(tally->refused, 1);
    assert_int_equal(tally->unanswered, 1);
    assert_int_equal(tally->broken + tally->wrong + tally->local, 0);
    free(tally);
    close(first);
    close(listener);
    end(scene);
}

/* No descriptor is left: this machine's own affair. */
static void test_a_lack_here_is_no_refusal(void **state)
{
    struct scene *scene = make(false);
    struct target target = {.text = "here", .type = SOCK_STREAM, .address.ss_family = 9999};
    struct tally *tally = calloc(1, sizeof *tally);
    (void)state;
    scene->shared.target = &target;
    conn_open(&scene->conn, 7);
    assert_int_equal(scene->failed, 0);
    turn_until_failed(scene);
    assert_int_equal(scene->conn.error, EAFNOSUPPORT);
    conn_count_end(tally, CONN_LOCAL);
    assert_int_equal(tally->local, 1);
    assert_int_equal(tally->refused, 0);
    free(tally);
    end(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_are_sent_at_once_have_that_time),
        cmocka_unit_test(test_what_the_kernel_does_not_take_is_sent_later),
        cmocka_unit_test(test_the_stream_is_the_pattern),
        cmocka_unit_test(test_lines_end_in_newlines),
        cmocka_unit_test(test_a_wrong_newline_is_wrong),
        cmocka_unit_test(test_what_is_queued_in_a_reply_goes_out),
        cmocka_unit_test(test_more_messages_than_there_is_room_for_at_a_time),
        cmocka_unit_test(test_a_reply_that_has_come_is_told_and_not_given_up),
        cmocka_unit_test(test_a_reply_that_drips_is_waited_for_once_more_and_no_longer),
        cmocka_unit_test(test_each_reply_may_be_caught_up_with),
        cmocka_unit_test(test_another_connection_may_be_caught_up_with),
        cmocka_unit_test(test_silence_is_told),
        cmocka_unit_test(test_an_end_is_told),
        cmocka_unit_test(test_why_sending_failed_is_told),
        cmocka_unit_test(test_a_reply_before_an_end_is_told),
        cmocka_unit_test(test_evidence_is_waited_for),
        cmocka_unit_test(test_little_evidence_is_judged_in_time),
        cmocka_unit_test(test_what_nobody_asked_for),
        cmocka_unit_test(test_judging_early),
        cmocka_unit_test(test_connects_and_sends_at_once),
        cmocka_unit_test(test_all_of_a_long_reply_is_caught_up_with),
        cmocka_unit_test(test_a_refusal_is_told_from_the_loop),
        cmocka_unit_test(test_no_answer_is_no_refusal),
        cmocka_unit_test(test_a_lack_here_is_no_refusal),
    };
    return unit_run("conn", tests, NULL, NULL);
}
