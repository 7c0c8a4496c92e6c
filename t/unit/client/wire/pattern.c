/* pattern.c: the pattern is one stream however it is cut, a wrong byte is found wherever it is, and eight bytes tell
 * where they belong. */
#include "unit.h"

#include "client/wire/pattern.h"

enum { CASES = 20000, ROOM = 512 };

static struct pattern any_pattern(struct unit_random *random)
{
    return (struct pattern){
        .seed = unit_next(random), .connection = (uint32_t)unit_next(random), .lines = unit_chance(random, 50)};
}

/* Small, or near the end of a period. */
static uint64_t any_offset(struct unit_random *random)
{
    uint64_t offset = unit_below(random, 100000);
    return unit_chance(random, 50) ? offset : PATTERN_PERIOD - 1000 + offset % 2000;
}

static void test_is_one_stream_however_it_is_cut(void **state)
{
    struct unit_random random = {unit_seed()};
    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct pattern pattern = any_pattern(&random);
        uint64_t offset = any_offset(&random);
        unsigned char whole[ROOM], part[ROOM + 1];
        size_t from = unit_below(&random, ROOM), length = unit_below(&random, (unsigned)(ROOM - from));
        pattern_fill(&pattern, offset, whole, ROOM);
        memset(part, '\n', sizeof part);
        pattern_fill(&pattern, offset + from, part, length);
        assert_memory_equal(part, whole + from, length);
        assert_int_equal(part[length], '\n');
    }
}

static void test_repeats_after_a_period(void **state)
{
    const struct pattern pattern = {.seed = 7, .connection = 3};
    unsigned char first[64], again[64];
    (void)state;
    pattern_fill(&pattern, 100, first, sizeof first);
    pattern_fill(&pattern, 100 + PATTERN_PERIOD, again, sizeof again);
    assert_memory_equal(first, again, sizeof first);
}

static void test_finds_the_first_wrong_byte(void **state)
{
    struct unit_random random = {unit_seed()};
    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct pattern pattern = any_pattern(&random);
        uint64_t offset = any_offset(&random);
        unsigned char room[ROOM + 8], *data = room + unit_below(&random, 8);
        size_t length = 1 + unit_below(&random, unit_chance(&random, 50) ? 24 : ROOM);
        size_t wrong = unit_below(&random, (unsigned)length);
        pattern_fill(&pattern, offset, data, length);
        assert_int_equal(pattern_match(&pattern, offset, data, length), length);
        data[wrong] ^= (unsigned char)(1 + unit_below(&random, 255));
        assert_int_equal(pattern_match(&pattern, offset, data, length), wrong);
        assert_int_equal(pattern_match(&pattern, offset, data, wrong), wrong);
        if (wrong + 1 < length)
            data[wrong + 1 + unit_below(&random, (unsigned)(length - wrong - 1))] ^= 0x80;
        assert_int_equal(pattern_match(&pattern, offset, data, length), wrong);
    }
}

static void test_nothing_matches_nothing(void **state)
{
    const struct pattern pattern = {.seed = 7};
    (void)state;
    for (uint64_t offset = 0; offset < 8; offset++)
        assert_int_equal(pattern_match(&pattern, offset, NULL, 0), 0);
}

static void test_eight_bytes_tell_where_they_belong(void **state)
{
    struct unit_random random = {unit_seed()};
    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct pattern other = any_pattern(&random), pattern = other;
        uint64_t offset = any_offset(&random) & ~UINT64_C(7), located;
        uint32_t connection;
        unsigned char data[8];
        pattern.connection = (uint32_t)unit_next(&random);
        if (pattern.lines)
            pattern.connection = (pattern.connection & 0xffffff) | (other.connection & 0xff000000);
        pattern_fill(&other, offset, data, sizeof data);
        pattern_locate(&pattern, data, &connection, &located);
        assert_int_equal(connection, other.connection);
        assert_int_equal(located, offset % PATTERN_PERIOD);
    }
}

static void test_lines_have_no_newline(void **state)
{
    struct unit_random random = {unit_seed()};
    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct pattern pattern = any_pattern(&random);
        unsigned char data[ROOM];
        pattern.lines = true;
        pattern_fill(&pattern, any_offset(&random), data, sizeof data);
        for (size_t at = 0; at < sizeof data; at++)
            assert_true(data[at] >= 0x80);
    }
}

/* How many of the bytes at the same offsets are the same: of streams that have nothing to do with each other, one in
 * 256 (of lines, 128) is. Of some pairs of connections it is a byte or two in a word, but never the whole word. */
static size_t in_common(const struct pattern *a, const struct pattern *b)
{
    unsigned char of_a[1 << 14], of_b[1 << 14];
    size_t same = 0;
    pattern_fill(a, 0, of_a, sizeof of_a);
    pattern_fill(b, 0, of_b, sizeof of_b);
    for (size_t i = 0; i < sizeof of_a; i++) {
        same += of_a[i] == of_b[i];
        if (i % 8 == 0)
            assert_memory_not_equal(of_a + i, of_b + i, 8);
    }
    return same;
}

static void test_connections_and_runs_have_little_in_common(void **state)
{
    enum { MOST = (1 << 14) * 3 / 8 };
    struct unit_random random = {unit_seed()};
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct pattern pattern = any_pattern(&random), next = pattern, later = pattern;
        pattern.connection = next.connection = unit_below(&random, 10000);
        next.connection += 1 + unit_below(&random, 200);
        later.seed = unit_next(&random);
        assert_in_range(in_common(&pattern, &next), 0, MOST);
        assert_in_range(in_common(&pattern, &later), 0, MOST);
    }
}

/* Else what is missing or extra could go unseen. */
static void test_a_stream_shifted_has_little_in_common_with_itself(void **state)
{
    enum { LENGTH = 1 << 14 };
    static const size_t shifts[] = {1, 2, 7, 8, 9, 64, 512, 1024, 1460, 4096};
    struct unit_random random = {unit_seed()};
    (void)state;
    for (size_t i = 0; i < unit_count(shifts); i++) {
        struct pattern pattern = any_pattern(&random);
        unsigned char data[LENGTH + 4096];
        size_t same = 0;
        pattern_fill(&pattern, 0, data, sizeof data);
        for (size_t at = 0; at < LENGTH; at++)
            same += data[at] == data[at + shifts[i]];
        assert_in_range(same, 0, LENGTH / 32);
    }
}

static void test_complete_seed(void **state)
{
    struct unit_random random = {unit_seed()};
    (void)state;
    for (int i = 0; i < 40; i++) {
        bool lines = i % 2 == 1, seen[256] = {false};
        unsigned char data[1400];
        uint64_t from = unit_next(&random);
        struct pattern pattern = {.seed = pattern_complete_seed(from, lines, sizeof data), .lines = lines};
        assert_int_not_equal(pattern.seed, pattern_complete_seed(unit_next(&random), lines, sizeof data));
        pattern_fill(&pattern, 0, data, sizeof data);
        for (size_t at = 0; at < sizeof data; at++) {
            seen[data[at]] = true;
            if (at == 63)
                assert_true(seen[0xff] && (lines || (seen['\n'] && seen['\r'] && seen[0])));
        }
        for (int value = lines ? 128 : 0; value < 256; value++)
            assert_true(seen[value]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_one_stream_however_it_is_cut),
        cmocka_unit_test(test_repeats_after_a_period),
        cmocka_unit_test(test_finds_the_first_wrong_byte),
        cmocka_unit_test(test_nothing_matches_nothing),
        cmocka_unit_test(test_eight_bytes_tell_where_they_belong),
        cmocka_unit_test(test_lines_have_no_newline),
        cmocka_unit_test(test_connections_and_runs_have_little_in_common),
        cmocka_unit_test(test_a_stream_shifted_has_little_in_common_with_itself),
        cmocka_unit_test(test_complete_seed),
    };
    return unit_run("pattern", tests, NULL, NULL);
}
