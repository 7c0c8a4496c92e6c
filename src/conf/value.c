/* conf_value.c: one value: what its key demands of it, and its place in struct conf. Called while a configuration is
 * read; fails with a reason that names the key. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"

void *conf_place(const struct conf_reader *reader, const struct confkey *key)
{
    return (char *)reader->conf + key->offset;
}

static bool set_count(const struct conf_reader *reader, const struct confkey *key, const struct conf_value *value,
                      int line)
{
    if (value->type != VALUE_INTEGER || (double)value->integer < key->min || (double)value->integer > key->max)
        return conf_fail(reader, line, key->path, "needs an integer from %.0f to %.0f", key->min, key->max);
    *(unsigned *)conf_place(reader, key) = (unsigned)value->integer;
    return true;
}

static bool set_seconds(const struct conf_reader *reader, const struct confkey *key, const struct conf_value *value,
                        int line)
{
    bool number = value->type == VALUE_INTEGER || value->type == VALUE_FLOAT;
    double seconds = value->type == VALUE_INTEGER ? (double)value->integer : value->number;
    if (!number || !(seconds >= key->min && seconds <= key->max)) /* so written, it refuses a NaN */
        return conf_fail(reader, line, key->path, "needs a number of seconds from %.0f to %.0f", key->min, key->max);
    *(double *)conf_place(reader, key) = seconds;
    return true;
}

static bool set_bool(const struct conf_reader *reader, const struct confkey *key, const struct conf_value *value,
                     int line)
{
    if (value->type != VALUE_BOOL)
        return conf_fail(reader, line, key->path, "needs true or false");
    *(bool *)conf_place(reader, key) = value->integer != 0;
    return true;
}

static bool set_choice(const struct conf_reader *reader, const struct confkey *key, const struct conf_value *value,
                       int line)
{
    char all[CONF_KEY_MAX] = "";
    for (unsigned i = 0; key->choices[i] != NULL; i++) {
        if (value->type == VALUE_TEXT && strcmp(value->text, key->choices[i]) == 0) {
            *(unsigned *)conf_place(reader, key) = i;
            return true;
        }
        size_t n = strlen(all);
        snprintf(all + n, sizeof all - n, "%s\"%s\"", i > 0 ? ", " : "", key->choices[i]);
    }
    return conf_fail(reader, line, key->path, "needs one of %s", all);
}

static bool set_text(const struct conf_reader *reader, const struct confkey *key, const struct conf_value *value,
                     int line)
{
    const char *text = value->type == VALUE_TEXT ? value->text : "";
    bool word = key->type == CONFKEY_TARGET && (strcmp(text, "stderr") == 0 || strcmp(text, "syslog") == 0);
    if (key->type == CONFKEY_NAME && text[0] == '\0')
        return conf_fail(reader, line, key->path, "needs a name in quotes");
    if (key->type == CONFKEY_TARGET && !word && text[0] != '/')
        return conf_fail(reader, line, key->path, "needs \"stderr\", \"syslog\" or an absolute path");
    if (key->type == CONFKEY_PATH && text[0] != '/')
        return conf_fail(reader, line, key->path, "needs an absolute path in quotes");
    if (strlen(text) >= key->size)
        return conf_fail(reader, line, key->path, "is too long");
    snprintf(conf_place(reader, key), key->size, "%s", text);
    return true;
}

bool conf_set(struct conf_reader *reader, const struct confkey *key, const struct conf_value *value, int line)
{
    static bool (*const setters[])(const struct conf_reader *, const struct confkey *, const struct conf_value *,
                                   int) = {
        [CONFKEY_COUNT] = set_count,   [CONFKEY_SECONDS] = set_seconds, [CONFKEY_BOOL] = set_bool,
        [CONFKEY_CHOICE] = set_choice, [CONFKEY_PATH] = set_text,       [CONFKEY_TARGET] = set_text,
        [CONFKEY_NAME] = set_text,
    };
    reader->conf->lines[confkeys_index(key)] = line;
    return setters[key->type](reader, key, value, line);
}

struct conf_value conf_value_from_text(const struct confkey *key, const char *text)
{
    struct conf_value value = {.type = VALUE_TEXT, .text = text};
    char *end;
    errno = 0;
    if (key->type == CONFKEY_BOOL && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
        value.type = VALUE_BOOL;
        value.integer = text[0] == 't';
    } else if (key->type == CONFKEY_COUNT) {
        value.integer = strtoll(text, &end, 10);
        value.type = *text != '\0' && *end == '\0' && errno == 0 ? VALUE_INTEGER : VALUE_OTHER;
    } else if (key->type == CONFKEY_SECONDS) {
        value.number = strtod(text, &end);
        value.type = *text != '\0' && *end == '\0' ? VALUE_FLOAT : VALUE_OTHER;
    }
    return value;
}
