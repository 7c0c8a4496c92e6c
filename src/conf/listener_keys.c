/* listener_keys.c: the table of one listener's keys; their order is that of -T. Pure. */
#include "conf/listener_keys.h"

#include <assert.h>

#include "conf/conf.h"

#define AT(member) offsetof(struct conf_listen, member), sizeof((struct conf_listen *)NULL)->member

static const struct confkey table[] = {
    {"address", CONFKEY_ADDRESS, AT(address), .standard = "*", .kind = CONFKEY_TCP},
    {"port", CONFKEY_COUNT, AT(port), .standard = "9190", .max = 65535, .kind = CONFKEY_TCP},
    {"path", CONFKEY_PATH, AT(path), .standard = "", .kind = CONFKEY_UNIX},
    {"mode", CONFKEY_MODE, AT(mode), .standard = "0660", .kind = CONFKEY_UNIX},
    {"user", CONFKEY_USER, AT(user), .standard = "", .may_be_empty = true, .kind = CONFKEY_UNIX},
    {"group", CONFKEY_GROUP, AT(group), .standard = "", .may_be_empty = true, .kind = CONFKEY_UNIX},
};

enum { KEYS = sizeof table / sizeof table[0] };
static_assert((int)KEYS <= (int)CONF_LISTENER_KEYS_MAX, "struct conf_listen has room for a line of each key");

const struct confkeys listener_keys = {table, KEYS};
