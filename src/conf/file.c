/* conf_file.c: the configuration file, as libconfig parses it. Called while a configuration is read; fails with a
 * reason that names file, line and key. Whatever is not a plain file of bounded size is refused unread. */
#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "conf/reader.h"

enum { FILE_MAX = 1 << 20 };

static struct conf_value value_of(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return (struct conf_value){.type = VALUE_INTEGER, .integer = config_setting_get_int64(setting)};
    case CONFIG_TYPE_FLOAT:
        return (struct conf_value){.type = VALUE_FLOAT, .number = config_setting_get_float(setting)};
    case CONFIG_TYPE_BOOL:
        return (struct conf_value){.type = VALUE_BOOL, .integer = config_setting_get_bool(setting)};
    case CONFIG_TYPE_STRING:
        return (struct conf_value){.type = VALUE_TEXT, .text = config_setting_get_string(setting)};
    default:
        return (struct conf_value){.type = VALUE_OTHER};
    }
}

static int line_of(const config_setting_t *setting)
{
    return (int)config_setting_source_line(setting);
}

static bool read_listen_member(const struct conf_reader *reader, const config_setting_t *member, const char *key,
                               const char **host, long *port, const char **path, mode_t *mode)
{
    const char *name = config_setting_name(member);
    struct conf_value value = value_of(member);
    char *end;
    if (strcmp(name, "port") == 0) {
        if (value.type != VALUE_INTEGER || value.integer < 0 || value.integer > 65535)
            return conf_fail(reader, line_of(member), key, "needs an integer from 0 to 65535");
        *port = (long)value.integer;
        return true;
    }
    if (strcmp(name, "address") != 0 && strcmp(name, "path") != 0 && strcmp(name, "mode") != 0)
        return conf_fail(reader, line_of(member), key, "unknown key; known are address, port, path, mode");
    if (value.type != VALUE_TEXT)
        return conf_fail(reader, line_of(member), key, "needs a text in quotes");
    if (strcmp(name, "mode") == 0) {
        long bits = strtol(value.text, &end, 8);
        if (value.text[0] < '0' || value.text[0] > '7' || *end != '\0' || bits > 0777)
            return conf_fail(reader, line_of(member), key, "needs an octal mode such as \"0660\"");
        *mode = (mode_t)bits;
    } else {
        *(name[0] == 'a' ? host : path) = value.text;
    }
    return true;
}

static bool read_listener(const struct conf_reader *reader, const config_setting_t *group, unsigned index)
{
    char key[CONF_KEY_MAX];
    const char *host = NULL, *path = NULL;
    long port = -1;
    mode_t mode = (mode_t)-1;
    snprintf(key, sizeof key, "listen[%u]", index);
    if (config_setting_type(group) != CONFIG_TYPE_GROUP)
        return conf_fail(reader, line_of(group), key,
                         "needs a group { address = ...; port = ...; } or { path = ...; }");
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        snprintf(key, sizeof key, "listen[%u].%.64s", index, config_setting_name(member));
        if (!read_listen_member(reader, member, key, &host, &port, &path, &mode))
            return false;
    }
    snprintf(key, sizeof key, "listen[%u]", index);
    struct conf_listen listener = {.mode = mode == (mode_t)-1 ? 0660 : mode, .line = line_of(group)};
    if (path != NULL ? host != NULL || port >= 0 : mode != (mode_t)-1)
        return conf_fail(reader, listener.line, key, "address and port belong to one kind, path and mode to the other");
    struct reason reason;
    bool good = path != NULL ? addr_from_path(&listener.addr, path, &reason)
                             : addr_from_host(&listener.addr, host != NULL ? host : "*",
                                              port >= 0 ? port : ADDR_PORT_DEFAULT, &reason);
    return good ? conf_add_listener(reader, &listener, key) : conf_fail(reader, listener.line, key, "%s", reason.text);
}

static bool read_listeners(const struct conf_reader *reader, const config_setting_t *list)
{
    if (config_setting_type(list) != CONFIG_TYPE_LIST || config_setting_length(list) == 0)
        return conf_fail(reader, line_of(list), "listen", "needs a list of at least one group: ( { ... }, ... )");
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

static bool read_group(struct conf_reader *reader, const config_setting_t *group)
{
    const char *name = config_setting_name(group);
    if (!is_group(name))
        return conf_fail(reader, line_of(group), name, "unknown key");
    if (config_setting_type(group) != CONFIG_TYPE_GROUP)
        return conf_fail(reader, line_of(group), name, "needs a group { ... }");
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        char path[CONF_KEY_MAX];
        snprintf(path, sizeof path, "%s.%.64s", name, config_setting_name(member));
        const struct confkey *key = confkeys_find(path);
        struct conf_value value = value_of(member);
        if (key == NULL)
            return conf_fail(reader, line_of(member), path, "unknown key");
        if (!conf_set(reader, key, &value, line_of(member)))
            return false;
    }
    return true;
}

static bool read_tree(struct conf_reader *reader, const config_setting_t *root)
{
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
        bool list = strcmp(config_setting_name(setting), "listen") == 0;
        if (!(list ? read_listeners(reader, setting) : read_group(reader, setting)))
            return false;
    }
    return true;
}

/* A FIFO would hang a reload, a directory or device is a mistake; /dev/null stands for "all defaults". */
static int open_file(const struct conf_reader *reader)
{
    struct stat st;
    int fd = open(reader->conf->file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        reason_set(reader->why, "%s: cannot open: %s", reader->conf->file, strerror(errno));
        fd_close(fd);
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

static char *read_file(const struct conf_reader *reader)
{
    int fd = open_file(reader);
    if (fd < 0)
        return NULL;
    char *text = calloc(1, FILE_MAX + 2);
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
    if (have > 0 && text[have - 1] != '\n')
        text[have] = '\n'; /* libconfig wants a comment to end so */
    return text;
}

/* The end of the string that begins at p, or NULL. */
static const char *skip_string(const char *p)
{
    for (p++; *p != '\0' && *p != '"'; p++)
        p += *p == '\\' && p[1] != '\0';
    return *p == '"' ? p + 1 : NULL;
}

/* The end of the string or comment that begins at p; p itself if none does; NULL if it has no end. */
static const char *skip_quiet(const char *p)
{
    if (*p == '"')
        return skip_string(p);
    if (*p == '#' || strncmp(p, "//", 2) == 0)
        return strchrnul(p, '\n');
    if (strncmp(p, "/*", 2) == 0) {
        const char *end = strstr(p + 2, "*/");
        return end != NULL ? end + 2 : NULL;
    }
    return p;
}

static bool check_word(const struct conf_reader *reader, const char *word, int n, int line)
{
    char text[CONF_KEY_MAX], *end;
    snprintf(text, sizeof text, "%.*s", n, word);
    if (strcmp(text, "@include") == 0)
        return conf_fail(reader, line, text, "is not supported: one file holds the configuration");
    errno = 0;
    long long number = strtoll(text, &end, 0);
    if (*end == '\0' && (errno != 0 || number > INT32_MAX || number < INT32_MIN))
        return conf_fail(reader, line, text, "is too large a number");
    return true;
}

/* What libconfig does that must not be: it opens included files itself, FIFOs and all, and it cuts integers to 32 bits
 * without a word. */
static bool check_text(const struct conf_reader *reader, const char *text)
{
    static const char letters[] = "@+-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    int line = 1;
    for (const char *p = text; *p != '\0';) {
        const char *next = skip_quiet(p);
        if (next == NULL)
            return reason_set(reader->why, "%s:%d: a %s begins here that has no end", reader->conf->file, line,
                              *p == '"' ? "string" : "comment");
        if (next == p) {
            size_t n = strspn(p, letters);
            if (n > 0 && !check_word(reader, p, (int)n, line))
                return false;
            next = p + (n > 0 ? n : 1);
        }
        for (; p < next; p++)
            line += *p == '\n';
    }
    return true;
}

/* Where libconfig stopped; what it misses at the end of the file, it misses on the last line. */
static int error_line(const config_t *tree, const char *text)
{
    int lines = 0;
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    return config_error_line(tree) < lines ? config_error_line(tree) : lines;
}

bool conf_read_file(struct conf_reader *reader)
{
    char *text = read_file(reader);
    if (text == NULL)
        return false;
    config_t tree;
    config_init(&tree);
    bool good = check_text(reader, text);
    if (good && config_read_string(&tree, text) == CONFIG_FALSE)
        good =
            reason_set(reader->why, "%s:%d: %s", reader->conf->file, error_line(&tree, text), config_error_text(&tree));
    if (good)
        good = read_tree(reader, config_root_setting(&tree));
    config_destroy(&tree);
    free(text);
    return good;
}
