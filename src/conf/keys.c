/* keys.c: the one table of the server's keys; their order is that of -T. Pure. */
#include "conf/keys.h"

#include <assert.h>
#include <string.h>

#include "base/level.h"
#include "conf/conf.h"

#define LONGEST 31536000.0 /* seconds: a year */

static const char *const formats[] = {"text", "json", NULL};

#define AT(member) offsetof(struct conf, member), sizeof((struct conf *)NULL)->member

static const struct confkey table[] = {
    {"pool.start", CONFKEY_COUNT, AT(start), .standard = "5", .min = 1, .max = 32768},
    {"pool.min_spare", CONFKEY_COUNT, AT(min_spare), .standard = "5", .min = 1, .max = 32768},
    {"pool.max_spare", CONFKEY_COUNT, AT(max_spare), .standard = "10", .min = 1, .max = 32768},
    {"pool.max_workers", CONFKEY_COUNT, AT(max_workers), .standard = "256", .min = 1, .max = 32768},
    {"pool.max_connections", CONFKEY_COUNT, AT(max_connections), .standard = "0", .max = 2147483647},
    {"accept.lock_file", CONFKEY_PATH, AT(lock_file), .standard = "accept.lock", .may_be_empty = true},
    {"accept.backlog", CONFKEY_COUNT, AT(backlog), .standard = "4096", .min = 1, .max = 65535},
    {"accept.stall_timeout", CONFKEY_SECONDS, AT(stall_timeout), .standard = "1.0", .max = LONGEST},
    {"timeout.idle", CONFKEY_SECONDS, AT(idle), .standard = "60.0", .max = LONGEST},
    {"timeout.connection", CONFKEY_SECONDS, AT(connection), .standard = "0.0", .max = LONGEST},
    {"timeout.drain", CONFKEY_SECONDS, AT(drain), .standard = "10.0", .max = LONGEST},
    {"log.target", CONFKEY_TARGET, AT(log_target), .standard = "syslog"}, /* "stderr" in the foreground */
    {"log.level", CONFKEY_CHOICE, AT(log_level), .standard = "info", .choices = log_level_names},
    {"log.format", CONFKEY_CHOICE, AT(log_format), .standard = "text", .choices = formats},
    {"log.access", CONFKEY_BOOL, AT(log_access), .standard = "true"},
    {"process.user", CONFKEY_USER, AT(user), .standard = "nobody", .min = 1},
    {"process.group", CONFKEY_GROUP, AT(group), .standard = "nogroup", .min = 1},
    {"process.pid_file", CONFKEY_PATH, AT(pid_file), .standard = "mpechod.pid", .may_be_empty = true},
};

enum { KEYS = sizeof table / sizeof table[0] };
static_assert((int)KEYS <= (int)CONF_KEYS_MAX, "struct conf has room for a line of each key");

const struct confkeys confkeys = {table, KEYS};

const struct confkey *confkeys_find(const struct confkeys *keys, const char *path)
{
    for (size_t i = 0; i < keys->n; i++)
        if (strcmp(keys->at[i].path, path) == 0)
            return &keys->at[i];
    return NULL;
}

size_t confkeys_index(const struct confkeys *keys, const struct confkey *key)
{
    return (size_t)(key - keys->at);
}
