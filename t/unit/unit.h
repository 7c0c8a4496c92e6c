/* unit.h: what the unit tests share: cmocka, random numbers that can be had again, children, and a scratch directory.
 *
 * Never skip(): cmocka 1.1.5 writes it as "not ok", which prove counts as a failure. Use unit_skipped and return. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seconds after which a test program that hangs is killed. */
enum { UNIT_PATIENCE = 60 };

#define unit_count(array) (sizeof(array) / sizeof(array)[0])
#define unit_assert_near(a, b) assert_true((a) - (b) < 1e-6 && (b) - (a) < 1e-6)
#define unit_note(...) print_message("# " __VA_ARGS__)
#define unit_skipped(reason) print_message("# skipped: %s\n", reason)

/* main's whole work. setup and teardown: unit_make_scratch and unit_remove_scratch, or NULL. */
#define unit_run(name, tests, setup, teardown)                                                                         \
    (alarm(UNIT_PATIENCE), cmocka_set_message_output(CM_OUTPUT_TAP),                                                   \
     cmocka_run_group_tests_name(name, tests, setup, teardown))

/* Random numbers (splitmix64). Every run draws the same ones; a test that fails says its seed, and runs with it first
 * if it is in the environment as UNIT_SEED. */

struct unit_random {
    uint64_t state;
};

static inline uint64_t unit_seed(void)
{
    const char *seed = getenv("UNIT_SEED");
    return seed != NULL ? strtoull(seed, NULL, 10) : 1;
}

static inline uint64_t unit_next(struct unit_random *random)
{
    uint64_t z = (random->state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* From 0 to n - 1. */
static inline unsigned unit_below(struct unit_random *random, unsigned n)
{
    return (unsigned)(unit_next(random) % n);
}

static inline bool unit_chance(struct unit_random *random, unsigned percent)
{
    return unit_below(random, 100) < percent;
}

/* From low to below high. */
static inline double unit_between(struct unit_random *random, double low, double high)
{
    return low + (high - low) * (double)(unit_next(random) >> 11) / 9007199254740992.0;
}

/* A fork that ends with the test program, and in which nothing of cmocka runs: leave it with _exit. */
static inline pid_t unit_fork(void)
{
    fflush(NULL);
    pid_t pid = fork();
    assert_return_code(pid, 0);
    if (pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

/* The status of a child's end, as waitpid has it. */
static inline int unit_wait(pid_t pid)
{
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* In a child, where asserts do not work. */
#define unit_require(condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "# %s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                  \
            _exit(1);                                                                                                  \
        }                                                                                                              \
    } while (0)

/* Run body, which may do anything to its process, in a child, and see it return. */
static inline void unit_in_child(void (*body)(const char *), const char *argument)
{
    pid_t pid = unit_fork();
    if (pid == 0) {
        body(argument);
        _exit(0);
    }
    assert_int_equal(unit_wait(pid), 0);
}

/* The lowest free descriptor from there on: the same before and after, if none was leaked. */
static inline int unit_next_fd(int from)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD, from);
    close(fd);
    return fd;
}

/* A directory of the test program's own: *state is its path. */

static inline int unit_make_scratch(void **state)
{
    const char *parent = getenv("TMPDIR");
    char *path = NULL;
    if (asprintf(&path, "%s/mpechod-unit.XXXXXX", parent != NULL ? parent : "/tmp") < 0 || mkdtemp(path) == NULL)
        return -1;
    *state = path;
    return 0;
}

static inline int unit_remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static inline int unit_remove_scratch(void **state)
{
    nftw(*state, unit_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return 0;
}

/* The path of a file in it; free it. */
static inline char *unit_path(void *const *state, const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", (const char *)*state, name) > 0);
    return path;
}

#endif
