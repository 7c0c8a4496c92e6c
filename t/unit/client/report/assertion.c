/* Unit tests of client/assertion.c, and of the names in client/metric.c. */
#include "client/report/assertion.h"

#include "unit.h"

static struct result *make_result(void)
{
    struct result *result = calloc(1, sizeof *result);
    struct options *options = calloc(1, sizeof *options);
    assert_non_null(result);
    assert_non_null(options);
    result->options = options;
    return result;
}

static void free_result(struct result *result)
{
    free((struct options *)result->options);
    free(result);
}

/* 999 replies in 1 to 999 us, and one lost, in 2 s. */
static struct result *make_example(void)
{
    struct result *result = make_result();
    for (int64_t us = 1; us < 1000; us++) {
        hist_add(&result->total.response, us * 1000);
        hist_add(&result->total.connect, 5000);
    }
    result->total.sent = 1000;
    result->total.replied = result->replied = 999;
    result->total.lost = 1;
    result->bytes = result->total.bytes = 999 * 64;
    result->measured = 2000000000;
    return result;
}

static bool holds(const struct result *result, const char *list)
{
    struct assertions assertions;
    struct assertion_error error;
    assert_true(assertion_parse(&assertions, list, &error));
    assert_int_equal(assertions.count, 1);
    return assertion_holds(&assertions.assertion[0], result);
}

static void test_holds(void **state)
{
    (void)state;
    static const char *const good[] = {
        "p50<510us",  "p50>0.49ms",     "p50>490000ns",     "p99.95<=999us",    "p100=999us",     "min=1us",
        "max=999us",  "max<=0.001s",    "avg=500us",        "mdev<300us",       "rate>499",       "rate>0.499k",
        "rate<500/s", "rate<0.5k/s",    "loss=0.1%",        "loss<0.2",         "lost=1",         "lost!=2",
        "sent>=1k",   "replied<0.001M", "bytes>63k",        "throughput<1MB/s", "throughput>31k", "connect_p99<5.1us",
        "wrong=0",    "refused<1",      "response_p50<1ms", "p0=1us",           "duplicates = 0", " lost\t<= 1 ",
    };
    static const char *const bad[] = {
        "p50<490us", "p50>510us", "p100<999us", "max>=1ms",      "avg!=500us", "rate>500", "loss<0.1%", "lost!=1",
        "lost<1",    "lost>1",    "sent<=0.9k", "throughput>1G", "lost=0",     "lost=2",   "sent=999",
    };
    struct result *result = make_example();
    for (size_t i = 0; i < unit_count(good); i++)
        if (!holds(result, good[i]))
            fail_msg("%s does not hold", good[i]);
    for (size_t i = 0; i < unit_count(bad); i++)
        if (holds(result, bad[i]))
            fail_msg("%s holds", bad[i]);
    free_result(result);
}

/* Whatever the comparison is. */
static void test_not_measured(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "p99<1s",  "p99>=0ns",     "p99!=5ms",       "min=0ns",        "loss<1%",   "loss>=0%",
        "rate>=0", "throughput<1", "service_max<1s", "connect_p50<1s", "jitter<1s", "path_mtu!=0",
    };
    char text[ASSERTION_OUTCOME];
    struct assertions assertions;
    struct assertion_error error;
    struct result *result = make_result();
    for (size_t i = 0; i < unit_count(lists); i++)
        if (holds(result, lists[i]))
            fail_msg("%s holds of nothing", lists[i]);
    assert_true(holds(result, "lost=0"));
    assert_true(assertion_parse(&assertions, "service_p99<1s", &error));
    assert_string_equal(assertion_outcome(&assertions.assertion[0], result, text), "service_p99 was not measured");
    free_result(result);
}

static void test_list(void **state)
{
    (void)state;
    struct assertions assertions;
    struct assertion_error error;
    assert_true(assertion_parse(&assertions, "p99<2ms, loss<0.1% ,rate>50000", &error));
    assert_int_equal(assertions.count, 3);
    assert_string_equal(assertions.assertion[0].text, "p99<2ms");
    assert_string_equal(assertions.assertion[1].text, "loss<0.1%");
    assert_string_equal(assertions.assertion[2].text, "rate>50000");
    assert_int_equal(assertions.assertion[0].comparison, ASSERTION_LESS);
    assert_int_equal(assertions.assertion[2].comparison, ASSERTION_MORE);
    assert_true(assertions.assertion[0].limit >= 2e6 && assertions.assertion[0].limit <= 2e6);
}

/* In the unit of the limit. */
static void test_outcome(void **state)
{
    (void)state;
    static const char *const examples[][2] = {
        {"max<1us", "max is 999 us"},
        {"max<1s", "max is 0.000999 s"},
        {"loss<0.1%", "loss is 0.1%"},
        {"rate>50k", "rate is 0.4995k"},
        {"rate>1", "rate is 499.5"},
        {"lost<1", "lost is 1"},
        {"throughput>1kB/s", "throughput is 31.968kB/s"},
    };
    char text[ASSERTION_OUTCOME];
    struct result *result = make_example();
    for (size_t i = 0; i < unit_count(examples); i++) {
        struct assertions assertions;
        struct assertion_error error;
        assert_true(assertion_parse(&assertions, examples[i][0], &error));
        assert_string_equal(assertion_outcome(&assertions.assertion[0], result, text), examples[i][1]);
    }
    free_result(result);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        size_t at;
        const char *what;
    } examples[] = {
        {"", 0, "a quantity is missing"},
        {",", 0, "a quantity is missing"},
        {"lost<1,", 7, "a quantity is missing"},
        {"lost<1,,lost<2", 7, "a quantity is missing"},
        {"<1", 0, "a quantity is missing"},
        {"los<1", 0, "no such quantity"},
        {"lost<1, los<1", 8, "no such quantity"},
        {"P99<1ms", 0, "no such quantity"},
        {"p<1ms", 0, "no such quantity"},
        {"p101<1ms", 0, "no such quantity"},
        {"p9.9.9<1ms", 0, "no such quantity"},
        {"p.<1ms", 0, "no such quantity"},
        {"p-1<1ms", 0, "no such quantity"},
        {"p1e1<1ms", 0, "no such quantity"},
        {"p00000000000000000099<1ms", 0, "no such quantity"},
        {"service_<1ms", 0, "no such quantity"},
        {"service_lost<1", 0, "no such quantity"},
        {"lost", 4, "a comparison is expected: < <= > >= = !="},
        {"lost!1", 4, "a comparison is expected: < <= > >= = !="},
        {"lost 1", 5, "a comparison is expected: < <= > >= = !="},
        {"lost<", 5, "a number is expected"},
        {"lost==1", 5, "a number is expected"},
        {"lost<-1", 5, "a number is expected"},
        {"lost<inf", 5, "a number is expected"},
        {"lost<1.2.3", 5, "not a number"},
        {"lost<.", 5, "not a number"},
        {"lost<11111111111111111111111111111111111111", 5, "too long for a number"},
        {"lost<0x10", 6, "a count may end in k, M or G only"},
        {"lost<1%", 6, "a count may end in k, M or G only"},
        {"lost<1e3", 6, "a count may end in k, M or G only"},
        {"p99<2", 5, "a duration ends in ns, us, ms or s"},
        {"p99<2m", 5, "a duration ends in ns, us, ms or s"},
        {"loss<2ms", 6, "a percentage may end in % only"},
        {"rate>2ms", 6, "a rate may end in k, M or G, and /s"},
        {"throughput>2k/s", 12, "a throughput may end in k, M or G, and B/s"},
        {"lost<1 2", 7, "a count may end in k, M or G only"},
        {"lost<1k 2", 8, "a comma is expected, or the end"},
        {"lost<1;lost<2", 6, "a count may end in k, M or G only"},
    };
    for (size_t i = 0; i < unit_count(examples); i++) {
        struct assertions assertions;
        struct assertion_error error = {0};
        if (assertion_parse(&assertions, examples[i].list, &error))
            fail_msg("'%s' makes sense", examples[i].list);
        if (error.at != examples[i].at || strcmp(error.what, examples[i].what) != 0)
            fail_msg("'%s': at %zu: %s", examples[i].list, error.at, error.what);
    }
}

static void test_too_many(void **state)
{
    (void)state;
    char list[8 * ASSERTIONS + 16] = "";
    struct assertions assertions;
    struct assertion_error error;
    for (int i = 0; i < ASSERTIONS; i++)
        strcat(list, i == 0 ? "lost<1" : ",lost<1");
    assert_true(assertion_parse(&assertions, list, &error));
    assert_int_equal(assertions.count, ASSERTIONS);
    strcat(list, ",lost<1");
    assert_false(assertion_parse(&assertions, list, &error));
    assert_string_equal(error.what, "too many");
}

/* Random mixtures of what lists are made of: the error, if any, is within the list, and nothing is out of bounds. */
static void test_longest(void **state)
{
    struct assertions assertions;
    struct assertion_error error;
    char list[ASSERTION_TEXT + 1];
    (void)state;
    snprintf(list, sizeof list, "lost<%*s", ASSERTION_TEXT - 6, "1");
    assert_int_equal(strlen(list), ASSERTION_TEXT - 1);
    assert_true(assertion_parse(&assertions, list, &error));
    assert_string_equal(assertions.assertion[0].text, list);
    snprintf(list, sizeof list, "lost<%*s", ASSERTION_TEXT - 5, "1");
    assert_false(assertion_parse(&assertions, list, &error));
    assert_string_equal(error.what, "too long");
}

/* Jitter is between two replies. */
static void test_jitter_takes_two(void **state)
{
    struct result *result = make_example();
    (void)state;
    ((struct options *)result->options)->udp = true;
    result->total.jitter = 5000;
    assert_true(holds(result, "jitter=5us"));
    result->total.replied = 1;
    assert_false(holds(result, "jitter=5us"));
    free_result(result);
}

static void test_nonsense(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "p",  "99", ".",    "lost", "service_",         "rate",        "<", "=", "!", ">", ",", " ", "1", "k",
        "ms", "%",  "\xff", "\n",   "0000000000000000", "connect_p99", "-", "/s"};
    struct unit_random random = {unit_seed()};
    struct assertions assertions;
    struct assertion_error error;
    for (int round = 0; round < 20000; round++) {
        char list[600] = "";
        for (unsigned i = unit_below(&random, 30); i > 0; i--)
            strcat(list, parts[unit_below(&random, unit_count(parts))]);
        if (assertion_parse(&assertions, list, &error))
            assert_in_range(assertions.count, 1, ASSERTIONS);
        else
            assert_in_range(error.at, 0, strlen(list));
    }
}

/* The message that lists them names only what there is. */
static void test_names(void **state)
{
    (void)state;
    char names[METRIC_NAMES];
    struct metric metric;
    metric_names(names);
    assert_true(strlen(names) < METRIC_NAMES - 1);
    *strchr(names, '(') = '\0';
    for (char *rest = names, *name; (name = strsep(&rest, " ")) != NULL;)
        if (*name != '\0' && !metric_find(&metric, name, strlen(name)))
            fail_msg("'%s' is unknown", name);
}

/* What comes after the measured time counts as a reply, but not for rates. */
static void test_rates_are_of_what_came_in_time(void **state)
{
    struct result *result = make_example();
    (void)state;
    result->total.replied += 100;
    result->total.bytes += 6400;
    assert_true(holds(result, "replied=1099"));
    assert_true(holds(result, "bytes=70336"));
    assert_true(holds(result, "rate=499.5"));
    assert_true(holds(result, "throughput=31968"));
    free_result(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates_are_of_what_came_in_time),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_jitter_takes_two),
        cmocka_unit_test(test_holds),
        cmocka_unit_test(test_not_measured),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_outcome),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_names),
    };
    return unit_run("assertion", tests, NULL, NULL);
}
