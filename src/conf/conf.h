/* conf.h: the configuration: read whole and checked, then never changed; a reload makes a new one. */
#ifndef MPECHOD_CONF_H
#define MPECHOD_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/addr.h"
#include "base/reason.h"

enum { CONF_LISTEN_MAX = 32 };

/* Bytes of a text with its NUL. A path leaves room for a temporary name beside it. */
enum {
    CONF_PATH_MAX = PATH_MAX - 16,
    CONF_NAME_MAX = 256,
    CONF_SOCKET_MAX = sizeof((struct sockaddr_un *)NULL)->sun_path,
};

/* Room for where each key of a table was set; keys.c and listener_keys.c check that it is enough. */
enum { CONF_KEYS_MAX = 64, CONF_LISTENER_KEYS_MAX = 32 };

/* Where a key was set, if not in a line of the file. */
enum { CONF_UNSET = 0, CONF_COMMAND_LINE = -1 };

enum conf_format { CONF_FORMAT_TEXT, CONF_FORMAT_JSON };

/* A user or a group, by name or number. The number is CONF_NO_ID if the name is empty, or was not looked up; chown(2)
 * then leaves the file's user or group as it is. */
struct conf_owner {
    char name[CONF_NAME_MAX];
    id_t id;
};

#define CONF_NO_ID ((id_t)-1)

/* The keys of a listener are those of listener_keys.c. path is empty for a TCP socket. */
struct conf_listen {
    struct addr addr; /* what address and port, or path, mean */
    char address[ADDR_TEXT_MAX];
    unsigned port;
    char path[CONF_SOCKET_MAX];
    mode_t mode; /* of a Unix socket's file, as its user and group */
    struct conf_owner user, group;
    int lines[CONF_LISTENER_KEYS_MAX];
    int line; /* where the listener begins */
};

/* Times are seconds, 0 = none. An empty path means that there is no such file. Plain data without a pointer, so that it
 * can be copied with = and handed from one process to another in shared memory. See mpechod.conf(5) for what each is
 * for. */
struct conf {
    char file[CONF_PATH_MAX];
    int lines[CONF_KEYS_MAX];
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
    struct conf_owner user, group; /* only looked up as root */
    char pid_file[CONF_PATH_MAX];
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
