/* confkeys.c: the one table of configuration keys; their order is that of -T. Pure. */
#include "conf/keys.h"

#include <string.h>

#include "base/log.h"

#define LONGEST 31536000.0 /* seconds: a year */

static const char *const formats[] = {"text", "json", NULL};

#define AT(member) offsetof(struct conf, member), sizeof((struct conf *)NULL)->member

const struct confkey confkeys[CONFKEYS] = {
    {"pool.start", CONFKEY_COUNT, AT(start), 1, 32768, NULL},
    {"pool.min_spare", CONFKEY_COUNT, AT(min_spare), 1, 32768, NULL},
    {"pool.max_spare", CONFKEY_COUNT, AT(max_spare), 1, 32768, NULL},
    {"pool.max_workers", CONFKEY_COUNT, AT(max_workers), 1, 32768, NULL},
    {"pool.max_connections", CONFKEY_COUNT, AT(max_connections), 0, 2147483647, NULL},
    {"accept.lock_file", CONFKEY_PATH, AT(lock_file), 0, 0, NULL},
    {"accept.backlog", CONFKEY_COUNT, AT(backlog), 1, 65535, NULL},
    {"accept.stall_timeout", CONFKEY_SECONDS, AT(stall_timeout), 0, LONGEST, NULL},
    {"timeout.idle", CONFKEY_SECONDS, AT(idle), 0, LONGEST, NULL},
    {"timeout.connection", CONFKEY_SECONDS, AT(connection), 0, LONGEST, NULL},
    {"timeout.drain", CONFKEY_SECONDS, AT(drain), 0, LONGEST, NULL},
    {"log.target", CONFKEY_TARGET, AT(log_target), 0, 0, NULL},
    {"log.level", CONFKEY_CHOICE, AT(log_level), 0, 0, log_level_names},
    {"log.format", CONFKEY_CHOICE, AT(log_format), 0, 0, formats},
    {"log.access", CONFKEY_BOOL, AT(log_access), 0, 0, NULL},
    {"process.user", CONFKEY_NAME, AT(user), 0, 0, NULL},
    {"process.group", CONFKEY_NAME, AT(group), 0, 0, NULL},
    {"process.pid_file", CONFKEY_PATH, AT(pid_file), 0, 0, NULL},
};

const struct confkey *confkeys_find(const char *path)
{
    for (size_t i = 0; i < CONFKEYS; i++)
        if (strcmp(confkeys[i].path, path) == 0)
            return &confkeys[i];
    return NULL;
}

size_t confkeys_index(const struct confkey *key)
{
    return (size_t)(key - confkeys);
}
