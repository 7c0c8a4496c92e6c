/* pace.c: the arrivals of all threads together are one schedule, at equal distances, whoever has how many of them. */
#include "unit.h"

#include "client/base/clock.h"
#include "client/base/pace.h"

enum { ARRIVALS = 600 };

/* As slot.c sets them up. */
static struct pace pace_of(uint64_t connections, uint64_t threads, uint64_t index, double rate)
{
    return (struct pace){
        .period = (double)CLOCK_SECOND / rate,
        .connections = connections,
        .index = index,
        .step = threads,
        .members = connections / threads + (index < connections % threads),
        .start = 1000,
    };
}

static void assert_one_schedule(uint64_t connections, uint64_t threads, double rate)
{
    unsigned times[ARRIVALS] = {0};
    for (uint64_t index = 0; index < threads; index++) {
        struct pace pace = pace_of(connections, threads, index, rate);
        for (uint64_t arrival = 0; arrival < ARRIVALS; arrival++) {
            int64_t due = pace_due(&pace, arrival);
            size_t place = (size_t)((double)(due - pace.start) / pace.period + 0.5);
            assert_int_equal(due, pace.start + (int64_t)((double)place * pace.period));
            if (place < ARRIVALS)
                times[place]++;
            assert_true(arrival == 0 || due > pace_due(&pace, arrival - 1));
        }
    }
    for (size_t i = 0; i < ARRIVALS; i++)
        assert_int_equal(times[i], 1);
}

static void test_all_threads_have_one_schedule(void **state)
{
    static const uint64_t shapes[][2] = {{1, 1}, {2, 1}, {2, 2}, {5, 2}, {7, 3}, {8, 4}, {100, 7}};
    (void)state;
    for (size_t i = 0; i < unit_count(shapes); i++) {
        assert_one_schedule(shapes[i][0], shapes[i][1], 1000);
        assert_one_schedule(shapes[i][0], shapes[i][1], 333333);
    }
}

static void test_finds_the_first_arrival_of_a_time(void **state)
{
    struct unit_random random = {unit_seed()};
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t threads = 1 + unit_below(&random, 8), connections = threads + unit_below(&random, 50);
        struct pace pace = pace_of(connections, threads, unit_below(&random, (unsigned)threads),
                                   i % 2 == 0 ? unit_between(&random, 0.001, 1e6) : unit_between(&random, 1e6, 1e9));
        int64_t time = (int64_t)unit_between(&random, -1e6, 1e12);
        uint64_t first = pace_first(&pace, time);
        assert_true(pace_due(&pace, first) >= time);
        assert_true(first == 0 || pace_due(&pace, first - 1) < time);
        assert_int_equal(pace_first(&pace, pace_due(&pace, first)), first);
    }
}

/* In a loop. ------------------------------------------------------------------------------------------------------- */

struct scene {
    struct pace pace;
    uint64_t count;
    uint64_t stop_after; /* 0: never */
    bool early;
};

static void on_due(struct pace *pace, uint64_t arrival, int64_t now)
{
    struct scene *scene = pace->owner;
    assert_int_equal(arrival, scene->count);
    scene->early = scene->early || now < pace_due(pace, arrival);
    if (++scene->count == scene->stop_after)
        pace_pause(pace);
}

static void set_up(struct scene *scene, double rate)
{
    *scene = (struct scene){.pace = pace_of(2, 1, 0, rate)};
    scene->pace.loop = ev_loop_new(EVFLAG_NOENV);
    scene->pace.owner = scene;
    scene->pace.on_due = on_due;
    assert_true(pace_create(&scene->pace));
}

static void tear_down(struct scene *scene)
{
    pace_destroy(&scene->pace);
    ev_loop_destroy(scene->pace.loop);
}

/* As many as the rate and the time make, each once, in order, none early, and then the loop has nothing to wait for. */
static void test_all_come_and_none_early(void **state)
{
    struct scene scene;
    (void)state;
    set_up(&scene, 10000);
    int64_t now = clock_now();
    pace_begin(&scene.pace, now, now + 50 * CLOCK_MS);
    ev_run(scene.pace.loop, 0);
    assert_int_equal(scene.count, 500);
    assert_false(scene.early);
    assert_true(clock_now() - now >= 49 * CLOCK_MS);
    tear_down(&scene);
}

/* What is due while it is paused never comes. */
static void test_a_pause(void **state)
{
    struct scene scene;
    (void)state;
    set_up(&scene, 1000);
    scene.stop_after = 5;
    int64_t now = clock_now();
    pace_begin(&scene.pace, now, now + 20 * CLOCK_MS);
    ev_run(scene.pace.loop, 0);
    assert_int_equal(scene.count, 5);
    scene.count = pace_first(&scene.pace, now + 10 * CLOCK_MS + 1);
    pace_resume(&scene.pace, now + 10 * CLOCK_MS);
    assert_int_equal(scene.pace.next, 11);
    ev_run(scene.pace.loop, 0);
    assert_int_equal(scene.count, 20);
    pace_resume(&scene.pace, now + 20 * CLOCK_MS);
    assert_false(ev_is_active(&scene.pace.io));
    tear_down(&scene);
}

/* The end that is told first is the one; what is due by then may still come. */
static void test_an_early_end(void **state)
{
    struct scene scene;
    (void)state;
    set_up(&scene, 1000);
    int64_t now = clock_now();
    pace_begin(&scene.pace, now, INT64_MAX);
    assert_true(scene.pace.end == UINT64_MAX);
    pace_end(&scene.pace, now + 10 * CLOCK_MS);
    assert_int_equal(scene.pace.end, 11);
    pace_end(&scene.pace, now + 30 * CLOCK_MS);
    assert_int_equal(scene.pace.end, 11);
    ev_run(scene.pace.loop, 0);
    assert_int_equal(scene.count, 11);
    pace_end(&scene.pace, now);
    assert_int_equal(scene.pace.end, 11);
    tear_down(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_threads_have_one_schedule),
        cmocka_unit_test(test_finds_the_first_arrival_of_a_time),
        cmocka_unit_test(test_all_come_and_none_early),
        cmocka_unit_test(test_a_pause),
        cmocka_unit_test(test_an_early_end),
    };
    return unit_run("pace", tests, NULL, NULL);
}
