/* children.c: who is told of which child's death, with real children. */
#include "unit.h"

#include "master/children.h"

enum { MANY = 20 };

/* What an owner was told. */
struct diary {
    unsigned ends, others;
    pid_t last;
    int status;
};

static void write_down(void *context, pid_t pid, int status)
{
    struct diary *diary = context;
    bool end = WIFEXITED(status) || WIFSIGNALED(status);
    diary->ends += end;
    diary->others += !end;
    diary->last = pid;
    diary->status = status;
}

static pid_t child_that_exits(int status)
{
    pid_t pid = unit_fork();
    if (pid == 0)
        _exit(status);
    return pid;
}

/* Until the child has changed, without taking the change from whoever is tested. */
static void await(pid_t pid, int what)
{
    siginfo_t info;
    assert_return_code(waitid(P_PID, (id_t)pid, &info, what | WNOWAIT), 0);
}

static void test_each_owner_is_told_of_its_own(void **state)
{
    struct diary workers = {0}, logger = {0};
    struct children children = {.workers = {write_down, &workers}};
    pid_t worker = child_that_exits(0), other = child_that_exits(3);
    (void)state;
    children_add(&children, other, &(struct children_owner){write_down, &logger});
    await(worker, WEXITED);
    await(other, WEXITED);
    assert_false(children_reap(&children, MANY));
    assert_int_equal(workers.ends, 1);
    assert_int_equal(workers.last, worker);
    assert_int_equal(logger.ends, 1);
    assert_int_equal(logger.last, other);
    assert_int_equal(WEXITSTATUS(logger.status), 3);
}

static void test_a_place_is_free_again(void **state)
{
    struct diary logger = {0};
    struct children children = {0};
    (void)state;
    for (unsigned i = 0; i < 3 * CHILDREN_ALONE_MAX; i++) {
        pid_t pid = child_that_exits(0);
        children_add(&children, pid, &(struct children_owner){write_down, &logger});
        await(pid, WEXITED);
        assert_false(children_reap(&children, MANY));
        assert_int_equal(logger.ends, i + 1);
    }
}

static void test_nobody_is_told_of_the_forgotten_and_the_unknown(void **state)
{
    struct diary logger = {0};
    struct children children = {0};
    pid_t forgotten = child_that_exits(0), unknown = child_that_exits(0);
    (void)state;
    children_add(&children, forgotten, &(struct children_owner){write_down, &logger});
    children_forget(&children, forgotten);
    await(forgotten, WEXITED);
    await(unknown, WEXITED);
    assert_false(children_reap(&children, MANY));
    assert_int_equal(logger.ends, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* yet they are reaped */
}

static void test_reaps_in_batches(void **state)
{
    struct diary workers = {0};
    struct children children = {.workers = {write_down, &workers}};
    (void)state;
    for (int i = 0; i < MANY; i++)
        await(child_that_exits(0), WEXITED);
    for (unsigned left = MANY; left >= 6; left -= 6) {
        assert_true(children_reap(&children, 6));
        assert_int_equal(workers.ends, MANY - left + 6);
    }
    assert_false(children_reap(&children, 6));
    assert_int_equal(workers.ends, MANY);
    assert_false(children_reap(&children, 6));
}

/* A stop is no end: the owner is still told of that. */
static void test_tells_of_stops(void **state)
{
    struct diary logger = {0};
    struct children children = {0};
    pid_t pid = unit_fork();
    (void)state;
    if (pid == 0)
        for (;;)
            pause();
    children_add(&children, pid, &(struct children_owner){write_down, &logger});
    kill(pid, SIGSTOP);
    await(pid, WSTOPPED);
    children_reap(&children, MANY);
    assert_true(WIFSTOPPED(logger.status));
    kill(pid, SIGCONT);
    await(pid, WCONTINUED);
    children_reap(&children, MANY);
    assert_true(WIFCONTINUED(logger.status));
    assert_int_equal(logger.others, 2);
    kill(pid, SIGKILL);
    await(pid, WEXITED);
    children_reap(&children, MANY);
    assert_int_equal(logger.ends, 1);
    assert_int_equal(WTERMSIG(logger.status), SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_owner_is_told_of_its_own),
        cmocka_unit_test(test_a_place_is_free_again),
        cmocka_unit_test(test_nobody_is_told_of_the_forgotten_and_the_unknown),
        cmocka_unit_test(test_reaps_in_batches),
        cmocka_unit_test(test_tells_of_stops),
    };
    return unit_run("children", tests, NULL, NULL);
}
