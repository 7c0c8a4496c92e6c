/* fault.c: where do these bytes come from; see fault.h. Any eight bytes of the pattern tell where they belong, so the
 * answer is found by asking and not by searching; it is believed when the bytes around them belong there too. */
#include "fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* So many bytes in a row are not right by chance. A sample that has fewer is slid along the stream nearby. */
enum { WORD = 8, PROOF = 16, PROOF_MIN = 4, NEARBY = 4096 };

struct origin {
    uint32_t connection;
    uint64_t offset;
};

static struct pattern pattern_of(const struct fault_sample *sample, uint32_t connection)
{
    struct pattern pattern = sample->pattern;
    pattern.connection = connection;
    return pattern;
}

/* Is the sample from its first byte on what belongs there, as far as it proves anything? */
static bool comes_from(const struct fault_sample *sample, struct origin origin)
{
    struct pattern pattern = pattern_of(sample, origin.connection);
    size_t proof = sample->length < PROOF ? sample->length : PROOF;
    return pattern_match(&pattern, origin.offset, sample->data, proof) == proof;
}

/* Of the own connection nothing can come that was not sent. */
static bool is_plausible(const struct fault_sample *sample, struct origin origin)
{
    if (origin.connection == sample->pattern.connection)
        return origin.offset < sample->offset + sample->owed;
    return origin.connection < sample->connections;
}

static bool ask(const struct fault_sample *sample, struct origin *origin)
{
    for (size_t skip = 0; skip < WORD && skip + WORD <= sample->length; skip++) {
        pattern_locate(&sample->pattern, sample->data + skip, &origin->connection, &origin->offset);
        if (origin->offset < skip)
            continue;
        origin->offset -= skip;
        if (is_plausible(sample, *origin) && comes_from(sample, *origin))
            return true;
    }
    return false;
}

/* For a sample too short to hold a whole word. */
static bool slide(const struct fault_sample *sample, struct origin *origin)
{
    origin->connection = sample->pattern.connection;
    for (uint64_t distance = 1; distance <= NEARBY && sample->length >= PROOF_MIN; distance++) {
        origin->offset = sample->offset + distance;
        if (distance < sample->owed && comes_from(sample, *origin))
            return true;
        origin->offset = sample->offset - distance;
        if (distance <= sample->offset && comes_from(sample, *origin))
            return true;
    }
    return false;
}

/* Where in the sample the stream goes on as it should have: 0 if it does not. */
static size_t resumes_at(const struct fault_sample *sample)
{
    unsigned char expected[PROOF];
    size_t proof = sample->owed < PROOF ? (size_t)sample->owed : PROOF;
    if (proof < PROOF_MIN || sample->length <= proof)
        return 0;
    pattern_fill(&sample->pattern, sample->offset, expected, proof);
    const unsigned char *found = memmem(sample->data + 1, sample->length - 1, expected, proof);
    return found == NULL ? 0 : (size_t)(found - sample->data);
}

static void explain(struct fault *fault, const struct fault_sample *sample, struct origin origin)
{
    size_t resumption = resumes_at(sample);
    fault->from_connection = origin.connection;
    fault->from_offset = origin.offset;
    if (origin.connection != sample->pattern.connection) {
        fault->kind = FAULT_FOREIGN;
    } else if (origin.offset < sample->offset) {
        fault->kind = FAULT_REPEATED;
        fault->count = resumption;
    } else {
        fault->kind = resumption > 0 ? FAULT_REORDERED : FAULT_MISSING;
        fault->count = origin.offset - sample->offset;
    }
}

static void explain_unknown(struct fault *fault, const struct fault_sample *sample)
{
    fault->count = resumes_at(sample);
    fault->kind = fault->count > 0 ? FAULT_EXTRA : FAULT_CHANGED;
}

/* In a stream of lines a newline is no part of the pattern: look no further than the first. */
static size_t useful_length(const struct fault_sample *sample)
{
    const unsigned char *newline = sample->pattern.lines ? memchr(sample->data, '\n', sample->length) : NULL;
    return newline == NULL || newline == sample->data ? sample->length : (size_t)(newline - sample->data);
}

struct fault fault_diagnose(const struct fault_sample *given)
{
    struct fault_sample sample = *given;
    struct fault fault = {.connection = sample.pattern.connection, .offset = sample.offset, .received = sample.data[0]};
    struct origin origin;
    pattern_fill(&sample.pattern, sample.offset, &fault.expected, 1);
    if (sample.owed == 0) {
        fault.kind = FAULT_EXTRA;
        fault.count = sample.length;
        return fault;
    }
    sample.length = useful_length(given);
    if (ask(&sample, &origin) || slide(&sample, &origin))
        explain(&fault, &sample, origin);
    else
        explain_unknown(&fault, &sample);
    return fault;
}

struct fault fault_missing(const struct pattern *pattern, uint64_t offset, uint64_t owed)
{
    return (struct fault){.kind = FAULT_MISSING, .connection = pattern->connection, .offset = offset, .count = owed};
}

/* "64 bytes", or "bytes" when nobody knows how many. */
static void write_count(char *text, size_t size, uint64_t count)
{
    if (count == 0)
        snprintf(text, size, "bytes");
    else
        snprintf(text, size, "%" PRIu64 " byte%s", count, count == 1 ? "" : "s");
}

static void write_kind(const struct fault *fault, char *text, size_t size)
{
    char count[40];
    write_count(count, sizeof count, fault->count);
    switch (fault->kind) {
    case FAULT_CHANGED:
        snprintf(text, size, "changed: sent 0x%02x, received 0x%02x", fault->expected, fault->received);
        break;
    case FAULT_MISSING:
        snprintf(text, size, "missing: %" PRIu64 " of the bytes sent", fault->count);
        break;
    case FAULT_EXTRA:
        snprintf(text, size, "extra: %s that were not sent", count);
        break;
    case FAULT_REPEATED:
        snprintf(text, size, "extra: %s from offset %" PRIu64 " again", count, fault->from_offset);
        break;
    case FAULT_REORDERED:
        snprintf(text, size, "reordered: the bytes from offset %" PRIu64 " came first", fault->from_offset);
        break;
    case FAULT_FOREIGN:
        snprintf(text, size, "another connection's data: connection %" PRIu32 " from offset %" PRIu64,
                 fault->from_connection, fault->from_offset);
        break;
    }
}

const char *fault_text(const struct fault *fault, char text[FAULT_TEXT])
{
    int n =
        snprintf(text, FAULT_TEXT, "connection %" PRIu32 " at offset %" PRIu64 ": ", fault->connection, fault->offset);
    write_kind(fault, text + n, FAULT_TEXT - (size_t)n);
    return text;
}
