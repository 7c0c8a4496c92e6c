/* turn.c: the accept turn, between real processes. */
#include "unit.h"

#include <sched.h>
#include <sys/mman.h>

#include "contract/fdplan.h"
#include "master/lockfile.h"
#include "master/pool/turnwatch.h"
#include "worker/turn.h"

enum { INDEX = 3 }; /* of the page */

struct lock {
    struct lockfile file;
    struct turn *turn;
};

static struct lock make_lock(void)
{
    struct lock lock;
    struct reason why;
    assert_true(lockfile_open(&lock.file, "", &why));
    lock.turn = lockfile_map(&lock.file, INDEX, &why);
    assert_non_null(lock.turn);
    return lock;
}

static void free_lock(struct lock *lock)
{
    lockfile_unmap(lock->turn);
    lockfile_end(&lock->file);
}

static pid_t holder_of(const struct lock *lock)
{
    return turnwatch_holder(lock->file.fd, INDEX);
}

/* A child that waits for the turn, says so when it has it, gives it on when it is told to, and ends when it is told
 * once more: the kernel wakes somebody for a process that ends, which is not what a worker does. */
struct taker_process {
    pid_t pid;
    int said, told;
};

static void take_and_give(struct turn *turn, int said, int told)
{
    char byte = 0;
    unit_require(write(said, "w", 1) == 1);
    struct taker taker;
    unit_require(turn_enter(&taker, turn));
    unit_require(turn_taker() == &taker);
    unit_require(turn_take(&taker));
    unit_require((atomic_load(&turn->word) & FUTEX_TID_MASK) == (uint32_t)getpid());
    unit_require(write(said, "h", 1) == 1);
    unit_require(read(told, &byte, 1) == 1);
    turn_give(&taker);
    unit_require(write(said, "g", 1) == 1);
    unit_require(read(told, &byte, 1) == 1);
    _exit(0);
}

static char hear(const struct taker_process *taker)
{
    char byte = 0;
    assert_int_equal(read(taker->said, &byte, 1), 1);
    return byte;
}

static void ignore(int sig)
{
    (void)sig;
}

static struct taker_process start_taker(struct turn *turn)
{
    int said[2], told[2];
    assert_int_equal(pipe2(said, O_CLOEXEC), 0);
    assert_int_equal(pipe2(told, O_CLOEXEC), 0);
    struct taker_process taker = {.said = said[0], .told = told[1], .pid = unit_fork()};
    if (taker.pid == 0) {
        const struct sigaction action = {.sa_handler = ignore}; /* no SA_RESTART */
        sigaction(SIGUSR1, &action, NULL);
        take_and_give(turn, said[1], told[0]);
    }
    close(said[1]);
    close(told[0]);
    assert_int_equal(hear(&taker), 'w');
    return taker;
}

static struct taker_process start_holder(struct turn *turn)
{
    struct taker_process taker = start_taker(turn);
    assert_int_equal(hear(&taker), 'h');
    return taker;
}

static char state_of(pid_t pid)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *in = fopen(path, "re");
    assert_non_null(in);
    assert_non_null(fgets(text, sizeof text, in));
    fclose(in);
    return strrchr(text, ')')[2];
}

/* Until it sleeps, which it can do in turn_take only. */
static struct taker_process start_waiter(struct turn *turn)
{
    struct taker_process taker = start_taker(turn);
    while (state_of(taker.pid) != 'S')
        sched_yield();
    return taker;
}

static void give(const struct taker_process *taker)
{
    assert_int_equal(write(taker->told, "g", 1), 1);
    assert_int_equal(hear(taker), 'g');
}

static void bury(const struct taker_process *taker, int status)
{
    assert_int_equal(unit_wait(taker->pid), status);
    close(taker->told);
    close(taker->said);
}

static void let_end(const struct taker_process *taker)
{
    assert_int_equal(write(taker->told, "e", 1), 1);
    bury(taker, 0);
}

static void end_taker(const struct taker_process *taker, bool killed)
{
    if (killed) {
        kill(taker->pid, SIGKILL);
        bury(taker, SIGKILL);
    } else {
        give(taker);
        let_end(taker);
    }
}

/* The turn */

static void test_goes_round(void **state)
{
    struct lock lock = make_lock();
    (void)state;
    assert_int_equal(holder_of(&lock), 0);
    struct taker_process first = start_holder(lock.turn), second = start_waiter(lock.turn);
    assert_int_equal(holder_of(&lock), first.pid);
    end_taker(&first, false);
    assert_int_equal(hear(&second), 'h');
    assert_int_equal(holder_of(&lock), second.pid);
    end_taker(&second, false);
    assert_int_equal(holder_of(&lock), 0);
    free_lock(&lock);
}

/* Whoever was woken wakes the next. */
static void test_goes_on_to_all_who_wait(void **state)
{
    enum { TAKERS = 4 };
    struct lock lock = make_lock();
    struct taker_process takers[TAKERS] = {start_holder(lock.turn)};
    (void)state;
    for (int i = 1; i < TAKERS; i++)
        takers[i] = start_waiter(lock.turn);
    for (int i = 1; i < TAKERS; i++) {
        give(&takers[i - 1]);
        assert_int_equal(hear(&takers[i]), 'h'); /* the kernel wakes them in the order in which they went to sleep */
    }
    give(&takers[TAKERS - 1]);
    assert_int_equal(atomic_load(&lock.turn->word), 0);
    for (int i = 0; i < TAKERS; i++)
        let_end(&takers[i]);
    free_lock(&lock);
}

static void test_a_signal_does_not_break_the_lock(void **state)
{
    struct lock lock = make_lock();
    (void)state;
    struct taker_process first = start_holder(lock.turn), second = start_waiter(lock.turn);
    for (int i = 0; i < 10; i++) {
        kill(second.pid, SIGUSR1);
        while (state_of(second.pid) != 'S')
            sched_yield();
    }
    end_taker(&first, false);
    assert_int_equal(hear(&second), 'h');
    end_taker(&second, false);
    free_lock(&lock);
}

/* Again and again: it must not be only the first death that is survived. */
static void test_outlives_its_holders(void **state)
{
    struct lock lock = make_lock();
    (void)state;
    struct taker_process holder = start_holder(lock.turn);
    for (int i = 0; i < 5; i++) {
        struct taker_process next = start_waiter(lock.turn);
        end_taker(&holder, true);
        assert_int_equal(hear(&next), 'h');
        assert_int_equal(holder_of(&lock), next.pid);
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
    struct lock lock = make_lock();
    (void)state;
    struct taker_process holder = start_holder(lock.turn), next = start_waiter(lock.turn);
    kill(holder.pid, SIGSTOP);
    assert_int_equal(holder_of(&lock), holder.pid); /* by which the master knows whom to kill */
    end_taker(&holder, true);
    assert_int_equal(hear(&next), 'h');
    end_taker(&next, false);
    free_lock(&lock);
}

static void test_outlives_those_who_wait(void **state)
{
    struct lock lock = make_lock();
    (void)state;
    struct taker_process holder = start_holder(lock.turn), first = start_waiter(lock.turn),
                         second = start_waiter(lock.turn);
    end_taker(&first, true);
    assert_int_equal(holder_of(&lock), holder.pid);
    end_taker(&holder, false);
    assert_int_equal(hear(&second), 'h');
    end_taker(&second, false);
    free_lock(&lock);
}

/* The turn was given, and whoever was woken for it was stopped before it could take it: nobody has it, all sleep. */
static void test_a_kick_wakes_who_sleeps_before_a_free_turn(void **state)
{
    struct lock lock = make_lock();
    (void)state;
    struct taker_process holder = start_holder(lock.turn), waiter = start_waiter(lock.turn);
    atomic_store(&lock.turn->word, 0); /* as it would be then */
    assert_int_equal(holder_of(&lock), 0);
    turnwatch_kick(lock.turn);
    assert_int_equal(hear(&waiter), 'h');
    end_taker(&waiter, false);
    end_taker(&holder, true);
    free_lock(&lock);
}

static void test_a_kick_gives_nobody_the_turn_of_another(void **state)
{
    struct lock lock = make_lock();
    (void)state;
    struct taker_process holder = start_holder(lock.turn), waiter = start_waiter(lock.turn);
    for (int i = 0; i < 10; i++)
        turnwatch_kick(lock.turn);
    assert_int_equal(holder_of(&lock), holder.pid);
    end_taker(&holder, false);
    assert_int_equal(hear(&waiter), 'h');
    end_taker(&waiter, false);
    free_lock(&lock);
}

/* Many at once: one at a time. */
static void test_excludes(void **state)
{
    enum { CHILDREN = 8, ROUNDS = 2000 };
    struct lock lock = make_lock();
    (void)state;
    volatile unsigned *counter = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pids[CHILDREN];
    assert_ptr_not_equal(counter, MAP_FAILED);
    for (int i = 0; i < CHILDREN; i++) {
        struct taker taker;
        pids[i] = unit_fork();
        if (pids[i] == 0)
            unit_require(turn_enter(&taker, lock.turn));
        for (int j = 0; pids[i] == 0 && j < ROUNDS; j++) {
            unit_require(turn_take(&taker));
            *counter = *counter + 1;
            turn_give(&taker);
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

/* How often a process has gone to sleep. */
static unsigned long sleeps_of(pid_t pid)
{
    char path[64], line[256];
    unsigned long sleeps = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *in = fopen(path, "re");
    assert_non_null(in);
    while (fgets(line, sizeof line, in) != NULL)
        if (strncmp(line, "voluntary_ctxt_switches:", 24) == 0)
            sleeps = strtoul(line + 24, NULL, 10);
    fclose(in);
    return sleeps;
}

/* As often as there are releases, and not all at once: a thousand who wait would trample each other. If each release
 * woke all, those who wait would go to sleep some 200 times. */
static void test_a_release_wakes_one(void **state)
{
    enum { WAITERS = 20 };
    struct lock lock = make_lock();
    struct taker_process holder = start_holder(lock.turn), waiters[WAITERS];
    unsigned long sleeps = 0;
    (void)state;
    for (int i = 0; i < WAITERS; i++)
        waiters[i] = start_waiter(lock.turn);
    end_taker(&holder, false);
    for (int served = 0; served < WAITERS; served++) {
        pid_t pid = 0;
        int next = -1;
        while (pid == 0)
            pid = holder_of(&lock);
        for (int i = 0; i < WAITERS; i++)
            if (waiters[i].pid == pid)
                next = i;
        assert_in_range(next, 0, WAITERS - 1);
        assert_int_equal(hear(&waiters[next]), 'h');
        sleeps += sleeps_of(pid);
        end_taker(&waiters[next], false);
        waiters[next].pid = 0;
    }
    assert_in_range(sleeps, WAITERS, 5 * WAITERS);
    assert_int_equal(holder_of(&lock), 0);
    assert_int_equal(atomic_load(&lock.turn->word), 0);
    free_lock(&lock);
}

/* Whatever is written to the page, those who wait are not harmed by it: the word may be any, and the rest is nothing.
 */
static void test_a_spoilt_page_harms_nobody(void **state)
{
    struct lock lock = make_lock();
    struct taker_process holder = start_holder(lock.turn), waiter = start_waiter(lock.turn);
    (void)state;
    memset(lock.turn->text, 0xff, sizeof lock.turn->text);
    atomic_store(&lock.turn->word, UINT32_MAX);
    assert_true(holder_of(&lock) > 0);
    turnwatch_kick(lock.turn);
    end_taker(&holder, false); /* which writes it as it should be */
    assert_int_equal(hear(&waiter), 'h');
    end_taker(&waiter, true);
    assert_int_equal(holder_of(&lock), 0);
    free_lock(&lock);
}

/* Another's number in the word: the kernel frees the turn of its true owner only, whom the word must name. */
static void test_a_death_frees_nobody_elses_turn(void **state)
{
    struct lock lock = make_lock();
    struct taker_process holder = start_holder(lock.turn), waiter = start_waiter(lock.turn);
    (void)state;
    end_taker(&waiter, true);
    assert_int_equal(holder_of(&lock), holder.pid);
    end_taker(&holder, true);
    assert_int_equal(holder_of(&lock), 0);
    free_lock(&lock);
}

static void test_who_is_to_leave_does_not_wait(void **state)
{
    struct lock lock = make_lock();
    struct taker_process holder = start_holder(lock.turn);
    struct taker taker;
    (void)state;
    assert_true(turn_enter(&taker, lock.turn));
    taker.dismissed = true;
    assert_false(turn_take(&taker));
    end_taker(&holder, false);
    free_lock(&lock);
}

/* Cut short under it, by truncate say: the master does not die of that. */
static void test_the_master_survives_a_file_cut_short(void **state)
{
    struct lock lock = make_lock();
    (void)state;
    assert_int_equal(ftruncate(lock.file.fd, 0), 0);
    assert_int_equal(holder_of(&lock), 0);
    turnwatch_kick(lock.turn);
    free_lock(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_round),
        cmocka_unit_test(test_goes_on_to_all_who_wait),
        cmocka_unit_test(test_a_signal_does_not_break_the_lock),
        cmocka_unit_test(test_outlives_its_holders),
        cmocka_unit_test(test_outlives_a_stopped_holder),
        cmocka_unit_test(test_outlives_those_who_wait),
        cmocka_unit_test(test_a_kick_wakes_who_sleeps_before_a_free_turn),
        cmocka_unit_test(test_a_kick_gives_nobody_the_turn_of_another),
        cmocka_unit_test(test_excludes),
        cmocka_unit_test(test_a_release_wakes_one),
        cmocka_unit_test(test_a_spoilt_page_harms_nobody),
        cmocka_unit_test(test_a_death_frees_nobody_elses_turn),
        cmocka_unit_test(test_who_is_to_leave_does_not_wait),
        cmocka_unit_test(test_the_master_survives_a_file_cut_short),
    };
    return unit_run("turn", tests, NULL, NULL);
}
