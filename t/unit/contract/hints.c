/* hints.c: when a worker is told to ring. */
#include "unit.h"

#include "contract/hints.h"

/* The master looks, and finds so many places to spare. */
static void look(struct hints *hints, int spare)
{
    hints_begin_count(hints);
    hints_set_spare(hints, spare);
}

static void test_rings_for_the_last_places(void **state)
{
    struct hints hints = {0};
    (void)state;
    look(&hints, 3);
    assert_false(hints_place_taken(&hints));
    assert_false(hints_place_taken(&hints));
    assert_true(hints_place_taken(&hints));
    assert_true(hints_place_taken(&hints)); /* and on, until there is a look */
    hints_place_free(&hints);
    assert_true(hints_place_taken(&hints));
    for (int i = 0; i < 3; i++)
        hints_place_free(&hints);
    assert_false(hints_place_taken(&hints));
    look(&hints, 0);
    assert_true(hints_place_taken(&hints));
    look(&hints, HINTS_PLENTY);
    assert_false(hints_place_taken(&hints));
    look(&hints, 2); /* whatever it was before */
    assert_false(hints_place_taken(&hints));
    assert_true(hints_place_taken(&hints));
}

/* A look takes its time, and counts what may change meanwhile. */
static void test_rings_for_a_place_taken_during_a_look(void **state)
{
    struct hints hints = {0};
    (void)state;
    look(&hints, 100);
    hints_begin_count(&hints);
    assert_true(hints_place_taken(&hints));
    hints_set_spare(&hints, 3);
    assert_false(hints_place_taken(&hints));
    assert_true(hints_place_taken(&hints));
}

/* The numbers in hints.h. */
static void test_the_example(void **state)
{
    enum { MIN_SPARE = 5, IDLE = 8 };
    struct hints hints = {0};
    (void)state;
    look(&hints, IDLE - MIN_SPARE + 1);
    for (int i = 0; i < 3; i++)
        assert_false(hints_place_taken(&hints));
    assert_true(hints_place_taken(&hints));
    hints_begin_count(&hints);
    assert_true(hints_place_taken(&hints));
    hints_set_spare(&hints, 4);
    assert_int_equal(atomic_load(&hints.spare), 3);
}

static void test_rings_once_all_are_ready(void **state)
{
    struct hints hints = {.awaited = 3};
    (void)state;
    assert_false(hints_ready(&hints));
    assert_false(hints_ready(&hints));
    assert_true(hints_ready(&hints));
    assert_false(hints_ready(&hints));
}

static void test_counts_accepts(void **state)
{
    struct hints hints = {0};
    (void)state;
    for (int i = 0; i < 5; i++)
        hints_count_accept(&hints);
    assert_int_equal(atomic_load(&hints.accepts), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rings_for_the_last_places),
        cmocka_unit_test(test_rings_for_a_place_taken_during_a_look),
        cmocka_unit_test(test_the_example),
        cmocka_unit_test(test_rings_once_all_are_ready),
        cmocka_unit_test(test_counts_accepts),
    };
    return unit_run("hints", tests, NULL, NULL);
}
