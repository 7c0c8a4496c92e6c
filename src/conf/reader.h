/* reader.h: what the files of this room share while a configuration is being read; nobody else includes it. Each file
 * calls only those that stand above it here. */
#ifndef MPECHOD_CONF_READER_H
#define MPECHOD_CONF_READER_H

#include <stdbool.h>
#include <stdio.h>

#include "base/reason.h"
#include "conf/conf.h"
#include "conf/keys.h"

enum { CONF_KEY_MAX = 128 }; /* the longest name of a key in a message */

/* A configuration being read. */
struct conf_reader {
    struct conf *conf;
    struct reason *why;
};

/* Where the values of a table's keys go: into struct conf itself, or into one of its listeners. */
struct conf_scope {
    const struct confkeys *keys;
    void *at;
    int *lines;
    char name[32]; /* before a key in a message: "", or "listen[0]." */
};

/* A value as the file or the command line has it. */
struct conf_value {
    enum { VALUE_INTEGER, VALUE_FLOAT, VALUE_BOOL, VALUE_TEXT, VALUE_OTHER } type;
    long long integer;
    double number;
    const char *text;
};

/* blame.c: fail with a reason that names file (or command line), line and key. Returns false. */
bool conf_fail(const struct conf_reader *reader, int line, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* blame.c: fail because no key is called that, and say which are. group: what their paths begin with, as "pool.". */
bool conf_fail_unknown(const struct conf_reader *reader, const struct confkeys *keys, const char *group, int line,
                       const char *key);

/* blame.c: where the key of that path was set. */
int conf_line_of(const struct conf *conf, const char *path);

/* value.c: the server's keys, and those of a listener, whose index is for messages. */
struct conf_scope conf_scope_of_server(struct conf *conf);
struct conf_scope conf_scope_of_listener(struct conf_listen *listener, size_t index);

/* value.c: where a key's value is. */
void *conf_place(const struct conf_scope *scope, const struct confkey *key);

/* value.c: check a value and put it in its place, into which texts are copied. */
bool conf_set(const struct conf_reader *reader, const struct conf_scope *scope, const struct confkey *key,
              const struct conf_value *value, int line);

/* value.c: a value from a text without quotes, as a default is or what follows -o; valid as long as the text. */
struct conf_value conf_value_from_text(const struct confkey *key, const char *text);

/* value.c: give every key that has not been set its default, or, if it inherits, the server's value. */
bool conf_set_defaults(const struct conf_reader *reader, const struct conf_scope *scope, bool foreground);
void conf_inherit(const struct conf_scope *scope, const struct conf_scope *server);

/* value.c: write the value that a struct conf or struct conf_listen has of a key, as the file would have it. */
void conf_print(const void *at, const struct confkey *key, FILE *out);

/* listener.c: complete a listener whose keys have been set, and add it to the configuration, unless it is there
 * already. key: what a message calls it. */
bool conf_add_listener(const struct conf_reader *reader, struct conf_listen *listener, const char *key);

/* text.c: check what libconfig does not, and change in place what it would misread. *line: where it is wrong. */
bool conf_check_text(char *text, int *line, struct reason *why);

/* tree.c: read a text in libconfig's syntax, which may be changed, and set all that is in it. */
bool conf_read_text(const struct conf_reader *reader, char *text);

/* tree.c: set a key to a value that the command line gives, in quotes or without. */
bool conf_set_from_text(const struct conf_reader *reader, const struct conf_scope *scope, const struct confkey *key,
                        const char *text);

/* file.c: read the file. */
bool conf_read_file(const struct conf_reader *reader);

/* check.c: what must hold between keys; looks up users and groups. */
bool conf_check(const struct conf_reader *reader);

#endif
