/* dump.c: a configuration written out, for -T. */
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/listener_keys.h"
#include "conf/reader.h"

/* A text that may be empty and is, says nothing in a line that is long enough. */
static bool is_worth_a_word(const struct conf_listen *listener, const struct confkey *key, enum confkey_kind kind)
{
    bool empty = key->may_be_empty && ((const char *)listener)[key->offset] == '\0';
    return !empty && (key->kind == CONFKEY_ANY || key->kind == kind);
}

static void dump_listener(const struct conf_listen *listener, FILE *out)
{
    enum confkey_kind kind = listener->path[0] != '\0' ? CONFKEY_UNIX : CONFKEY_TCP;
    fputs("{ ", out);
    for (size_t i = 0; i < listener_keys.n; i++) {
        const struct confkey *key = &listener_keys.at[i];
        if (!is_worth_a_word(listener, key, kind))
            continue;
        fprintf(out, "%s = ", key->path);
        conf_print(listener, key, out);
        fputs("; ", out);
    }
    fputs("}", out);
}

static void dump_listeners(const struct conf *conf, FILE *out)
{
    fputs("listen = (\n", out);
    for (size_t i = 0; i < conf->listens; i++) {
        fputs("    ", out);
        dump_listener(&conf->listen[i], out);
        fputs(i + 1 < conf->listens ? ",\n" : "\n);\n", out);
    }
}

void conf_dump(const struct conf *conf, FILE *out)
{
    const char *group = "";
    size_t n = 0;
    dump_listeners(conf, out);
    for (size_t i = 0; i < confkeys.n; i++) {
        const char *path = confkeys.at[i].path, *name = strchr(path, '.') + 1;
        if (strncmp(path, group, n + 1) != 0 || n == 0) {
            fprintf(out, "%s%.*s:\n{\n", n > 0 ? "};\n" : "", (int)(name - 1 - path), path);
            group = path;
            n = (size_t)(name - 1 - path);
        }
        fprintf(out, "    %s = ", name);
        conf_print(conf, &confkeys.at[i], out);
        fputs(";\n", out);
    }
    fputs("};\n", out);
}
