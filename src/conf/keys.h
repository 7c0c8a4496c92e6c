/* keys.h: what a configuration key is, and the one table of the server's keys. The parser, -o, -T, the man page's test
 * and the sample's test all go by it. `listen`, a list of groups, has a table of its own: listener_keys.h. */
#ifndef MPECHOD_CONF_KEYS_H
#define MPECHOD_CONF_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* What a value may be; value.c says how it is read and written. */
enum confkey_type {
    CONFKEY_COUNT,   /* unsigned; an integer from min to max */
    CONFKEY_SECONDS, /* double; an integer or a float from min to max */
    CONFKEY_BOOL,    /* bool */
    CONFKEY_CHOICE,  /* unsigned; the index in choices of a text */
    CONFKEY_MODE,    /* mode_t; a text of octal digits */
    CONFKEY_PATH,    /* char[]; an absolute path */
    CONFKEY_TARGET,  /* char[]; "stderr", "syslog" or an absolute path */
    CONFKEY_ADDRESS, /* char[]; a text that is not empty, and that listener.c looks at */
    CONFKEY_USER,    /* struct conf_owner; a name, or a number as a text or an integer, of at least min */
    CONFKEY_GROUP,   /* likewise */
};

/* The kind of listener that a key belongs to. */
enum confkey_kind { CONFKEY_ANY, CONFKEY_TCP, CONFKEY_UNIX };

struct confkey {
    const char *path; /* GROUP.NAME; of a listener's key just NAME */
    enum confkey_type type;
    size_t offset, size;  /* of its value in struct conf, or in struct conf_listen */
    const char *standard; /* the default, as -o takes it; a relative path is one in the run directory; "": none */
    double min, max;
    const char *const *choices; /* ends with NULL */
    bool may_be_empty;          /* a text: "" means none */
    enum confkey_kind kind;
    const char *inherits; /* a listener's key: the key of the server, of the same type, whose value is its default */
};

struct confkeys {
    const struct confkey *at;
    size_t n;
};

extern const struct confkeys confkeys;

/* The key of that path, or NULL. */
const struct confkey *confkeys_find(const struct confkeys *keys, const char *path);

/* Its place in the table. */
size_t confkeys_index(const struct confkeys *keys, const struct confkey *key);

#endif
