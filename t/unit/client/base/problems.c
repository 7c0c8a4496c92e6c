/* problems.c: the first few kinds, each once and with its count; what is merged is as what is added. */
#include "unit.h"

#include "client/base/problems.h"

static void test_the_same_text_is_one_problem(void **state)
{
    struct problems problems = {0};
    (void)state;
    problems_add(&problems, NULL, "one", 2);
    problems_add(&problems, NULL, "another", 1);
    problems_add(&problems, NULL, "one", 3);
    assert_int_equal(problems.kept, 2);
    assert_int_equal(problems.problem[0].count, 5);
    assert_int_equal(problems.problem[1].count, 1);
    assert_string_equal(problems.problem[1].text, "another");
}

/* Of a kind the first text is kept. */
static void test_a_kind_is_one_problem(void **state)
{
    struct problems problems = {0};
    (void)state;
    problems_add(&problems, "kind", "first", 1);
    problems_add(&problems, "kind", "second", 1);
    problems_add(&problems, NULL, "first", 1);
    assert_int_equal(problems.kept, 2);
    assert_string_equal(problems.problem[0].text, "first");
    assert_int_equal(problems.problem[0].count, 2);
    assert_null(problems.problem[1].kind);
}

static void test_bounded(void **state)
{
    struct problems problems = {0}, all = {0};
    char text[300];
    (void)state;
    for (int i = 0; i < PROBLEMS_KEPT + 3; i++) {
        snprintf(text, sizeof text, "%0290d", i + 1);
        snprintf(text, 10, "%09d", i);
        text[9] = '-';
        problems_add(&problems, NULL, text, 2);
    }
    assert_int_equal(problems.kept, PROBLEMS_KEPT);
    assert_int_equal(problems.others, 6);
    problems_add(&problems, NULL, text, 1);
    assert_int_equal(problems.others, 7);
    problems_merge(&all, &problems);
    problems_merge(&all, &problems);
    assert_int_equal(all.kept, PROBLEMS_KEPT);
    assert_int_equal(all.others, 14);
    for (unsigned i = 0; i < PROBLEMS_KEPT; i++) {
        assert_int_equal(all.problem[i].count, 4);
        assert_string_equal(all.problem[i].text, problems.problem[i].text);
        assert_int_equal(strlen(all.problem[i].text), PROBLEMS_TEXT - 1);
    }
}

static void test_what_an_icmp_message_told_is_kept(void **state)
{
    struct problems problems = {0}, all = {0};
    const struct icmp icmp = {.version = 4, .type = 3, .code = 13, .from = "192.0.2.1"};
    (void)state;
    problems_add_icmp(&problems, &icmp, "no", 1);
    problems_add(&problems, "kind", "yes", 1);
    problems_merge(&all, &problems);
    assert_memory_equal(&all.problem[0].icmp, &icmp, sizeof icmp);
    assert_int_equal(all.problem[1].icmp.version, 0);
    assert_string_equal(all.problem[1].kind, "kind");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_text_is_one_problem),
        cmocka_unit_test(test_a_kind_is_one_problem),
        cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_what_an_icmp_message_told_is_kept),
    };
    return unit_run("problems", tests, NULL, NULL);
}
