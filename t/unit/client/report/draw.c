/* Unit tests of client/draw.c. */
#include "client/report/draw.h"

#include "unit.h"

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

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
        count++;
    return count;
}

/* A hist of so many of one value and of another. */
static struct hist two(unsigned count, int64_t ns, unsigned other_count, int64_t other_ns)
{
    struct hist hist = {0};
    while (count-- > 0)
        hist_add(&hist, ns);
    while (other_count-- > 0)
        hist_add(&hist, other_ns);
    return hist;
}

static void assert_drawn(const struct hist *hist, struct draw_style style, const char *expected)
{
    char *text;
    draw(&text, hist, &style);
    assert_string_equal(text, expected);
    free(text);
}

/* What is there shows, however little it is; blocks are drawn to the eighth; counts stand in a column. */
static void test_little(void **state)
{
    (void)state;
    struct hist hist = two(3000, 47000, 1, 51000);
    assert_drawn(&hist, (struct draw_style){.columns = 46},
                 "  47 us -   51 us  ##########  3,000  99.97 %\n"
                 "  51 us -   56 us  .               1   0.03 %\n");
    assert_drawn(&hist, (struct draw_style){.columns = 46, .utf8 = true},
                 "  47 us -   51 us  ██████████  3,000  99.97 %\n"
                 "  51 us -   56 us  ▏               1   0.03 %\n");
    hist = two(80, 47000, 53, 51000);
    assert_drawn(&hist, (struct draw_style){.columns = 43, .utf8 = true},
                 "  47 us -   51 us  ██████████  80  60.15 %\n"
                 "  51 us -   56 us  ██████▋     53  39.85 %\n");
}

/* Without room the bars are short, but there. */
static void test_no_columns(void **state)
{
    (void)state;
    struct hist hist = two(1, 47000, 0, 0);
    assert_drawn(&hist, (struct draw_style){0}, "  47 us -   51 us  ##########  1 100.00 %\n");
}

/* A row begins with its first mark and ends before its second, though a bucket of the histogram may cross it. */
static void test_marks(void **state)
{
    (void)state;
    struct hist hist = two(1, 50990, 0, 0);
    assert_drawn(&hist, (struct draw_style){0}, "  47 us -   51 us  ##########  1 100.00 %\n");
    hist = two(1, 51000, 0, 0);
    assert_drawn(&hist, (struct draw_style){0}, "  51 us -   56 us  ##########  1 100.00 %\n");
    hist = two(1, 0, 1, 10);
    assert_drawn(&hist, (struct draw_style){0},
                 "   0 ns -   10 ns  ##########  1  50.00 %\n"
                 "  10 ns -   11 ns  ##########  1  50.00 %\n");
}

/* The finest series of marks that does it is taken: 20 rows are not too many, 21 are. */
static void test_series(void **state)
{
    (void)state;
    const struct draw_style style = {0};
    struct hist hist = two(1, 10000, 1, 62000);
    char *text;
    draw(&text, &hist, &style);
    assert_int_equal(count_of(text, "\n"), 20);
    assert_non_null(strstr(text, "  62 us -   68 us"));
    free(text);
    hist = two(1, 10000, 1, 68000);
    draw(&text, &hist, &style);
    assert_int_equal(count_of(text, "\n"), 11);
    assert_non_null(strstr(text, "  68 us -   82 us"));
    free(text);
    hist = two(1, 0, 1, INT64_MAX);
    draw(&text, &hist, &style);
    assert_int_equal(count_of(text, "\n"), 13);
    assert_non_null(strstr(text, " 1000 s - 10000 s"));
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
            hist_add(&hist, (int64_t)(unit_next(&random) >> unit_below(&random, 64)));
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain),
                                       cmocka_unit_test(test_little),
                                       cmocka_unit_test(test_no_columns),
                                       cmocka_unit_test(test_marks),
                                       cmocka_unit_test(test_series),
                                       cmocka_unit_test(test_nothing_of_an_empty_one),
                                       cmocka_unit_test(test_colour_and_blocks),
                                       cmocka_unit_test(test_any_range)};
    return unit_run("draw", tests, NULL, NULL);
}
