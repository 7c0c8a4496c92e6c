/* threshold.c: ranges as the Monitoring Plugins Development Guidelines have them, by their own examples and others. */
#include "unit.h"

#include "client/base/threshold.h"

#define assert_wellness(text_, value_, well_, outcome_)                                                                \
    do {                                                                                                               \
        struct threshold threshold;                                                                                    \
        char outcome[THRESHOLD_TEXT];                                                                                  \
        assert_true(threshold_parse(&threshold, text_));                                                               \
        assert_string_equal(threshold.text, text_);                                                                    \
        assert_int_equal(threshold_is_well(&threshold, value_), well_);                                                \
        if (!(well_))                                                                                                  \
            assert_string_equal(threshold_outcome(&threshold, value_, "ms", outcome), outcome_);                       \
    } while (0)

static void test_end(void **state)
{
    (void)state;
    assert_wellness("10", 0, true, "");
    assert_wellness("10", 10, true, "");
    assert_wellness("10", 10.1, false, "above 10 ms");
    assert_wellness("10", -0.1, false, "below 0 ms");
    assert_wellness(":10", 10, true, "");
}

static void test_start(void **state)
{
    (void)state;
    assert_wellness("10:", 9.9, false, "below 10 ms");
    assert_wellness("10:", 10, true, "");
    assert_wellness("10:", 1e9, true, "");
    assert_wellness("~:10", -1e9, true, "");
    assert_wellness("~:10", 10.5, false, "above 10 ms");
}

static void test_both(void **state)
{
    (void)state;
    assert_wellness("10:20.5", 9, false, "below 10 ms");
    assert_wellness("10:20.5", 10, true, "");
    assert_wellness("10:20.5", 20.5, true, "");
    assert_wellness("10:20.5", 21, false, "above 20.5 ms");
    assert_wellness("5:5", 5, true, "");
}

static void test_inside(void **state)
{
    (void)state;
    assert_wellness("@10:20", 9.9, true, "");
    assert_wellness("@10:20", 10, false, "from 10 to 20 ms");
    assert_wellness("@10:20", 20, false, "from 10 to 20 ms");
    assert_wellness("@10:20", 20.1, true, "");
    assert_wellness("@1e1", 5, false, "from 0 to 10 ms");
}

static void test_refuses(void **state)
{
    const char *const wrong[] = {
        "",      "@",    ":",   "x",    "10x",   "20:10", "1:2:3", " 1",   "1 ",   "-1",  "+1",
        "~",     "10:~", "inf", "nan",  "1e999", "0x10",  "@@1",   "1:@2", "1,2",  "1:x", "x:1",
        "~~:10", "~1:",  "@~",  "-1:5", "1: 2",  "e",     "1:inf", "..",   "1.2.3"};
    struct threshold threshold;
    (void)state;
    for (size_t i = 0; i < unit_count(wrong); i++)
        if (threshold_parse(&threshold, wrong[i]))
            fail_msg("\"%s\" is taken for a range", wrong[i]);
}

static void test_none(void **state)
{
    (void)state;
    assert_true(threshold_is_well(&(struct threshold){0}, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_end),    cmocka_unit_test(test_start),   cmocka_unit_test(test_both),
        cmocka_unit_test(test_inside), cmocka_unit_test(test_refuses), cmocka_unit_test(test_none),
    };
    return unit_run("threshold", tests, NULL, NULL);
}
