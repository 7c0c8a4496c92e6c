/* blame.c: says what is to blame for a mistake: file or command line, line and key. Called wherever a configuration is
 * read, checked or put to work. Pure. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf/reader.h"

static bool blame(const char *file, int line, const char *key, struct reason *why)
{
    struct reason what = *why;
    if (line == CONF_COMMAND_LINE)
        return reason_set(why, "command line: %s: %s", key, what.text);
    if (line == CONF_UNSET)
        return reason_set(why, "%s: %s: %s", file, key, what.text);
    return reason_set(why, "%s:%d: %s: %s", file, line, key, what.text);
}

int conf_line_of(const struct conf *conf, const char *path)
{
    return conf->lines[confkeys_index(&confkeys, confkeys_find(&confkeys, path))];
}

bool conf_is_set(const struct conf *conf, const char *key)
{
    return conf_line_of(conf, key) != CONF_UNSET;
}

bool conf_blame(const struct conf *conf, const char *key, struct reason *why)
{
    return blame(conf->file, conf_line_of(conf, key), key, why);
}

bool conf_blame_listener(const struct conf *conf, size_t index, struct reason *why)
{
    char key[CONF_KEY_MAX];
    snprintf(key, sizeof key, "listen[%zu]", index);
    return blame(conf->file, conf->listen[index].line, key, why);
}

bool conf_fail(const struct conf_reader *reader, int line, const char *key, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(reader->why->text, sizeof reader->why->text, format, ap);
    va_end(ap);
    return blame(reader->conf->file, line, key, reader->why);
}

bool conf_fail_unknown(const struct conf_reader *reader, const struct confkeys *keys, const char *group, int line,
                       const char *key)
{
    char known[REASON_MAX / 2] = "";
    size_t n = strlen(group), used = 0;
    for (size_t i = 0; i < keys->n && used < sizeof known; i++)
        if (strncmp(keys->at[i].path, group, n) == 0)
            used +=
                (size_t)snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "", keys->at[i].path + n);
    return conf_fail(reader, line, key, "unknown key; known are %s", known);
}
