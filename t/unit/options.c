/* options.c: the command line. */
#include "unit.h"

#include "options.h"

enum { WORDS_MAX = 160 };

/* Parse words, of which the first is the first argument and a NULL ends them. */
static bool parse(struct options *options, const char *const *words, struct reason *why)
{
    char name[] = "mpechod";
    char *argv[WORDS_MAX + 2] = {name};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = (char *)words[argc - 1];
    why->text[0] = '\0';
    return options_parse(options, argc, argv, why);
}

static void test_good(void **state)
{
    static const struct {
        const char *words[8];
        struct options expected;
    } cases[] = {
        {{NULL}, {.action = OPTIONS_RUN}},
        {{"-c", "/a b", NULL}, {.config = "/a b"}},
        {{"-c/a", NULL}, {.config = "/a"}},
        {{"--config", "/a", NULL}, {.config = "/a"}},
        {{"--config=/a", "--config=/b", NULL}, {.config = "/b"}},
        {{"-f", NULL}, {.foreground = true}},
        {{"--foreground", NULL}, {.foreground = true}},
        {{"-t", NULL}, {.action = OPTIONS_TEST}},
        {{"--test", NULL}, {.action = OPTIONS_TEST}},
        {{"-T", NULL}, {.action = OPTIONS_DUMP}},
        {{"--dump", NULL}, {.action = OPTIONS_DUMP}},
        {{"-V", NULL}, {.action = OPTIONS_VERSION}},
        {{"--version", NULL}, {.action = OPTIONS_VERSION}},
        {{"-h", NULL}, {.action = OPTIONS_HELP}},
        {{"--help", NULL}, {.action = OPTIONS_HELP}},
        {{"-ftc", "x", NULL}, {.action = OPTIONS_TEST, .foreground = true, .config = "x"}},
        {{"-o", "a.b=c=d", NULL}, {.set = {"a.b=c=d"}, .sets = 1}},
        {{"-o", "a=1", "--set", "a=2", "--set=b=", NULL}, {.set = {"a=1", "a=2", "b="}, .sets = 3}},
        {{"-l", "*:1", "--listen=[::1]:2", "--listen", "x", NULL}, {.listen = {"*:1", "[::1]:2", "x"}, .listens = 3}},
        {{"-f", "--", NULL}, {.foreground = true}},
    };
    (void)state;
    for (size_t i = 0; i < unit_count(cases); i++) {
        const struct options *expected = &cases[i].expected;
        struct options options;
        struct reason why;
        if (!parse(&options, cases[i].words, &why))
            fail_msg("case %zu: %s", i, why.text);
        assert_int_equal(options.action, expected->action);
        assert_int_equal(options.foreground, expected->foreground);
        assert_int_equal(options.config != NULL, expected->config != NULL);
        if (expected->config != NULL)
            assert_string_equal(options.config, expected->config);
        assert_int_equal(options.sets, expected->sets);
        for (size_t j = 0; j < expected->sets; j++)
            assert_string_equal(options.set[j], expected->set[j]);
        assert_int_equal(options.listens, expected->listens);
        for (size_t j = 0; j < expected->listens; j++)
            assert_string_equal(options.listen[j], expected->listen[j]);
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *words[4];
        const char *reason;
    } cases[] = {
        {{"-x", NULL}, "unknown option: -x"},
        {{"-fxV", NULL}, "unknown option: -x"},
        {{"-f", "--bogus", "-t", NULL}, "unknown option: --bogus"},
        {{"-f", "-c", NULL}, "-c needs a value"},
        {{"--config", NULL}, "--config needs a value"},
        {{"-o", NULL}, "-o needs a value"},
        {{"-l", NULL}, "-l needs a value"},
        {{"-o", "pool.start", NULL}, "-o needs KEY=VALUE, not 'pool.start'"},
        {{"-o", "=5", NULL}, "-o needs KEY=VALUE, not '=5'"},
        {{"--set", "", NULL}, "-o needs KEY=VALUE, not ''"},
        {{"start", NULL}, "unexpected argument: start"},
        {{"-f", "9190", "-t", NULL}, "unexpected argument: 9190"},
        {{"--", "-f", NULL}, "unexpected argument: -f"},
        {{"", NULL}, "unexpected argument: "},
    };
    (void)state;
    for (size_t i = 0; i < unit_count(cases); i++) {
        struct options options;
        struct reason why;
        assert_false(parse(&options, cases[i].words, &why));
        assert_string_equal(why.text, cases[i].reason);
    }
}

static void test_repeatable_has_an_end(void **state)
{
    const char *words[WORDS_MAX + 1] = {0};
    struct options options;
    struct reason why;
    (void)state;
    for (int i = 0; i < 2 * OPTIONS_SETS_MAX; i += 2) {
        words[i] = "-o";
        words[i + 1] = "a=b";
    }
    assert_true(parse(&options, words, &why));
    assert_int_equal(options.sets, OPTIONS_SETS_MAX);
    words[2 * OPTIONS_SETS_MAX] = "-oa=b";
    assert_false(parse(&options, words, &why));
    assert_string_equal(why.text, "more than 64 of one option");
    words[2 * OPTIONS_SETS_MAX] = "-l*";
    assert_true(parse(&options, words, &why));
}

static void test_help_names_every_option(void **state)
{
    static const char *const options[] = {
        "-c, --config FILE",   "-f, --foreground",       "-t, --test", "-T, --dump", "-V, --version",
        "-o, --set KEY=VALUE", "-l, --listen ADDR:PORT", "-h, --help"};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    (void)state;
    options_help(out);
    fclose(out);
    for (size_t i = 0; i < unit_count(options); i++)
        assert_non_null(strstr(text, options[i]));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_repeatable_has_an_end),
        cmocka_unit_test(test_help_names_every_option),
    };
    return unit_run("options", tests, NULL, NULL);
}
