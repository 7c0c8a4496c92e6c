/* differ.c: the kind of a difference, and how much is missing or extra, in data that has much in common with itself. */
#include "unit.h"

#include "client/line/differ.h"

/* What was sent, all of it owed, and what came instead. */
struct scene {
    struct window window;
    struct differ differ;
};

static struct scene *begin(const void *sent, size_t sent_length, const void *came, size_t came_length)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    window_put(&scene->window, sent, sent_length);
    window_mark_sent(&scene->window, sent_length);
    size_t matched = window_match(&scene->window, came, came_length);
    differ_add(&scene->differ, &scene->window, (const unsigned char *)came + matched, came_length - matched);
    return scene;
}

static void assert_kind(struct scene *scene, bool ended, enum differ_kind kind, size_t count)
{
    size_t found = 12345;
    assert_int_equal(differ_judge(&scene->differ, &scene->window, ended, &found), kind);
    assert_int_equal(found, count);
    free(scene);
}

/* Numbered lines, as in a log: a few bytes in a row are often the same. */
static size_t write_lines(char *text, unsigned from, unsigned to)
{
    size_t n = 0;
    for (unsigned i = from; i < to; i++)
        n += (size_t)sprintf(text + n, "%06u: ok\n", i * 1237 % 1000000);
    return n;
}

enum { LINE = 11, LINES = 100 };

static void test_missing(void **state)
{
    char sent[LINES * LINE + 1], came[LINES * LINE + 1];
    (void)state;
    size_t length = write_lines(sent, 0, LINES), first = write_lines(came, 0, 10);
    size_t after = first + write_lines(came + first, 13, LINES);
    assert_kind(begin(sent, length, came, after), false, DIFFER_MISSING, 3 * LINE);
}

static void test_extra(void **state)
{
    char sent[LINES * LINE + 1], came[2 * LINES * LINE + 1];
    (void)state;
    size_t length = write_lines(sent, 0, LINES), first = write_lines(came, 0, 10);
    first += write_lines(came + first, 50, 53);
    size_t all = first + write_lines(came + first, 10, LINES);
    assert_kind(begin(sent, length, came, all), false, DIFFER_EXTRA, 3 * LINE);
}

/* Of a line that is changed the rest, and the next one's beginning, are the same elsewhere, too. */
static void test_changed(void **state)
{
    char sent[LINES * LINE + 1], came[LINES * LINE + 1];
    (void)state;
    size_t length = write_lines(sent, 0, LINES);
    write_lines(came, 0, LINES);
    memcpy(came + 10 * LINE, "012379: no\n", LINE); /* instead of "012370: ok", of which the end comes again */
    assert_kind(begin(sent, length, came, length), false, DIFFER_CHANGED, 0);
    came[50 * LINE] = 'x';
    memcpy(came, sent, 50 * LINE);
    assert_kind(begin(sent, length, came, length), false, DIFFER_CHANGED, 0);
}

/* No two of its bytes are the same. */
static void fill(unsigned char *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        data[i] = (unsigned char)(1 + i * 7);
}

/* Sixteen bytes in a row are proof, fewer are not. */
static void test_proof(void **state)
{
    unsigned char sent[60], came[60] = {0};
    (void)state;
    fill(sent, sizeof sent);
    assert_kind(begin(sent, 17, sent + 1, 16), false, DIFFER_MISSING, 1);
    assert_kind(begin(sent, 16, sent + 1, 15), false, DIFFER_CHANGED, 0);
    memcpy(came + 1, sent, 16);
    assert_kind(begin(sent, 16, came, 17), false, DIFFER_EXTRA, 1);
    assert_kind(begin(sent, 16, came, 16), false, DIFFER_CHANGED, 0);
    memset(came, 0, sizeof came);
    memcpy(came + 20, sent, 15);
    assert_kind(begin(sent, 60, came, 60), true, DIFFER_CHANGED, 0);
}

static void test_unowed(void **state)
{
    (void)state;
    struct scene *scene = begin("hello", 5, "hello world", 11);
    assert_true(differ_enough(&scene->differ));
    assert_kind(scene, false, DIFFER_EXTRA, 6);
    scene = begin("", 0, "one", 3);
    window_put(&scene->window, (const unsigned char *)"hello", 5);
    window_mark_sent(&scene->window, 5);
    differ_add(&scene->differ, &scene->window, (const unsigned char *)"two", 3);
    assert_kind(scene, false, DIFFER_EXTRA, 6);
    scene = begin("hello", 5, "help", 4);
    assert_false(differ_enough(&scene->differ));
    free(scene);
}

/* When both streams have ended their lengths tell. */
static void test_lengths(void **state)
{
    (void)state;
    assert_kind(begin("hello world", 11, "help", 4), false, DIFFER_CHANGED, 0);
    assert_kind(begin("hello world", 11, "help", 4), true, DIFFER_MISSING, 7);
    assert_kind(begin("hello", 5, "help me now", 11), true, DIFFER_EXTRA, 6);
    assert_kind(begin("hello", 5, "helpo", 5), true, DIFFER_CHANGED, 0);
}

static void test_sample_is_bounded(void **state)
{
    static unsigned char sent[DIFFER_SAMPLE + 10], came[DIFFER_SAMPLE + 10];
    (void)state;
    memset(came, 1, sizeof came);
    struct scene *scene = begin(sent, sizeof sent, came, DIFFER_SAMPLE - 1);
    assert_false(differ_enough(&scene->differ));
    differ_add(&scene->differ, &scene->window, came, 11);
    assert_int_equal(scene->differ.length, DIFFER_SAMPLE);
    assert_true(differ_enough(&scene->differ));
    free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_extra),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_proof),
        cmocka_unit_test(test_unowed),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_sample_is_bounded),
    };
    return unit_run("differ", tests, NULL, NULL);
}
