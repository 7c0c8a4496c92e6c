/* turn.c: the accept turn, between real processes, and the hints beside it. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "contract/fdplan.h"
#include "contract/turn.h"

struct lock {
    struct turn *turn;
    int fd;
    char *path;
};

static struct lock make_lock(void *const *state)
{
    struct lock lock = {.path = unit_path(state, "accept.lock")};
    struct reason why;
    lock.turn = turn_create(lock.path, &lock.fd, &why);
    assert_non_null(lock.turn);
    return lock;
}

static void free_lock(struct lock *lock)
{
    turn_destroy(lock->turn, lock->fd, lock->path);
    free(lock->path);
}

/* A child that waits for the turn, says so when it has it, and gives it on when it is told to. */
struct taker {
    pid_t pid;
    int said, told;
};

static void take_and_give(struct turn *turn, int said, int told)
{
    char byte = 0;
    unit_require(write(said, "w", 1) == 1);
    unit_require(turn_take(turn));
    unit_require(turn_holder(turn) == getpid());
    unit_require(write(said, "h", 1) == 1);
    unit_require(read(told, &byte, 1) == 1);
    turn_give(turn);
    _exit(0);
}

static char hear(const struct taker *taker)
{
    char byte = 0;
    assert_int_equal(read(taker->said, &byte, 1), 1);
    return byte;
}

static struct taker start_taker(struct turn *turn)
{
    int said[2], told[2];
    assert_int_equal(pipe2(said, O_CLOEXEC), 0);
    assert_int_equal(pipe2(told, O_CLOEXEC), 0);
    struct taker taker = {.said = said[0], .told = told[1], .pid = unit_fork()};
    if (taker.pid == 0)
        take_and_give(turn, said[1], told[0]);
    close(said[1]);
    close(told[0]);
    assert_int_equal(hear(&taker), 'w');
    return taker;
}

static struct taker start_holder(struct turn *turn)
{
    struct taker taker = start_taker(turn);
    assert_int_equal(hear(&taker), 'h');
    return taker;
}

/* Until it sleeps, which it can do in turn_take only. */
static struct taker start_waiter(struct turn *turn)
{
    struct taker taker = start_taker(turn);
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)taker.pid);
    do {
        FILE *in = fopen(path, "re");
        assert_non_null(in);
        assert_non_null(fgets(text, sizeof text, in));
        fclose(in);
        sched_yield();
    } while (strrchr(text, ')')[2] != 'S');
    return taker;
}

static void end_taker(const struct taker *taker, bool killed)
{
    if (killed)
        kill(taker->pid, SIGKILL);
    else
        assert_int_equal(write(taker->told, "g", 1), 1);
    assert_int_equal(unit_wait(taker->pid), killed ? SIGKILL : 0);
    close(taker->said);
    close(taker->told);
}

/* The turn */

static void test_goes_round(void **state)
{
    struct lock lock = make_lock(state);
    assert_int_equal(turn_holder(lock.turn), 0);
    struct taker first = start_holder(lock.turn), second = start_waiter(lock.turn);
    assert_int_equal(turn_holder(lock.turn), first.pid);
    end_taker(&first, false);
    assert_int_equal(hear(&second), 'h');
    assert_int_equal(turn_holder(lock.turn), second.pid);
    end_taker(&second, false);
    assert_int_equal(turn_holder(lock.turn), 0);
    assert_true(turn_take(lock.turn));
    assert_int_equal(turn_holder(lock.turn), getpid());
    turn_give(lock.turn);
    free_lock(&lock);
}

/* Again and again: it must not be only the first death that is survived. */
static void test_outlives_its_holders(void **state)
{
    struct lock lock = make_lock(state);
    struct taker holder = start_holder(lock.turn);
    for (int i = 0; i < 5; i++) {
        struct taker next = start_waiter(lock.turn);
        end_taker(&holder, true);
        assert_int_equal(hear(&next), 'h');
        assert_int_equal(turn_holder(lock.turn), next.pid);
        holder = next;
    }
    end_taker(&holder, true); /* and nobody waits */
    holder = start_holder(lock.turn);
    end_taker(&holder, false);
    holder = start_holder(lock.turn);
    end_taker(&holder, false);
    free_lock(&lock);
}

static void test_outlives_a_stopped_holder(void **state)
{
    struct lock lock = make_lock(state);
    struct taker holder = start_holder(lock.turn), next = start_waiter(lock.turn);
    kill(holder.pid, SIGSTOP);
    assert_int_equal(turn_holder(lock.turn), holder.pid); /* by which the master knows whom to kill */
    end_taker(&holder, true);
    assert_int_equal(hear(&next), 'h');
    end_taker(&next, false);
    free_lock(&lock);
}

static void test_outlives_those_who_wait(void **state)
{
    struct lock lock = make_lock(state);
    struct taker holder = start_holder(lock.turn), first = start_waiter(lock.turn), second = start_waiter(lock.turn);
    end_taker(&first, true);
    assert_int_equal(turn_holder(lock.turn), holder.pid);
    end_taker(&holder, false);
    assert_int_equal(hear(&second), 'h');
    end_taker(&second, false);
    free_lock(&lock);
}

/* The turn was given, and whoever was woken for it was stopped before it could take it: nobody has it, all sleep. */
static void test_a_kick_wakes_who_sleeps_before_a_free_turn(void **state)
{
    struct lock lock = make_lock(state);
    struct taker holder = start_holder(lock.turn), waiter = start_waiter(lock.turn);
    *(volatile uint32_t *)lock.turn = 0; /* the lock word, as it would be then */
    assert_int_equal(turn_holder(lock.turn), 0);
    turn_kick(lock.turn);
    assert_int_equal(hear(&waiter), 'h');
    end_taker(&waiter, false);
    end_taker(&holder, true);
    free_lock(&lock);
}

static void test_a_kick_gives_nobody_the_turn_of_another(void **state)
{
    struct lock lock = make_lock(state);
    struct taker holder = start_holder(lock.turn), waiter = start_waiter(lock.turn);
    for (int i = 0; i < 10; i++)
        turn_kick(lock.turn);
    assert_int_equal(turn_holder(lock.turn), holder.pid);
    end_taker(&holder, false);
    assert_int_equal(hear(&waiter), 'h');
    end_taker(&waiter, false);
    free_lock(&lock);
}

/* Many at once: one at a time. */
static void test_excludes(void **state)
{
    enum { CHILDREN = 8, ROUNDS = 2000 };
    struct lock lock = make_lock(state);
    volatile unsigned *counter = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pids[CHILDREN];
    assert_ptr_not_equal(counter, MAP_FAILED);
    for (int i = 0; i < CHILDREN; i++) {
        pids[i] = unit_fork();
        for (int j = 0; pids[i] == 0 && j < ROUNDS; j++) {
            unit_require(turn_take(lock.turn));
            *counter = *counter + 1;
            turn_give(lock.turn);
        }
        if (pids[i] == 0)
            _exit(0);
    }
    for (int i = 0; i < CHILDREN; i++)
        assert_int_equal(unit_wait(pids[i]), 0);
    assert_int_equal(*counter, CHILDREN * ROUNDS);
    munmap((void *)counter, sizeof *counter);
    free_lock(&lock);
}

/* A worker can write anything into the page: no more than its own generation suffers. */
static void test_a_spoilt_lock_is_gossip(void **state)
{
    struct lock lock = make_lock(state);
    memset(lock.turn, 0xff, 64);
    assert_true(turn_holder(lock.turn) > 0);
    turn_kick(lock.turn);
    free_lock(&lock);
}

/* The hints */

/* The master looks, and finds so many places to spare. */
static void look(struct turn *turn, int spare)
{
    turn_begin_count(turn);
    turn_set_spare(turn, spare);
}

static void test_rings_for_the_last_places(void **state)
{
    struct lock lock = make_lock(state);
    look(lock.turn, 3);
    assert_false(turn_place_taken(lock.turn));
    assert_false(turn_place_taken(lock.turn));
    assert_true(turn_place_taken(lock.turn));
    assert_true(turn_place_taken(lock.turn)); /* and on, until there is a look */
    turn_place_free(lock.turn);
    assert_true(turn_place_taken(lock.turn));
    for (int i = 0; i < 3; i++)
        turn_place_free(lock.turn);
    assert_false(turn_place_taken(lock.turn));
    look(lock.turn, 0);
    assert_true(turn_place_taken(lock.turn));
    look(lock.turn, INT_MAX / 2); /* nothing can be forked: never */
    assert_false(turn_place_taken(lock.turn));
    look(lock.turn, 2); /* whatever it was before */
    assert_false(turn_place_taken(lock.turn));
    assert_true(turn_place_taken(lock.turn));
    free_lock(&lock);
}

/* A look takes its time, and counts what may change meanwhile. */
static void test_rings_for_a_place_taken_during_a_look(void **state)
{
    struct lock lock = make_lock(state);
    look(lock.turn, 100);
    turn_begin_count(lock.turn);
    assert_true(turn_place_taken(lock.turn));
    turn_set_spare(lock.turn, 3);
    assert_false(turn_place_taken(lock.turn));
    assert_true(turn_place_taken(lock.turn));
    free_lock(&lock);
}

static void test_rings_once_all_are_ready(void **state)
{
    struct lock lock = make_lock(state);
    turn_set_awaited(lock.turn, 3);
    assert_false(turn_ready(lock.turn));
    assert_false(turn_ready(lock.turn));
    assert_true(turn_ready(lock.turn));
    assert_false(turn_ready(lock.turn));
    free_lock(&lock);
}

static void test_hints_are_shared(void **state)
{
    struct lock lock = make_lock(state);
    look(lock.turn, 2);
    turn_set_awaited(lock.turn, 2);
    turn_set_deadline(lock.turn, 1234.5);
    pid_t pid = unit_fork();
    if (pid == 0) {
        unit_require(!turn_place_taken(lock.turn) && !turn_ready(lock.turn));
        unit_require(turn_deadline(lock.turn) > 1234.4 && turn_deadline(lock.turn) < 1234.6);
        _exit(0);
    }
    assert_int_equal(unit_wait(pid), 0);
    assert_true(turn_place_taken(lock.turn));
    assert_true(turn_ready(lock.turn));
    turn_set_deadline(lock.turn, 0);
    assert_true(turn_deadline(lock.turn) <= 0);
    free_lock(&lock);
}

/* The file */

static void test_file(void **state)
{
    struct lock lock = make_lock(state);
    struct stat st, again;
    assert_int_equal(stat(lock.path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(fcntl(lock.fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(rmdir(*state), -1);
    free_lock(&lock);

    lock = make_lock(state);
    unlink(lock.path);
    assert_int_equal(rmdir(*state), 0); /* there was nothing else in it */
    assert_int_equal(mkdir(*state, 0700), 0);
    free_lock(&lock); /* and it does not mind */
    assert_int_equal(stat(*state, &again), 0);
}

/* The lock of the next generation takes the name; the end of the one before must not take it away. */
static void test_a_successor_keeps_its_name(void **state)
{
    int lowest = unit_next_fd(FD_PRIVATE);
    struct lock before = make_lock(state), after = make_lock(state);
    assert_ptr_not_equal(before.turn, after.turn);
    struct taker holder = start_holder(before.turn);
    assert_int_equal(turn_holder(after.turn), 0); /* two files, two turns */
    end_taker(&holder, false);
    free_lock(&before);
    assert_int_equal(access(after.path, F_OK), 0);
    char *path = strdup(after.path);
    free_lock(&after);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(unit_next_fd(FD_PRIVATE), lowest);
    free(path);
}

static void assert_makes_no_lock(const char *path, const char *error)
{
    char expected[REASON_MAX];
    struct reason why;
    int fd;
    assert_null(turn_create(path, &fd, &why));
    snprintf(expected, sizeof expected, "cannot make the lock file %s: %s", path, error);
    assert_string_equal(why.text, expected);
}

static void test_says_why_there_is_no_file(void **state)
{
    char *missing = unit_path(state, "no/such.lock"), *taken = unit_path(state, "taken");
    int lowest = unit_next_fd(FD_PRIVATE);
    assert_makes_no_lock(missing, "No such file or directory");
    assert_int_equal(mkdir(taken, 0700), 0);
    assert_makes_no_lock(taken, "Is a directory");
    assert_int_equal(unit_next_fd(FD_PRIVATE), lowest);
    assert_int_equal(rmdir(taken), 0);
    assert_int_equal(rmdir(*state), 0); /* nothing else is left in it */
    assert_int_equal(mkdir(*state, 0700), 0);
    free(missing);
    free(taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_round),
        cmocka_unit_test(test_outlives_its_holders),
        cmocka_unit_test(test_outlives_a_stopped_holder),
        cmocka_unit_test(test_outlives_those_who_wait),
        cmocka_unit_test(test_a_kick_wakes_who_sleeps_before_a_free_turn),
        cmocka_unit_test(test_a_kick_gives_nobody_the_turn_of_another),
        cmocka_unit_test(test_excludes),
        cmocka_unit_test(test_a_spoilt_lock_is_gossip),
        cmocka_unit_test(test_rings_for_the_last_places),
        cmocka_unit_test(test_rings_for_a_place_taken_during_a_look),
        cmocka_unit_test(test_rings_once_all_are_ready),
        cmocka_unit_test(test_hints_are_shared),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_a_successor_keeps_its_name),
        cmocka_unit_test(test_says_why_there_is_no_file),
    };
    return unit_run("turn", tests, unit_make_scratch, unit_remove_scratch);
}
