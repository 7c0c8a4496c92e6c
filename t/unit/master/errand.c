/* errand.c: what a child brings back, and what becomes of an errand that nobody waits for. */
#include "unit.h"

#include <poll.h>
#include <sys/resource.h>

#include "contract/fdplan.h"
#include "master/errand.h"

/* What the errands of these tests bring back. */
struct parcel {
    int number;
    char text[20000];
    int fd[3];
};

static struct errand_cargo cargo_of(struct parcel *parcel)
{
    return (struct errand_cargo){
        .data = parcel,
        .size = sizeof *parcel,
        .fd = {&parcel->fd[0], &parcel->fd[1], &parcel->fd[2]},
        .fds = 3,
    };
}

static const int nothing_kept[] = {-1};

static enum errand_state await(struct errand *errand, struct parcel *parcel, struct reason *why)
{
    struct pollfd pollfd = {.fd = errand->fd, .events = POLLIN};
    struct errand_cargo cargo = cargo_of(parcel);
    pid_t pid = errand->pid;
    assert_int_equal(poll(&pollfd, 1, 20000), 1);
    enum errand_state state = errand_collect(errand, &cargo, why);
    assert_int_equal(errand->fd, -1);
    unit_wait(pid);
    return state;
}

static void pack(void *context, int fd)
{
    struct parcel parcel = {.number = *(int *)context, .fd = {-1, -1, -1}};
    struct errand_cargo cargo = cargo_of(&parcel);
    int ends[2];
    memset(parcel.text, 'x', sizeof parcel.text);
    unit_require(pipe(ends) == 0);
    parcel.fd[0] = ends[0]; /* the one between them is a hole */
    parcel.fd[2] = ends[1];
    unit_require(errand_answer(fd, &cargo));
}

static void test_brings_back_data_and_descriptors(void **state)
{
    (void)state;
    struct errand errand;
    struct parcel parcel = {.number = 0};
    struct reason why;
    char byte = 0;
    int number = 42, free_before = unit_next_fd(FD_PRIVATE);
    assert_true(errand_begin(&errand, pack, &number, nothing_kept, &why));
    assert_int_equal(await(&errand, &parcel, &why), ERRAND_DONE);
    assert_int_equal(parcel.number, 42);
    assert_int_equal(parcel.text[sizeof parcel.text - 1], 'x');
    assert_int_equal(parcel.fd[1], -1);
    assert_true(parcel.fd[0] >= FD_PRIVATE && parcel.fd[2] >= FD_PRIVATE);
    assert_int_equal(fcntl(parcel.fd[0], F_GETFD), FD_CLOEXEC);
    assert_int_equal(write(parcel.fd[2], "y", 1), 1);
    assert_int_equal(read(parcel.fd[0], &byte, 1), 1);
    close(parcel.fd[0]);
    close(parcel.fd[2]);
    assert_int_equal(unit_next_fd(FD_PRIVATE), free_before);
}

static void hang(void *context, int fd)
{
    struct parcel parcel = {.fd = {-1, -1, -1}};
    struct errand_cargo cargo = cargo_of(&parcel);
    char byte;
    unit_require(read(((int *)context)[0], &byte, 1) == 1);
    _exit(errand_answer(fd, &cargo) ? 0 : 7);
}

static void test_does_not_wait(void **state)
{
    (void)state;
    struct errand errand;
    struct parcel parcel;
    struct errand_cargo cargo = cargo_of(&parcel);
    struct reason why;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(errand_begin(&errand, hang, ends, (const int[]){ends[0], ends[1], -1}, &why));
    pid_t pid = errand.pid;
    assert_int_equal(errand_collect(&errand, &cargo, &why), ERRAND_UNDER_WAY);
    assert_int_equal(errand_drop(&errand, &cargo), ERRAND_FAILED);
    assert_int_equal(errand.fd, -1);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(unit_wait(pid), 7 << 8); /* it found that nobody waits */
    close(ends[0]);
    close(ends[1]);
}

static void test_an_answer_that_is_there_is_not_lost(void **state)
{
    (void)state;
    struct errand errand;
    struct parcel parcel = {.number = 0};
    struct errand_cargo cargo = cargo_of(&parcel);
    struct reason why;
    int number = 5;
    assert_true(errand_begin(&errand, pack, &number, nothing_kept, &why));
    struct pollfd pollfd = {.fd = errand.fd, .events = POLLIN};
    pid_t pid = errand.pid;
    assert_int_equal(poll(&pollfd, 1, 20000), 1);
    assert_int_equal(errand_drop(&errand, &cargo), ERRAND_DONE);
    assert_int_equal(unit_wait(pid), 0);
    assert_int_equal(parcel.number, 5);
    close(parcel.fd[0]);
    close(parcel.fd[2]);
}

static void pack_for_nobody(void *context, int fd)
{
    struct parcel parcel = {.fd = {0, -1, 0}};
    struct errand_cargo cargo = cargo_of(&parcel);
    (void)context;
    _exit(errand_answer(fd, &cargo) ? 0 : 7);
}

static void test_what_cannot_be_taken_whole_is_undone(void **state)
{
    (void)state;
    struct errand errand;
    struct parcel parcel;
    struct errand_cargo cargo = cargo_of(&parcel);
    struct reason why;
    struct rlimit before, low;
    int lowest = unit_next_fd(FD_PRIVATE);
    for (rlim_t room = 0; room < 2; room++) { /* of the two numbers that it takes, so many are free */
        assert_true(errand_begin(&errand, pack_for_nobody, NULL, nothing_kept, &why));
        struct pollfd pollfd = {.fd = errand.fd, .events = POLLIN};
        pid_t pid = errand.pid;
        assert_int_equal(poll(&pollfd, 1, 20000), 1);
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        low = before;
        low.rlim_cur = (rlim_t)errand.fd + room + (room > 0);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
        enum errand_state is = errand_collect(&errand, &cargo, &why);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(is, ERRAND_FAILED);
        assert_non_null(strstr(why.text, "too many open files"));
        assert_int_equal(unit_wait(pid), 7 << 8);
        assert_int_equal(unit_next_fd(FD_PRIVATE), lowest);
        assert_int_equal(unit_next_fd(lowest + 1), lowest + 1); /* nor is there any above it */
    }
}

static void die(void *context, int fd)
{
    (void)context;
    (void)fd;
    _exit(1);
}

static void test_a_death_is_told(void **state)
{
    (void)state;
    struct errand errand;
    struct parcel parcel;
    struct reason why;
    assert_true(errand_begin(&errand, die, NULL, nothing_kept, &why));
    assert_int_equal(await(&errand, &parcel, &why), ERRAND_FAILED);
    assert_non_null(strstr(why.text, "died"));
}

/* Otherwise the end of a lifeline or a listener would wait for the errand. */
static void hold(void *context, int fd)
{
    int kept = *(int *)context, open = 0;
    for (int i = FD_LOG + 1; i < 512; i++)
        open += i != fd && i != kept && fcntl(i, F_GETFD) >= 0;
    struct parcel parcel = {.number = open, .fd = {-1, -1, -1}};
    struct errand_cargo cargo = cargo_of(&parcel);
    parcel.text[0] = fcntl(kept, F_GETFD) >= 0;
    errand_answer(fd, &cargo);
}

static void test_holds_only_what_it_is_left(void **state)
{
    (void)state;
    struct errand errand;
    struct parcel parcel;
    struct reason why;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int high = fcntl(ends[0], F_DUPFD, 200);
    assert_true(errand_begin(&errand, hold, &ends[1], (const int[]){ends[1], -1}, &why));
    assert_int_equal(await(&errand, &parcel, &why), ERRAND_DONE);
    assert_int_equal(parcel.number, 0);
    assert_int_equal(parcel.text[0], 1);
    close(high);
    close(ends[0]);
    close(ends[1]);
}

static void test_removes_only_the_file_that_is_meant(void **state)
{
    struct stat st;
    char *path = unit_path(state, "name");
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(fstat(fd, &st), 0);
    errand_unlink(path, st.st_dev, st.st_ino + 1);
    assert_int_equal(access(path, F_OK), 0);
    errand_unlink(path, st.st_dev, st.st_ino);
    assert_int_equal(access(path, F_OK), -1);
    close(fd);
    free(path);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brings_back_data_and_descriptors),
        cmocka_unit_test(test_does_not_wait),
        cmocka_unit_test(test_an_answer_that_is_there_is_not_lost),
        cmocka_unit_test(test_what_cannot_be_taken_whole_is_undone),
        cmocka_unit_test(test_a_death_is_told),
        cmocka_unit_test(test_holds_only_what_it_is_left),
        cmocka_unit_test(test_removes_only_the_file_that_is_meant),
    };
    return unit_run("errand", tests, unit_make_scratch, unit_remove_scratch);
}
