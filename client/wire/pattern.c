/* pattern.c: a bijection from (connection, word of the stream) to eight bytes; see pattern.h. It consists of a
 * multiplication, which from one word to the next is an addition, and a shift: it must not become the bottleneck, and
 * it need not be hard to guess. */
#include "client/wire/pattern.h"

#include <assert.h>
#include <string.h>
#include <sys/param.h>

enum { WORD = sizeof(uint64_t) };

/* Odd, and each the other's inverse modulo 2^64: 2^64 divided by the golden ratio, after Knuth. */
static const uint64_t multiplier = 0x9e3779b97f4a7c15;
static const uint64_t inverse = 0xf1de83e19937733d;

/* Of lines: 56 bits, 24 of the connection and 32 of the word's index, as eight times seven. */
enum { LINES_HALF = 28 };
static const uint64_t lines_mask = (UINT64_C(1) << 2 * LINES_HALF) - 1;
static const uint64_t high_bits = 0x8080808080808080;

/* A multiplication carries what differs upwards, the shift down again. Shifted by half or more, xor is its own inverse.
 */
static inline uint64_t mix(uint64_t place)
{
    uint64_t product = place * multiplier;
    return product ^ product >> 32;
}

static uint64_t unmix(uint64_t word)
{
    return (word ^ word >> 32) * inverse;
}

/* 56 bits to the lower seven of each byte: halves apart, then quarters, then eighths. */
static uint64_t spread(uint64_t bits)
{
    bits = (bits & 0xfffffff) | (bits & 0xfffffff0000000) << 4;
    bits = (bits & 0x3fff00003fff) | (bits & 0xfffc0000fffc000) << 2;
    return (bits & 0x7f007f007f007f) | (bits & 0x3f803f803f803f80) << 1;
}

static uint64_t gather(uint64_t word)
{
    uint64_t bits = word & ~high_bits;
    bits = (bits & 0x7f007f007f007f) | (bits >> 1 & 0x3f803f803f803f80);
    bits = (bits & 0x3fff00003fff) | (bits >> 2 & 0xfffc0000fffc000);
    return (bits & 0xfffffff) | (bits >> 4 & 0xfffffff0000000);
}

/* Twice, or words that differ in their upper bits would do so in their uppermost byte only, which may be where messages
 * have their newlines. */
static uint64_t mix_lines(uint64_t place)
{
    uint64_t bits = place * multiplier & lines_mask;
    bits = (bits ^ bits >> LINES_HALF) * multiplier & lines_mask;
    return spread(bits ^ bits >> LINES_HALF) | high_bits;
}

static uint64_t unmix_lines(uint64_t word)
{
    uint64_t bits = gather(word);
    bits = (bits ^ bits >> LINES_HALF) * inverse & lines_mask;
    return (bits ^ bits >> LINES_HALF) * inverse & lines_mask;
}

static inline uint64_t place_of(const struct pattern *pattern, uint64_t index)
{
    return ((uint64_t)pattern->connection << 32 | (uint32_t)index) + pattern->seed;
}

static inline uint64_t word_at(const struct pattern *pattern, uint64_t index)
{
    uint64_t place = place_of(pattern, index);
    return pattern->lines ? mix_lines(place & lines_mask) : mix(place);
}

/* Of lines, the connection's upper bits are not in the word: those of the pattern's own are as good as any. */
void pattern_locate(const struct pattern *pattern, const unsigned char data[8], uint32_t *connection, uint64_t *offset)
{
    uint64_t word, place;
    memcpy(&word, data, WORD);
    if (pattern->lines)
        place =
            ((unmix_lines(word) - pattern->seed) & lines_mask) | ((uint64_t)pattern->connection << 32 & ~lines_mask);
    else
        place = unmix(word) - pattern->seed;
    *connection = (uint32_t)(place >> 32);
    *offset = (place & UINT32_MAX) * WORD;
}

/* Many words. ------------------------------------------------------------------------------------------------------ */

/* Two at a time, as any processor of 64 bits can. The products of consecutive places are `multiplier` apart. */
typedef uint64_t vector __attribute__((vector_size(2 * sizeof(uint64_t))));

enum { LANES = sizeof(vector) / WORD };

static const vector lanes = {0, 1};

/* How many words from this index on can be taken so, of those that fit in length bytes: places are consecutive up to
 * where the index begins anew. */
static size_t in_vectors(const struct pattern *pattern, uint64_t index, size_t length)
{
    uint64_t consecutive = (UINT64_C(1) << 32) - (uint32_t)index;
    return pattern->lines ? 0 : MIN(length / WORD, consecutive) / LANES * LANES;
}

/* count: as in_vectors says. */
static void fill_vectors(const struct pattern *pattern, uint64_t index, unsigned char *out, size_t count)
{
    vector product = (place_of(pattern, index) + lanes) * multiplier;
    for (size_t done = 0; done < count; done += LANES, product += LANES * multiplier) {
        vector words = product ^ product >> 32;
        memcpy(out + done * WORD, &words, sizeof words);
    }
}

/* How many words are right, up to the first vector that is not. */
static size_t match_vectors(const struct pattern *pattern, uint64_t index, const unsigned char *data, size_t count)
{
    vector product = (place_of(pattern, index) + lanes) * multiplier;
    for (size_t done = 0; done < count; done += LANES, product += LANES * multiplier) {
        vector words;
        memcpy(&words, data + done * WORD, sizeof words);
        words ^= product ^ product >> 32;
        if ((words[0] | words[1]) != 0)
            return done;
    }
    return count;
}

/* Any bytes. ------------------------------------------------------------------------------------------------------- */

/* Bytes of one word, from `skip` on, as many as there are and fit. */
static size_t within_word(uint64_t skip, size_t length)
{
    return MIN(WORD - skip, length);
}

static size_t fill_part(const struct pattern *pattern, uint64_t offset, unsigned char *out, size_t length)
{
    uint64_t word = word_at(pattern, offset / WORD);
    size_t n = within_word(offset % WORD, length);
    memcpy(out, (const unsigned char *)&word + offset % WORD, n);
    return n;
}

void pattern_fill(const struct pattern *pattern, uint64_t offset, unsigned char *out, size_t length)
{
    size_t done = offset % WORD == 0 ? 0 : fill_part(pattern, offset, out, length);
    size_t words = in_vectors(pattern, (offset + done) / WORD, length - done);
    fill_vectors(pattern, (offset + done) / WORD, out + done, words);
    for (done += words * WORD; length - done >= WORD; done += WORD) {
        uint64_t word = word_at(pattern, (offset + done) / WORD);
        memcpy(out + done, &word, WORD);
    }
    if (done < length)
        fill_part(pattern, offset + done, out + done, length - done);
}

/* How many bytes are right, of those that lie in the word at offset: sets *n to how many those are. */
static size_t match_part(const struct pattern *pattern, uint64_t offset, const unsigned char *data, size_t length,
                         size_t *n)
{
    unsigned char expected[WORD];
    size_t same = 0;
    *n = fill_part(pattern, offset, expected, length);
    while (same < *n && data[same] == expected[same])
        same++;
    return same;
}

size_t pattern_match(const struct pattern *pattern, uint64_t offset, const unsigned char *data, size_t length)
{
    size_t done = 0, n = 0;
    if (offset % WORD != 0 && (done = match_part(pattern, offset, data, length, &n)) < n)
        return done;
    size_t words = in_vectors(pattern, (offset + done) / WORD, length - done);
    done += WORD * match_vectors(pattern, (offset + done) / WORD, data + done, words);
    for (; length - done >= WORD; done += WORD) {
        uint64_t word;
        memcpy(&word, data + done, WORD);
        if (word != word_at(pattern, (offset + done) / WORD))
            break;
    }
    return done == length ? done : done + match_part(pattern, offset + done, data + done, length - done, &n);
}

/* A seed. ---------------------------------------------------------------------------------------------------------- */

enum { COMPLETE_MAX = 2048, VALUES = 256, LINES_LEAST = 0x80 };

static bool has_values(const unsigned char *data, size_t length, const unsigned char *values, size_t count)
{
    size_t found = 0;
    while (found < count && memchr(data, values[found], length) != NULL)
        found++;
    return found == count;
}

static bool is_complete(const struct pattern *pattern, size_t length)
{
    static const unsigned char often_changed[] = {0xff, '\n', '\r', '\0'};
    unsigned char data[COMPLETE_MAX], values[VALUES];
    size_t count = pattern->lines ? VALUES - LINES_LEAST : VALUES;
    for (size_t i = 0; i < count; i++)
        values[i] = (unsigned char)(VALUES - 1 - i);
    pattern_fill(pattern, 0, data, 64);
    if (!has_values(data, 64, often_changed, pattern->lines ? 1 : sizeof often_changed))
        return false;
    pattern_fill(pattern, 0, data, length);
    return has_values(data, length, values, count);
}

/* One in some thousand will do. The constants are Knuth's, of MMIX. */
uint64_t pattern_complete_seed(uint64_t seed, bool lines, size_t length)
{
    struct pattern pattern = {.seed = seed, .lines = lines};
    assert(length <= COMPLETE_MAX);
    while (!is_complete(&pattern, length))
        pattern.seed = pattern.seed * 6364136223846793005 + 1442695040888963407;
    return pattern.seed;
}
