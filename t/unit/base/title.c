/* title.c: what ps shows. Each test runs a program of its own, whose arguments and environment it knows. */
#include "unit.h"

#include "base/title.h"

/* As the kernel lays them out: the strings behind each other. */
struct layout {
    char strings[200];
    char *argv[8], *environment[8];
};

static void lay_out(struct layout *layout, const char *const *arguments, const char *const *variables)
{
    char *at = layout->strings;
    size_t i;
    memset(layout, 0, sizeof *layout);
    for (i = 0; arguments[i] != NULL; i++, at += strlen(at) + 1)
        layout->argv[i] = strcpy(at, arguments[i]);
    for (i = 0; variables[i] != NULL; i++, at += strlen(at) + 1)
        layout->environment[i] = strcpy(at, variables[i]);
}

static const char *const short_arguments[] = {"mpechod", NULL};
static const char *const long_arguments[] = {"mpechod", "-f", "-c", "/usr/local/etc/mpechod/a-long-name.conf", NULL};
static const char *const variables[] = {
    "A=1", "HOME=/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "Z=26", NULL};

static void release(struct layout *layout)
{
    for (size_t i = 0; layout->argv[i] != NULL; i++)
        if (layout->argv[i] < layout->strings || layout->argv[i] >= layout->strings + sizeof layout->strings)
            free(layout->argv[i]);
    for (size_t i = 0; layout->environment[i] != NULL; i++)
        if (layout->environment[i] < layout->strings ||
            layout->environment[i] >= layout->strings + sizeof layout->strings)
            free(layout->environment[i]);
}

static void check_copies(const struct layout *layout, const char *const *arguments)
{
    for (size_t i = 0; arguments[i] != NULL; i++)
        assert_string_equal(layout->argv[i], arguments[i]);
    for (size_t i = 0; variables[i] != NULL; i++)
        assert_string_equal(layout->environment[i], variables[i]);
}

static void test_a_long_command_line_has_room(void **state)
{
    (void)state;
    struct layout layout;
    lay_out(&layout, long_arguments, variables);
    struct title title = title_find(layout.argv, layout.environment);
    title_set(&title, "mpechod: worker, idle");
    assert_string_equal(layout.strings, "mpechod: worker, idle");
    for (size_t i = strlen(layout.strings); i < title.own; i++)
        assert_int_equal(layout.strings[i], 0); /* nothing is left of what was there */
    check_copies(&layout, long_arguments);
    title_change(&title, 17, "busy");
    assert_string_equal(layout.strings, "mpechod: worker, busy");
    release(&layout);
}

static void test_a_short_one_takes_from_the_environment(void **state)
{
    (void)state;
    struct layout layout;
    lay_out(&layout, short_arguments, variables);
    struct title title = title_find(layout.argv, layout.environment);
    assert_int_equal(title.own, sizeof "mpechod");
    title_set(&title, "mpechod: worker, idle");
    assert_string_equal(layout.strings, "mpechod: worker, idle");
    assert_int_not_equal(layout.strings[title.own - 1], 0); /* so the kernel reads on */
    check_copies(&layout, short_arguments);
    title_set(&title, "mpechod");
    assert_string_equal(layout.strings, "mpechod");
    assert_int_equal(layout.strings[title.own - 1], 0);
    release(&layout);
}

static void test_a_title_is_cut_to_the_room(void **state)
{
    (void)state;
    static const char *const nothing[] = {NULL};
    struct layout layout;
    lay_out(&layout, short_arguments, nothing);
    layout.strings[sizeof "mpechod"] = '!'; /* not ours */
    struct title title = title_find(layout.argv, layout.environment);
    title_set(&title, "mpechod: worker, idle");
    assert_string_equal(layout.strings, "mpechod");
    title_set(&title, "mpechod!");
    assert_string_equal(layout.strings, "mpechod");
    title_change(&title, 5, "busy");
    assert_string_equal(layout.strings, "mpechbu");
    assert_int_equal(layout.strings[sizeof "mpechod"], '!');
    release(&layout);
}

static void test_no_arguments_no_title(void **state)
{
    (void)state;
    char *nothing[] = {NULL}, *environment[] = {NULL};
    struct title title = title_find(nothing, environment);
    title_set(&title, "mpechod: master");
    title_change(&title, 0, "x");
    assert_null(title.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_long_command_line_has_room),
        cmocka_unit_test(test_a_short_one_takes_from_the_environment),
        cmocka_unit_test(test_a_title_is_cut_to_the_room),
        cmocka_unit_test(test_no_arguments_no_title),
    };
    return unit_run("title", tests, NULL, NULL);
}
