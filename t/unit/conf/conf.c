/* conf.c: the configuration file and the command line's overrides: what is taken, what is refused and in which words,
 * what goes before what, and that -T's output means the same again. */
#include "unit.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

#include "conf/conf.h"
#include "conf/listener_keys.h"
#include "conf/reader.h"
#include "conf/rundir.h"

/* libconfig 1.5 leaks what it has of a text at a syntax error; the rest is ours to free. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig\nleak:strbuf_append\n";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

/* A configuration as an operator gives it. The text may be NULL for /dev/null. */
struct given {
    const char *text;
    const char *set[4], *listen[4];
};

static size_t length(const char *const *list, size_t max)
{
    size_t n = 0;
    while (n < max && list[n] != NULL)
        n++;
    return n;
}

static void write_file(const char *path, const void *data, size_t size)
{
    remove(path); /* some file systems write a file that is overwritten to the disk at once */
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static bool load(void *const *state, const struct given *given, struct conf *conf, struct reason *why)
{
    char *path = given->text != NULL ? unit_path(state, "mpechod.conf") : strdup("/dev/null");
    const struct conf_source source = {
        .file = path,
        .set = given->set,
        .sets = length(given->set, 4),
        .listen = given->listen,
        .listens = length(given->listen, 4),
        .foreground = true,
    };
    if (given->text != NULL)
        write_file(path, given->text, strlen(given->text));
    bool good = conf_load(&source, conf, why);
    free(path);
    return good;
}

/* The reason why it is refused, without the path of the file before it. */
static const char *refused(void *const *state, const struct given *given, struct reason *why)
{
    struct conf conf;
    size_t n = strlen(*state) + strlen("/mpechod.conf");
    if (load(state, given, &conf, why))
        return "it is not";
    return strncmp(why->text, *state, strlen(*state)) == 0 ? why->text + n : why->text;
}

/* The value of a key as text, 4096 bytes and more. */
static const char *value(const struct conf *conf, const char *path, char *text)
{
    const struct confkey *key = confkeys_find(&confkeys, path);
    const void *at = (const char *)conf + key->offset;
    if (key->type == CONFKEY_COUNT)
        sprintf(text, "%u", *(const unsigned *)at);
    else if (key->type == CONFKEY_SECONDS)
        sprintf(text, "%.17g", *(const double *)at);
    else if (key->type == CONFKEY_BOOL)
        strcpy(text, *(const bool *)at ? "true" : "false");
    else if (key->type == CONFKEY_CHOICE)
        strcpy(text, key->choices[*(const unsigned *)at]);
    else
        strcpy(text, at);
    return text;
}

static const char *listener(const struct conf *conf, size_t i, char *text)
{
    addr_format_listen(&conf->listen[i].addr, text);
    return text;
}

/* What is taken */

static void test_defaults(void **state)
{
    static const struct {
        const char *path, *value;
    } expected[] = {
        {"pool.start", "5"},           {"pool.min_spare", "5"},       {"pool.max_spare", "10"},
        {"pool.max_workers", "256"},   {"pool.max_connections", "0"}, {"accept.backlog", "4096"},
        {"accept.stall_timeout", "1"}, {"timeout.idle", "60"},        {"timeout.connection", "0"},
        {"timeout.drain", "10"},       {"log.target", "stderr"},      {"log.level", "info"},
        {"log.format", "text"},        {"log.access", "true"},        {"process.user", "nobody"},
        {"process.group", "nogroup"},
    };
    char text[PATH_MAX], run[PATH_MAX], path[PATH_MAX + 16];
    struct reason why;
    struct conf conf;
    assert_true(load(state, &(struct given){0}, &conf, &why));
    for (size_t i = 0; i < unit_count(expected); i++)
        assert_string_equal(value(&conf, expected[i].path, text), expected[i].value);
    rundir_path(run);
    snprintf(path, sizeof path, "%s/accept.lock", run);
    assert_string_equal(conf.lock_file, path);
    snprintf(path, sizeof path, "%s/mpechod.pid", run);
    assert_string_equal(conf.pid_file, path);
    assert_int_equal(conf.listens, 1);
    assert_string_equal(listener(&conf, 0, text), "*:9190");

    assert_true(conf_load(&(struct conf_source){.file = "/dev/null"}, &conf, &why));
    assert_string_equal(conf.log_target, "syslog"); /* detached */
}

static void assert_value(void *const *state, const struct given *given, const char *path, const char *expected)
{
    char text[PATH_MAX];
    struct reason why;
    struct conf conf;
    if (!load(state, given, &conf, &why))
        fail_msg("%s: %s", given->text != NULL ? given->text : given->set[0], why.text);
    assert_string_equal(value(&conf, path, text), expected);
}

static void test_values(void **state)
{
    static const struct {
        const char *text, *path, *value;
    } cases[] = {
        {"pool: { start = 7; };", "pool.start", "7"},
        {"pool = { start : 7 }", "pool.start", "7"},
        {"pool: { start = 0x1F; };", "pool.start", "31"},
        {"pool: { start = 7L; };", "pool.start", "7"},
        {"pool: { start = +7; };", "pool.start", "7"},
        {"pool: { start = 1; };", "pool.start", "1"},
        {"pool: { max_workers = 32768; start = 32768; };", "pool.start", "32768"},
        {"pool: { max_connections = 2147483647; };", "pool.max_connections", "2147483647"},
        {"accept: { backlog = 65535; };", "accept.backlog", "65535"},
        {"accept: { stall_timeout = 0; };", "accept.stall_timeout", "0"},
        {"timeout: { idle = 5; };", "timeout.idle", "5"},
        {"timeout: { idle = .25; };", "timeout.idle", "0.25"},
        {"timeout: { connection = 25e-2; };", "timeout.connection", "0.25"},
        {"timeout: { drain = 31536000; };", "timeout.drain", "31536000"},
        {"timeout: { drain = 3000000000e-3; };", "timeout.drain", "3000000"},
        {"timeout: { drain = 3000000000.5E-9; };", "timeout.drain", "3.0000000005"},
        {"log: { target = \"syslog\"; };", "log.target", "syslog"},
        {"log: { target = \"/a\" \"b\"; };", "log.target", "/ab"},
        {"log: { target = \"/4294967301 /* @include\"; }; # @include", "log.target", "/4294967301 /* @include"},
        {"/* 4294967301 \" @include */ log: { target = \"/\\\" 4294967301\"; };", "log.target", "/\" 4294967301"},
        {"log: { target = \"/\n@include x\\\"\n\"; };", "log.target", "/\n@include x\"\n"},
        {"log: { level = \"error\"; };", "log.level", "error"},
        {"log: { level = \"debug\"; };", "log.level", "debug"},
        {"log: { format = \"json\"; };", "log.format", "json"},
        {"log: { access = FALSE; };", "log.access", "false"},
        {"accept: { lock_file = \"/\\x41 \\\"\\\\\"; };", "accept.lock_file", "/A \"\\"},
        {"process: { pid_file = \"/p\"; };", "process.pid_file", "/p"},
        {"process: { pid_file = \"\"; };", "process.pid_file", ""},
        {"accept: { lock_file = \"\"; };", "accept.lock_file", ""},
        {"process: { user = 65534; };", "process.user", "65534"},
        {"process: { user = \"65534\"; group = \"1\"; };", "process.user", "65534"},
        {"pool: {}; log: {};", "pool.start", "5"},
        {"# c\r\n// c\r\n/* c\n */\r\npool:\r\n{\r\n  start = 7;\r\n};\r\n", "pool.start", "7"},
        /* a default gives way to what somebody said */
        {"pool: { max_workers = 7; };", "pool.max_spare", "7"},
        {"pool: { max_workers = 7; };", "pool.min_spare", "5"},
        {"pool: { max_workers = 3; };", "pool.max_spare", "3"},
        {"pool: { max_workers = 3; };", "pool.min_spare", "3"},
        {"pool: { max_workers = 3; };", "pool.start", "3"},
        {"pool: { max_spare = 2; };", "pool.min_spare", "2"},
        {"pool: { max_spare = 2; };", "pool.start", "5"},
    };
    for (size_t i = 0; i < unit_count(cases); i++)
        assert_value(state, &(struct given){.text = cases[i].text}, cases[i].path, cases[i].value);
}

static void test_command_line(void **state)
{
    static const struct {
        struct given given;
        const char *path, *value;
    } cases[] = {
        /* -o goes before the file, a later one before an earlier one */
        {{.text = "pool: { start = 7; };", .set = {"pool.start=8"}}, "pool.start", "8"},
        {{.text = "pool: { start = 7; };", .set = {"pool.start=8", "pool.start=9"}}, "pool.start", "9"},
        {{.text = "log: { target = \"/a\"; };", .set = {"log.target=/b", "log.target=/c=d e"}}, "log.target", "/c=d e"},
        {{.set = {"timeout.idle=0.5"}}, "timeout.idle", "0.5"},
        {{.set = {"timeout.idle=5"}}, "timeout.idle", "5"},
        {{.set = {"timeout.idle=1e3"}}, "timeout.idle", "1000"},
        {{.set = {"log.access=false"}}, "log.access", "false"},
        {{.set = {"log.level=warn"}}, "log.level", "warn"},
        {{.set = {"pool.max_connections=2147483647"}}, "pool.max_connections", "2147483647"},
        {{.set = {"pool.max_workers=1"}}, "pool.start", "1"},
        {{.set = {"process.pid_file="}}, "process.pid_file", ""},
        {{.set = {"process.user=65534"}}, "process.user", "65534"},
        /* what is in quotes is read as the file's is */
        {{.set = {"log.level=\"warn\""}}, "log.level", "warn"},
        {{.set = {"process.pid_file=\"/x\""}}, "process.pid_file", "/x"},
        {{.set = {"process.pid_file=\"\""}}, "process.pid_file", ""},
        {{.set = {"process.pid_file=\"/a\\\"b\\x41\" \"c\" # d"}}, "process.pid_file", "/a\"bAc"},
    };
    for (size_t i = 0; i < unit_count(cases); i++)
        assert_value(state, &cases[i].given, cases[i].path, cases[i].value);
}

static void test_listeners(void **state)
{
    static const struct {
        struct given given;
        const char *names[3];
        unsigned modes[3];
    } cases[] = {
        {{.text = "listen = ( { address = \"*\"; port = 80; } );"}, {"*:80"}, {0660}},
        {{.text = "listen = ( { port = 80; } );"}, {"*:80"}, {0660}},
        {{.text = "listen = ( { address = \"127.0.0.1\"; } );"}, {"127.0.0.1:9190"}, {0660}},
        {{.text = "listen = ( {} );"}, {"*:9190"}, {0660}},
        {{.text = "listen = ( { address = \"::1\"; port = 0; }, { address = \"[::1]\"; port = 0; } );"},
         {"[::1]:0", "[::1]:0"},
         {0660, 0660}},
        {{.text = "listen = ( { path = \"/a\"; }, { path = \"/b\"; mode = \"0600\"; }, { mode = \"777\"; path = "
                  "\"/c\"; } );"},
         {"unix:/a", "unix:/b", "unix:/c"},
         {0660, 0600, 0777}},
        /* -l replaces them all */
        {{.text = "listen = ( { port = 80; }, { path = \"/a\"; } );", .listen = {"[::1]:81"}}, {"[::1]:81"}, {0660}},
        {{.listen = {"1.2.3.4:0", "unix:/x", "1.2.3.4:0"}}, {"1.2.3.4:0", "unix:/x", "1.2.3.4:0"}, {0660, 0660, 0660}},
    };
    for (size_t i = 0; i < unit_count(cases); i++) {
        char text[ADDR_TEXT_MAX];
        struct reason why;
        struct conf conf;
        if (!load(state, &cases[i].given, &conf, &why))
            fail_msg("case %zu: %s", i, why.text);
        assert_int_equal(conf.listens, length(cases[i].names, 3));
        for (size_t j = 0; j < conf.listens; j++) {
            assert_string_equal(listener(&conf, j, text), cases[i].names[j]);
            assert_int_equal(conf.listen[j].mode, cases[i].modes[j]);
        }
    }
}

static void test_owners_of_listeners(void **state)
{
    static const char text[] =
        "listen = ( { path = \"/a\"; user = \"root\"; group = 7; }, { path = \"/b\"; group = \"\"; "
        "}, { path = \"/c\"; user = \"0\"; group = \"4294967294\"; }, { port = 1; } );";
    static const id_t expected[][2] = {{0, 7}, {CONF_NO_ID, CONF_NO_ID}, {0, 4294967294}, {CONF_NO_ID, CONF_NO_ID}};
    struct reason why;
    struct conf conf;
    assert_true(load(state, &(struct given){.text = text}, &conf, &why));
    assert_int_equal(conf.listens, unit_count(expected));
    for (size_t i = 0; i < conf.listens; i++) {
        assert_int_equal(conf.listen[i].user.id, expected[i][0]);
        assert_int_equal(conf.listen[i].group.id, expected[i][1]);
    }
}

/* What a listener does not say of itself, the server says. */
static void test_listeners_inherit(void **state)
{
    static const struct confkey rows[] = {
        {"idle", CONFKEY_SECONDS, offsetof(struct conf, idle), sizeof(double), .inherits = "timeout.idle"},
        {"drain", CONFKEY_SECONDS, offsetof(struct conf, drain), sizeof(double), .inherits = "timeout.drain"},
        {"start", CONFKEY_COUNT, offsetof(struct conf, start), sizeof(unsigned), .standard = "9"},
    };
    static const struct confkeys keys = {rows, unit_count(rows)};
    struct conf server = {.idle = 1, .drain = 2, .start = 3}, listener = {.idle = 4, .lines = {7}};
    const struct conf_scope at = {.keys = &keys, .at = &listener, .lines = listener.lines};
    const struct conf_scope from = {.keys = &confkeys, .at = &server, .lines = server.lines};
    (void)state;
    conf_inherit(&at, &from);
    assert_true(listener.idle == 4 && listener.drain == 2 && listener.start == 0);
}

/* What is refused */

#define NOT_OF_UNIX(key) ": has a path, so it is a Unix socket, which has no " key
#define ONLY_OF_UNIX(key) ": has a " key ", which only a Unix socket has, but no path"
#define FORTY "abcdefghijabcdefghijabcdefghijabcdefghij"
#define OCTAL "needs an octal mode in quotes, such as \"0660\""
#define OR_NONE ", or \"\" for none"
#define OF_POOL "; known are start, min_spare, max_spare, max_workers, max_connections"

static void assert_refuses(void *const *state, const struct given *given, const char *expected)
{
    struct reason why;
    const char *reason = refused(state, given, &why);
    if (strcmp(reason, expected) != 0)
        fail_msg("%s: \"%s\" is not \"%s\"", given->text, reason, expected);
}

static void test_refuses(void **state)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"\npool:\n{\n  start = 0;\n};", ":4: pool.start: needs an integer from 1 to 32768"},
        {"pool: { start = 5.0; };", ":1: pool.start: needs an integer from 1 to 32768"},
        {"pool: { start = 32769; };", ":1: pool.start: needs an integer from 1 to 32768"},
        {"pool: { start = -1; };", ":1: pool.start: needs an integer from 1 to 32768"},
        {"pool: { start = 4294967301L; };", ":1: pool.start: needs an integer from 1 to 32768"},
        {"pool: { start = 99999999999999999999L; };", ":1: pool.start: needs an integer from 1 to 32768"},
        {"pool: { max_connections = 2147483648L; };",
         ":1: pool.max_connections: needs an integer from 0 to 2147483647"},
        /* these libconfig would take for 5, or INT_MAX */
        {"# 4294967301 \"\npool: { start =\n4294967301; };", ":2: pool.start: needs an integer from 1 to 32768"},
        {"/* 1 */ pool: { start = 0x100000005; };", ":1: pool.start: needs an integer from 1 to 32768"},
        {"pool: {start=-4294967291;};", ":1: pool.start: needs an integer from 1 to 32768"},
        {"pool: {start=04294967301;};", ":1: pool.start: needs an integer from 1 to 32768"},
        {"pool: {start=4294967301max_workers=9;};", ":1: pool.start: needs an integer from 1 to 32768"},
        {"pool: {start=99999999999999999999e=9;};", ":1: pool.start: needs an integer from 1 to 32768"},
        {"timeout: { idle = 2147483648; };", ":1: timeout.idle: needs a number of seconds from 0 to 31536000"},
        {"log: { access = 2147483648; };", ":1: log.access: needs true or false"},
        {"process: { user = 4294967296; };", ":1: process.user: needs a name in quotes, or a number"},
        {"listen = ( { port = 4294967301; } );", ":1: listen[0].port: needs an integer from 0 to 65535"},
        {"a4294967301 = 5;", ":1: a4294967301: unknown key"},
        {"*4294967301 = 5;", ":1: *4294967301: unknown key"},
        {"accept: { backlog = 65536; };", ":1: accept.backlog: needs an integer from 1 to 65535"},
        {"timeout: { idle = -0.1; };", ":1: timeout.idle: needs a number of seconds from 0 to 31536000"},
        {"timeout: { idle = 31536001; };", ":1: timeout.idle: needs a number of seconds from 0 to 31536000"},
        {"timeout: { idle = 1e999; };", ":1: timeout.idle: needs a number of seconds from 0 to 31536000"},
        {"timeout: { idle = \"60\"; };", ":1: timeout.idle: needs a number of seconds from 0 to 31536000"},
        {"log: { access = 1; };", ":1: log.access: needs true or false"},
        {"log: { level = \"Info\"; };", ":1: log.level: needs one of \"error\", \"warn\", \"info\", \"debug\""},
        {"log: { format = true; };", ":1: log.format: needs one of \"text\", \"json\""},
        {"log: { target = \"stdout\"; };", ":1: log.target: needs \"stderr\", \"syslog\" or an absolute path"},
        {"log: { target = \"\"; };", ":1: log.target: needs \"stderr\", \"syslog\" or an absolute path"},
        {"accept: { lock_file = \"stderr\"; };", ":1: accept.lock_file: needs an absolute path in quotes" OR_NONE},
        {"accept: { lock_file = 5; };", ":1: accept.lock_file: needs an absolute path in quotes" OR_NONE},
        {"process: { pid_file = \"x\"; };", ":1: process.pid_file: needs an absolute path in quotes" OR_NONE},
        {"process: { user = \"\"; };", ":1: process.user: needs a name in quotes, or a number"},
        {"process: { user = -1; };", ":1: process.user: needs a name in quotes, or a number"},
        {"process: { user = 0; };", ":1: process.user: workers do not run as root: name an ordinary user"},
        {"process: { group = \"00\"; };",
         ":1: process.group: workers do not run in root's group: name an ordinary one"},
        {"process: { group = \"4294967295\"; };", ":1: process.group: no such group: 4294967295"},
        {"process: { group = \"4294967301\"; };", ":1: process.group: no such group: 4294967301"},
        {"process: { user = \"99999999999999999999999\"; };",
         ":1: process.user: no such user: 99999999999999999999999"},
        /* keys */
        {"\npoll: { };", ":2: poll: unknown key"},
        {"start = 5;", ":1: start: unknown key"},
        {"p: { };", ":1: p: unknown key"},
        {"pool: { start = 5;\nspare = 5; };", ":2: pool.spare: unknown key" OF_POOL},
        {"pool: { pool: { start = 5; }; };", ":1: pool.pool: unknown key" OF_POOL},
        {"pool = 5;", ":1: pool: needs a group { ... }"},
        {"pool = ( );", ":1: pool: needs a group { ... }"},
        /* between keys */
        {"pool: { min_spare = 8;\nmax_spare = 7; };", ":1: pool.min_spare: 8 is more than pool.max_spare (7)"},
        {"pool: {\nmin_spare = 11; };", ":2: pool.min_spare: 11 is more than pool.max_spare (10)"},
        {"pool: { max_spare = 257; };", ":1: pool.max_spare: 257 is more than pool.max_workers (256)"},
        {"pool: { start = 300; };", ":1: pool.start: 300 is more than pool.max_workers (256)"},
        /* listeners */
        {"listen = ( );", ":1: listen: needs a list of at least one group: ( { ... }, ... )"},
        {"listen = 9190;", ":1: listen: needs a list of at least one group: ( { ... }, ... )"},
        {"listen: { port = 9190; };", ":1: listen: needs a list of at least one group: ( { ... }, ... )"},
        {"listen = (\n9190 );", ":2: listen[0]: needs a group { address = ...; port = ...; } or { path = ...; }"},
        {"listen = ( {},\n{ port = 65536; } );", ":2: listen[1].port: needs an integer from 0 to 65535"},
        {"listen = ( { port = -1; } );", ":1: listen[0].port: needs an integer from 0 to 65535"},
        {"listen = ( { port = \"80\"; } );", ":1: listen[0].port: needs an integer from 0 to 65535"},
        {"listen = ( { prot = 80; } );",
         ":1: listen[0].prot: unknown key; known are address, port, path, mode, user, group"},
        {"listen = ( { address = 1; } );", ":1: listen[0].address: needs an address in quotes"},
        {"listen = ( { path = 1; } );", ":1: listen[0].path: needs an absolute path in quotes"},
        {"listen = ( { path = \"/a\"; mode = 660; } );", ":1: listen[0].mode: " OCTAL},
        {"listen = ( { path = \"/a\"; mode = \"0668\"; } );", ":1: listen[0].mode: " OCTAL},
        {"listen = ( { path = \"/a\"; mode = \"1777\"; } );", ":1: listen[0].mode: " OCTAL},
        {"listen = ( { path = \"/a\"; mode = \"\"; } );", ":1: listen[0].mode: " OCTAL},
        {"listen = ( { path = \"/a\"; mode = \"-1\"; } );", ":1: listen[0].mode: " OCTAL},
        {"listen = ( { path = \"/a\"; port = 1; } );", ":1: listen[0]" NOT_OF_UNIX("port")},
        {"listen = ( { path = \"/a\"; address = \"*\"; } );", ":1: listen[0]" NOT_OF_UNIX("address")},
        {"listen = ( { address = \"*\"; mode = \"0600\"; } );", ":1: listen[0]" ONLY_OF_UNIX("mode")},
        {"listen = ( {\nuser = \"0\"; } );", ":2: listen[0]" ONLY_OF_UNIX("user")},
        {"listen = ( { path = \"/a\"; user = true; } );", ":1: listen[0].user: needs a name in quotes, or a number"},
        {"listen = ( { path = \"/a\";\nuser = \"no such\"; } );", ":2: listen[0].user: no such user: no such"},
        {"listen = ( {}, { path = \"/a\"; group = \"no such\"; } );", ":1: listen[1].group: no such group: no such"},
        {"listen = ( { path = \"\"; } );", ":1: listen[0].path: needs an absolute path in quotes"},
        {"listen = ( { address = \"\"; } );", ":1: listen[0].address: needs an address in quotes"},
        {"listen = ( { path = \"a\"; } );", ":1: listen[0].path: needs an absolute path in quotes"},
        {"listen = ( { address = \"localhost\"; } );",
         ":1: listen[0]: 'localhost' is neither \"*\" nor a numeric IPv4 or IPv6 address"},
        {"listen = ( {},\n{ port = 9190; } );", ":2: listen[1]: the same address is listed twice"},
        {"listen = ( { path = \"/a\"; },\n{ path = \"/a\"; } );", ":2: listen[1]: the same address is listed twice"},
        {"listen = ( {},\n{ address = \"0.0.0.0\"; } );",
         ":2: listen[1]: 0.0.0.0:9190 and *:9190 of listen[0] overlap: only one can be bound"},
        {"listen = ( { port = 1; }, { address = \"::1\"; }, { address = \"::\"; } );",
         ":1: listen[2]: [::]:9190 and [::1]:9190 of listen[1] overlap: only one can be bound"},
        {"listen = ( { address = \"fe80::1\"; } );",
         ":1: listen[0]: 'fe80::1' is a link-local address: say of which interface, as in 'fe80::1%eth0'"},
        /* syntax, which is libconfig's business */
        {"\n\npool: { start 5; };", ":3: syntax error"},
        {"pool: { start = 5;", ":1: syntax error"},
        {"\npool: { start = 5;\n", ":2: syntax error"},
        {"log: {\ntarget = \"/a; };\n\n", ":2: a string begins here that has no end"},
        {"log: {\ntarget = \"/a\\\"", ":2: a string begins here that has no end"},
        {"log: {\ntarget = \"/a\\", ":2: a string begins here that has no end"},
        {"log: {};\n/* /a\n * /\n", ":2: a comment begins here that has no end"},
        {"pool: { start = 1; start = 2; };", ":1: duplicate setting name"},
        {"pool: { };\npool: { };", ":2: duplicate setting name"},
        {"x: { y: { z: { a: { b: { c: { d: { e: {\nf: {", ":2: more than 8 groups and lists in one another"},
        {"x = ( [ ], { }, ( ), [ ], { }, ( ), [ ], { }, ( ), [ ], { } );", ":1: x: unknown key"},
        {"\n" FORTY "1 = 5;", ":2: " FORTY "...: unknown key"},
        {"*" FORTY " = 5;", ":1: *abcdefghijabcdefghijabcdefghijabcdefghi...: unknown key"},
        {FORTY " = 5;", ":1: " FORTY ": unknown key"},
        {"\xef\xbb\xbf# c\n", ":1: begins with a byte order mark: save it as UTF-8 without one"},
        {"/* \n */ @include \"/etc/passwd\"\n", ":2: @include: is not supported: one file holds the configuration"},
        {"\n@include \"/etc/passwd\"\n", ":2: @include: is not supported: one file holds the configuration"},
        {" \t@include\t\"/etc/passwd\"\n", ":1: @include: is not supported: one file holds the configuration"},
    };
    for (size_t i = 0; i < unit_count(cases); i++)
        assert_refuses(state, &(struct given){.text = cases[i].text}, cases[i].reason);
}

static void test_refuses_command_lines(void **state)
{
    static const struct {
        struct given given;
        const char *reason;
    } cases[] = {
        {{.text = "pool: { start = 6; };", .set = {"pool.max_workers=5"}},
         ":1: pool.start: 6 is more than pool.max_workers (5)"},
        {{.text = "pool: { max_workers = 5; };", .set = {"pool.start=6"}},
         "command line: pool.start: 6 is more than pool.max_workers (5)"},
        {{.text = "listen = ( { port = 65536; } );", .listen = {"*:1"}},
         ":1: listen[0].port: needs an integer from 0 to 65535"},
        {{.set = {"pool.start=0"}}, "command line: pool.start: needs an integer from 1 to 32768"},
        {{.set = {"pool.start=5.0"}}, "command line: pool.start: needs an integer from 1 to 32768"},
        {{.set = {"pool.start=5x"}}, "command line: pool.start: needs an integer from 1 to 32768"},
        {{.set = {"pool.start="}}, "command line: pool.start: needs an integer from 1 to 32768"},
        {{.set = {"pool.start=99999999999999999999"}}, "command line: pool.start: needs an integer from 1 to 32768"},
        {{.set = {"timeout.idle="}}, "command line: timeout.idle: needs a number of seconds from 0 to 31536000"},
        {{.set = {"timeout.idle=1s"}}, "command line: timeout.idle: needs a number of seconds from 0 to 31536000"},
        {{.set = {"timeout.idle=nan"}}, "command line: timeout.idle: needs a number of seconds from 0 to 31536000"},
        {{.set = {"timeout.idle=inf"}}, "command line: timeout.idle: needs a number of seconds from 0 to 31536000"},
        {{.set = {"log.access=yes"}}, "command line: log.access: needs true or false"},
        {{.set = {"log.level=\"warning\""}},
         "command line: log.level: needs one of \"error\", \"warn\", \"info\", \"debug\""},
        {{.set = {"log.level=\"info"}}, "command line: log.level: a string begins here that has no end"},
        {{.set = {"log.level=\"info\" x"}}, "command line: log.level: syntax error"},
        {{.set = {"log.level=\"info\"; x = 1"}}, "command line: log.level: needs one value"},
        {{.set = {"log.level=\"info\"\n@include \"/etc/passwd\""}},
         "command line: log.level: @include: is not supported: one file holds the configuration"},
        {{.set = {"pool.start=\"5\""}}, "command line: pool.start: needs an integer from 1 to 32768"},
        {{.set = {"accept.lock_file=x"}}, "command line: accept.lock_file: needs an absolute path in quotes" OR_NONE},
        {{.set = {"process.user="}}, "command line: process.user: needs a name in quotes, or a number"},
        {{.set = {"pool=5"}}, "command line: pool: unknown key"},
        {{.set = {"pool.starts=5"}}, "command line: pool.starts: unknown key"},
        {{.set = {"listen=*:1"}}, "command line: listen: is set with -l"},
        {{.listen = {"*:http"}}, "command line: listen: 'http' is not a port number"},
        {{.listen = {"*:1", "*:1"}}, "command line: listen: the same address is listed twice"},
    };
    for (size_t i = 0; i < unit_count(cases); i++)
        assert_refuses(state, &cases[i].given, cases[i].reason);
}

/* No key takes a value of a type that it cannot mean, and the line is right wherever it is. */
static void test_refuses_other_types_for_every_key(void **state)
{
    static const char *const others[] = {"( )", "{ }", "[ ]", "-1", "-1.5", "\"\""};
    for (size_t i = 0; i < confkeys.n; i++) {
        for (size_t j = 0; j < unit_count(others); j++) {
            const char *path = confkeys.at[i].path, *name = strchr(path, '.') + 1;
            char text[256], newlines[CONF_KEYS_MAX] = "", expected[64];
            struct reason why;
            memset(newlines, '\n', i);
            snprintf(text, sizeof text, "%s%.*s: {\n%s = %s; };", newlines, (int)(name - 1 - path), path, name,
                     others[j]);
            snprintf(expected, sizeof expected, ":%zu: %s: needs ", i + 2, path);
            const char *reason = refused(state, &(struct given){.text = text}, &why);
            bool none = confkeys.at[i].may_be_empty && others[j][0] == '"';
            if (none ? strcmp(reason, "it is not") != 0 : strncmp(reason, expected, strlen(expected)) != 0)
                fail_msg("%s = %s: \"%s\"", path, others[j], reason);
        }
    }
}

static void test_refuses_texts_that_are_too_long(void **state)
{
    char text[PATH_MAX + 64] = "log: { target = \"/", set[PATH_MAX + 64] = "log.target=/", shown[PATH_MAX + 64];
    struct reason why;
    memset(text + strlen(text), 'x', PATH_MAX);
    strcpy(text + PATH_MAX + 4, "\"; };");
    assert_string_equal(refused(state, &(struct given){.text = text}, &why),
                        ":1: log.target: is too long: at most 4079 bytes");
    memset(set + strlen(set), 'x', PATH_MAX - 17 - 1);
    struct conf conf;
    assert_true(load(state, &(struct given){.set = {set}}, &conf, &why));
    assert_string_equal(value(&conf, "log.target", shown), strchr(set, '/'));
    strcat(set, "x");
    assert_string_equal(refused(state, &(struct given){.set = {set}}, &why),
                        "command line: log.target: is too long: at most 4079 bytes");
    memset(set, 'y', sizeof set - 1); /* a key, this time */
    assert_non_null(strstr(refused(state, &(struct given){.set = {set}}, &why), ": unknown key"));
}

static void test_takes_so_many_listeners(void **state)
{
    char text[4096] = "listen = (";
    struct reason why;
    for (int i = 0; i < CONF_LISTEN_MAX; i++)
        sprintf(text + strlen(text), "%s\n{ port = %d; }", i > 0 ? "," : "", i);
    size_t n = strlen(text);
    strcpy(text + n, ");");
    struct conf conf;
    assert_true(load(state, &(struct given){.text = text}, &conf, &why));
    assert_int_equal(conf.listens, CONF_LISTEN_MAX);
    assert_int_equal(conf.listen[31].line, 33);
    strcpy(text + n, ",\n{ port = 99; });");
    assert_string_equal(refused(state, &(struct given){.text = text}, &why), ":34: listen[32]: more than 32 listeners");
}

static void test_user_and_group(void **state)
{
    static const struct {
        struct given given;
        const char *reason;
    } cases[] = {
        {{.text = "process: { user = \"no such\"; };"}, ":1: process.user: no such user: no such"},
        {{.text = "process: { user = \"root\"; };"},
         ":1: process.user: workers do not run as root: name an ordinary user"},
        {{.set = {"process.group=no such"}}, "command line: process.group: no such group: no such"},
        {{.set = {"process.group=root"}},
         "command line: process.group: workers do not run in root's group: name an ordinary one"},
    };
    struct reason why;
    for (size_t i = 0; i < unit_count(cases); i++)
        assert_string_equal(refused(state, &cases[i].given, &why), geteuid() == 0 ? cases[i].reason : "it is not");
    struct conf conf;
    assert_true(load(state, &(struct given){0}, &conf, &why));
    assert_int_equal(conf.user.id != CONF_NO_ID && conf.group.id != CONF_NO_ID, geteuid() == 0);
    assert_true(conf.user.id != 0 && conf.group.id != 0);
}

/* Hostile files */

static void assert_refuses_file(const char *path, const char *reason)
{
    struct reason why;
    char expected[REASON_MAX];
    snprintf(expected, sizeof expected, "%s%s", path, reason);
    struct conf conf;
    assert_false(conf_load(&(struct conf_source){.file = path}, &conf, &why));
    assert_string_equal(why.text, expected);
}

static void assert_refuses_bytes(void *const *state, const char *bytes, size_t size, const char *reason)
{
    char *path = unit_path(state, "bytes.conf");
    write_file(path, bytes, size);
    assert_refuses_file(path, reason);
    free(path);
}

static void test_refuses_what_is_no_file(void **state)
{
    char *missing = unit_path(state, "missing"), *fifo = unit_path(state, "fifo"),
         *dangling = unit_path(state, "dangling");
    assert_refuses_file(missing, ": cannot open: No such file or directory");
    assert_refuses_file("", ": cannot open: No such file or directory");
    char path[CONF_PATH_MAX + 1];
    struct conf conf;
    struct reason why;
    memset(path, '/', CONF_PATH_MAX);
    path[CONF_PATH_MAX] = '\0';
    assert_false(conf_load(&(struct conf_source){.file = path}, &conf, &why));
    assert_non_null(strstr(why.text, "/...: cannot open: File name too long"));
    assert_refuses_file(path + 1, ": not a regular file");
    assert_refuses_file(*state, ": not a regular file");
    assert_refuses_file("/dev/zero", ": not a regular file");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_refuses_file(fifo, ": not a regular file");
    int writer = open(fifo, O_RDWR | O_CLOEXEC);
    assert_int_equal(write(writer, "log: {};", 8), 8);
    assert_refuses_file(fifo, ": not a regular file");
    close(writer);
    assert_int_equal(symlink(missing, dangling), 0);
    assert_refuses_file(dangling, ": cannot open: No such file or directory");
    if (geteuid() != 0) {
        write_file(missing, "", 0);
        chmod(missing, 0);
        assert_refuses_file(missing, ": cannot open: Permission denied");
    }
    free(missing);
    free(fifo);
    free(dangling);
}

#define EMPTY ": is empty: for all defaults use /dev/null, or a comment"

static void test_refuses_what_is_no_text(void **state)
{
    assert_refuses_bytes(state, "", 1, ": holds a NUL byte: not a text");
    assert_refuses_bytes(state, "", 0, EMPTY);
    assert_refuses_bytes(state, "\n\t \r\n", 5, EMPTY);
    assert_refuses_bytes(state, "log: {};\0", 9, ": holds a NUL byte: not a text");
    assert_refuses_bytes(state, "pool: { start = 1; };\0pool: { start = 0; };", 40, ": holds a NUL byte: not a text");
}

static void test_refuses_what_is_too_large(void **state)
{
    enum { MOST = 1 << 20 };
    char *text = malloc(MOST + 1);
    struct reason why;
    memset(text, '\n', MOST + 1);
    assert_refuses_bytes(state, text, MOST + 1, ": larger than 1048576 bytes");
    strcpy(text + MOST - 6, "pool=5");
    assert_string_equal(refused(state, &(struct given){.text = text}, &why), ":1048571: pool: needs a group { ... }");
    free(text);
}

/* n pieces, each with its number in it. */
static void assert_bound(void *const *state, const char *before, const char *piece, const char *rest, size_t n,
                         const char *reason)
{
    char *text = malloc(strlen(before) + n * (strlen(piece) + strlen(rest) + 8) + 1);
    char *end = text + sprintf(text, "%s", before);
    struct reason why;
    for (size_t i = 0; i < n; i++)
        end += sprintf(end, "%s%zu%s", piece, i, rest);
    assert_string_equal(refused(state, &(struct given){.text = text}, &why), reason);
    free(text);
}

static void test_bounds_the_number_of_settings(void **state)
{
    assert_bound(state, "", "a", " = 1; ", 64, ":1: a0: unknown key");
    assert_bound(state, "", "a", ": {}; ", 65, ":1: more than 64 settings in one group");
    assert_bound(state, "pool: { ", "\na", " = 1; ", 65, ":66: more than 64 settings in one group");
    assert_bound(state, "a = (", "{ a", " = 1; },", 1364, ":1: syntax error");
    assert_bound(state, "a = (", "{ a", " = 1; },", 1365, ":1: more than 4096 settings and elements of lists");
    assert_bound(state, "a = [", "", ",", 4095, ":1: more than 4096 settings and elements of lists");
    assert_bound(state, "a = (\"", "", ",=({[", 5000, ":1: a string begins here that has no end");
}

static void test_survives_deep_nesting(void **state)
{
    static const char *const openings[] = {"a = ", "(", "a: {", "(("};
    for (size_t i = 0; i < unit_count(openings); i++) {
        size_t n = 0, room = 1 << 20, step = strlen(openings[i]);
        char *text = malloc(room), *path = unit_path(state, "deep.conf");
        struct reason why;
        struct conf conf;
        if (i % 2 == 1)
            n = (size_t)sprintf(text, "listen = ");
        for (; n + step < room; n += step)
            memcpy(text + n, openings[i], step);
        write_file(path, text, n);
        assert_false(conf_load(&(struct conf_source){.file = path}, &conf, &why));
        assert_int_equal(strncmp(why.text, path, strlen(path)), 0);
        free(text);
        free(path);
    }
}

/* A file that was garbled is refused with its name, or it means something that -T can say again. */
static void test_random_damage(void **state)
{
    static const char sample[] =
        "listen = ( { address = \"*\"; port = 9190; }, { path = \"/run/echo\"; mode = \"0660\"; } );\n"
        "pool: { start = 5; max_spare = 10; };\n# comment\n"
        "timeout: { idle = 60.0; drain = 1e1; };\n"
        "log: { target = \"/a\\x41\"; level = \"info\"; access = true; };\n";
    char *path = unit_path(state, "damaged.conf");
    uint64_t first = unit_seed();
    int fd = unit_next_fd(0);
    unsigned taken = 0;
    for (uint64_t seed = first; seed < first + 3000; seed++) {
        struct unit_random random = {seed};
        char text[sizeof sample];
        struct reason why;
        memcpy(text, sample, sizeof sample);
        size_t n = unit_chance(&random, 20) ? unit_below(&random, sizeof sample) : sizeof sample - 1;
        for (unsigned i = unit_below(&random, 4); i > 0; i--) {
            char *at = &text[unit_below(&random, sizeof sample - 1)];
            *at = unit_chance(&random, 50) ? (char)unit_next(&random) : sample[unit_below(&random, sizeof sample - 1)];
        }
        write_file(path, text, n);
        struct conf conf;
        bool good = conf_load(&(struct conf_source){.file = path}, &conf, &why);
        taken += good;
        if (!good && (strncmp(why.text, path, strlen(path)) != 0 || strchr(why.text, '\n') != NULL))
            fail_msg("UNIT_SEED=%" PRIu64 ": \"%s\"", seed, why.text);
    }
    free(path);
    assert_true(taken > 500 && taken < 2500);
    assert_int_equal(unit_next_fd(0), fd);
}

/* There and back */

static char *dump(const struct conf *conf)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    conf_dump(conf, out);
    fclose(out);
    return text;
}

static void assert_same(const struct conf *a, const struct conf *b)
{
    char one[PATH_MAX], other[PATH_MAX];
    for (size_t i = 0; i < confkeys.n; i++)
        assert_string_equal(value(a, confkeys.at[i].path, one), value(b, confkeys.at[i].path, other));
    assert_int_equal(a->listens, b->listens);
    for (size_t i = 0; i < a->listens; i++) {
        assert_true(addr_equal(&a->listen[i].addr, &b->listen[i].addr));
        if (addr_path(&a->listen[i].addr) != NULL)
            assert_int_equal(a->listen[i].mode, b->listen[i].mode);
    }
}

static void assert_round_trip(void *const *state, const struct conf *conf)
{
    char *text = dump(conf);
    struct reason why;
    struct conf again;
    if (!load(state, &(struct given){.text = text}, &again, &why))
        fail_msg("%s, of %s", why.text, text);
    char *once_more = dump(&again);
    assert_string_equal(text, once_more);
    assert_same(conf, &again);
    for (size_t i = 0; i < confkeys.n; i++)
        assert_int_not_equal(again.lines[i], CONF_UNSET); /* every key is there */
    free(once_more);
    free(text);
}

static double draw_seconds(struct unit_random *random)
{
    if (unit_chance(random, 20))
        return unit_below(random, 31536001);
    if (unit_chance(random, 50))
        return ldexp(unit_between(random, 0.5, 1), (int)unit_below(random, 1000) - 975);
    return unit_between(random, 0, 31536000);
}

/* Any bytes but NUL. No two of different numbers are the same path. */
static void draw_path(struct unit_random *random, size_t number, char *path, unsigned most)
{
    path += sprintf(path, "/%zu", number);
    for (unsigned n = unit_below(random, most - 4); n > 0; n--)
        *path++ = (char)(1 + unit_below(random, 255));
    *path = '\0';
}

/* KEY=VALUE for a key, with room for a path of 200. */
static void draw_set(struct unit_random *random, const struct confkey *key, char *set)
{
    char *at = set + sprintf(set, "%s=", key->path);
    if (key->type == CONFKEY_COUNT)
        sprintf(at, "%.0f", key->min + unit_below(random, (unsigned)(key->max - key->min) + 1));
    else if (key->type == CONFKEY_SECONDS)
        sprintf(at, "%.17g", draw_seconds(random));
    else if (key->type == CONFKEY_BOOL)
        strcpy(at, unit_chance(random, 50) ? "true" : "false");
    else if (key->type == CONFKEY_CHOICE)
        strcpy(at, key->choices[unit_below(random, 2)]);
    else if (key->type == CONFKEY_USER || key->type == CONFKEY_GROUP)
        sprintf(at, "%u", 1 + unit_below(random, 4294967294U));
    else
        draw_path(random, confkeys_index(&confkeys, key), at, 200);
}

/* The counts of the pool must agree. */
static void draw_pool(struct unit_random *random, char (*sets)[256])
{
    static const char *const paths[] = {"pool.max_workers", "pool.max_spare", "pool.min_spare", "pool.start"};
    unsigned most[unit_count(paths)];
    for (size_t i = 0; i < unit_count(paths); i++) {
        most[i] = 1 + unit_below(random, i == 0 ? 32768 : i == 3 ? most[0] : most[i - 1]);
        sprintf(sets[confkeys_index(&confkeys, confkeys_find(&confkeys, paths[i]))], "%s=%u", paths[i], most[i]);
    }
}

static void draw_listen(struct unit_random *random, size_t number, char *listen)
{
    if (unit_chance(random, 50)) {
        strcpy(listen, "unix:");
        draw_path(random, CONF_KEYS_MAX + number, listen + 5, 107);
    } else {
        sprintf(listen, "%s:%zu",
                unit_chance(random, 30)   ? "*"
                : unit_chance(random, 50) ? "[::1]"
                                          : "127.0.0.1",
                number);
    }
}

static void test_random_round_trips(void **state)
{
    uint64_t first = unit_seed();
    for (uint64_t seed = first; seed < first + 1000; seed++) {
        struct unit_random random = {seed};
        char sets[CONF_KEYS_MAX][256], listens[8][ADDR_TEXT_MAX];
        const char *set[CONF_KEYS_MAX], *listen[8];
        struct reason why;
        for (size_t i = 0; i < confkeys.n; i++) {
            draw_set(&random, &confkeys.at[i], sets[i]);
            set[i] = sets[i];
        }
        draw_pool(&random, sets);
        size_t n = unit_below(&random, 9);
        for (size_t i = 0; i < n; i++) {
            draw_listen(&random, i, listens[i]);
            listen[i] = listens[i];
        }
        const struct conf_source source = {
            .file = "/dev/null", .set = set, .sets = confkeys.n, .listen = listen, .listens = n};
        struct conf conf;
        if (!conf_load(&source, &conf, &why))
            fail_msg("UNIT_SEED=%" PRIu64 ": %s", seed, why.text);
        assert_round_trip(state, &conf);
    }
}

static void test_round_trips(void **state)
{
    static const struct given cases[] = {
        {0},
        {.text = "listen = ( { path = \"/a \\\"b\\\\\"; mode = \"7\"; }, { address = \"fe80::1%lo\"; port = 0; }, { "
                 "port = 1; } );"},
        {.listen = {"[::ffff:1.2.3.4]:5", "[::]:6", "0.0.0.0:6", "*:7"}},
        {.set = {"timeout.idle=-0.0", "timeout.drain=1e-300", "timeout.connection=0x1p-3"}},
    };
    for (size_t i = 0; i < unit_count(cases); i++) {
        struct reason why;
        struct conf conf;
        if (!load(state, &cases[i], &conf, &why))
            fail_msg("case %zu: %s", i, why.text);
        assert_round_trip(state, &conf);
    }
}

static void test_dumps_no_control_characters(void **state)
{
    char set[64] = "log.target=/";
    struct reason why;
    struct conf conf;
    for (char c = 1; c < 0x20; c++)
        strncat(set, &c, 1);
    assert_true(load(state, &(struct given){.set = {set}}, &conf, &why));
    char *text = dump(&conf);
    for (const char *p = text; *p != '\0'; p++)
        assert_true(*p == '\n' || *p >= 0x20);
    assert_non_null(strstr(text, "\\x01\\x02"));
    free(text);
}

/* Whom to blame later, and the rest */

static void assert_says(const struct reason *why, const struct conf *conf, const char *rest)
{
    size_t n = strlen(conf->file);
    assert_int_equal(strncmp(why->text, conf->file, n), 0);
    assert_string_equal(why->text + n, rest);
}

static void test_blames(void **state)
{
    const struct given given = {.text = "listen = ( {},\n{ port = 1; } );\npool:\n{\nstart = 1; };",
                                .set = {"log.target=/x"}};
    struct reason why;
    struct conf conf;
    assert_true(load(state, &given, &conf, &why));
    reason_set(&why, "too few");
    assert_false(conf_blame(&conf, "pool.start", &why));
    assert_says(&why, &conf, ":5: pool.start: too few");
    reason_set(&why, "too few");
    conf_blame(&conf, "process.user", &why);
    assert_says(&why, &conf, ": process.user: too few");
    reason_set(&why, "too few");
    conf_blame(&conf, "log.target", &why);
    assert_string_equal(why.text, "command line: log.target: too few");
    reason_set(&why, "too few");
    assert_false(conf_blame_listener(&conf, 1, &why));
    assert_says(&why, &conf, ":2: listen[1]: too few");
}

static void test_keys_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < confkeys.n; i++) {
        assert_ptr_equal(confkeys_find(&confkeys, confkeys.at[i].path), &confkeys.at[i]);
        assert_int_equal(confkeys_index(&confkeys, &confkeys.at[i]), i);
    }
    assert_null(confkeys_find(&confkeys, "pool"));
    assert_null(confkeys_find(&confkeys, "pool."));
    assert_null(confkeys_find(&confkeys, ""));
    assert_null(confkeys_find(&confkeys, "pool.start "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_command_line),
        cmocka_unit_test(test_listeners),
        cmocka_unit_test(test_owners_of_listeners),
        cmocka_unit_test(test_listeners_inherit),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_refuses_command_lines),
        cmocka_unit_test(test_refuses_other_types_for_every_key),
        cmocka_unit_test(test_refuses_texts_that_are_too_long),
        cmocka_unit_test(test_takes_so_many_listeners),
        cmocka_unit_test(test_user_and_group),
        cmocka_unit_test(test_refuses_what_is_no_file),
        cmocka_unit_test(test_refuses_what_is_no_text),
        cmocka_unit_test(test_refuses_what_is_too_large),
        cmocka_unit_test(test_bounds_the_number_of_settings),
        cmocka_unit_test(test_survives_deep_nesting),
        cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_random_round_trips),
        cmocka_unit_test(test_dumps_no_control_characters),
        cmocka_unit_test(test_blames),
        cmocka_unit_test(test_keys_are_found),
    };
    return unit_run("conf", tests, unit_make_scratch, unit_remove_scratch);
}
