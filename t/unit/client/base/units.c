/* Unit tests of client/units.c. */
#include "client/base/units.h"

#include "unit.h"

#include <float.h>
#include <math.h>

struct example {
    double quantity;
    const char *text;
};

static void assert_texts(const char *(*write)(double, char *), const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[UNITS_TEXT];
        assert_ptr_equal(write(examples[i].quantity, text), text);
        assert_string_equal(text, examples[i].text);
    }
}

static void test_durations(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {0, "0 ns"},          {1, "1.00 ns"},  {52.06, "52.1 ns"},  {873, "873 ns"},  {52100, "52.1 us"},
        {1234567, "1.23 ms"}, {2e9, "2.00 s"}, {61.25e9, "61.2 s"}, {120e9, "120 s"}, {4398e9, "4398 s"},
    };
    assert_texts(units_duration, examples, unit_count(examples));
}

/* Never "1000 us", and never four digits or two. */
static void test_rounding_carries(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {999.4, "999 ns"}, {999.5, "1.00 us"}, {999499, "999 us"}, {999500, "1.00 ms"}, {999999999, "1.00 s"},
        {9994, "9.99 us"}, {9996, "10.0 us"},  {99940, "99.9 us"}, {99960, "100 us"},   {999.6e9, "1000 s"},
    };
    assert_texts(units_duration, examples, unit_count(examples));
}

static void test_marks(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {0, "0 ns"},       {10, "10 ns"}, {50000, "50 us"}, {100000, "100 us"}, {1200000, "1.2 ms"},
        {1000000, "1 ms"}, {1e9, "1 s"},  {100e9, "100 s"}, {1e12, "1000 s"},   {1e13, "10000 s"},
    };
    assert_texts(units_mark, examples, unit_count(examples));
}

static void test_rates(void **state)
{
    (void)state;
    static const struct example rates[] = {
        {0, "0 /s"}, {0.5, "0.50 /s"}, {873, "873 /s"}, {51234, "51.2 k/s"}, {1.2e6, "1.20 M/s"}, {3e12, "3000 G/s"},
    };
    static const struct example throughputs[] = {
        {0, "0 B/s"}, {999, "999 B/s"}, {1000, "1.00 kB/s"}, {12345678, "12.3 MB/s"}, {1.2e9, "1.20 GB/s"},
    };
    assert_texts(units_rate, rates, unit_count(rates));
    assert_texts(units_throughput, throughputs, unit_count(throughputs));
}

static void test_counts(void **state)
{
    (void)state;
    static const struct {
        uint64_t count;
        const char *text;
    } examples[] = {
        {0, "0"},
        {999, "999"},
        {1000, "1,000"},
        {12345, "12,345"},
        {999999, "999,999"},
        {1234567, "1,234,567"},
        {UINT64_MAX, "18,446,744,073,709,551,615"},
    };
    for (size_t i = 0; i < unit_count(examples); i++) {
        char text[UNITS_TEXT];
        assert_string_equal(units_count(examples[i].count, text), examples[i].text);
    }
}

/* What is read is within half of the third digit of what was written. */
static void test_three_digits(void **state)
{
    (void)state;
    struct unit_random random = {unit_seed()};
    for (int i = 0; i < 20000; i++) {
        double ns = exp(unit_between(&random, 0, log(999e9)));
        char text[UNITS_TEXT], name[3] = "";
        double number = 0;
        units_duration(ns, text);
        assert_int_equal(sscanf(text, "%lf %2s", &number, name), 2);
        double unit = name[0] == 's' ? 1e9 : name[0] == 'm' ? 1e6 : name[0] == 'u' ? 1e3 : 1;
        assert_true(number >= 1 && number < 1000);
        assert_true(fabs(number * unit - ns) <= ns * 0.005000001);
        size_t digits = strspn(text, "0123456789.");
        assert_int_equal(digits, strchr(text, '.') != NULL ? 4 : 3);
    }
}

/* A text is cut off and not overrun, whatever it is asked to write. */
static void test_room(void **state)
{
    (void)state;
    char text[UNITS_TEXT + 1];
    memset(text, '!', sizeof text);
    units_duration(DBL_MAX, text);
    assert_true(strlen(text) < UNITS_TEXT);
    units_mark(DBL_MAX, text);
    assert_true(strlen(text) < UNITS_TEXT);
    assert_int_equal(text[UNITS_TEXT], '!');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations), cmocka_unit_test(test_rounding_carries), cmocka_unit_test(test_marks),
        cmocka_unit_test(test_rates),     cmocka_unit_test(test_counts),           cmocka_unit_test(test_three_digits),
        cmocka_unit_test(test_room),
    };
    return unit_run("units", tests, NULL, NULL);
}
