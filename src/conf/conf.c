/* conf.c: makes a configuration: defaults, then the file, then the command line, then what must hold between keys.
 * Called at start and at each reload. Opens nothing but the file (conf_file.c). */
#include "conf/conf.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/keys.h"
#include "conf/reader.h"
#include "conf/rundir.h"

/* What is to blame */

static bool blame(const char *file, int line, const char *key, struct reason *why)
{
    struct reason what = *why;
    if (line == CONF_COMMAND_LINE)
        return reason_set(why, "command line: %s: %s", key, what.text);
    if (line == CONF_UNSET)
        return reason_set(why, "%s: %s: %s", file, key, what.text);
    return reason_set(why, "%s:%d: %s: %s", file, line, key, what.text);
}

static int line_of(const struct conf *conf, const char *key)
{
    return conf->lines[confkeys_index(confkeys_find(key))];
}

bool conf_is_set(const struct conf *conf, const char *key)
{
    return line_of(conf, key) != CONF_UNSET;
}

bool conf_blame(const struct conf *conf, const char *key, struct reason *why)
{
    return blame(conf->file, line_of(conf, key), key, why);
}

bool conf_blame_listener(const struct conf *conf, size_t index, struct reason *why)
{
    char key[CONF_KEY_MAX];
    snprintf(key, sizeof key, "listen[%zu]", index);
    return blame(conf->file, conf->listen[index].line, key, why);
}

bool conf_fail(const struct conf_reader *reader, int line, const char *key, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(reader->why->text, sizeof reader->why->text, format, ap);
    va_end(ap);
    return blame(reader->conf->file, line, key, reader->why);
}

/* Defaults */

/* The defaults that are not known until run time are filled in by set_defaults_left. */
static void set_defaults(struct conf *conf)
{
    *conf = (struct conf){
        .start = 5,
        .min_spare = 5,
        .max_spare = 10,
        .max_workers = 256,
        .backlog = 4096,
        .stall_timeout = 1.0,
        .idle = 60.0,
        .drain = 10.0,
        .log_level = LOG_LEVEL_INFO,
        .log_access = true,
    };
}

static bool set_default_text(struct conf_reader *reader, const char *path, const char *text)
{
    const struct confkey *key = confkeys_find(path);
    struct conf_value value = {.type = VALUE_TEXT, .text = text};
    if (reader->conf->lines[confkeys_index(key)] != CONF_UNSET)
        return true;
    return conf_set(reader, key, &value, CONF_UNSET);
}

static bool set_defaults_left(struct conf_reader *reader, bool foreground)
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

/* The command line */

bool conf_add_listener(const struct conf_reader *reader, const struct conf_listen *listener, const char *key)
{
    struct conf *conf = reader->conf;
    if (conf->listens == CONF_LISTEN_MAX)
        return conf_fail(reader, listener->line, key, "more than %d listeners", CONF_LISTEN_MAX);
    for (size_t i = 0; i < conf->listens; i++)
        if (addr_equal(&conf->listen[i].addr, &listener->addr) &&
            (addr_path(&listener->addr) != NULL || addr_port(&listener->addr) != 0))
            return conf_fail(reader, listener->line, key, "the same address is listed twice");
    conf->listen[conf->listens++] = *listener;
    return true;
}

static bool apply_set(struct conf_reader *reader, const char *set)
{
    const char *equals = strchrnul(set, '=');
    char path[CONF_KEY_MAX];
    snprintf(path, sizeof path, "%.*s", (int)(equals - set), set);
    const struct confkey *key = confkeys_find(path);
    if (key == NULL)
        return conf_fail(reader, CONF_COMMAND_LINE, path,
                         strcmp(path, "listen") == 0 ? "is set with -l" : "unknown key");
    struct conf_value value = conf_value_from_text(key, *equals == '=' ? equals + 1 : "");
    return conf_set(reader, key, &value, CONF_COMMAND_LINE);
}

static bool apply_listen(const struct conf_reader *reader, const char *text)
{
    struct conf_listen listener = {.mode = 0660, .line = CONF_COMMAND_LINE};
    struct reason reason;
    if (!addr_parse(&listener.addr, text, &reason))
        return conf_fail(reader, CONF_COMMAND_LINE, "listen", "%s", reason.text);
    return conf_add_listener(reader, &listener, "listen");
}

static bool apply_command_line(struct conf_reader *reader, const struct conf_source *source)
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

/* What must hold between keys */

/* A default gives way to what the operator has set; two values that the operator has set must agree. */
static bool check_at_most(const struct conf_reader *reader, const char *low_path, const char *high_path)
{
    const struct confkey *low = confkeys_find(low_path), *high = confkeys_find(high_path);
    unsigned *lower = conf_place(reader, low), higher = *(unsigned *)conf_place(reader, high);
    int line = reader->conf->lines[confkeys_index(low)];
    if (*lower <= higher)
        return true;
    if (line == CONF_UNSET) {
        *lower = higher;
        return true;
    }
    return conf_fail(reader, line, low_path, "%u is more than %s (%u)", *lower, high_path, higher);
}

static bool check_user(const struct conf_reader *reader)
{
    struct conf *conf = reader->conf;
    if (geteuid() != 0) /* then user and group are left alone */
        return true;
    int line = line_of(conf, "process.user");
    const struct passwd *user = getpwnam(conf->user);
    if (user == NULL)
        return conf_fail(reader, line, "process.user", "no such user: %s", conf->user);
    if (user->pw_uid == 0)
        return conf_fail(reader, line, "process.user", "workers do not run as root: name an ordinary user");
    line = line_of(conf, "process.group");
    const struct group *group = getgrnam(conf->group);
    if (group == NULL)
        return conf_fail(reader, line, "process.group", "no such group: %s", conf->group);
    if (group->gr_gid == 0)
        return conf_fail(reader, line, "process.group", "workers do not run in root's group: name an ordinary one");
    conf->uid = user->pw_uid;
    conf->gid = group->gr_gid;
    return true;
}

static bool is_same(const char *path, const char *other)
{
    return path != NULL && other != NULL && strcmp(path, other) == 0;
}

/* Each of these files is replaced, locked or removed by rules of its own, which would break another. Path must not be
 * one of the first `others` files. */
static bool check_path(const struct conf_reader *reader, const char *path, int line, const char *key, size_t others)
{
    const struct conf *conf = reader->conf;
    const char *const keys[] = {"process.pid_file", "accept.lock_file", "log.target"};
    const char *const paths[] = {conf->pid_file, conf->lock_file, conf->log_target};
    for (size_t i = 0; i < others; i++)
        if (is_same(path, paths[i]))
            return conf_fail(reader, line, key, "%s is %s already: name another", path, keys[i]);
    return true;
}

static bool check_paths(const struct conf_reader *reader)
{
    const struct conf *conf = reader->conf;
    bool good = check_path(reader, conf->lock_file, line_of(conf, "accept.lock_file"), "accept.lock_file", 1) &&
                check_path(reader, conf->log_target, line_of(conf, "log.target"), "log.target", 2);
    for (size_t i = 0; i < conf->listens && good; i++)
        good = check_path(reader, addr_path(&conf->listen[i].addr), conf->listen[i].line, "listen", 3);
    return good;
}

static bool check_all(const struct conf_reader *reader)
{
    return check_at_most(reader, "pool.max_spare", "pool.max_workers") &&
           check_at_most(reader, "pool.min_spare", "pool.max_spare") &&
           check_at_most(reader, "pool.start", "pool.max_workers") && check_paths(reader) && check_user(reader);
}

static bool set_file(struct conf *conf, const char *file, struct reason *why)
{
    if (strlen(file) >= sizeof conf->file)
        return reason_set(why, "%.64s...: cannot open: %s", file, strerror(ENAMETOOLONG));
    snprintf(conf->file, sizeof conf->file, "%s", file);
    return true;
}

bool conf_load(const struct conf_source *source, struct conf *conf, struct reason *why)
{
    struct conf_reader reader = {.conf = conf, .why = why};
    why->text[0] = '\0';
    set_defaults(conf);
    return set_file(conf, source->file, why) && conf_read_file(&reader) && apply_command_line(&reader, source) &&
           set_defaults_left(&reader, source->foreground) && check_all(&reader);
}
