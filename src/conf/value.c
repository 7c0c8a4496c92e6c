/* value.c: one value: what its key demands of it, its place, and how it is written. Called while a configuration is
 * read or printed; fails with a reason that names the key. A new type of key is a row of types[]. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/listener_keys.h"
#include "conf/reader.h"
#include "conf/rundir.h"

struct conf_scope conf_scope_of_server(struct conf *conf)
{
    return (struct conf_scope){.keys = &confkeys, .at = conf, .lines = conf->lines};
}

struct conf_scope conf_scope_of_listener(struct conf_listen *listener, size_t index)
{
    struct conf_scope scope = {.keys = &listener_keys, .at = listener, .lines = listener->lines};
    snprintf(scope.name, sizeof scope.name, "listen[%zu].", index);
    return scope;
}

void *conf_place(const struct conf_scope *scope, const struct confkey *key)
{
    return (char *)scope->at + key->offset;
}

/* Numbers and words */

static bool set_count(void *place, const struct confkey *key, const struct conf_value *value, struct reason *why)
{
    if (value->type != VALUE_INTEGER || (double)value->integer < key->min || (double)value->integer > key->max)
        return reason_set(why, "needs an integer from %.0f to %.0f", key->min, key->max);
    *(unsigned *)place = (unsigned)value->integer;
    return true;
}

static bool set_seconds(void *place, const struct confkey *key, const struct conf_value *value, struct reason *why)
{
    bool number = value->type == VALUE_INTEGER || value->type == VALUE_FLOAT;
    double seconds = value->type == VALUE_INTEGER ? (double)value->integer : value->number;
    if (!number || !(seconds >= key->min && seconds <= key->max)) /* so written, it refuses a NaN */
        return reason_set(why, "needs a number of seconds from %.0f to %.0f", key->min, key->max);
    *(double *)place = seconds;
    return true;
}

static bool set_bool(void *place, const struct confkey *key, const struct conf_value *value, struct reason *why)
{
    (void)key;
    if (value->type != VALUE_BOOL)
        return reason_set(why, "needs true or false");
    *(bool *)place = value->integer != 0;
    return true;
}

static bool set_choice(void *place, const struct confkey *key, const struct conf_value *value, struct reason *why)
{
    char all[CONF_KEY_MAX] = "";
    for (unsigned i = 0; key->choices[i] != NULL; i++) {
        if (value->type == VALUE_TEXT && strcmp(value->text, key->choices[i]) == 0) {
            *(unsigned *)place = i;
            return true;
        }
        size_t n = strlen(all);
        snprintf(all + n, sizeof all - n, "%s\"%s\"", i > 0 ? ", " : "", key->choices[i]);
    }
    return reason_set(why, "needs one of %s", all);
}

static bool set_mode(void *place, const struct confkey *key, const struct conf_value *value, struct reason *why)
{
    const char *text = value->type == VALUE_TEXT ? value->text : "";
    char *end;
    (void)key;
    long bits = strtol(text, &end, 8);
    if (text[0] < '0' || text[0] > '7' || *end != '\0' || bits > 0777)
        return reason_set(why, "needs an octal mode in quotes, such as \"0660\"");
    *(mode_t *)place = (mode_t)bits;
    return true;
}

/* Texts */

static bool copy_text(char *place, size_t size, const char *text, struct reason *why)
{
    if (strlen(text) >= size)
        return reason_set(why, "is too long: at most %zu bytes", size - 1);
    snprintf(place, size, "%s", text);
    return true;
}

static bool set_path(void *place, const struct confkey *key, const struct conf_value *value, struct reason *why)
{
    const char *text = value->type == VALUE_TEXT ? value->text : "?";
    if (text[0] != '/' && !(text[0] == '\0' && key->may_be_empty))
        return reason_set(why, "needs an absolute path in quotes%s", key->may_be_empty ? ", or \"\" for none" : "");
    return copy_text(place, key->size, text, why);
}

static bool set_target(void *place, const struct confkey *key, const struct conf_value *value, struct reason *why)
{
    const char *text = value->type == VALUE_TEXT ? value->text : "";
    if (text[0] != '/' && strcmp(text, "stderr") != 0 && strcmp(text, "syslog") != 0)
        return reason_set(why, "needs \"stderr\", \"syslog\" or an absolute path");
    return copy_text(place, key->size, text, why);
}

static bool set_address(void *place, const struct confkey *key, const struct conf_value *value, struct reason *why)
{
    if (value->type != VALUE_TEXT || value->text[0] == '\0')
        return reason_set(why, "needs an address in quotes");
    return copy_text(place, key->size, value->text, why);
}

/* Whom it names is looked up later (check.c), when the last value is known. */
static bool set_owner(void *place, const struct confkey *key, const struct conf_value *value, struct reason *why)
{
    struct conf_owner *owner = place;
    char digits[32] = "";
    if (value->type == VALUE_INTEGER && value->integer >= 0)
        snprintf(digits, sizeof digits, "%lld", value->integer);
    const char *text = value->type == VALUE_TEXT ? value->text : digits;
    if (text[0] == '\0' && !(value->type == VALUE_TEXT && key->may_be_empty))
        return reason_set(why, "needs a name in quotes, or a number");
    return copy_text(owner->name, sizeof owner->name, text, why);
}

/* From text and back */

static struct conf_value integer_from(const char *text)
{
    char *end;
    errno = 0;
    long long integer = strtoll(text, &end, 10);
    bool good = *text != '\0' && *end == '\0' && errno == 0;
    return (struct conf_value){.type = good ? VALUE_INTEGER : VALUE_OTHER, .integer = integer};
}

static struct conf_value number_from(const char *text)
{
    char *end;
    double number = strtod(text, &end);
    bool good = *text != '\0' && *end == '\0';
    return (struct conf_value){.type = good ? VALUE_FLOAT : VALUE_OTHER, .number = number};
}

static struct conf_value bool_from(const char *text)
{
    bool yes = strcmp(text, "true") == 0, no = strcmp(text, "false") == 0;
    return (struct conf_value){.type = yes || no ? VALUE_BOOL : VALUE_OTHER, .integer = yes};
}

static struct conf_value text_from(const char *text)
{
    return (struct conf_value){.type = VALUE_TEXT, .text = text};
}

static void print_count(const void *place, const struct confkey *key, FILE *out)
{
    (void)key;
    fprintf(out, "%u", *(const unsigned *)place);
}

/* The shortest form that reads back as the same number, with the point that makes it a float. */
static void print_seconds(const void *place, const struct confkey *key, FILE *out)
{
    char text[64];
    double seconds = *(const double *)place;
    int digits = 15;
    (void)key;
    do {
        snprintf(text, sizeof text, "%.*g", digits, seconds);
    } while (strtod(text, NULL) != seconds && ++digits <= 17);
    fprintf(out, "%s%s", text, strpbrk(text, ".e") == NULL ? ".0" : "");
}

static void print_bool(const void *place, const struct confkey *key, FILE *out)
{
    (void)key;
    fputs(*(const bool *)place ? "true" : "false", out);
}

/* A struct conf_owner begins with its name. */
static void print_text(const void *place, const struct confkey *key, FILE *out)
{
    (void)key;
    fputc('"', out);
    for (const unsigned char *p = place; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p < 0x20)
            fprintf(out, "\\x%02x", *p);
        else
            fputc(*p, out);
    }
    fputc('"', out);
}

static void print_choice(const void *place, const struct confkey *key, FILE *out)
{
    print_text(key->choices[*(const unsigned *)place], key, out);
}

static void print_mode(const void *place, const struct confkey *key, FILE *out)
{
    (void)key;
    fprintf(out, "\"%04o\"", (unsigned)*(const mode_t *)place);
}

/* The types */

static const struct {
    bool (*set)(void *place, const struct confkey *key, const struct conf_value *value, struct reason *why);
    struct conf_value (*from_text)(const char *text);
    void (*print)(const void *place, const struct confkey *key, FILE *out);
} types[] = {
    [CONFKEY_COUNT] = {set_count, integer_from, print_count},
    [CONFKEY_SECONDS] = {set_seconds, number_from, print_seconds},
    [CONFKEY_BOOL] = {set_bool, bool_from, print_bool},
    [CONFKEY_CHOICE] = {set_choice, text_from, print_choice},
    [CONFKEY_MODE] = {set_mode, text_from, print_mode},
    [CONFKEY_PATH] = {set_path, text_from, print_text},
    [CONFKEY_TARGET] = {set_target, text_from, print_text},
    [CONFKEY_ADDRESS] = {set_address, text_from, print_text},
    [CONFKEY_USER] = {set_owner, text_from, print_text},
    [CONFKEY_GROUP] = {set_owner, text_from, print_text},
};

struct conf_value conf_value_from_text(const struct confkey *key, const char *text)
{
    return types[key->type].from_text(text);
}

void conf_print(const void *at, const struct confkey *key, FILE *out)
{
    types[key->type].print((const char *)at + key->offset, key, out);
}

bool conf_set(const struct conf_reader *reader, const struct conf_scope *scope, const struct confkey *key,
              const struct conf_value *value, int line)
{
    char name[CONF_KEY_MAX];
    struct reason reason;
    scope->lines[confkeys_index(scope->keys, key)] = line;
    if (types[key->type].set(conf_place(scope, key), key, value, &reason))
        return true;
    snprintf(name, sizeof name, "%s%s", scope->name, key->path);
    return conf_fail(reader, line, name, "%s", reason.text);
}

/* Defaults */

static bool set_default(const struct conf_reader *reader, const struct conf_scope *scope, const struct confkey *key,
                        const char *text)
{
    char run[PATH_MAX], path[2 * PATH_MAX];
    if (key->type == CONFKEY_PATH && text[0] != '/') {
        rundir_path(run);
        snprintf(path, sizeof path, "%s/%s", run, text);
        text = path;
    }
    struct conf_value value = conf_value_from_text(key, text);
    return conf_set(reader, scope, key, &value, CONF_UNSET);
}

bool conf_set_defaults(const struct conf_reader *reader, const struct conf_scope *scope, bool foreground)
{
    for (size_t i = 0; i < scope->keys->n; i++) {
        const struct confkey *key = &scope->keys->at[i];
        const char *text = foreground && key->type == CONFKEY_TARGET ? "stderr" : key->standard;
        if (scope->lines[i] != CONF_UNSET || text == NULL || text[0] == '\0')
            continue;
        if (!set_default(reader, scope, key, text))
            return false;
    }
    return true;
}

void conf_inherit(const struct conf_scope *scope, const struct conf_scope *server)
{
    for (size_t i = 0; i < scope->keys->n; i++) {
        const struct confkey *key = &scope->keys->at[i];
        if (key->inherits == NULL || scope->lines[i] != CONF_UNSET)
            continue;
        const struct confkey *from = confkeys_find(server->keys, key->inherits);
        memcpy(conf_place(scope, key), conf_place(server, from), key->size);
    }
}
