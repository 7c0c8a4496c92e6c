/* session.c: taking input, as far as there is room. The rest is tested from outside. */
#include "unit.h"

#include "client/line/session.h"

static void fill(struct session *session, size_t left)
{
    static const unsigned char newlines[1024] = {'\n'};
    while (window_room(&session->window) > left + sizeof newlines)
        assert_int_equal(session_put(session, newlines, sizeof newlines), sizeof newlines);
    for (size_t i = window_room(&session->window) - left; i > 0; i--)
        assert_int_equal(session_put(session, (const unsigned char *)"\n", 1), 1);
}

/* A q at the beginning of a line is held back until the next byte says that it is no goodbye: then there are two. */
static void test_leaves_room_for_what_is_held(void **state)
{
    struct session *session = calloc(1, sizeof *session);
    (void)state;
    assert_non_null(session);
    session->typed = true;
    fill(session, 2);
    assert_int_equal(session_put(session, (const unsigned char *)"q", 1), 1);
    assert_int_equal(session_put(session, (const unsigned char *)"xy", 2), 1);
    assert_int_equal(window_room(&session->window), 0);
    assert_int_equal(session_put(session, (const unsigned char *)"y", 1), 0);
    free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_leaves_room_for_what_is_held)};
    return unit_run("session", tests, NULL, NULL);
}
