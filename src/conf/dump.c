/* conf_dump.c: a configuration written out, for -T. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/keys.h"

/* Writing it out */

static void dump_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p < 0x20)
            fprintf(out, "\\x%02x", *p);
        else
            fputc(*p, out);
    }
    fputc('"', out);
}

/* The shortest form that reads back as the same number, with the point that makes it a float. */
static void dump_seconds(double seconds, FILE *out)
{
    char text[64];
    int digits = 15;
    do {
        snprintf(text, sizeof text, "%.*g", digits, seconds);
    } while (strtod(text, NULL) != seconds && ++digits <= 17);
    fprintf(out, "%s%s", text, strpbrk(text, ".e") == NULL ? ".0" : "");
}

static void dump_value(const struct conf *conf, const struct confkey *key, FILE *out)
{
    const void *value = (const char *)conf + key->offset;
    if (key->type == CONFKEY_COUNT)
        fprintf(out, "%u", *(const unsigned *)value);
    else if (key->type == CONFKEY_SECONDS)
        dump_seconds(*(const double *)value, out);
    else if (key->type == CONFKEY_BOOL)
        fputs(*(const bool *)value ? "true" : "false", out);
    else if (key->type == CONFKEY_CHOICE)
        dump_text(key->choices[*(const unsigned *)value], out);
    else
        dump_text(value, out);
}

static void dump_listener(const struct conf_listen *listener, FILE *out)
{
    const char *path = addr_path(&listener->addr);
    char text[ADDR_TEXT_MAX];
    if (path != NULL) {
        fputs("{ path = ", out);
        dump_text(path, out);
        fprintf(out, "; mode = \"%04o\"; }", (unsigned)listener->mode);
        return;
    }
    addr_format_listen(&listener->addr, text);
    fprintf(out, "{ address = \"%.*s\"; port = %u; }", (int)(strrchr(text, ':') - text), text,
            addr_port(&listener->addr));
}

void conf_dump(const struct conf *conf, FILE *out)
{
    fputs("listen = (\n", out);
    for (size_t i = 0; i < conf->listens; i++) {
        fputs("    ", out);
        dump_listener(&conf->listen[i], out);
        fputs(i + 1 < conf->listens ? ",\n" : "\n);\n", out);
    }
    const char *group = "";
    size_t n = 0;
    for (size_t i = 0; i < CONFKEYS; i++) {
        const char *path = confkeys[i].path, *name = strchr(path, '.') + 1;
        if (strncmp(path, group, n + 1) != 0 || n == 0) {
            fprintf(out, "%s%.*s:\n{\n", n > 0 ? "};\n" : "", (int)(name - 1 - path), path);
            group = path;
            n = (size_t)(name - 1 - path);
        }
        fprintf(out, "    %s = ", name);
        dump_value(conf, &confkeys[i], out);
        fputs(";\n", out);
    }
    fputs("};\n", out);
}
