/* unix.c: Unix listening sockets and their files. Called by listener.c. bind(2) makes the file, and listen(2) makes it
 * answer. Between these calls the file looks like one that a dead daemon has left behind, and which another daemon may
 * replace. So both calls happen under another name, and link(2) puts the socket at its path once it answers. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/reason.h"
#include "master/errand.h"
#include "master/listener/kind.h"

enum {
    SUFFIX = 7,      /* bytes: a dot, and letters from our process id */
    NAME_TRIES = 32, /* as many as there are names of one letter */
    LINK_TRIES = 10,
};

static bool is_file(const struct stat *st, dev_t dev, ino_t ino)
{
    return st->st_dev == dev && st->st_ino == ino;
}

/* Does nobody answer at this socket file? */
static bool is_stale(const struct addr *addr)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool refused =
        fd >= 0 && connect(fd, (const struct sockaddr *)&addr->storage, addr->length) != 0 && errno == ECONNREFUSED;
    fd_close(fd);
    return refused;
}

/* A socket file that nobody answers at was left behind by a daemon that was killed. */
static bool remove_stale(const struct addr *addr, struct reason *why)
{
    const char *path = addr_path(addr);
    struct stat st, now;
    if (lstat(path, &st) != 0)
        return true;
    if (!S_ISSOCK(st.st_mode))
        return reason_set(why, "%s exists and is not a socket: remove it, or choose another path", path);
    if (!is_stale(addr))
        return reason_set(why, "somebody listens at %s already", path);
    if (lstat(path, &now) != 0 || !is_file(&now, st.st_dev, st.st_ino))
        return true; /* somebody else removed it first */
    return unlink(path) == 0 || reason_set(why, "cannot remove the old socket %s: %s", path, strerror(errno));
}

/* A name in the same directory: the path and a suffix, or, since a socket's path may have 107 bytes, as much of either
 * as fits. */
static void name_beside(const struct addr *addr, unsigned number, struct addr *beside)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    const char *path = addr_path(addr);
    struct sockaddr_un *un = (struct sockaddr_un *)&beside->storage;
    size_t base = (size_t)(strrchr(path, '/') + 1 - path), most = sizeof un->sun_path - 1;
    size_t at = MIN(strlen(path), MAX(base, most - SUFFIX)), n = MIN(SUFFIX, most - at);
    *beside = *addr;
    for (size_t i = 0; i < n; i++)
        un->sun_path[at + i] = letters[number >> 5 * (n - 1 - i) & 31];
    if (n > 1)
        un->sun_path[at] = '.';
    un->sun_path[at + n] = '\0';
    beside->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + at + n + 1);
}

static bool bind_beside(int fd, const struct addr *addr, mode_t mode, struct addr *beside)
{
    mode_t before = umask(0777 & ~mode);
    int rc = -1;
    errno = EADDRINUSE;
    for (unsigned i = 0; i < NAME_TRIES && rc != 0 && errno == EADDRINUSE; i++) {
        name_beside(addr, (unsigned)getpid() + i, beside);
        if (!addr_equal(beside, addr))
            rc = bind(fd, (const struct sockaddr *)&beside->storage, beside->length);
    }
    umask(before);
    return rc == 0;
}

/* Remember which file it is, to know it again. */
static void note_name(struct listener *listener, const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0) {
        listener->dev = st.st_dev;
        listener->ino = st.st_ino;
    }
}

static bool show(const struct addr *addr, const char *beside, struct reason *why)
{
    for (int i = 0; i < LINK_TRIES; i++) {
        if (link(beside, addr_path(addr)) == 0)
            return true;
        if (errno != EEXIST)
            return listener_cannot(why, "link", addr);
        if (!remove_stale(addr, why))
            return false;
    }
    return reason_set(why, "%s keeps changing", addr_path(addr));
}

/* A socket without its file cannot be reached; what is in its queue can still be accepted. */
static void remove_name(const struct listener *listener)
{
    errand_unlink(addr_path(&listener->bound), listener->dev, listener->ino);
}

static uid_t user_of(const struct conf_listen *wanted)
{
    return wanted->user.id != CONF_NO_ID ? wanted->user.id : geteuid();
}

static gid_t group_of(const struct conf_listen *wanted)
{
    return wanted->group.id != CONF_NO_ID ? wanted->group.id : getegid();
}

static void note_owner(struct listener *listener, const struct conf_listen *wanted)
{
    listener->mode = wanted->mode;
    listener->uid = user_of(wanted);
    listener->gid = group_of(wanted);
}

static bool is_given_away(const struct conf_listen *wanted)
{
    return wanted->user.id != CONF_NO_ID || wanted->group.id != CONF_NO_ID;
}

/* There is never a socket at the path that does not listen yet, or has not its owner and mode yet. */
static bool begin(struct listener *listener, const struct conf_listen *wanted, int backlog,
                  const struct listener *rival, struct reason *why)
{
    struct addr beside;
    if (rival != NULL)
        remove_name(rival);
    if (!bind_beside(listener->fd, &listener->bound, wanted->mode, &beside))
        return listener_cannot(why, "bind", &listener->bound);
    const char *path = addr_path(&beside);
    bool good = false;
    note_name(listener, path);
    note_owner(listener, wanted);
    listener->unwatched = file_may_hang(path);
    if (is_given_away(wanted) && lchown(path, wanted->user.id, wanted->group.id) != 0)
        listener_cannot(why, "give to its user and group", &listener->bound);
    else if (listen(listener->fd, backlog) != 0)
        listener_cannot(why, "listen at", &listener->bound);
    else
        good = show(&listener->bound, path, why);
    unlink(path);
    return good;
}

/* Is the file at its path still the one that was made? */
static enum listener_fault fault(struct listener *listener)
{
    struct stat st;
    if (listener->unwatched)
        return LISTENER_SOUND;
    bool ours = lstat(addr_path(&listener->bound), &st) == 0 && is_file(&st, listener->dev, listener->ino);
    return ours ? LISTENER_SOUND : LISTENER_NAMELESS;
}

/* The length of its queue cannot be asked for, so it is set at every tick. */
static void restore(const struct listener *listener, int backlog)
{
    listen(listener->fd, backlog);
}

static bool is_tuned(const struct listener *listener, const struct conf_listen *wanted)
{
    return listener->mode == wanted->mode && listener->uid == user_of(wanted) && listener->gid == group_of(wanted);
}

struct gift {
    const struct listener *listener;
    const struct conf_listen *wanted;
};

/* Through a descriptor, so that it is our socket that changes, whatever somebody may put at its path. */
static void give(void *context, int unused)
{
    const struct gift *gift = context;
    const struct listener *listener = gift->listener;
    char file[32];
    struct stat st;
    (void)unused;
    int fd = open(addr_path(&listener->bound), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
    if (fd >= 0 && fstat(fd, &st) == 0 && is_file(&st, listener->dev, listener->ino)) {
        int ignored = fchownat(fd, "", user_of(gift->wanted), group_of(gift->wanted), AT_EMPTY_PATH);
        (void)ignored; /* a user that is not root and may not: a start would have failed */
        chmod(file, gift->wanted->mode);
    }
    fd_close(fd);
}

static void tune(struct listener *listener, const struct conf_listen *wanted)
{
    struct gift gift = {listener, wanted};
    if (is_tuned(listener, wanted))
        return;
    errand_do(addr_path(&listener->bound), give, &gift);
    note_owner(listener, wanted);
}

static unsigned queue(const struct listener *listener)
{
    (void)listener;
    return 1; /* or more: it cannot tell */
}

const struct kind kind_unix = {
    .begin = begin,
    .fault = fault,
    .restore = restore,
    .tune = tune,
    .queue = queue,
    .refuse = remove_name,
    .welcome = NULL,
    .vacate = remove_name,
};
