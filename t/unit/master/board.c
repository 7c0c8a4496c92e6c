/* board.c: the scoreboard, between real processes: who may write what, and what the master makes of it. */
#include "unit.h"

#include <math.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "contract/job.h"
#include "master/board.h"
#include "worker/page.h"

enum { SLOTS = 65536, FAR = 40000 };

static struct board *make_board(void)
{
    struct reason why;
    struct board *board = board_create(SLOTS, &why);
    assert_non_null(board);
    return board;
}

/* Fork a worker into a slot. */
static pid_t spawn(struct board *board, size_t slot, struct worker_job *job)
{
    *job = (struct worker_job){.page = board_lend(board, slot), .mark = board_mark(board, slot), .slot = slot};
    assert_non_null(job->page);
    pid_t pid = unit_fork();
    if (pid != 0)
        board_take_back(board, slot);
    return pid;
}

static void test_a_worker_is_read(void **state)
{
    static const size_t slots[] = {0, 1, 255, 256, FAR, SLOTS - 1};
    struct board *board = make_board();
    (void)state;
    for (size_t i = 0; i < unit_count(slots); i++) {
        struct worker_job job;
        double before = clock_coarse();
        pid_t pid = spawn(board, slots[i], &job);
        if (pid == 0) {
            page_begin(&job);
            page_count_accept(&job);
            page_count_accept(&job);
            page_say(&job, PAGE_BUSY);
            atomic_store(&job.page->lost, 5);
            _exit(0);
        }
        assert_int_equal(unit_wait(pid), 0);
        struct board_view view = board_read(board, slots[i]);
        assert_int_equal(view.state, PAGE_BUSY);
        assert_int_equal(board_glance(board, slots[i]), PAGE_BUSY);
        assert_int_equal(view.accepts, 2);
        assert_int_equal(view.lost, 5);
        assert_true(view.since >= before && view.since <= clock_now());
        assert_int_equal(atomic_load(&job.page->version), PAGE_VERSION);
        board_wipe(board, slots[i]);
        view = board_read(board, slots[i]);
        assert_int_equal(view.state, PAGE_STARTING);
        assert_int_equal(board_glance(board, slots[i]), PAGE_STARTING);
        assert_int_equal(view.accepts + view.lost, 0);
        assert_true(view.since == 0);
    }
    board_destroy(board);
}

/* Also when the other's page was lent just before, for a fork that failed, say. */
static void test_no_worker_has_the_page_of_another(void **state)
{
    struct board *board = make_board();
    struct worker_job one, other;
    (void)state;
    pid_t first = spawn(board, 7, &one);
    if (first == 0)
        _exit(0);
    assert_int_equal(unit_wait(first), 0);
    pid_t second = spawn(board, 8, &other);
    if (second == 0) {
        signal(SIGSEGV, SIG_DFL);
        atomic_store(&other.page->state, PAGE_IDLE);
        atomic_store(&one.page->state, PAGE_IDLE);
        _exit(0);
    }
    int status = unit_wait(second);
    assert_true(status != 0); /* by SIGSEGV, or as a sanitizer tells of it */
    assert_int_equal(board_read(board, 8).state, PAGE_IDLE);
    assert_int_equal(board_read(board, 7).state, PAGE_STARTING);
    board_destroy(board);
}

static void test_lies_stay_within_bounds(void **state)
{
    struct board *board = make_board();
    struct page *page = board_lend(board, 3);
    (void)state;
    assert_non_null(page);
    atomic_store(&page->state, 77);
    atomic_store(board_mark(board, 3), 200);
    assert_int_equal(board_read(board, 3).state, PAGE_BUSY);
    assert_int_equal(board_glance(board, 3), PAGE_BUSY);
    const double lies[] = {-1, clock_now() + 100, (double)NAN, (double)INFINITY, (double)-INFINITY};
    for (size_t i = 0; i < unit_count(lies); i++) {
        atomic_store(&page->since, lies[i]);
        assert_true(board_read(board, 3).since == 0);
    }
    memset(page, 0xff, 4096);
    struct board_view view = board_read(board, 3);
    assert_int_equal(view.state, PAGE_BUSY);
    assert_true(view.since == 0);
    board_take_back(board, 3);
    board_destroy(board);
}

/* No limit that a shell or a service manager sets counts what is not used. */
static void under_limits(const char *unused)
{
    struct rlimit none = {0, 0}, little = {UINT64_C(3) << 20, UINT64_C(3) << 20};
    char line[256] = "";
    (void)unused;
    FILE *in = fopen("/proc/self/statm", "re");
    unit_require(in != NULL && fgets(line, sizeof line, in) != NULL);
    fclose(in);
    little.rlim_cur = little.rlim_max += strtoull(line, NULL, 10) * (unsigned long)sysconf(_SC_PAGESIZE);
    unit_require(setrlimit(RLIMIT_FSIZE, &none) == 0 && setrlimit(RLIMIT_AS, &little) == 0);
    struct reason why;
    struct board *board = board_create(SLOTS, &why);
    unit_require(board != NULL);
    for (size_t slot = 0; slot < 100; slot++) {
        unit_require(board_lend(board, slot) != NULL);
        board_take_back(board, slot);
    }
}

static void test_limits(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    unit_note("not with a sanitizer, which needs memory of its own\n");
#else
    unit_in_child(under_limits, NULL);
#endif
}

static double seconds_of_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What a look costs is mostly this. A tenth of what the pages cost, and the bound is far above what it takes. */
static void test_the_row_is_cheap(void **state)
{
    enum { WORKERS = 10000, TIMES = 50 };
    struct board *board = make_board();
    unsigned idle = 0;
    (void)state;
    for (size_t slot = 0; slot < WORKERS; slot++) {
        struct page *page = board_lend(board, slot);
        assert_non_null(page);
        atomic_store(&page->state, PAGE_IDLE);
        atomic_store(board_mark(board, slot), PAGE_IDLE);
    }
    double begun = seconds_of_cpu();
    for (int i = 0; i < TIMES; i++)
        for (size_t slot = 0; slot < WORKERS; slot++)
            idle += board_glance(board, slot) == PAGE_IDLE;
    double row = (seconds_of_cpu() - begun) / TIMES;
    for (int i = 0; i < TIMES; i++)
        for (size_t slot = 0; slot < WORKERS; slot++)
            idle += board_read(board, slot).state == PAGE_IDLE;
    double pages = (seconds_of_cpu() - begun) / TIMES - row;
    assert_int_equal(idle, 2 * WORKERS * TIMES);
    unit_note("10,000 workers: %.3f ms by the row, %.3f ms by the pages\n", row * 1e3, pages * 1e3);
    assert_true(row < pages);
    board_destroy(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_worker_is_read),        cmocka_unit_test(test_no_worker_has_the_page_of_another),
        cmocka_unit_test(test_lies_stay_within_bounds), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_the_row_is_cheap),
    };
    return unit_run("board", tests, NULL, NULL);
}
