/* target.c: which of several addresses is the one, and until when they are tried. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>

#include "client/base/clock.h"
#include "client/base/target.h"

/* A listening socket on loopback, and its address. */
static int listener(struct target *target, const char *name)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof address), errno);
    assert_return_code(listen(fd, 8), errno);
    *target = (struct target){.length = sizeof target->address, .type = SOCK_STREAM};
    assert_return_code(getsockname(fd, (struct sockaddr *)&target->address, &target->length), errno);
    snprintf(target->text, sizeof target->text, "%s", name);
    return fd;
}

static void test_the_first_that_answers(void **state)
{
    static struct target_found found;
    struct target targets[3];
    int first = listener(&targets[0], "first"), second = listener(&targets[1], "second"),
        third = listener(&targets[2], "third");
    (void)state;
    close(first);
    assert_int_equal(target_connect(targets, 3, 0, INT64_MAX, &found), STATUS_GOOD);
    assert_ptr_equal(found.target, &targets[1]);
    assert_true(found.took >= 0);
    target_close(found.fd, true);
    close(second);
    close(third);
    assert_int_equal(target_connect(targets, 3, 0, INT64_MAX, &found), STATUS_NO_CONNECTION);
    assert_int_equal(found.fd, -1);
    assert_string_equal(found.why, "cannot connect to first: Connection refused; second: Connection refused; third: "
                                   "Connection refused");
}

/* After its time is up no further address is tried. */
static void test_no_longer_than_until(void **state)
{
    static struct target_found found;
    struct target targets[2];
    int first = listener(&targets[0], "first"), second = listener(&targets[1], "second");
    (void)state;
    close(first);
    assert_int_equal(target_connect(targets, 2, 0, clock_now(), &found), STATUS_NO_CONNECTION);
    assert_string_equal(found.why, "cannot connect to first: Connection refused");
    close(second);
}

static void test_headers(void **state)
{
    struct target target = {.address.ss_family = AF_INET};
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&target.address;
    (void)state;
    assert_int_equal(target_headers(&target), 28);
    six->sin6_family = AF_INET6;
    six->sin6_addr = in6addr_loopback;
    assert_int_equal(target_headers(&target), 48);
    inet_pton(AF_INET6, "::ffff:192.0.2.1", &six->sin6_addr);
    assert_int_equal(target_headers(&target), 28);
}

static void test_whose_fault_it_is(void **state)
{
    static const int local[] = {EMFILE, ENFILE, ENOMEM, ENOBUFS, EADDRNOTAVAIL};
    static const int other[] = {ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENOENT, EACCES, EAGAIN};
    (void)state;
    for (size_t i = 0; i < unit_count(local); i++)
        assert_true(target_is_local(local[i]));
    for (size_t i = 0; i < unit_count(other); i++) {
        assert_false(target_is_local(other[i]));
        assert_string_equal(target_error_text(other[i]), strerror(other[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_that_answers),
        cmocka_unit_test(test_no_longer_than_until),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_whose_fault_it_is),
    };
    return unit_run("target", tests, NULL, NULL);
}
