/* Unit tests of client/hist.c. */
#include "client/hist.h"

#include "../unit.h"

static void test_cells_adjoin(void **state)
{
    (void)state;
    for (size_t cell = 0; cell + 1 < HIST_CELLS; cell++) {
        assert_int_equal(hist_highest(cell) + 1, hist_lowest(cell + 1));
        assert_int_equal(hist_cell(hist_lowest(cell)), cell);
        assert_int_equal(hist_cell(hist_highest(cell)), cell);
    }
    assert_int_equal(hist_highest(HIST_CELLS - 1), HIST_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cells_adjoin)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
