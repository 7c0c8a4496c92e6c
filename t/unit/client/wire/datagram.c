/* datagram.c against a socket of the test's own, which answers what, when and how often the test says. */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "client/base/clock.h"
#include "client/wire/datagram.h"

enum { TOLD = 2048, SIZE = 64 };

struct told {
    struct datagram_event event;
    int64_t now;
};

struct scene {
    struct datagram_shared shared;
    struct datagram_socket socket;
    struct target target;
    struct tally tally;
    struct problems problems;
    int64_t since;
    int server;
    struct sockaddr_storage client;
    socklen_t length;
    size_t count;
    struct told told[TOLD];
};

static void on_event(struct datagram_socket *socket, const struct datagram_event *event, int64_t now)
{
    struct scene *scene = socket->owner;
    assert_in_range(scene->count, 0, TOLD - 1);
    scene->told[scene->count++] = (struct told){*event, now};
}

static struct scene *begin(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->server = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_return_code(bind(scene->server, (struct sockaddr *)&address, sizeof address), errno);
    scene->target = (struct target){.type = SOCK_DGRAM, .length = sizeof scene->target.address, .text = "the server"};
    getsockname(scene->server, (struct sockaddr *)&scene->target.address, &scene->target.length);
    scene->shared.target = &scene->target;
    scene->shared.seed = 12345;
    scene->shared.timeout = CLOCK_SECOND;
    scene->shared.memory = 256;
    scene->shared.sockets = 1;
    scene->shared.tally = &scene->tally;
    scene->shared.problems = &scene->problems;
    scene->shared.on_event = on_event;
    scene->socket.shared = &scene->shared;
    scene->socket.owner = scene;
    assert_true(datagram_open(&scene->socket));
    return scene;
}

static void end(struct scene *scene)
{
    datagram_close(&scene->socket);
    close(scene->server);
    free(scene);
}

static void send_one(struct scene *scene)
{
    assert_int_equal(datagram_send(&scene->socket, SIZE, INT64_MAX), DATAGRAM_SENT);
}

/* What came at the server. */
static size_t take(struct scene *scene, unsigned char data[SIZE])
{
    scene->length = sizeof scene->client;
    ssize_t n = recvfrom(scene->server, data, SIZE, 0, (struct sockaddr *)&scene->client, &scene->length);
    assert_return_code(n, errno);
    return (size_t)n;
}

static void give(struct scene *scene, const unsigned char *data, size_t length)
{
    assert_int_equal(sendto(scene->server, data, length, 0, (struct sockaddr *)&scene->client, scene->length), length);
}

static const struct datagram_event *last(const struct scene *scene)
{
    assert_in_range(scene->count, 1, TOLD);
    return &scene->told[scene->count - 1].event;
}

static void echo_one(struct scene *scene)
{
    unsigned char data[SIZE];
    send_one(scene);
    give(scene, data, take(scene, data));
    datagram_receive(&scene->socket);
    assert_int_equal(last(scene)->kind, DATAGRAM_REPLIED);
}

/* RFC 4737: a reply is reordered if one to a later datagram has come before; by one is enough. */
static void test_reordering(void **state)
{
    struct scene *scene = begin();
    static const size_t order[] = {1, 0, 4, 2, 3, 5, 7, 6};
    static const bool reordered[] = {false, true, false, true, true, false, false, true};
    unsigned char data[8][SIZE];
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        send_one(scene);
        take(scene, data[i]);
    }
    for (size_t i = 0; i < 8; i++) {
        give(scene, data[order[i]], SIZE);
        datagram_receive(&scene->socket);
        assert_int_equal(scene->count, i + 1);
        assert_int_equal(last(scene)->kind, DATAGRAM_REPLIED);
        assert_int_equal(last(scene)->number, order[i]);
        assert_int_equal(last(scene)->reordered, reordered[i]);
        assert_int_equal(last(scene)->first, i == 0);
        assert_true(last(scene)->ended);
    }
    assert_int_equal(scene->tally.reordered, 4);
    assert_int_equal(scene->tally.replied, 8);
    assert_int_equal(scene->tally.connected, 1);
    assert_int_equal(scene->tally.bytes, 8 * SIZE);
    assert_int_equal(scene->socket.outstanding, 0);
    end(scene);
}

/* RFC 3550, appendix A.8, computed again from the times that were told. */
static void test_jitter(void **state)
{
    struct scene *scene = begin();
    double jitter = 0, sum = 0;
    int64_t before = 0;
    (void)state;
    for (size_t i = 0; i < 40; i++) {
        unsigned char data[SIZE];
        send_one(scene);
        size_t length = take(scene, data);
        if (i % 5 == 0)
            usleep(2000);
        give(scene, data, length);
        datagram_receive(&scene->socket);
        int64_t transit = scene->told[i].now - last(scene)->sent;
        int64_t difference = transit > before ? transit - before : before - transit;
        if (i > 0) {
            jitter += ((double)difference - jitter) / 16;
            sum += (double)difference;
            assert_int_equal(last(scene)->variation, difference);
        } else {
            assert_true(last(scene)->variation < 0);
        }
        before = transit;
    }
    unit_assert_near(scene->tally.jitter, jitter);
    assert_int_equal(scene->tally.variation.count, 39);
    unit_assert_near(hist_mean(&scene->tally.variation), sum / 39);
    assert_true(jitter > 100000);
    end(scene);
}

static void test_duplicates(void **state)
{
    struct scene *scene = begin();
    unsigned char data[SIZE];
    (void)state;
    send_one(scene);
    take(scene, data);
    for (int i = 0; i < 3; i++) {
        give(scene, data, SIZE);
        datagram_receive(&scene->socket);
        assert_int_equal(last(scene)->kind, i == 0 ? DATAGRAM_REPLIED : DATAGRAM_DUPLICATE);
        assert_int_equal(last(scene)->ended, i == 0);
    }
    assert_int_equal(scene->tally.duplicates, 2);
    assert_int_equal(scene->tally.replied, 1);
    assert_int_equal(scene->tally.lost, 0);
    end(scene);
}

static void test_losses_and_what_is_late(void **state)
{
    struct scene *scene = begin();
    unsigned char data[SIZE];
    (void)state;
    assert_int_equal(datagram_deadline(&scene->socket), INT64_MAX);
    int64_t before = clock_now();
    send_one(scene);
    send_one(scene);
    take(scene, data);
    assert_in_range(datagram_deadline(&scene->socket), before + CLOCK_SECOND, clock_now() + CLOCK_SECOND);
    datagram_expire(&scene->socket, datagram_deadline(&scene->socket) - 1);
    assert_int_equal(scene->count, 0);
    datagram_expire(&scene->socket, datagram_deadline(&scene->socket));
    assert_int_equal(scene->count, 1);
    assert_int_equal(last(scene)->kind, DATAGRAM_LOST);
    assert_int_equal(last(scene)->number, 0);
    assert_int_equal(scene->socket.outstanding, 1);
    give(scene, data, SIZE);
    datagram_receive(&scene->socket);
    assert_int_equal(last(scene)->kind, DATAGRAM_LATE);
    assert_int_equal(scene->tally.lost, 1);
    assert_int_equal(scene->tally.replied, 0);
    give(scene, data, SIZE);
    datagram_receive(&scene->socket);
    assert_int_equal(last(scene)->kind, DATAGRAM_DUPLICATE);
    end(scene);
}

/* What was sent so long ago that it is forgotten, and comes back. */
static void test_what_is_forgotten(void **state)
{
    struct scene *scene = begin();
    unsigned char data[SIZE];
    (void)state;
    send_one(scene);
    take(scene, data);
    for (size_t i = 0; i < scene->shared.memory - 1; i++)
        echo_one(scene);
    give(scene, data, SIZE);
    datagram_receive(&scene->socket);
    assert_int_equal(last(scene)->kind, DATAGRAM_REPLIED);
    assert_int_equal(last(scene)->number, 0);
    echo_one(scene);
    give(scene, data, SIZE);
    datagram_receive(&scene->socket);
    assert_int_equal(last(scene)->kind, DATAGRAM_LATE);
    assert_int_equal(last(scene)->due, 0);
    assert_int_equal(scene->tally.lost, 0);
    end(scene);
}

/* If none of those that are remembered is answered, the oldest is given up when another is sent. */
static void test_memory_is_bounded(void **state)
{
    struct scene *scene = begin();
    (void)state;
    for (size_t i = 0; i < scene->shared.memory; i++)
        send_one(scene);
    assert_int_equal(scene->count, 0);
    assert_int_equal(scene->socket.outstanding, scene->shared.memory);
    send_one(scene);
    assert_int_equal(scene->count, 1);
    assert_int_equal(last(scene)->kind, DATAGRAM_LOST);
    assert_int_equal(last(scene)->number, 0);
    assert_int_equal(scene->socket.outstanding, scene->shared.memory);
    assert_int_equal(scene->tally.sent, scene->shared.memory + 1);
    end(scene);
}

static void test_wrong_bytes(void **state)
{
    (void)state;
    for (size_t at = 0; at < SIZE; at++) {
        struct scene *scene = begin();
        unsigned char data[SIZE];
        send_one(scene);
        take(scene, data);
        unsigned char right = data[at];
        data[at] ^= 1;
        give(scene, data, SIZE);
        datagram_receive(&scene->socket);
        assert_int_equal(last(scene)->kind, DATAGRAM_CHANGED);
        assert_int_equal(last(scene)->offset, at);
        assert_int_equal(last(scene)->expected, right);
        assert_int_equal(last(scene)->received, data[at]);
        assert_int_equal(scene->tally.wrong, 1);
        assert_int_equal(scene->tally.lost, 1);
        assert_int_equal(scene->socket.outstanding, 0);
        end(scene);
    }
}

static void test_other_lengths(void **state)
{
    struct scene *scene = begin();
    unsigned char data[SIZE + 1] = {0};
    (void)state;
    send_one(scene);
    take(scene, data);
    give(scene, data, SIZE - 1);
    datagram_receive(&scene->socket);
    assert_int_equal(last(scene)->kind, DATAGRAM_TRUNCATED);
    assert_int_equal(last(scene)->length, SIZE - 1);
    send_one(scene);
    take(scene, data);
    give(scene, data, SIZE + 1);
    datagram_receive(&scene->socket);
    assert_int_equal(last(scene)->kind, DATAGRAM_EXTENDED);
    assert_int_equal(last(scene)->size, SIZE);
    assert_int_equal(scene->tally.wrong, 2);
    assert_int_equal(scene->tally.lost, 2);
    end(scene);
}

/* Of our own sockets another one's; of none, nobody's. */
static void test_what_is_not_its_own(void **state)
{
    struct scene *scene = begin();
    unsigned char data[SIZE];
    (void)state;
    scene->shared.sockets = 3;
    send_one(scene);
    take(scene, data);
    pattern_fill(&(struct pattern){.seed = 12345}, 2 * DATAGRAM_SPACE, data, SIZE);
    give(scene, data, SIZE);
    datagram_receive(&scene->socket);
    assert_int_equal(last(scene)->kind, DATAGRAM_FOREIGN);
    assert_int_equal(last(scene)->socket, 2);
    pattern_fill(&(struct pattern){.seed = 12345}, 3 * DATAGRAM_SPACE, data, SIZE);
    give(scene, data, SIZE);
    datagram_receive(&scene->socket);
    assert_int_equal(last(scene)->kind, DATAGRAM_UNKNOWN);
    assert_false(last(scene)->known);
    /* Another socket's, but of the middle of a datagram. */
    pattern_fill(&(struct pattern){.seed = 12345}, 2 * DATAGRAM_SPACE + 8, data, SIZE);
    give(scene, data, SIZE);
    datagram_receive(&scene->socket);
    assert_int_equal(last(scene)->kind, DATAGRAM_UNKNOWN);
    /* Datagrams that were never sent. */
    for (uint32_t i = 0; i < 3; i++) {
        pattern_fill(&(struct pattern){.seed = 12345, .connection = i == 2 ? 1 : UINT32_MAX - i}, 0, data, SIZE);
        give(scene, data, SIZE);
        datagram_receive(&scene->socket);
        assert_int_equal(last(scene)->kind, DATAGRAM_UNKNOWN);
        assert_false(last(scene)->known);
    }
    assert_int_equal(scene->tally.wrong, 6);
    assert_int_equal(scene->tally.lost, 0);
    assert_int_equal(scene->socket.outstanding, 1);
    end(scene);
}

/* What was due before the measuring began does not count; wrong bytes do. */
static void test_what_does_not_count(void **state)
{
    struct scene *scene = begin();
    unsigned char data[SIZE];
    (void)state;
    scene->shared.since = &scene->since;
    scene->since = INT64_MAX;
    echo_one(scene);
    assert_int_equal(scene->tally.sent + scene->tally.replied + scene->tally.bytes, 0);
    assert_int_equal(scene->tally.response.count, 0);
    send_one(scene);
    take(scene, data);
    data[0] ^= 1;
    give(scene, data, SIZE);
    datagram_receive(&scene->socket);
    assert_int_equal(scene->tally.wrong, 1);
    assert_int_equal(scene->tally.lost, 0);
    end(scene);
}

/* Nobody is there: the message of ICMP is about the one datagram, and counts once. */
static void test_a_closed_port(void **state)
{
    struct scene *scene = begin();
    char text[DATAGRAM_TEXT];
    (void)state;
    close(scene->server);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(datagram_send(&scene->socket, SIZE, INT64_MAX), DATAGRAM_SENT);
        datagram_receive(&scene->socket);
        assert_int_equal(scene->count, i + 1);
        assert_int_equal(last(scene)->kind, DATAGRAM_FAILED);
        assert_int_equal(last(scene)->number, i);
        assert_int_equal(last(scene)->error, ECONNREFUSED);
        assert_int_equal(last(scene)->icmp.type, 3);
        assert_int_equal(last(scene)->icmp.code, 3);
        assert_string_equal(datagram_text(last(scene), text), "port unreachable, says 127.0.0.1");
    }
    assert_int_equal(scene->tally.refused, 3);
    assert_int_equal(scene->tally.lost, 3);
    assert_int_equal(scene->socket.outstanding, 0);
    /* Unread when the next one is sent, it is still the last one's. */
    datagram_send(&scene->socket, SIZE, INT64_MAX);
    datagram_send(&scene->socket, SIZE, INT64_MAX);
    datagram_receive(&scene->socket);
    assert_int_equal(scene->tally.refused, 5);
    assert_int_equal(scene->tally.sent, 5);
    scene->server = -1;
    end(scene);
}

/* A message of ICMP that comes after the datagram was given up says why, once. */
static void test_a_refusal_that_comes_late(void **state)
{
    struct scene *scene = begin();
    (void)state;
    close(scene->server);
    send_one(scene);
    datagram_expire(&scene->socket, datagram_deadline(&scene->socket));
    assert_int_equal(last(scene)->kind, DATAGRAM_LOST);
    datagram_receive(&scene->socket);
    assert_int_equal(scene->count, 2);
    assert_int_equal(last(scene)->kind, DATAGRAM_FAILED);
    assert_false(last(scene)->ended);
    assert_true(last(scene)->refused);
    assert_int_equal(scene->tally.refused, 1);
    assert_int_equal(scene->tally.lost, 1);
    scene->server = -1;
    end(scene);
}

/* The response counts from when it was due, the service from when it was sent. */
static void test_what_is_sent_late(void **state)
{
    struct scene *scene = begin();
    unsigned char data[SIZE];
    int64_t due = clock_now() - 5 * CLOCK_SECOND;
    (void)state;
    scene->shared.open_loop = true;
    datagram_send(&scene->socket, SIZE, due);
    give(scene, data, take(scene, data));
    datagram_receive(&scene->socket);
    assert_int_equal(last(scene)->due, due);
    assert_true(scene->tally.response.min >= 5 * CLOCK_SECOND);
    assert_in_range(scene->tally.service.max, 1, 4 * CLOCK_SECOND);
    end(scene);
}

/* What the kernel threw away, since the last time. */
static void test_overflow(void **state)
{
    struct scene *scene = begin();
    unsigned char data[SIZE];
    int small = 1;
    (void)state;
    setsockopt(scene->socket.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(datagram_overflowed(&scene->socket), 0);
    send_one(scene);
    take(scene, data);
    for (int i = 0; i < 100; i++)
        give(scene, data, SIZE);
    assert_in_range(datagram_overflowed(&scene->socket), 1, 100);
    assert_int_equal(datagram_overflowed(&scene->socket), 0);
    end(scene);
}

/* An error for which there is no room in the queue is still an earlier datagram's: what is sent now is sent. */
static void test_an_error_that_was_not_queued(void **state)
{
    struct scene *scene = begin();
    unsigned char data[SIZE];
    int small = 1;
    (void)state;
    setsockopt(scene->socket.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    send_one(scene);
    take(scene, data);
    for (int i = 0; i < 100; i++)
        give(scene, data, SIZE);
    close(scene->server);
    send_one(scene);
    send_one(scene);
    assert_int_equal(scene->count, 0);
    scene->server = -1;
    end(scene);
}

/* Nobody looked for longer than the timeout: what has come since may have come in time, all of it. */
static void test_what_came_while_nobody_looked(void **state)
{
    enum { COUNT = 200 };
    struct scene *scene = begin();
    unsigned char data[SIZE];
    (void)state;
    scene->shared.timeout = 100 * CLOCK_MS;
    for (size_t i = 0; i < COUNT; i++) {
        send_one(scene);
        give(scene, data, take(scene, data));
    }
    send_one(scene);
    usleep(350000);
    datagram_expire(&scene->socket, clock_now());
    assert_int_equal(scene->tally.replied, COUNT);
    assert_int_equal(scene->tally.lost, 1);
    end(scene);
}

/* A full send buffer: to who is patient as if nothing had been asked for. */
static void test_busy(void **state)
{
    struct scene *scene = begin();
    int small = 1;
    (void)state;
    setsockopt(scene->socket.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    echo_one(scene);
    uint64_t next = scene->socket.next, outstanding = scene->socket.outstanding, sent = scene->tally.sent;
    scene->shared.patient = true;
    if (datagram_send(&scene->socket, DATAGRAM_MAX, INT64_MAX) != DATAGRAM_BUSY) {
        unit_note("the kernel takes it all\n");
    } else {
        assert_int_equal(scene->socket.next, next);
        assert_int_equal(scene->socket.outstanding, outstanding);
        assert_int_equal(scene->tally.sent, sent);
        assert_int_equal(scene->count, 1);
    }
    end(scene);
}

static void test_memory(void **state)
{
    (void)state;
    assert_int_equal(datagram_memory(0), 256);
    assert_int_equal(datagram_memory(256), 256);
    assert_int_equal(datagram_memory(257), 512);
    assert_int_equal(datagram_memory(1e12), 1 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reordering),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_losses_and_what_is_late),
        cmocka_unit_test(test_what_is_forgotten),
        cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_wrong_bytes),
        cmocka_unit_test(test_other_lengths),
        cmocka_unit_test(test_what_is_not_its_own),
        cmocka_unit_test(test_what_does_not_count),
        cmocka_unit_test(test_a_closed_port),
        cmocka_unit_test(test_a_refusal_that_comes_late),
        cmocka_unit_test(test_what_is_sent_late),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_an_error_that_was_not_queued),
        cmocka_unit_test(test_what_came_while_nobody_looked),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_memory),
    };
    return unit_run("datagram", tests, NULL, NULL);
}
