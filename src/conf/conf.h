/* conf.h: the configuration: read whole and checked, then never changed; a reload makes a new one. */
#ifndef MPECHOD_CONF_H
#define MPECHOD_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/reason.h"

enum { CONF_LISTEN_MAX = 32 };

/* Bytes of a text with its NUL. A path leaves room for a temporary name beside it. */
enum { CONF_PATH_MAX = PATH_MAX - 16, CONF_NAME_MAX = 256 };

struct conf_listen {
    struct addr addr;
    mode_t mode; /* of a Unix socket's file */
    int line;    /* in the file, or CONF_UNSET, or CONF_COMMAND_LINE */
};

enum { CONF_UNSET = 0, CONF_COMMAND_LINE = -1 };

/* How many keys there are beside `listen`; see confkeys.h. */
enum { CONFKEYS = 18 };

enum conf_format { CONF_FORMAT_TEXT, CONF_FORMAT_JSON };

/* Times are seconds, 0 = none. Plain data without a pointer, so that it can be copied with = and handed from one
 * process to another in shared memory. See mpechod.conf(5) for what each is for. */
struct conf {
    char file[CONF_PATH_MAX];
    int lines[CONFKEYS]; /* where each key was set; CONF_UNSET, or CONF_COMMAND_LINE */
    struct conf_listen listen[CONF_LISTEN_MAX];
    size_t listens;
    unsigned start, min_spare, max_spare, max_workers, max_connections;
    char lock_file[CONF_PATH_MAX];
    unsigned backlog;
    double stall_timeout;
    double idle, connection, drain;
    char log_target[CONF_PATH_MAX];
    unsigned log_level;  /* enum log_level */
    unsigned log_format; /* enum conf_format */
    bool log_access;
    char user[CONF_NAME_MAX], group[CONF_NAME_MAX], pid_file[CONF_PATH_MAX];
    uid_t uid; /* of user and group; only looked up as root */
    gid_t gid;
};

/* Where a configuration comes from: the file and the command line's overrides. Strings are the caller's. */
struct conf_source {
    const char *file;       /* absolute, or as given where it is only read once */
    const char *const *set; /* "KEY=VALUE" */
    size_t sets;
    const char *const *listen; /* replace the file's listeners if there are any */
    size_t listens;
    bool foreground; /* decides where the log goes if nothing says so */
};

/* Read and check a new configuration. False with a reason "FILE:LINE: KEY: what is wrong"; *conf is then undefined. */
bool conf_load(const struct conf_source *source, struct conf *conf, struct reason *why);

/* Put what is to blame before a reason: "FILE:LINE: KEY: ", as for a mistake in the file. Returns false. */
bool conf_blame(const struct conf *conf, const char *key, struct reason *why);
bool conf_blame_listener(const struct conf *conf, size_t index, struct reason *why);

/* Whether a key was set, in the file or on the command line. */
bool conf_is_set(const struct conf *conf, const char *key);

/* Every key, in libconfig's syntax; loads back to the same. */
void conf_dump(const struct conf *conf, FILE *out);

#endif
