/* errand.c: work in a child; see errand.h. Called by the rollout. A child that hangs in a frozen file system cannot
 * even be killed: it is left to itself, and holds nothing that anybody would miss. */
#include "master/errand.h"

#include <assert.h>
#include <errno.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "contract/fdplan.h"
#include "master/sigpipe.h"

enum { PATIENCE = 200 };       /* ms */
enum { ANSWER_MAX = 1 << 17 }; /* bytes; what a socket takes at once by default is more */

static bool is_kept(const int *kept, int fd)
{
    for (; *kept >= 0; kept++)
        if (*kept == fd)
            return true;
    return false;
}

/* Lifelines, locks and the self-pipe would otherwise stay open for as long as the child lives, even if the master dies.
 * */
static void close_others(const int *kept, int answer)
{
    int highest = answer;
    for (const int *fd = kept; *fd >= 0; fd++)
        highest = *fd > highest ? *fd : highest;
    for (int fd = FD_LOG + 1; fd < highest; fd++)
        if (fd != answer && !is_kept(kept, fd))
            close(fd);
    fd_close_from(highest + 1);
}

/* All signals stay blocked: they are the master's. */
_Noreturn static void run(void (*work)(void *, int), void *context, const int *kept, int answer)
{
    prctl(PR_SET_NAME, "mpechod-errand"); /* for ps -e; its title stays the master's */
    close_others(kept, answer);
    work(context, answer);
    _exit(0);
}

bool errand_begin(struct errand *errand, void (*work)(void *, int), void *context, const int *kept, struct reason *why)
{
    int pair[2];
    *errand = (struct errand){.fd = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return reason_set(why, "cannot make a socket pair: %s", strerror(errno));
    int ours = fd_move(pair[0], FD_PRIVATE), theirs = fd_move(pair[1], FD_PRIVATE);
    const char *what = "keep a socket pair";
    pid_t pid = -1;
    if (ours >= 0 && theirs >= 0) {
        sigset_t before = sigpipe_block();
        what = "fork";
        pid = fork();
        if (pid == 0)
            run(work, context, kept, theirs);
        sigpipe_restore(&before);
    }
    fd_close(theirs);
    if (pid < 0) {
        fd_close(ours);
        return reason_set(why, "cannot %s: %s", what, strerror(errno));
    }
    *errand = (struct errand){.pid = pid, .fd = ours};
    return true;
}

/* SCM_RIGHTS carries no hole, so a byte for each descriptor tells whether it is there. */
bool errand_answer(int fd, const struct errand_cargo *cargo)
{
    char there[ERRAND_FDS_MAX] = {0};
    int fds[ERRAND_FDS_MAX], n = 0;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fds)] = {0};
    assert(cargo->size <= ANSWER_MAX);
    for (size_t i = 0; i < cargo->fds; i++)
        if (*cargo->fd[i] >= 0) {
            there[i] = 1;
            fds[n++] = *cargo->fd[i];
        }
    struct iovec parts[] = {{there, cargo->fds}, {cargo->data, cargo->size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (n > 0) {
        size_t bytes = (size_t)n * sizeof fds[0];
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(bytes);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(bytes), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(header), fds, bytes);
    }
    char taken;
    return sendmsg(fd, &message, MSG_NOSIGNAL) >= 0 && read(fd, &taken, 1) == 1;
}

static size_t take_fds(struct msghdr *message, int *fds)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        return 0;
    size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof fds[0];
    memcpy(fds, CMSG_DATA(header), n * sizeof fds[0]);
    for (size_t i = 0; i < n; i++)
        fds[i] = fd_move(fds[i], FD_PRIVATE);
    return n;
}

static void over(struct errand *errand)
{
    fd_close(errand->fd);
    *errand = (struct errand){.fd = -1};
}

enum errand_state errand_collect(struct errand *errand, const struct errand_cargo *cargo, struct reason *why)
{
    char there[ERRAND_FDS_MAX] = {0};
    int fds[ERRAND_FDS_MAX];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fds)];
    struct iovec parts[] = {{there, cargo->fds}, {cargo->data, cargo->size}};
    struct msghdr message = {
        .msg_iov = parts, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(errand->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return ERRAND_UNDER_WAY;
    size_t n = got > 0 ? take_fds(&message, fds) : 0, next = 0;
    bool whole = got == (ssize_t)(cargo->fds + cargo->size);
    for (size_t i = 0; i < cargo->fds && whole; i++) {
        *cargo->fd[i] = there[i] && next < n ? fds[next++] : -1;
        whole = *cargo->fd[i] >= 0 || !there[i];
    }
    if (whole)
        send(errand->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    over(errand);
    if (whole)
        return ERRAND_DONE;
    for (size_t i = 0; i < n; i++)
        fd_close(fds[i]);
    reason_set(why, got > 0 ? "too many open files" : "the process that does it has died");
    return ERRAND_FAILED;
}

enum errand_state errand_drop(struct errand *errand, const struct errand_cargo *cargo)
{
    struct reason unheard;
    enum errand_state state = errand_collect(errand, cargo, &unheard);
    over(errand);
    return state == ERRAND_DONE ? ERRAND_DONE : ERRAND_FAILED;
}

/* Work that nobody waits for any longer than this */

/* These live in memory, and cannot be frozen. */
static bool is_in_memory(const char *path)
{
    struct statfs fs;
    return statfs(path, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

void errand_do(const char *path, void (*work)(void *, int), void *context)
{
    struct errand errand;
    struct reason why;
    if (is_in_memory(path) || !errand_begin(&errand, work, context, (const int[]){-1}, &why)) {
        work(context, -1);
        return;
    }
    struct pollfd end = {.fd = errand.fd, .events = POLLIN};
    sigset_t before = sigpipe_block(); /* the ends of children must not interrupt */
    poll(&end, 1, PATIENCE);
    sigpipe_restore(&before);
    over(&errand);
}

/* Removing a file */

struct name {
    const char *path;
    dev_t dev;
    ino_t ino;
};

static void remove_name(void *context, int unused)
{
    const struct name *name = context;
    struct stat st;
    (void)unused;
    if (lstat(name->path, &st) == 0 && st.st_dev == name->dev && st.st_ino == name->ino)
        unlink(name->path);
}

void errand_unlink(const char *path, dev_t dev, ino_t ino)
{
    struct name name = {path, dev, ino};
    errand_do(path, remove_name, &name);
}

void errand_remove_own(const char *path, int fd)
{
    struct stat st;
    if (fstat(fd, &st) == 0)
        errand_unlink(path, st.st_dev, st.st_ino);
}
