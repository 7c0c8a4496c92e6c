/* fault.c: every kind of fault by example, and then by thousands of random ones: a stream that something was done to,
 * of which the diagnosis sees what one recv gave. */
#include "../unit.h"

#include "client/fault.h"

enum { LINE = 40, CONNECTIONS = 10000, BYTES_MAX = 70000 };

/* What one connection sent from offset base on, and what came back of it. */
struct scene {
    uint64_t seed;
    struct unit_random random;
    struct pattern pattern;
    uint64_t base;
    size_t sent, came, seen; /* bytes; seen: of those from the first wrong one on */
    size_t at, length;       /* what was done, and to how many bytes */
    size_t wrong;            /* where it shows */
    struct fault fault;
    unsigned char right[BYTES_MAX], got[2 * BYTES_MAX];
};

static unsigned below(struct scene *scene, size_t n)
{
    return unit_below(&scene->random, (unsigned)n);
}

/* From 1 to n, of any magnitude. */
static size_t up_to(struct scene *scene, size_t n)
{
    size_t most = (size_t)2 << below(scene, 17);
    return 1 + below(scene, most < n ? most : n);
}

static void begin(struct scene *scene, uint64_t seed)
{
    *scene = (struct scene){.seed = seed, .random = {seed}};
    scene->pattern = (struct pattern){.run = unit_next(&scene->random),
                                      .connection = below(scene, CONNECTIONS),
                                      .lines = unit_chance(&scene->random, 30)};
    scene->base = unit_next(&scene->random) >> below(scene, 64) >> 20;
    scene->sent = up_to(scene, BYTES_MAX);
    pattern_fill(&scene->pattern, scene->base, scene->right, scene->sent);
    for (size_t i = LINE - 1; i < scene->sent && scene->pattern.lines; i += LINE)
        scene->right[i] = '\n';
}

static void add(struct scene *scene, const void *data, size_t length)
{
    memcpy(scene->got + scene->came, data, length);
    scene->came += length;
}

static void add_right(struct scene *scene, size_t from, size_t to)
{
    add(scene, scene->right + from, to - from);
}

static void add_junk(struct scene *scene, size_t length)
{
    while (length-- > 0)
        add(scene, &(unsigned char){(unsigned char)below(scene, 256)}, 1);
}

/* Diagnose as much as came at once, at random or all. False: nothing is wrong that one could see. */
static bool diagnose(struct scene *scene)
{
    while (scene->wrong < scene->sent && scene->wrong < scene->came &&
           scene->right[scene->wrong] == scene->got[scene->wrong])
        scene->wrong++;
    if (scene->wrong == scene->came)
        return false;
    scene->seen = scene->came - scene->wrong;
    if (unit_chance(&scene->random, 50))
        scene->seen = up_to(scene, scene->seen);
    unsigned char *data = malloc(scene->seen); /* of this size: whoever reads on is caught */
    assert_non_null(data);
    memcpy(data, scene->got + scene->wrong, scene->seen);
    scene->fault = fault_diagnose(&(struct fault_sample){.pattern = scene->pattern,
                                                         .connections = CONNECTIONS,
                                                         .offset = scene->base + scene->wrong,
                                                         .owed = scene->sent - scene->wrong,
                                                         .data = data,
                                                         .length = scene->seen});
    free(data);
    return true;
}

#define check(scene, condition)                                                                                        \
    do {                                                                                                               \
        char text[FAULT_TEXT];                                                                                         \
        if (!(condition))                                                                                              \
            fail_msg("UNIT_SEED=%" PRIu64 ": not so: %s: %zu bytes at %zu of %zu, wrong at %zu, seen %zu: %s",         \
                     (scene)->seed, #condition, (scene)->length, (scene)->at, (scene)->sent, (scene)->wrong,           \
                     (scene)->seen, fault_text(&(scene)->fault, text));                                                \
    } while (0)

/* So many bytes surely hold a word at a multiple of eight, of lines one without a newline. */
static size_t enough(const struct scene *scene)
{
    return scene->pattern.lines ? 31 : 15;
}

static bool is(const struct scene *scene, enum fault_kind kind, size_t count)
{
    return scene->fault.kind == kind && scene->fault.count == count;
}

/* How much was seen of what follows the first so many bytes of got. */
static size_t seen_after(const struct scene *scene, size_t bytes)
{
    size_t seen_to = scene->wrong + scene->seen;
    return seen_to > bytes ? seen_to - bytes : 0;
}

/* Each does one thing to the stream and checks what is said of it. ------------------------------------------------- */

static void changes(struct scene *scene)
{
    scene->at = below(scene, scene->sent);
    scene->length = 1;
    add_right(scene, 0, scene->sent);
    scene->got[scene->at] ^= (unsigned char)(1 + below(scene, 255));
    check(scene, diagnose(scene));
    check(scene, scene->fault.kind == FAULT_CHANGED);
    check(scene, scene->fault.offset == scene->base + scene->at);
    check(scene, scene->fault.received == scene->got[scene->at]);
    check(scene, scene->fault.expected == scene->right[scene->at] || scene->right[scene->at] == '\n');
}

static void overwrites(struct scene *scene)
{
    scene->at = below(scene, scene->sent);
    scene->length = up_to(scene, scene->sent - scene->at);
    add_right(scene, 0, scene->at);
    add_junk(scene, scene->length);
    add_right(scene, scene->at + scene->length, scene->sent);
    if (diagnose(scene))
        check(scene, scene->fault.kind == FAULT_CHANGED);
}

static void drops(struct scene *scene)
{
    scene->at = below(scene, scene->sent);
    scene->length = up_to(scene, scene->sent - scene->at);
    add_right(scene, 0, scene->at);
    add_right(scene, scene->at + scene->length, scene->sent);
    if (!diagnose(scene))
        return;
    if (scene->seen >= enough(scene) || (scene->seen >= 6 && scene->length <= 4096))
        check(scene, is(scene, FAULT_MISSING, scene->length));
    else
        check(scene, is(scene, FAULT_MISSING, scene->length) || scene->fault.kind == FAULT_CHANGED);
}

/* What looks like one or two bytes again may be it by chance. */
static void inserts(struct scene *scene)
{
    scene->at = below(scene, scene->sent);
    scene->length = up_to(scene, BYTES_MAX);
    add_right(scene, 0, scene->at);
    add_junk(scene, scene->length);
    add_right(scene, scene->at, scene->sent);
    if (!diagnose(scene))
        return;
    if (seen_after(scene, scene->at + scene->length) >= enough(scene))
        check(scene,
              is(scene, FAULT_EXTRA, scene->length) || (scene->length < 3 && is(scene, FAULT_REPEATED, scene->length)));
    else
        check(scene, scene->fault.kind == FAULT_CHANGED
                         ? scene->seen <= scene->sent - scene->wrong
                         : scene->fault.count > 0 && scene->fault.count <= scene->length);
}

static void repeats(struct scene *scene)
{
    scene->at = below(scene, scene->sent);
    scene->length = up_to(scene, scene->sent - scene->at);
    add_right(scene, 0, scene->at + scene->length);
    add_right(scene, scene->at, scene->sent);
    if (!diagnose(scene))
        return;
    bool all = scene->seen >= scene->length;
    if (scene->seen >= enough(scene) || (scene->seen >= 6 && scene->length <= 4096)) {
        check(scene, scene->fault.kind == FAULT_REPEATED);
        check(scene, scene->fault.from_offset + scene->length == scene->fault.offset);
        check(scene, scene->fault.count == (all ? scene->length : scene->wrong == scene->sent ? scene->seen : 0));
    } else {
        check(scene, scene->fault.kind == FAULT_CHANGED || scene->fault.kind == FAULT_REPEATED ||
                         scene->fault.kind == FAULT_EXTRA);
    }
}

/* Of bytes long gone. */
static void repeats_late(struct scene *scene)
{
    scene->at = below(scene, scene->sent);
    scene->length = up_to(scene, scene->at + 1);
    size_t from = below(scene, scene->at - scene->length + 2);
    if (scene->length + from > scene->at)
        return;
    add_right(scene, 0, scene->at);
    add_right(scene, from, from + scene->length);
    add_right(scene, scene->at, scene->sent);
    if (!diagnose(scene) || scene->wrong >= scene->at + scene->length)
        return;
    size_t left = scene->at + scene->length - scene->wrong;
    if (left >= enough(scene) && seen_after(scene, scene->at + scene->length) >= enough(scene)) {
        check(scene, is(scene, FAULT_REPEATED, scene->length));
        check(scene, scene->fault.from_offset == scene->base + from + (scene->wrong - scene->at));
    } else {
        check(scene, scene->fault.kind == FAULT_CHANGED || scene->fault.kind == FAULT_REPEATED ||
                         scene->fault.kind == FAULT_EXTRA);
    }
}

/* Two blocks that follow one another; of which a short one is told by the other. */
static void swaps(struct scene *scene)
{
    size_t first = up_to(scene, scene->sent), second = up_to(scene, scene->sent);
    if (first + second > scene->sent)
        return;
    scene->at = below(scene, scene->sent - first - second + 1);
    scene->length = first + second;
    size_t middle = scene->at + first, end = middle + second;
    add_right(scene, 0, scene->at);
    add_right(scene, middle, end);
    add_right(scene, scene->at, middle);
    add_right(scene, end, scene->sent);
    if (!diagnose(scene) || scene->wrong > scene->at + 2)
        return;
    if (seen_after(scene, end) >= enough(scene) && (first > enough(scene) || second > enough(scene))) {
        check(scene, scene->fault.kind == FAULT_REORDERED);
        check(scene, scene->fault.from_offset == scene->base + middle + (scene->wrong - scene->at) ||
                         scene->wrong >= scene->at + second);
    } else {
        check(scene, scene->fault.kind != FAULT_FOREIGN);
    }
}

/* In the place of our own bytes, or between them. */
static void mixes_up(struct scene *scene)
{
    struct pattern other = scene->pattern;
    static unsigned char theirs[BYTES_MAX];
    other.connection = (other.connection + 1 + below(scene, CONNECTIONS - 1)) % CONNECTIONS;
    uint64_t offset = below(scene, 100000);
    scene->at = below(scene, scene->sent);
    scene->length = up_to(scene, scene->sent - scene->at);
    bool between = unit_chance(&scene->random, 50);
    pattern_fill(&other, offset, theirs, scene->length);
    add_right(scene, 0, scene->at);
    add(scene, theirs, scene->length);
    add_right(scene, between ? scene->at : scene->at + scene->length, scene->sent);
    if (!diagnose(scene) || scene->wrong >= scene->at + scene->length)
        return;
    size_t left = scene->at + scene->length - scene->wrong, after = seen_after(scene, scene->at + scene->length);
    size_t visible = left < scene->seen ? left : scene->seen;
    if (visible >= enough(scene) + 8 || (visible >= 15 && (after == 0 || after >= enough(scene)))) {
        check(scene, scene->fault.kind == FAULT_FOREIGN);
        check(scene, scene->fault.from_connection == other.connection);
        check(scene, scene->fault.from_offset == offset + (scene->wrong - scene->at));
    } else {
        check(scene, scene->fault.kind == FAULT_FOREIGN || scene->fault.kind == FAULT_CHANGED ||
                         scene->fault.kind == FAULT_EXTRA || (between && scene->fault.kind == FAULT_REPEATED));
    }
}

static void do_often(void (*body)(struct scene *))
{
    enum { SCENES = 3000 };
    struct scene *scene = malloc(sizeof *scene);
    assert_non_null(scene);
    uint64_t first = unit_seed();
    for (uint64_t seed = first; seed < first + SCENES; seed++) {
        begin(scene, seed);
        body(scene);
    }
    free(scene);
}

static void test_random_changes(void **state)
{
    (void)state;
    do_often(changes);
}

static void test_random_overwrites(void **state)
{
    (void)state;
    do_often(overwrites);
}

static void test_random_drops(void **state)
{
    (void)state;
    do_often(drops);
}

static void test_random_inserts(void **state)
{
    (void)state;
    do_often(inserts);
}

static void test_random_repeats(void **state)
{
    (void)state;
    do_often(repeats);
}

static void test_random_repeats_late(void **state)
{
    (void)state;
    do_often(repeats_late);
}

static void test_random_swaps(void **state)
{
    (void)state;
    do_often(swaps);
}

static void test_random_mixes_up(void **state)
{
    (void)state;
    do_often(mixes_up);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_changes), cmocka_unit_test(test_random_overwrites),
        cmocka_unit_test(test_random_drops),   cmocka_unit_test(test_random_inserts),
        cmocka_unit_test(test_random_repeats), cmocka_unit_test(test_random_repeats_late),
        cmocka_unit_test(test_random_swaps),   cmocka_unit_test(test_random_mixes_up),
    };
    return unit_run("fault", tests, NULL, NULL);
}
