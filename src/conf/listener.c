/* listener.c: one listener, when all of its keys have been read: its kind, its address, and what it cannot be beside.
 * Called for the file and for the command line; fails with a reason that names it. Pure. */
#include <stdio.h>

#include "conf/listener_keys.h"
#include "conf/reader.h"

static bool check_kind(const struct conf_reader *reader, const struct conf_listen *listener, const char *key)
{
    enum confkey_kind kind = listener->path[0] != '\0' ? CONFKEY_UNIX : CONFKEY_TCP;
    for (size_t i = 0; i < listener_keys.n; i++) {
        const struct confkey *it = &listener_keys.at[i];
        if (it->kind == CONFKEY_ANY || it->kind == kind || listener->lines[i] == CONF_UNSET)
            continue;
        return conf_fail(reader, listener->lines[i], key,
                         kind == CONFKEY_UNIX ? "has a path, so it is a Unix socket, which has no %s"
                                              : "has a %s, which only a Unix socket has, but no path",
                         it->path);
    }
    return true;
}

static bool find_address(const struct conf_reader *reader, struct conf_listen *listener, const char *key)
{
    struct reason reason;
    bool good = listener->path[0] != '\0'
                    ? addr_from_path(&listener->addr, listener->path, &reason)
                    : addr_from_host(&listener->addr, listener->address, (long)listener->port, &reason);
    return good || conf_fail(reader, listener->line, key, "%s", reason.text);
}

static bool check_beside(const struct conf_reader *reader, const struct conf_listen *listener, const char *key)
{
    const struct conf *conf = reader->conf;
    for (size_t i = 0; i < conf->listens; i++) {
        const struct addr *one = &listener->addr, *other = &conf->listen[i].addr;
        char name[ADDR_TEXT_MAX], taken[ADDR_TEXT_MAX];
        addr_format_listen(one, name);
        addr_format_listen(other, taken);
        if (!addr_overlap(one, other))
            continue;
        if (addr_equal(one, other))
            return conf_fail(reader, listener->line, key, "the same address is listed twice");
        return conf_fail(reader, listener->line, key, "%s and %s of listen[%zu] overlap: only one can be bound", name,
                         taken, i);
    }
    return true;
}

bool conf_add_listener(const struct conf_reader *reader, struct conf_listen *listener, const char *key)
{
    struct conf *conf = reader->conf;
    struct conf_scope scope = conf_scope_of_listener(listener, conf->listens);
    if (conf->listens == CONF_LISTEN_MAX)
        return conf_fail(reader, listener->line, key, "more than %d listeners", CONF_LISTEN_MAX);
    if (!check_kind(reader, listener, key) || !conf_set_defaults(reader, &scope, false) ||
        !find_address(reader, listener, key) || !check_beside(reader, listener, key))
        return false;
    conf->listen[conf->listens++] = *listener;
    return true;
}
