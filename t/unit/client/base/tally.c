/* tally.c: no count is forgotten when tallies are added up. */
#include "unit.h"

#include <stddef.h>

#include "client/base/tally.h"

enum { COUNTS = offsetof(struct tally, jitter) / sizeof(uint64_t) };

static void test_adds_up_every_count(void **state)
{
    struct tally *into = calloc(1, sizeof *into), *from = calloc(1, sizeof *from);
    (void)state;
    for (uint64_t i = 0; i < COUNTS; i++)
        memcpy((char *)from + i * sizeof i, &(uint64_t){i + 1}, sizeof i);
    tally_merge(into, from);
    tally_merge(into, from);
    for (uint64_t i = 0; i < COUNTS; i++) {
        uint64_t count;
        memcpy(&count, (char *)into + i * sizeof i, sizeof i);
        assert_int_equal(count, 2 * (i + 1));
    }
    free(into);
    free(from);
}

static void test_adds_up_every_timing(void **state)
{
    struct tally *into = calloc(1, sizeof *into), *from = calloc(1, sizeof *from);
    (void)state;
    hist_add(&from->response, 1000);
    hist_add(&from->service, 1000);
    hist_add(&from->connect, 1000);
    hist_add(&from->variation, 1000);
    hist_add(&from->answers, 1000);
    tally_merge(into, from);
    tally_merge(into, from);
    assert_memory_equal(&into->response, &into->service, sizeof into->response);
    assert_memory_equal(&into->response, &into->connect, sizeof into->response);
    assert_memory_equal(&into->response, &into->variation, sizeof into->response);
    assert_memory_equal(&into->response, &into->answers, sizeof into->response);
    assert_int_equal(hist_percentile(&into->connect, 100), hist_percentile(&from->connect, 100));
    free(into);
    free(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds_up_every_count),
        cmocka_unit_test(test_adds_up_every_timing),
    };
    return unit_run("tally", tests, NULL, NULL);
}
