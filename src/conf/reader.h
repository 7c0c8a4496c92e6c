/* conf_reader.h: what the conf_*.c files share while a configuration is being read; nobody else includes it. */
#ifndef MPECHOD_CONF_READER_H
#define MPECHOD_CONF_READER_H

#include <stdbool.h>

#include "base/reason.h"
#include "conf/conf.h"
#include "conf/keys.h"

enum { CONF_KEY_MAX = 128 }; /* the longest name of a key in a message */

/* A configuration being read. */
struct conf_reader {
    struct conf *conf;
    struct reason *why;
};

/* A value as the file or the command line has it. */
struct conf_value {
    enum { VALUE_INTEGER, VALUE_FLOAT, VALUE_BOOL, VALUE_TEXT, VALUE_OTHER } type;
    long long integer;
    double number;
    const char *text;
};

/* conf.c: fail with a reason that names file (or command line), line and key. Returns false. */
bool conf_fail(const struct conf_reader *reader, int line, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* conf.c: one more listener, if it is not there already. key: what a message calls it. */
bool conf_add_listener(const struct conf_reader *reader, const struct conf_listen *listener, const char *key);

/* conf_value.c: check a value and put it in its place; where a key's value is; a value from the command line's text. */
bool conf_set(struct conf_reader *reader, const struct confkey *key, const struct conf_value *value, int line);
void *conf_place(const struct conf_reader *reader, const struct confkey *key);
struct conf_value conf_value_from_text(const struct confkey *key, const char *text);

/* conf_file.c: read the file. */
bool conf_read_file(struct conf_reader *reader);

#endif
