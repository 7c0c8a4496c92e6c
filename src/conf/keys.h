/* confkeys.h: the one table of configuration keys. The parser, -o, -T, the man page's test and the sample's test all go
 * by it. `listen`, a list, is not in it. */
#ifndef MPECHOD_CONFKEYS_H
#define MPECHOD_CONFKEYS_H

#include <stddef.h>

#include "conf/conf.h"

enum confkey_type {
    CONFKEY_COUNT,   /* unsigned; an integer from min to max */
    CONFKEY_SECONDS, /* double; an integer or a float from min to max */
    CONFKEY_BOOL,    /* bool */
    CONFKEY_CHOICE,  /* unsigned; the index in choices of a text */
    CONFKEY_PATH,    /* char[]; an absolute path */
    CONFKEY_TARGET,  /* char[]; "stderr", "syslog" or an absolute path */
    CONFKEY_NAME,    /* char[]; a text that is not empty */
};

struct confkey {
    const char *path; /* GROUP.NAME */
    enum confkey_type type;
    size_t offset, size; /* of its value in struct conf */
    double min, max;
    const char *const *choices; /* ends with NULL */
};

extern const struct confkey confkeys[CONFKEYS];

/* The key of that path, or NULL. */
const struct confkey *confkeys_find(const char *path);

/* Its place in the table. */
size_t confkeys_index(const struct confkey *key);

#endif
