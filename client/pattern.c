/* pattern.c: a bijection from (connection, word of the stream) to eight bytes; see pattern.h. A multiplication and a
 * shift a word: it must not become the bottleneck, and nobody is to be kept from guessing it. */
#include "pattern.h"

#include <string.h>

enum { WORD = sizeof(uint64_t) };

/* Odd, and each the other's inverse modulo 2^64: 2^64 divided by the golden ratio, after Knuth. */
static const uint64_t multiplier = 0x9e3779b97f4a7c15;
static const uint64_t inverse = 0xf1de83e19937733d;

static uint64_t word_at(const struct pattern *pattern, uint64_t index)
{
    uint64_t place = (uint64_t)pattern->connection << 32 | (uint32_t)index;
    uint64_t word = (place ^ pattern->run) * multiplier;
    return word ^ word >> 32;
}

void pattern_locate(uint64_t run, const unsigned char data[8], uint32_t *connection, uint64_t *offset)
{
    uint64_t word;
    memcpy(&word, data, WORD);
    uint64_t place = ((word ^ word >> 32) * inverse) ^ run;
    *connection = (uint32_t)(place >> 32);
    *offset = (place & UINT32_MAX) * WORD;
}

void pattern_fill(const struct pattern *pattern, uint64_t offset, unsigned char *out, size_t length)
{
    size_t done = 0;
    while (done < length) {
        uint64_t word = word_at(pattern, (offset + done) / WORD);
        size_t skip = (offset + done) % WORD, left = length - done;
        size_t n = WORD - skip < left ? WORD - skip : left;
        memcpy(out + done, (const unsigned char *)&word + skip, n);
        done += n;
    }
}

/* Of this word, from skip on. */
static size_t match_within(uint64_t word, size_t skip, const unsigned char *data, size_t length)
{
    const unsigned char *expected = (const unsigned char *)&word + skip;
    size_t n = WORD - skip < length ? WORD - skip : length, same = 0;
    while (same < n && data[same] == expected[same])
        same++;
    return same;
}

size_t pattern_match(const struct pattern *pattern, uint64_t offset, const unsigned char *data, size_t length)
{
    size_t done = 0;
    while (done < length) {
        size_t skip = (offset + done) % WORD, left = length - done;
        uint64_t word = word_at(pattern, (offset + done) / WORD), came;
        if (skip == 0 && left >= WORD && (memcpy(&came, data + done, WORD), came == word)) {
            done += WORD;
            continue;
        }
        size_t n = WORD - skip < left ? WORD - skip : left;
        size_t same = match_within(word, skip, data + done, left);
        done += same;
        if (same < n)
            return done;
    }
    return done;
}
