/* conf.c: makes a configuration: the file, then the command line, then defaults, then what must hold between keys.
 * Called at start and at each reload. */
#include "conf/conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/level.h"
#include "conf/listener_keys.h"
#include "conf/reader.h"

static bool set_file(struct conf *conf, const char *file, struct reason *why)
{
    if (strlen(file) >= sizeof conf->file)
        return reason_set(why, "%.64s...: cannot open: %s", file, strerror(ENAMETOOLONG));
    snprintf(conf->file, sizeof conf->file, "%s", file);
    return true;
}

/* The command line */

static bool apply_set(const struct conf_reader *reader, const char *set)
{
    struct conf_scope scope = conf_scope_of_server(reader->conf);
    const char *equals = strchrnul(set, '=');
    char path[CONF_KEY_MAX];
    snprintf(path, sizeof path, "%.*s", (int)(equals - set), set);
    const struct confkey *key = confkeys_find(&confkeys, path);
    if (key == NULL)
        return conf_fail(reader, CONF_COMMAND_LINE, path,
                         strcmp(path, "listen") == 0 ? "is set with -l" : "unknown key");
    return conf_set_from_text(reader, &scope, key, *equals == '=' ? equals + 1 : "");
}

static bool set_listener_key(const struct conf_reader *reader, struct conf_listen *listener, const char *path,
                             struct conf_value value)
{
    struct conf_scope scope = conf_scope_of_listener(listener, reader->conf->listens);
    return conf_set(reader, &scope, confkeys_find(&listener_keys, path), &value, CONF_COMMAND_LINE);
}

static bool apply_listen(const struct conf_reader *reader, const char *text)
{
    struct conf_listen listener = {.line = CONF_COMMAND_LINE};
    struct reason reason;
    struct addr addr;
    char host[ADDR_TEXT_MAX];
    long port;
    bool good;
    if (!addr_parse(&addr, text, &reason) || (addr_path(&addr) == NULL && !addr_split(text, host, &port, &reason)))
        return conf_fail(reader, CONF_COMMAND_LINE, "listen", "%s", reason.text);
    if (addr_path(&addr) != NULL)
        good = set_listener_key(reader, &listener, "path",
                                (struct conf_value){.type = VALUE_TEXT, .text = addr_path(&addr)});
    else
        good = set_listener_key(reader, &listener, "address", (struct conf_value){.type = VALUE_TEXT, .text = host}) &&
               set_listener_key(reader, &listener, "port", (struct conf_value){.type = VALUE_INTEGER, .integer = port});
    return good && conf_add_listener(reader, &listener, "listen");
}

static bool apply_command_line(const struct conf_reader *reader, const struct conf_source *source)
{
    for (size_t i = 0; i < source->sets; i++)
        if (!apply_set(reader, source->set[i]))
            return false;
    if (source->listens > 0)
        reader->conf->listens = 0;
    for (size_t i = 0; i < source->listens; i++)
        if (!apply_listen(reader, source->listen[i]))
            return false;
    return true;
}

/* What nobody has set */

static bool set_defaults(const struct conf_reader *reader, bool foreground)
{
    struct conf *conf = reader->conf;
    struct conf_listen listener = {.line = CONF_UNSET};
    struct conf_scope server = conf_scope_of_server(conf);
    if (!conf_set_defaults(reader, &server, foreground) ||
        (conf->listens == 0 && !conf_add_listener(reader, &listener, "listen")))
        return false;
    for (size_t i = 0; i < conf->listens; i++) {
        struct conf_scope scope = conf_scope_of_listener(&conf->listen[i], i);
        conf_inherit(&scope, &server);
    }
    return true;
}

bool conf_load(const struct conf_source *source, struct conf *conf, struct reason *why)
{
    const struct conf_reader reader = {.conf = conf, .why = why};
    *conf = (struct conf){0};
    return set_file(conf, source->file, why) && conf_read_file(&reader) && apply_command_line(&reader, source) &&
           set_defaults(&reader, source->foreground) && conf_check(&reader);
}
