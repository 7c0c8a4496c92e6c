/* conf.c: reads and checks the configuration (libconfig). Called at start and at each reload; fails with one reason
 * that names file, line and key. Nothing here opens sockets or files other than the configuration itself. */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libconfig.h>
#include <math.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "confkeys.h"
#include "log.h"
#include "rundir.h"

enum { FILE_MAX = 1 << 20, KEY_MAX = 128 };

/* A configuration being read. */
struct reader {
    struct conf *conf;
    struct reason *why;
};

/* A value as the file or the command line has it. */
struct value {
    enum { VALUE_INTEGER, VALUE_FLOAT, VALUE_BOOL, VALUE_TEXT, VALUE_OTHER } type;
    long long integer;
    double number;
    const char *text;
};

static bool blame(const char *file, int line, const char *key, struct reason *why)
{
    struct reason what = *why;
    if (line == CONF_COMMAND_LINE)
        return reason_set(why, "command line: %s: %s", key, what.text);
    if (line == CONF_UNSET)
        return reason_set(why, "%s: %s: %s", file, key, what.text);
    return reason_set(why, "%s:%d: %s: %s", file, line, key, what.text);
}

bool conf_blame(const struct conf *conf, const char *key, struct reason *why)
{
    return blame(conf->file, conf->lines[confkeys_index(confkeys_find(key))], key, why);
}

bool conf_blame_listener(const struct conf *conf, size_t index, struct reason *why)
{
    char key[KEY_MAX];
    snprintf(key, sizeof key, "listen[%zu]", index);
    return blame(conf->file, conf->listen[index].line, key, why);
}

static bool fail(const struct reader *reader, int line, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static bool fail(const struct reader *reader, int line, const char *key, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(reader->why->text, sizeof reader->why->text, format, ap);
    va_end(ap);
    return blame(reader->conf->file, line, key, reader->why);
}

/* One value into its place in struct conf */

static void *place(const struct reader *reader, const struct confkey *key)
{
    return (char *)reader->conf + key->offset;
}

static bool set_count(const struct reader *reader, const struct confkey *key, const struct value *value, int line)
{
    if (value->type != VALUE_INTEGER || (double)value->integer < key->min || (double)value->integer > key->max)
        return fail(reader, line, key->path, "needs an integer from %.0f to %.0f", key->min, key->max);
    *(unsigned *)place(reader, key) = (unsigned)value->integer;
    return true;
}

static bool set_seconds(const struct reader *reader, const struct confkey *key, const struct value *value, int line)
{
    bool number = value->type == VALUE_INTEGER || value->type == VALUE_FLOAT;
    double seconds = value->type == VALUE_INTEGER ? (double)value->integer : value->number;
    if (!number || !(seconds >= key->min && seconds <= key->max)) /* so written, it refuses a NaN */
        return fail(reader, line, key->path, "needs a number of seconds from %.0f to %.0f", key->min, key->max);
    *(double *)place(reader, key) = seconds;
    return true;
}

static bool set_bool(const struct reader *reader, const struct confkey *key, const struct value *value, int line)
{
    if (value->type != VALUE_BOOL)
        return fail(reader, line, key->path, "needs true or false");
    *(bool *)place(reader, key) = value->integer != 0;
    return true;
}

static bool set_choice(const struct reader *reader, const struct confkey *key, const struct value *value, int line)
{
    char all[KEY_MAX] = "";
    for (unsigned i = 0; key->choices[i] != NULL; i++) {
        if (value->type == VALUE_TEXT && strcmp(value->text, key->choices[i]) == 0) {
            *(unsigned *)place(reader, key) = i;
            return true;
        }
        size_t n = strlen(all);
        snprintf(all + n, sizeof all - n, "%s\"%s\"", i > 0 ? ", " : "", key->choices[i]);
    }
    return fail(reader, line, key->path, "needs one of %s", all);
}

static bool set_text(const struct reader *reader, const struct confkey *key, const struct value *value, int line)
{
    const char *text = value->type == VALUE_TEXT ? value->text : "";
    bool word = key->type == CONFKEY_TARGET && (strcmp(text, "stderr") == 0 || strcmp(text, "syslog") == 0);
    if (key->type == CONFKEY_NAME && text[0] == '\0')
        return fail(reader, line, key->path, "needs a name in quotes");
    if (key->type == CONFKEY_TARGET && !word && text[0] != '/')
        return fail(reader, line, key->path, "needs \"stderr\", \"syslog\" or an absolute path");
    if (key->type == CONFKEY_PATH && text[0] != '/')
        return fail(reader, line, key->path, "needs an absolute path in quotes");
    if (strlen(text) >= PATH_MAX - 16) /* room for a temporary name beside it */
        return fail(reader, line, key->path, "is too long");
    char **string = place(reader, key);
    free(*string);
    *string = strdup(text);
    return *string != NULL || fail(reader, line, key->path, "out of memory");
}

static bool set_key(struct reader *reader, const struct confkey *key, const struct value *value, int line)
{
    static bool (*const setters[])(const struct reader *, const struct confkey *, const struct value *, int) = {
        [CONFKEY_COUNT] = set_count,   [CONFKEY_SECONDS] = set_seconds, [CONFKEY_BOOL] = set_bool,
        [CONFKEY_CHOICE] = set_choice, [CONFKEY_PATH] = set_text,       [CONFKEY_TARGET] = set_text,
        [CONFKEY_NAME] = set_text,
    };
    reader->conf->lines[confkeys_index(key)] = line;
    return setters[key->type](reader, key, value, line);
}

/* The defaults that are not known until run time are filled in by set_defaults_left. */
static void set_defaults(struct conf *conf)
{
    *conf = (struct conf){
        .start = 5, .min_spare = 5, .max_spare = 10, .max_workers = 256,
        .backlog = 4096, .stall_timeout = 1.0,
        .idle = 60.0, .drain = 10.0,
        .log_level = LOG_LEVEL_INFO, .log_access = true,
    };
}

static bool set_default_text(struct reader *reader, const char *path, const char *text)
{
    const struct confkey *key = confkeys_find(path);
    struct value value = {.type = VALUE_TEXT, .text = text};
    if (reader->conf->lines[confkeys_index(key)] != CONF_UNSET)
        return true;
    return set_text(reader, key, &value, CONF_UNSET);
}

static bool set_defaults_left(struct reader *reader, bool foreground)
{
    char run[PATH_MAX], lock_file[PATH_MAX + 16], pid_file[PATH_MAX + 16];
    rundir_path(run);
    snprintf(lock_file, sizeof lock_file, "%s/accept.lock", run);
    snprintf(pid_file, sizeof pid_file, "%s/mpechod.pid", run);
    if (reader->conf->listens == 0) {
        reader->conf->listens = 1;
        if (!addr_from_host(&reader->conf->listen[0].addr, "*", ADDR_PORT_DEFAULT, reader->why))
            return false;
    }
    return set_default_text(reader, "accept.lock_file", lock_file) &&
           set_default_text(reader, "process.pid_file", pid_file) &&
           set_default_text(reader, "log.target", foreground ? "stderr" : "syslog") &&
           set_default_text(reader, "process.user", "nobody") && set_default_text(reader, "process.group", "nogroup");
}

/* libconfig's tree */

static struct value value_of(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return (struct value){.type = VALUE_INTEGER, .integer = config_setting_get_int64(setting)};
    case CONFIG_TYPE_FLOAT:
        return (struct value){.type = VALUE_FLOAT, .number = config_setting_get_float(setting)};
    case CONFIG_TYPE_BOOL:
        return (struct value){.type = VALUE_BOOL, .integer = config_setting_get_bool(setting)};
    case CONFIG_TYPE_STRING:
        return (struct value){.type = VALUE_TEXT, .text = config_setting_get_string(setting)};
    default:
        return (struct value){.type = VALUE_OTHER};
    }
}

static int line_of(const config_setting_t *setting)
{
    return (int)config_setting_source_line(setting);
}

static bool read_listen_member(const struct reader *reader, const config_setting_t *member, const char *key,
                               const char **host, long *port, const char **path, mode_t *mode)
{
    const char *name = config_setting_name(member);
    struct value value = value_of(member);
    char *end;
    if (strcmp(name, "port") == 0) {
        if (value.type != VALUE_INTEGER || value.integer < 0 || value.integer > 65535)
            return fail(reader, line_of(member), key, "needs an integer from 0 to 65535");
        *port = (long)value.integer;
        return true;
    }
    if (strcmp(name, "address") != 0 && strcmp(name, "path") != 0 && strcmp(name, "mode") != 0)
        return fail(reader, line_of(member), key, "unknown key; known are address, port, path, mode");
    if (value.type != VALUE_TEXT)
        return fail(reader, line_of(member), key, "needs a text in quotes");
    if (strcmp(name, "mode") == 0) {
        long bits = strtol(value.text, &end, 8);
        if (value.text[0] < '0' || value.text[0] > '7' || *end != '\0' || bits > 0777)
            return fail(reader, line_of(member), key, "needs an octal mode such as \"0660\"");
        *mode = (mode_t)bits;
    } else {
        *(name[0] == 'a' ? host : path) = value.text;
    }
    return true;
}

static bool add_listener(const struct reader *reader, const struct conf_listen *listener, const char *key)
{
    struct conf *conf = reader->conf;
    if (conf->listens == FD_LISTEN_MAX)
        return fail(reader, listener->line, key, "more than %d listeners", FD_LISTEN_MAX);
    for (size_t i = 0; i < conf->listens; i++)
        if (addr_equal(&conf->listen[i].addr, &listener->addr) &&
            (addr_path(&listener->addr) != NULL || addr_port(&listener->addr) != 0))
            return fail(reader, listener->line, key, "the same address is listed twice");
    conf->listen[conf->listens++] = *listener;
    return true;
}

static bool read_listener(const struct reader *reader, const config_setting_t *group, unsigned index)
{
    char key[KEY_MAX];
    const char *host = NULL, *path = NULL;
    long port = -1;
    mode_t mode = (mode_t)-1;
    snprintf(key, sizeof key, "listen[%u]", index);
    if (config_setting_type(group) != CONFIG_TYPE_GROUP)
        return fail(reader, line_of(group), key, "needs a group { address = ...; port = ...; } or { path = ...; }");
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        snprintf(key, sizeof key, "listen[%u].%.64s", index, config_setting_name(member));
        if (!read_listen_member(reader, member, key, &host, &port, &path, &mode))
            return false;
    }
    snprintf(key, sizeof key, "listen[%u]", index);
    struct conf_listen listener = {.mode = mode == (mode_t)-1 ? 0660 : mode, .line = line_of(group)};
    if (path != NULL ? host != NULL || port >= 0 : mode != (mode_t)-1)
        return fail(reader, listener.line, key, "address and port belong to one kind, path and mode to the other");
    struct reason reason;
    bool good = path != NULL ? addr_from_path(&listener.addr, path, &reason)
                             : addr_from_host(&listener.addr, host != NULL ? host : "*",
                                              port >= 0 ? port : ADDR_PORT_DEFAULT, &reason);
    return good ? add_listener(reader, &listener, key) : fail(reader, listener.line, key, "%s", reason.text);
}

static bool read_listeners(const struct reader *reader, const config_setting_t *list)
{
    if (config_setting_type(list) != CONFIG_TYPE_LIST || config_setting_length(list) == 0)
        return fail(reader, line_of(list), "listen", "needs a list of at least one group: ( { ... }, ... )");
    for (int i = 0; i < config_setting_length(list); i++)
        if (!read_listener(reader, config_setting_get_elem(list, (unsigned)i), (unsigned)i))
            return false;
    return true;
}

static bool is_group(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < CONFKEYS; i++)
        if (strncmp(confkeys[i].path, name, n) == 0 && confkeys[i].path[n] == '.')
            return true;
    return false;
}

static bool read_group(struct reader *reader, const config_setting_t *group)
{
    const char *name = config_setting_name(group);
    if (!is_group(name))
        return fail(reader, line_of(group), name, "unknown key");
    if (config_setting_type(group) != CONFIG_TYPE_GROUP)
        return fail(reader, line_of(group), name, "needs a group { ... }");
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        char path[KEY_MAX];
        snprintf(path, sizeof path, "%s.%.64s", name, config_setting_name(member));
        const struct confkey *key = confkeys_find(path);
        struct value value = value_of(member);
        if (key == NULL)
            return fail(reader, line_of(member), path, "unknown key");
        if (!set_key(reader, key, &value, line_of(member)))
            return false;
    }
    return true;
}

static bool read_tree(struct reader *reader, const config_setting_t *root, bool listeners_overridden)
{
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
        bool list = strcmp(config_setting_name(setting), "listen") == 0;
        if (!(list ? read_listeners(reader, setting) : read_group(reader, setting)))
            return false;
    }
    if (listeners_overridden)
        reader->conf->listens = 0;
    return true;
}

/* The file */

/* A FIFO would hang a reload, a directory or device is a mistake; /dev/null stands for "all defaults". */
static int open_file(const struct reader *reader)
{
    struct stat st;
    int fd = open(reader->conf->file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        reason_set(reader->why, "%s: cannot open: %s", reader->conf->file, strerror(errno));
        util_close(fd);
        return -1;
    }
    bool null = S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
    if (!S_ISREG(st.st_mode) && !null) {
        reason_set(reader->why, "%s: not a regular file", reader->conf->file);
        close(fd);
        return -1;
    }
    return fd;
}

static char *read_file(const struct reader *reader)
{
    int fd = open_file(reader);
    if (fd < 0)
        return NULL;
    char *text = calloc(1, FILE_MAX + 1);
    size_t have = 0;
    ssize_t got = 1;
    while (text != NULL && got > 0 && have <= FILE_MAX) {
        got = read(fd, text + have, FILE_MAX + 1 - have);
        have += got > 0 ? (size_t)got : 0;
    }
    if (text == NULL || got < 0)
        reason_set(reader->why, "%s: cannot read: %s", reader->conf->file, strerror(errno));
    else if (have > FILE_MAX)
        reason_set(reader->why, "%s: larger than %d bytes", reader->conf->file, FILE_MAX);
    else if (memchr(text, '\0', have) != NULL)
        reason_set(reader->why, "%s: holds a NUL byte: not a text", reader->conf->file);
    close(fd);
    if (reader->why->text[0] != '\0') {
        free(text);
        return NULL;
    }
    return text;
}

/* libconfig would open included files itself, FIFOs and all. */
static bool refuse_includes(const struct reader *reader, const char *text)
{
    int line = 1;
    for (const char *p = text; p != NULL; line++) {
        p += strspn(p, " \t");
        if (strncmp(p, "@include", 8) == 0)
            return fail(reader, line, "@include", "is not supported: one file holds the configuration");
        p = strchr(p, '\n');
        p = p != NULL ? p + 1 : NULL;
    }
    return true;
}

static bool parse_file(struct reader *reader, bool listeners_overridden)
{
    char *text = read_file(reader);
    if (text == NULL)
        return false;
    config_t tree;
    config_init(&tree);
    bool good = refuse_includes(reader, text);
    if (good && config_read_string(&tree, text) == CONFIG_FALSE)
        good = reason_set(reader->why, "%s:%d: %s", reader->conf->file, config_error_line(&tree), config_error_text(&tree));
    if (good)
        good = read_tree(reader, config_root_setting(&tree), listeners_overridden);
    config_destroy(&tree);
    free(text);
    return good;
}

/* The command line */

static struct value value_from_text(const struct confkey *key, const char *text)
{
    struct value value = {.type = VALUE_TEXT, .text = text};
    char *end;
    errno = 0;
    if (key->type == CONFKEY_BOOL && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
        value.type = VALUE_BOOL;
        value.integer = text[0] == 't';
    } else if (key->type == CONFKEY_COUNT) {
        value.integer = strtoll(text, &end, 10);
        value.type = *text != '\0' && *end == '\0' && errno == 0 ? VALUE_INTEGER : VALUE_OTHER;
    } else if (key->type == CONFKEY_SECONDS) {
        value.number = strtod(text, &end);
        value.type = *text != '\0' && *end == '\0' ? VALUE_FLOAT : VALUE_OTHER;
    }
    return value;
}

static bool apply_set(struct reader *reader, const char *set)
{
    const char *equals = strchr(set, '=');
    char path[KEY_MAX];
    snprintf(path, sizeof path, "%.*s", equals != NULL ? (int)(equals - set) : (int)strlen(set), set);
    const struct confkey *key = confkeys_find(path);
    if (key == NULL || equals == NULL)
        return fail(reader, CONF_COMMAND_LINE, path, key == NULL ? "unknown key" : "needs a value: KEY=VALUE");
    struct value value = value_from_text(key, equals + 1);
    return set_key(reader, key, &value, CONF_COMMAND_LINE);
}

static bool apply_listen(const struct reader *reader, const char *text)
{
    struct conf_listen listener = {.mode = 0660, .line = CONF_COMMAND_LINE};
    struct reason reason;
    if (!addr_parse(&listener.addr, text, &reason))
        return fail(reader, CONF_COMMAND_LINE, "listen", "%s", reason.text);
    return add_listener(reader, &listener, "listen");
}

static bool apply_command_line(struct reader *reader, const struct conf_source *source)
{
    for (size_t i = 0; i < source->sets; i++)
        if (!apply_set(reader, source->set[i]))
            return false;
    for (size_t i = 0; i < source->listens; i++)
        if (!apply_listen(reader, source->listen[i]))
            return false;
    return true;
}

/* What must hold between keys */

/* A default gives way to what the operator said; two things he said must agree. */
static bool check_at_most(const struct reader *reader, const char *low_path, const char *high_path)
{
    const struct confkey *low = confkeys_find(low_path), *high = confkeys_find(high_path);
    unsigned *lower = place(reader, low), higher = *(unsigned *)place(reader, high);
    int line = reader->conf->lines[confkeys_index(low)], other = reader->conf->lines[confkeys_index(high)];
    if (*lower <= higher)
        return true;
    if (line == CONF_UNSET) {
        *lower = higher;
        return true;
    }
    return fail(reader, line, low_path, "%u is more than %s (%u%s)", *lower, high_path, higher,
                other == CONF_UNSET ? ", the default" : "");
}

static bool check_user(const struct reader *reader)
{
    struct conf *conf = reader->conf;
    if (geteuid() != 0) /* then user and group are left alone */
        return true;
    int line = reader->conf->lines[confkeys_index(confkeys_find("process.user"))];
    const struct passwd *user = getpwnam(conf->user);
    if (user == NULL)
        return fail(reader, line, "process.user", "no such user: %s", conf->user);
    if (user->pw_uid == 0)
        return fail(reader, line, "process.user", "workers do not run as root: name an ordinary user");
    line = reader->conf->lines[confkeys_index(confkeys_find("process.group"))];
    const struct group *group = getgrnam(conf->group);
    if (group == NULL)
        return fail(reader, line, "process.group", "no such group: %s", conf->group);
    if (group->gr_gid == 0)
        return fail(reader, line, "process.group", "workers do not run in root's group: name an ordinary one");
    conf->uid = user->pw_uid;
    conf->gid = group->gr_gid;
    return true;
}

static bool check_all(const struct reader *reader)
{
    return check_at_most(reader, "pool.max_spare", "pool.max_workers") &&
           check_at_most(reader, "pool.min_spare", "pool.max_spare") &&
           check_at_most(reader, "pool.start", "pool.max_workers") && check_user(reader);
}

struct conf *conf_load(const struct conf_source *source, struct reason *why)
{
    struct conf *conf = malloc(sizeof *conf);
    if (conf == NULL) {
        reason_set(why, "out of memory");
        return NULL;
    }
    struct reader reader = {.conf = conf, .why = why};
    why->text[0] = '\0';
    set_defaults(conf);
    conf->file = strdup(source->file);
    if (conf->file != NULL && parse_file(&reader, source->listens > 0) && apply_command_line(&reader, source) &&
        set_defaults_left(&reader, source->foreground) && check_all(&reader))
        return conf;
    conf_free(conf);
    return NULL;
}

double conf_io_timeout(const struct conf *conf)
{
    bool total_is_less = conf->connection > 0 && (conf->idle <= 0 || conf->connection < conf->idle);
    return total_is_less ? conf->connection : conf->idle;
}

void conf_free(struct conf *conf)
{
    if (conf == NULL)
        return;
    for (size_t i = 0; i < CONFKEYS; i++) {
        enum confkey_type type = confkeys[i].type;
        if (type == CONFKEY_PATH || type == CONFKEY_TARGET || type == CONFKEY_NAME)
            free(*(char **)((char *)conf + confkeys[i].offset));
    }
    free(conf->file);
    free(conf);
}

/* Writing it out */

static void dump_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p < 0x20)
            fprintf(out, "\\x%02x", *p);
        else
            fputc(*p, out);
    }
    fputc('"', out);
}

/* The shortest form that reads back as the same number, with the point that makes it a float. */
static void dump_seconds(double seconds, FILE *out)
{
    char text[64];
    int digits = 15;
    do {
        snprintf(text, sizeof text, "%.*g", digits, seconds);
    } while (strtod(text, NULL) != seconds && ++digits <= 17);
    fprintf(out, "%s%s", text, strpbrk(text, ".e") == NULL ? ".0" : "");
}

static void dump_value(const struct conf *conf, const struct confkey *key, FILE *out)
{
    const void *value = (const char *)conf + key->offset;
    if (key->type == CONFKEY_COUNT)
        fprintf(out, "%u", *(const unsigned *)value);
    else if (key->type == CONFKEY_SECONDS)
        dump_seconds(*(const double *)value, out);
    else if (key->type == CONFKEY_BOOL)
        fputs(*(const bool *)value ? "true" : "false", out);
    else if (key->type == CONFKEY_CHOICE)
        dump_text(key->choices[*(const unsigned *)value], out);
    else
        dump_text(*(char *const *)value, out);
}

static void dump_listener(const struct conf_listen *listener, FILE *out)
{
    const char *path = addr_path(&listener->addr);
    char text[ADDR_TEXT_MAX];
    if (path != NULL) {
        fputs("{ path = ", out);
        dump_text(path, out);
        fprintf(out, "; mode = \"%04o\"; }", (unsigned)listener->mode);
        return;
    }
    addr_format_listen(&listener->addr, text);
    fprintf(out, "{ address = \"%.*s\"; port = %u; }", (int)(strrchr(text, ':') - text), text,
            addr_port(&listener->addr));
}

void conf_dump(const struct conf *conf, FILE *out)
{
    fputs("listen = (\n", out);
    for (size_t i = 0; i < conf->listens; i++) {
        fputs("    ", out);
        dump_listener(&conf->listen[i], out);
        fputs(i + 1 < conf->listens ? ",\n" : "\n);\n", out);
    }
    const char *group = "";
    size_t n = 0;
    for (size_t i = 0; i < CONFKEYS; i++) {
        const char *path = confkeys[i].path, *name = strchr(path, '.') + 1;
        if (strncmp(path, group, n + 1) != 0 || n == 0) {
            fprintf(out, "%s%.*s:\n{\n", n > 0 ? "};\n" : "", (int)(name - 1 - path), path);
            group = path;
            n = (size_t)(name - 1 - path);
        }
        fprintf(out, "    %s = ", name);
        dump_value(conf, &confkeys[i], out);
        fputs(";\n", out);
    }
    fputs("};\n", out);
}
