/* fault.c: every kind of fault by example, and then by thousands of random ones: a stream that something was done to,
 * of which the diagnosis sees what one recv gave. */
#include "unit.h"

#include "client/wire/fault.h"

/* By example. ------------------------------------------------------------------------------------------------------ */

static const struct pattern example = {.seed = 0x123456789, .connection = 3};

/* What is said of a stream of which these bytes came at an offset, as connection 3 of 10, with so many owed. */
#define assert_said(offset_, owed_, data_, length_, text_)                                                             \
    do {                                                                                                               \
        char said[FAULT_TEXT];                                                                                         \
        struct fault fault = fault_diagnose(&(struct fault_sample){.pattern = example,                                 \
                                                                   .connections = 10,                                  \
                                                                   .offset = (offset_),                                \
                                                                   .owed = (owed_),                                    \
                                                                   .data = (data_),                                    \
                                                                   .length = (length_)});                              \
        assert_string_equal(fault_text(&fault, said), text_);                                                          \
    } while (0)

static void test_says_changed(void **state)
{
    unsigned char data[100];
    char text[FAULT_TEXT];
    (void)state;
    pattern_fill(&example, 4096, data, sizeof data);
    unsigned sent = data[0];
    data[0] ^= 0x20;
    snprintf(text, sizeof text, "connection 3 at offset 4096: changed: sent 0x%02x, received 0x%02x", sent,
             sent ^ 0x20);
    for (size_t length = 1; length <= sizeof data; length++)
        assert_said(4096, 100, data, length, text);
}

static void test_says_missing(void **state)
{
    unsigned char data[100];
    (void)state;
    pattern_fill(&example, 4096 + 512, data, sizeof data);
    assert_said(4096, 612, data, 100, "connection 3 at offset 4096: missing: 512 of the bytes sent");
}

static void test_says_extra(void **state)
{
    unsigned char data[100];
    (void)state;
    memset(data, 'x', 10);
    pattern_fill(&example, 4096, data + 10, 90);
    assert_said(4096, 1000, data, 100, "connection 3 at offset 4096: extra: 10 of the bytes received");
    assert_said(4096, 0, data, 10, "connection 3 at offset 4096: extra: 10 of the bytes received");
    assert_said(4096, 0, data, 1, "connection 3 at offset 4096: extra: 1 of the bytes received");
}

static void test_says_repeated(void **state)
{
    unsigned char data[100];
    (void)state;
    pattern_fill(&example, 0, data, sizeof data);
    assert_said(64, 36, data, 100, "connection 3 at offset 64: extra: 64 bytes, those of offset 0 again");
    assert_said(64, 0, data, 64, "connection 3 at offset 64: extra: 64 bytes, those of offset 0 again");
    assert_said(1000, 500, data, 100, "connection 3 at offset 1000: extra: those of offset 0 again");
    assert_said(1, 99, data, 100, "connection 3 at offset 1: extra: 1 byte, that of offset 0 again");
}

static void test_says_reordered(void **state)
{
    unsigned char data[100];
    (void)state;
    pattern_fill(&example, 8192, data, 50);
    pattern_fill(&example, 4096, data + 50, 50);
    assert_said(4096, 10000, data, 100, "connection 3 at offset 4096: reordered: the bytes of offset 8192 came first");
}

static void test_says_whose(void **state)
{
    struct pattern other = example;
    unsigned char data[100];
    (void)state;
    other.connection = 7;
    pattern_fill(&other, 1024, data, sizeof data);
    for (size_t length = 8; length <= sizeof data; length++)
        assert_said(4096, 100, data, length,
                    "connection 3 at offset 4096: another connection's data: bytes of connection 7 at offset 1024");
}

/* Of many connections, eight bytes of anything may seem to be one's: it takes more. */
static void test_says_whose_only_if_sure(void **state)
{
    static const struct {
        bool lines;
        size_t enough;
    } cases[] = {{false, 10}, {true, 11}};
    (void)state;
    for (size_t i = 0; i < unit_count(cases); i++) {
        struct pattern mine = {.seed = 0x123456789, .connection = 3, .lines = cases[i].lines}, other = mine;
        unsigned char data[20];
        other.connection = 7;
        pattern_fill(&other, 1024, data, sizeof data);
        for (size_t length = 8; length <= sizeof data; length++) {
            struct fault fault = fault_diagnose(&(struct fault_sample){
                .pattern = mine, .connections = 10000, .offset = 4096, .owed = 100, .data = data, .length = length});
            assert_int_equal(fault.kind, length < cases[i].enough ? FAULT_CHANGED : FAULT_FOREIGN);
        }
    }
}

static void test_says_what_no_echo_server_said(void **state)
{
    static const unsigned char banner[] = "SSH-2.0-OpenSSH_9.2p1\r\n";
    const size_t length = sizeof banner - 1;
    const char *text = "connection 3 at offset 0: received \"SSH-2.0-OpenSSH_9.2p1\\r\\n\": no echo server";
    unsigned char data[100];
    (void)state;
    assert_said(0, 0, banner, length, text);
    assert_said(0, 64, banner, length, text);
    assert_said(0, 10, banner, length, text);
    assert_said(0, 64, banner, 8, "connection 3 at offset 0: received \"SSH-2.0-\": no echo server");
    assert_said(0, 0, banner, 1, "connection 3 at offset 0: received \"S\": no echo server");
    assert_said(64, 0, banner, length, "connection 3 at offset 64: extra: 23 of the bytes received");
    memcpy(data, banner, length);
    pattern_fill(&example, 0, data + length, sizeof data - length);
    assert_said(0, 100, data, sizeof data, "connection 3 at offset 0: extra: 23 of the bytes received");
    pattern_fill(&example, 0, data, sizeof data);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] &= 0x7f;
    struct fault fault = fault_diagnose(&(struct fault_sample){
        .pattern = example, .connections = 10, .owed = 100, .data = data, .length = sizeof data});
    assert_int_equal(fault.kind, FAULT_CHANGED);
    assert_int_equal(fault.said_length, 0);
}

/* At random. ------------------------------------------------------------------------------------------------------- */

enum { LINE = 40, CONNECTIONS = 10000, BYTES_MAX = 70000 };

enum { TAKEN = 3 }; /* bytes that fit more than one origin by chance, at most: one in 2^21 scenes has so many */

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
    scene->pattern = (struct pattern){.seed = unit_next(&scene->random),
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
    if (scene->seen > FAULT_SAMPLE)
        scene->seen = FAULT_SAMPLE;
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

/* One bit, or a few, in every so many bytes: set, cleared or inverted. Those that are changed in the same way must not
 * be taken for bytes of another place. */
static void changes_regularly(struct scene *scene)
{
    size_t period = 1 + below(scene, 32), bits = 1 + below(scene, 2);
    unsigned char mask = 0;
    for (size_t i = 0; i < bits; i++)
        mask |= (unsigned char)(1 << below(scene, 8));
    unsigned how = below(scene, 3);
    scene->at = below(scene, period);
    scene->length = 1;
    add_right(scene, 0, scene->sent);
    for (size_t i = scene->at; i < scene->sent; i += period)
        scene->got[i] = (unsigned char)(how == 0   ? scene->got[i] | mask
                                        : how == 1 ? scene->got[i] & ~mask
                                                   : scene->got[i] ^ mask);
    if (!diagnose(scene))
        return;
    check(scene, scene->fault.kind == FAULT_CHANGED);
    check(scene, scene->fault.said_length == 0 || scene->seen < 8);
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
        check(scene, scene->fault.from_offset == scene->base + middle + (scene->wrong - scene->at) || second < 3);
    } else {
        check(scene, scene->fault.kind != FAULT_FOREIGN);
    }
}

/* In the place of our own bytes, or between them. */
/* The last of the other's bytes may be, by chance, what comes before those that follow. */
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
    bool sure = after == 0 ? visible >= 15 : after >= enough(scene) && visible >= 15 + TAKEN;
    if (visible >= enough(scene) + 8 || sure) {
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
    enum { SCENES = 4000 };
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

static void test_random_changes_regularly(void **state)
{
    (void)state;
    do_often(changes_regularly);
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

/* Two of them at a server that mixes them up. */
static void test_says_that_it_is_another_mpechos(void **state)
{
    struct unit_random random = {unit_seed()};
    unsigned char data[64];
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct pattern other = example;
        other.seed = unit_next(&random);
        pattern_fill(&other, unit_below(&random, 100000), data, sizeof data);
        assert_said(4096, 64, data, sizeof data,
                    "connection 3 at offset 4096: another connection's data: bytes of another mpecho");
    }
}

/* What a server may find to keep us busy: it is said in no time that it is wrong. */
static void test_ends_soon_whatever_came(void **state)
{
    enum { LENGTH = 1 << 18 };
    static const char *const words[] = {"\n", "x", "\x80", "\x80\x81\x82\x83\n\n\n\n\n\n\n\n\n\n\n\n"};
    unsigned char *data = malloc(LENGTH);
    (void)state;
    assert_non_null(data);
    for (size_t i = 0; i < unit_count(words) * 2; i++) {
        const char *word = words[i / 2];
        struct fault_sample sample = {.pattern = example, .owed = LENGTH, .data = data, .length = LENGTH};
        sample.pattern.lines = i % 2 == 0;
        for (size_t at = 0; at < LENGTH; at++)
            data[at] = (unsigned char)word[at % strlen(word)];
        assert_int_equal(fault_diagnose(&sample).kind, FAULT_CHANGED);
    }
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_says_changed),
        cmocka_unit_test(test_says_missing),
        cmocka_unit_test(test_says_extra),
        cmocka_unit_test(test_says_repeated),
        cmocka_unit_test(test_says_reordered),
        cmocka_unit_test(test_says_whose),
        cmocka_unit_test(test_says_whose_only_if_sure),
        cmocka_unit_test(test_says_what_no_echo_server_said),
        cmocka_unit_test(test_says_that_it_is_another_mpechos),
        cmocka_unit_test(test_ends_soon_whatever_came),
        cmocka_unit_test(test_random_changes),
        cmocka_unit_test(test_random_changes_regularly),
        cmocka_unit_test(test_random_overwrites),
        cmocka_unit_test(test_random_drops),
        cmocka_unit_test(test_random_inserts),
        cmocka_unit_test(test_random_repeats),
        cmocka_unit_test(test_random_repeats_late),
        cmocka_unit_test(test_random_swaps),
        cmocka_unit_test(test_random_mixes_up),
    };
    return unit_run("fault", tests, NULL, NULL);
}
