/* Unit tests of client/draw.c. */
#include "client/draw.h"

#include "../unit.h"

/* Into *text, for free(). */
static void draw(char **text, const struct hist *hist, const struct draw_style *style)
{
    size_t size;
    FILE *out = open_memstream(text, &size);
    assert_non_null(out);
    draw_hist(out, hist, style);
    fclose(out);
}

static void test_plain(void **state)
{
    (void)state;
    const struct draw_style style = {.columns = 60};
    struct hist hist = {0};
    for (int i = 0; i < 90; i++)
        hist_add(&hist, 50000);
    for (int i = 0; i < 10; i++)
        hist_add(&hist, 60000);
    char *text;
    draw(&text, &hist, &style);
    assert_string_equal(text, "  47 us -   51 us  ###########################  90  90.00 %\n"
                              "  51 us -   56 us                                0   0.00 %\n"
                              "  56 us -   62 us  ###                          10  10.00 %\n");
    free(text);
}

static void test_nothing_of_an_empty_one(void **state)
{
    (void)state;
    const struct draw_style style = {.columns = 80};
    struct hist hist = {0};
    char *text;
    draw(&text, &hist, &style);
    assert_string_equal(text, "");
    free(text);
}

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
        count++;
    return count;
}

static void test_colour_and_blocks(void **state)
{
    (void)state;
    const struct draw_style style = {.columns = 80, .colour = true, .utf8 = true};
    struct hist hist = {0};
    for (int i = 0; i < 950; i++)
        hist_add(&hist, 1000000);
    for (int i = 0; i < 45; i++)
        hist_add(&hist, 2000000);
    for (int i = 0; i < 5; i++)
        hist_add(&hist, 4000000);
    char *text;
    draw(&text, &hist, &style);
    assert_int_equal(count_of(text, "\033[32m"), 1);
    assert_int_equal(count_of(text, "\033[33m"), 1);
    assert_int_equal(count_of(text, "\033[31m"), 1);
    assert_int_equal(count_of(text, "\033[m"), 3);
    assert_true(count_of(text, "\xe2\x96\x88") > 30);
    assert_int_equal(count_of(text, "#"), 0);
    free(text);
}

/* Of a row "...  12  34.56 %", which is cut up: 12. */
static unsigned values_of(char *row)
{
    for (int fields = 0; fields < 2; fields++) {
        char *space = strrchr(row, ' ');
        assert_non_null(space);
        while (space > row && space[-1] == ' ')
            space--;
        *space = '\0';
    }
    return (unsigned)strtoul(strrchr(row, ' ') + 1, NULL, 10);
}

/* Whatever the range: at most DRAW_ROWS rows, every one within the columns, and every value in one of them. */
static void test_any_range(void **state)
{
    (void)state;
    struct unit_random random = {unit_seed()};
    const struct draw_style style = {.columns = 80};
    for (int run = 0; run < 200; run++) {
        struct hist hist = {0};
        unsigned count = 1 + unit_below(&random, 50), rows = 0, sum = 0;
        for (unsigned i = 0; i < count; i++)
            hist_add(&hist, (int64_t)(unit_next(&random) >> (22 + unit_below(&random, 42))));
        char *text, *save;
        draw(&text, &hist, &style);
        for (char *row = strtok_r(text, "\n", &save); row != NULL; row = strtok_r(NULL, "\n", &save), rows++) {
            assert_true(strlen(row) <= 80);
            sum += values_of(row);
        }
        assert_in_range(rows, 1, DRAW_ROWS);
        assert_int_equal(sum, count);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain), cmocka_unit_test(test_nothing_of_an_empty_one),
                                       cmocka_unit_test(test_colour_and_blocks), cmocka_unit_test(test_any_range)};
    return unit_run("draw", tests, NULL, NULL);
}
