/* listener_keys.h: the table of the keys that one listener, a group in the list `listen`, can have. */
#ifndef MPECHOD_CONF_LISTENER_KEYS_H
#define MPECHOD_CONF_LISTENER_KEYS_H

#include "conf/keys.h"

extern const struct confkeys listener_keys;

#endif
