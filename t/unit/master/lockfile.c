/* lockfile.c: what is made at the path, what is left alone there, and where the pages are. */
#include "unit.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>

#include "contract/fdplan.h"
#include "master/lockfile.h"

/* A directory of our own in a file system in memory; NULL: there is none. */
static char *memory_directory(void)
{
    char *path = strdup("/dev/shm/mpechod-unit.XXXXXX");
    struct statfs fs;
    if (statfs("/dev/shm", &fs) == 0 && (unsigned long)fs.f_type == TMPFS_MAGIC && mkdtemp(path) != NULL)
        return path;
    free(path);
    return NULL;
}

static char *in(const char *directory, const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
    return path;
}

static struct lockfile open_lockfile(const char *path)
{
    struct lockfile lockfile;
    struct reason why;
    if (!lockfile_open(&lockfile, path, &why))
        fail_msg("%s", why.text);
    assert_true(lockfile.fd >= FD_PRIVATE);
    assert_int_equal(fcntl(lockfile.fd, F_GETFD), FD_CLOEXEC);
    return lockfile;
}

static void check_whole_life(const char *path, bool mapped)
{
    struct lockfile lockfile = open_lockfile(path);
    struct reason why;
    struct turn start;
    struct stat st;
    assert_int_equal(lockfile.sign < 0, mapped);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0600);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, &start, sizeof start), sizeof start);
    close(fd);
    assert_non_null(strstr(start.text, "mpechod accept lock"));
    struct turn *turn = lockfile_map(&lockfile, 5, &why), *other = lockfile_map(&lockfile, 6, &why);
    assert_non_null(turn);
    assert_non_null(other);
    atomic_store(&turn->word, 77);
    assert_int_equal(atomic_load(&other->word), 0);
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_size > 4096, mapped); /* else it is only a sign */
    lockfile_unmap(turn);
    turn = lockfile_map(&lockfile, 5, &why); /* for a later generation */
    assert_int_equal(atomic_load(&turn->word), 0);
    lockfile_unmap(turn);
    lockfile_unmap(other);
    lockfile_end(&lockfile);
    assert_int_equal(access(path, F_OK), -1);
}

static void test_in_memory(void **state)
{
    char *directory = memory_directory();
    (void)state;
    if (directory == NULL) {
        unit_note("/dev/shm is no tmpfs\n");
        return;
    }
    char *path = in(directory, "lock");
    check_whole_life(path, true);
    assert_int_equal(rmdir(directory), 0); /* and nothing else was in it */
    free(path);
    free(directory);
}

static void test_on_a_disk(void **state)
{
    struct statfs fs;
    char *path = in(*state, "lock");
    if (statfs(*state, &fs) == 0 && (unsigned long)fs.f_type != TMPFS_MAGIC)
        check_whole_life(path, false);
    else
        unit_note("TMPDIR is in memory\n");
    free(path);
}

static void test_without_a_file(void **state)
{
    struct lockfile lockfile = open_lockfile("");
    struct reason why;
    (void)state;
    assert_int_equal(lockfile.sign, -1);
    struct turn *turn = lockfile_map(&lockfile, 0, &why);
    assert_non_null(turn);
    lockfile_unmap(turn);
    lockfile_end(&lockfile);
}

/* What a daemon that was killed has left is replaced; its workers may still use it, so it is not written to. */
static void test_replaces_its_own_kind(void **state)
{
    int lowest = unit_next_fd(FD_PRIVATE);
    char *path = in(*state, "lock");
    struct lockfile before = open_lockfile(path), after = open_lockfile(path);
    assert_false(lockfile_is_there(&before));
    assert_true(lockfile_is_there(&after));
    lockfile_end(&before); /* must not take the name away from its successor */
    assert_int_equal(access(path, F_OK), 0);
    lockfile_end(&after);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(unit_next_fd(FD_PRIVATE), lowest);
    free(path);
}

static void assert_left_alone(const char *path)
{
    int lowest = unit_next_fd(FD_PRIVATE);
    struct lockfile lockfile;
    struct stat before, after;
    struct reason why;
    assert_int_equal(lstat(path, &before), 0);
    assert_false(lockfile_open(&lockfile, path, &why));
    assert_non_null(strstr(why.text, path));
    assert_non_null(strstr(why.text, "is not a lock file"));
    assert_int_equal(lstat(path, &after), 0);
    assert_true(before.st_ino == after.st_ino && before.st_size == after.st_size);
    assert_true(before.st_mtim.tv_sec == after.st_mtim.tv_sec && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    assert_int_equal(unit_next_fd(FD_PRIVATE), lowest);
    assert_int_equal(remove(path), 0);
}

static void test_leaves_all_else_alone(void **state)
{
    char *path = in(*state, "victim"), *target = in(*state, "target");
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct lockfile real = open_lockfile(target);
    FILE *out = fopen(path, "we");
    fputs("precious, and long enough to be a lock file by its length alone, which is not what counts here.", out);
    fclose(out);
    assert_left_alone(path);
    assert_int_equal(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0); /* empty */
    assert_left_alone(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_left_alone(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_left_alone(path);
    assert_int_equal(symlink(target, path), 0); /* even to one of ours */
    assert_left_alone(path);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (strlen(path) < sizeof at.sun_path && bind(fd, (struct sockaddr *)&at, sizeof at) == 0)
        assert_left_alone(path);
    close(fd);
    if (mknod(path, S_IFCHR | 0666, (dev_t)(1 << 8 | 3)) == 0)
        assert_left_alone(path);
    assert_int_equal(access(target, F_OK), 0);
    lockfile_end(&real);
    free(path);
    free(target);
}

static void test_says_why_there_is_none(void **state)
{
    char *path = in(*state, "no/such.lock");
    char expected[REASON_MAX];
    struct lockfile lockfile;
    struct reason why;
    assert_false(lockfile_open(&lockfile, path, &why));
    snprintf(expected, sizeof expected, "cannot make the lock file %s: No such file or directory", path);
    assert_string_equal(why.text, expected);
    free(path);
}

static void file_limit(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Half of what is needed is nothing: no file is left of it, and no page is handed out. */
static void test_what_is_written_in_part(void **state)
{
    char *path = in(*state, "part.lock");
    struct lockfile lockfile;
    struct reason why;
    signal(SIGXFSZ, SIG_IGN);
    file_limit(10);
    assert_false(lockfile_open(&lockfile, path, &why));
    assert_int_equal(access(path, F_OK), -1);
    file_limit(RLIM_INFINITY);
    lockfile = open_lockfile("");
    file_limit(100);
    assert_null(lockfile_map(&lockfile, 0, &why));
    file_limit(RLIM_INFINITY);
    assert_non_null(strstr(why.text, "cannot make the accept lock: "));
    lockfile_end(&lockfile);
    free(path);
}

static void test_leaves_another_users_alone(void **state)
{
    char *path = in(*state, "theirs.lock");
    if (geteuid() != 0) {
        unit_skipped("needs root");
        free(path);
        return;
    }
    struct lockfile lockfile = open_lockfile(path);
    assert_int_equal(chown(path, 1, 1), 0);
    assert_left_alone(path);
    lockfile_end(&lockfile);
    free(path);
}

/* A full file system is told when a page is made, and not by SIGBUS when it is used. */
static void test_a_full_file_system(void **state)
{
    struct lockfile lockfile = open_lockfile("");
    struct reason why;
    (void)state;
    assert_int_equal(close(lockfile.fd), 0);
    lockfile.fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    assert_null(lockfile_map(&lockfile, 0, &why));
    assert_string_equal(why.text, "cannot make the accept lock: No space left on device");
    lockfile_end(&lockfile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_memory),
        cmocka_unit_test(test_on_a_disk),
        cmocka_unit_test(test_without_a_file),
        cmocka_unit_test(test_replaces_its_own_kind),
        cmocka_unit_test(test_leaves_all_else_alone),
        cmocka_unit_test(test_says_why_there_is_none),
        cmocka_unit_test(test_a_full_file_system),
        cmocka_unit_test(test_what_is_written_in_part),
        cmocka_unit_test(test_leaves_another_users_alone),
    };
    return unit_run("lockfile", tests, unit_make_scratch, unit_remove_scratch);
}
