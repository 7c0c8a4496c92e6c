/* tree.c: a configuration's text, as libconfig parses it: finds the key of each setting. Called while a configuration
 * is read; fails with a reason that names file (or command line), line and key. */
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/listener_keys.h"
#include "conf/reader.h"

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

/* Set what a group has. prefix: what its keys' paths begin with, "" or "pool.". */
static bool read_members(const struct conf_reader *reader, const struct conf_scope *scope,
                         const config_setting_t *group, const char *prefix)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        char path[CONF_KEY_MAX], name[CONF_KEY_MAX + sizeof scope->name];
        snprintf(path, sizeof path, "%s%.64s", prefix, config_setting_name(member));
        snprintf(name, sizeof name, "%s%s", scope->name, path);
        const struct confkey *key = confkeys_find(scope->keys, path);
        struct conf_value value = value_of(member);
        if (key == NULL)
            return conf_fail_unknown(reader, scope->keys, prefix, line_of(member), name);
        if (!conf_set(reader, scope, key, &value, line_of(member)))
            return false;
    }
    return true;
}

static bool read_listener(const struct conf_reader *reader, const config_setting_t *group, unsigned index)
{
    char name[CONF_KEY_MAX];
    struct conf_listen listener = {.line = line_of(group)};
    struct conf_scope scope = conf_scope_of_listener(&listener, index);
    snprintf(name, sizeof name, "listen[%u]", index);
    if (config_setting_type(group) != CONFIG_TYPE_GROUP)
        return conf_fail(reader, line_of(group), name,
                         "needs a group { address = ...; port = ...; } or { path = ...; }");
    return read_members(reader, &scope, group, "") && conf_add_listener(reader, &listener, name);
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
    for (size_t i = 0; i < confkeys.n; i++)
        if (strncmp(confkeys.at[i].path, name, n) == 0 && confkeys.at[i].path[n] == '.')
            return true;
    return false;
}

static bool read_group(const struct conf_reader *reader, const config_setting_t *group)
{
    const char *name = config_setting_name(group);
    struct conf_scope scope = conf_scope_of_server(reader->conf);
    char prefix[CONF_KEY_MAX];
    if (!is_group(name)) {
        snprintf(prefix, sizeof prefix, "%s", name);
        return conf_fail(reader, line_of(group), prefix, "unknown key");
    }
    if (config_setting_type(group) != CONFIG_TYPE_GROUP)
        return conf_fail(reader, line_of(group), name, "needs a group { ... }");
    snprintf(prefix, sizeof prefix, "%s.", name);
    return read_members(reader, &scope, group, prefix);
}

static bool read_tree(const struct conf_reader *reader, const config_setting_t *root)
{
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
        bool list = strcmp(config_setting_name(setting), "listen") == 0;
        if (!(list ? read_listeners(reader, setting) : read_group(reader, setting)))
            return false;
    }
    return true;
}

/* Where libconfig stopped; what it misses at the end of the text, it misses on the last line. */
static int error_line(const config_t *tree, const char *text)
{
    int lines = 0;
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    return config_error_line(tree) < lines ? config_error_line(tree) : lines;
}

/* libconfig ends the process, or reads through a null pointer, when it gets no memory. It needs five times a text of
 * one long string, and less than 1 MiB for as many settings as conf_check_text lets through. */
static bool is_memory_there(const char *text)
{
    void *volatile room = malloc((1 << 20) + 6 * strlen(text));
    free(room);
    return room != NULL;
}

/* libconfig 1.5 leaks a string that it has read when the syntax error comes; nobody else can free it. A reload reads in
 * a child of the master, with which that ends. *line: where it is wrong, CONF_UNSET: nowhere. Whatever happens, the
 * tree is to be destroyed. */
static bool parse(config_t *tree, char *text, int *line, struct reason *why)
{
    config_init(tree);
    if (!conf_check_text(text, line, why))
        return false;
    *line = CONF_UNSET;
    if (!is_memory_there(text))
        return reason_set(why, "not enough memory to read it");
    if (config_read_string(tree, text) == CONFIG_TRUE)
        return true;
    *line = error_line(tree, text);
    return reason_set(why, "%s", config_error_text(tree));
}

bool conf_read_text(const struct conf_reader *reader, char *text)
{
    config_t tree;
    struct reason reason;
    int line;
    bool good = parse(&tree, text, &line, &reason);
    if (good)
        good = read_tree(reader, config_root_setting(&tree));
    else if (line == CONF_UNSET)
        reason_set(reader->why, "%s: %s", reader->conf->file, reason.text);
    else
        reason_set(reader->why, "%s:%d: %s", reader->conf->file, line, reason.text);
    config_destroy(&tree);
    return good;
}

/* What is in quotes is libconfig's to read. One value, that is, and nothing behind it. */
static bool set_from_quotes(const struct conf_reader *reader, const struct conf_scope *scope, const struct confkey *key,
                            const char *text)
{
    config_t tree;
    struct reason reason;
    int line;
    char *setting = NULL;
    if (asprintf(&setting, "value = %s\n", text) < 0)
        return conf_fail(reader, CONF_COMMAND_LINE, key->path, "out of memory");
    bool good = parse(&tree, setting, &line, &reason);
    if (good && config_setting_length(config_root_setting(&tree)) != 1)
        good = reason_set(&reason, "needs one value");
    if (good) {
        struct conf_value value = value_of(config_setting_get_elem(config_root_setting(&tree), 0));
        good = conf_set(reader, scope, key, &value, CONF_COMMAND_LINE);
    } else {
        conf_fail(reader, CONF_COMMAND_LINE, key->path, "%s", reason.text);
    }
    config_destroy(&tree);
    free(setting);
    return good;
}

bool conf_set_from_text(const struct conf_reader *reader, const struct conf_scope *scope, const struct confkey *key,
                        const char *text)
{
    if (text[0] == '"')
        return set_from_quotes(reader, scope, key, text);
    struct conf_value value = conf_value_from_text(key, text);
    return conf_set(reader, scope, key, &value, CONF_COMMAND_LINE);
}
