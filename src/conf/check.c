/* check.c: what must hold between the keys of a configuration, and whom its users and groups are. Called when all keys
 * have their values; fails with a reason that names the key. Looks at files and at the user database, opens nothing. */
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/listener_keys.h"
#include "conf/path.h"
#include "conf/reader.h"

/* A default gives way to what the operator has set; two values that the operator has set must agree. */
static bool check_at_most(const struct conf_reader *reader, const char *low_path, const char *high_path)
{
    struct conf_scope scope = conf_scope_of_server(reader->conf);
    unsigned *low = conf_place(&scope, confkeys_find(&confkeys, low_path));
    unsigned high = *(unsigned *)conf_place(&scope, confkeys_find(&confkeys, high_path));
    if (*low <= high)
        return true;
    if (!conf_is_set(reader->conf, low_path)) {
        *low = high;
        return true;
    }
    return conf_fail(reader, conf_line_of(reader->conf, low_path), low_path, "%u is more than %s (%u)", *low, high_path,
                     high);
}

/* Users and groups */

static bool is_number(const char *name)
{
    return name[strspn(name, "0123456789")] == '\0';
}

/* A number needs no entry in the user database, which a container may not have. */
static id_t find_id(const struct confkey *key, const char *name)
{
    if (is_number(name)) {
        unsigned long long number = strtoull(name, NULL, 10);
        return number < CONF_NO_ID ? (id_t)number : CONF_NO_ID;
    }
    if (key->type == CONFKEY_USER) {
        const struct passwd *user = getpwnam(name);
        return user != NULL ? user->pw_uid : CONF_NO_ID;
    }
    const struct group *group = getgrnam(name);
    return group != NULL ? group->gr_gid : CONF_NO_ID;
}

/* The user and group of the workers may not be root. If the daemon is an ordinary user's, they are not used, and not
 * looked up. */
static bool check_owner(const struct conf_reader *reader, const struct conf_scope *scope, const struct confkey *key)
{
    struct conf_owner *owner = conf_place(scope, key);
    bool user = key->type == CONFKEY_USER, workers = key->min > 0;
    char name[CONF_KEY_MAX];
    int line = scope->lines[confkeys_index(scope->keys, key)];
    owner->id = CONF_NO_ID;
    if (owner->name[0] == '\0' || (workers && geteuid() != 0 && !is_number(owner->name)))
        return true;
    owner->id = find_id(key, owner->name);
    snprintf(name, sizeof name, "%s%s", scope->name, key->path);
    if (owner->id == CONF_NO_ID)
        return conf_fail(reader, line, name, "no such %s: %s", user ? "user" : "group", owner->name);
    if (owner->id >= key->min)
        return true;
    return conf_fail(reader, line, name,
                     user ? "workers do not run as root: name an ordinary user"
                          : "workers do not run in root's group: name an ordinary one");
}

static bool check_owners_in(const struct conf_reader *reader, const struct conf_scope *scope)
{
    for (size_t i = 0; i < scope->keys->n; i++) {
        const struct confkey *key = &scope->keys->at[i];
        if ((key->type == CONFKEY_USER || key->type == CONFKEY_GROUP) && !check_owner(reader, scope, key))
            return false;
    }
    return true;
}

static bool check_owners(const struct conf_reader *reader)
{
    struct conf_scope scope = conf_scope_of_server(reader->conf);
    bool good = check_owners_in(reader, &scope);
    for (size_t i = 0; i < reader->conf->listens && good; i++) {
        scope = conf_scope_of_listener(&reader->conf->listen[i], i);
        good = check_owners_in(reader, &scope);
    }
    return good;
}

/* Paths */

/* A file that the configuration names. */
struct named {
    const char *path; /* absolute; NULL: none */
    char key[CONF_KEY_MAX];
    int line;
};

static struct named name_of_key(const struct conf *conf, const char *key, const char *path)
{
    struct named named = {.path = path[0] == '/' ? path : NULL, .line = conf_line_of(conf, key)};
    snprintf(named.key, sizeof named.key, "%s", key);
    return named;
}

/* /dev/null, say, is no file of ours. */
static struct named name_of_file(const struct conf *conf)
{
    struct stat st;
    bool file = stat(conf->file, &st) == 0 && S_ISREG(st.st_mode);
    return (struct named){.path = file ? conf->file : NULL, .key = "the configuration"};
}

static struct named name_of_listener(const struct conf *conf, size_t i)
{
    const struct conf_listen *listener = &conf->listen[i];
    struct named named = {.path = listener->path[0] != '\0' ? listener->path : NULL, .line = listener->line};
    snprintf(named.key, sizeof named.key, "listen[%zu]", i);
    return named;
}

/* Each of these files is replaced, locked or removed by rules of its own, which would break another. */
static bool check_paths(const struct conf_reader *reader)
{
    const struct conf *conf = reader->conf;
    struct named all[4 + CONF_LISTEN_MAX] = {
        name_of_file(conf),
        name_of_key(conf, "process.pid_file", conf->pid_file),
        name_of_key(conf, "accept.lock_file", conf->lock_file),
        name_of_key(conf, "log.target", conf->log_target),
    };
    size_t n = 4;
    for (size_t i = 0; i < conf->listens; i++)
        all[n++] = name_of_listener(conf, i);
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (all[i].path != NULL && all[j].path != NULL && path_is_same(all[i].path, all[j].path))
                return conf_fail(reader, all[i].line, all[i].key, "%s is %s already: name another", all[i].path,
                                 all[j].key);
    return true;
}

bool conf_check(const struct conf_reader *reader)
{
    return check_at_most(reader, "pool.max_spare", "pool.max_workers") &&
           check_at_most(reader, "pool.min_spare", "pool.max_spare") &&
           check_at_most(reader, "pool.start", "pool.max_workers") && check_paths(reader) && check_owners(reader);
}
