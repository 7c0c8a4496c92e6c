/* orders.c: what the master tells its workers, between real processes. */
#include "unit.h"

#include <sys/mman.h>

#include "contract/fdplan.h"
#include "master/pool/orders.h"

static struct orders *make_orders(void)
{
    struct reason why;
    struct orders *orders = orders_create(&why);
    assert_non_null(orders);
    return orders;
}

static void test_places_are_used_again(void **state)
{
    int lowest = unit_next_fd(FD_PRIVATE);
    struct orders *orders = make_orders();
    (void)state;
    for (long i = 0; i < 5; i++)
        assert_int_equal(orders_take(orders), i);
    orders_set_deadline(orders, 2, 99);
    orders_free(orders, 2);
    orders_free(orders, 1);
    assert_int_equal(orders_take(orders), 1);
    assert_int_equal(orders_take(orders), 2);
    assert_true(atomic_load(orders_deadline(orders, 2)) == 0);
    assert_int_equal(orders_take(orders), 5);
    orders_destroy(orders);
    assert_int_equal(unit_next_fd(FD_PRIVATE), lowest);
}

/* Also those that were forked before it was said, and on pages that the file did not have then. */
static void test_workers_read_what_the_master_writes(void **state)
{
    enum { MANY = 3000 };
    struct orders *orders = make_orders();
    int go[2];
    (void)state;
    assert_int_equal(pipe2(go, O_CLOEXEC), 0);
    assert_int_equal(orders_take(orders), 0);
    const _Atomic double *first = orders_deadline(orders, 0), *last = orders_deadline(orders, MANY - 1);
    pid_t pid = unit_fork();
    if (pid == 0) {
        char byte;
        unit_require(read(go[0], &byte, 1) == 1);
        unit_require(atomic_load(first) == 1234.5);
        unit_require(atomic_load(last) == 6.25);
        _exit(0);
    }
    for (long i = 1; i < MANY; i++)
        assert_int_equal(orders_take(orders), i);
    orders_set_deadline(orders, 0, 1234.5);
    orders_set_deadline(orders, MANY - 1, 6.25);
    assert_int_equal(write(go[1], "", 1), 1);
    assert_int_equal(unit_wait(pid), 0);
    close(go[0]);
    close(go[1]);
    orders_destroy(orders);
}

/* Not even by asking for it. */
static void test_workers_cannot_write(void **state)
{
    struct orders *orders = make_orders();
    (void)state;
    assert_int_equal(orders_take(orders), 0);
    orders_set_deadline(orders, 0, 5);
    const _Atomic double *deadline = orders_deadline(orders, 0);
    pid_t pid = unit_fork();
    if (pid == 0) {
        void *page = (void *)((uintptr_t)deadline & ~(uintptr_t)(sysconf(_SC_PAGESIZE) - 1));
        unit_require(mprotect(page, 1, PROT_READ | PROT_WRITE) != 0);
        signal(SIGSEGV, SIG_DFL);
        atomic_store((_Atomic double *)(uintptr_t)deadline, 1e9);
        _exit(0);
    }
    assert_int_equal(WTERMSIG(unit_wait(pid)), SIGSEGV);
    assert_true(atomic_load(deadline) == 5);
    orders_destroy(orders);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_are_used_again),
        cmocka_unit_test(test_workers_read_what_the_master_writes),
        cmocka_unit_test(test_workers_cannot_write),
    };
    return unit_run("orders", tests, NULL, NULL);
}
