/* fault.c: where do these bytes come from; see fault.h. Any aligned eight bytes of the pattern tell where they belong,
 * so the answer is found by asking and not by searching; what is too short to hold eight is slid along the stream
 * nearby. A sample is read as stretches, each a part of one stream, with bytes of no known origin between them. */
#include "client/wire/fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "client/base/quote.h"

/* So many bytes in a row are another connection's beyond doubt; so few are the own one's, if they belong nearby. */
enum { WORD = 8, PROOF = 16, PROOF_NEARBY = 4, NEARBY = 4096 };

/* A server that mixes connections up is accused wrongly once in so many faults at most. */
#define CHANCE 0x1p-24

/* data[start, start + length) of the sample is what the connection has from offset on. length 0: there is none. */
struct stretch {
    size_t start, length;
    uint32_t connection;
    uint64_t offset;
};

/* Comparing. ------------------------------------------------------------------------------------------------------- */

/* How many bytes of data[from, to) are what the connection has from offset on. */
static size_t matching(const struct fault_sample *sample, uint32_t connection, uint64_t offset, size_t from, size_t to)
{
    struct pattern pattern = sample->pattern;
    const unsigned char *data = sample->data;
    size_t at = from;
    pattern.connection = connection;
    do
        at += pattern_match(&pattern, offset + (at - from), data + at, to - at);
    while (at < to && pattern.lines && data[at] == '\n' && ++at < to);
    return at - from;
}

/* The same of the own connection, all of them. */
static bool is_own(const struct fault_sample *sample, uint64_t offset, size_t from, size_t to)
{
    return matching(sample, sample->pattern.connection, offset, from, to) == to - from;
}

/* Are the first of data[from, to) enough to go by, newlines aside? */
static bool is_telling(const struct fault_sample *sample, size_t from, size_t to)
{
    size_t telling = 0;
    for (size_t at = from; at < MIN(from + PROOF, to); at++)
        telling += !sample->pattern.lines || sample->data[at] != '\n';
    return telling >= PROOF_NEARBY;
}

/* Are the bytes at `at` what should have come there, but for a quarter of the bits of each word at most? Words of
 * different origin differ in half of them. Of less than a word nobody can say that they are not. */
static bool is_alike(const struct fault_sample *sample, size_t at)
{
    unsigned char due[PROOF];
    pattern_fill(&sample->pattern, sample->offset + at, due, sizeof due);
    for (size_t i = 0; i < PROOF && at + i + WORD <= sample->length; i += WORD) {
        uint64_t came, wanted;
        memcpy(&came, sample->data + at + i, WORD);
        memcpy(&wanted, due + i, WORD);
        if (__builtin_popcountll(came ^ wanted) > WORD * 8 / 4)
            return false;
    }
    return true;
}

/* Runs. ------------------------------------------------------------------------------------------------------------ */

static size_t end_of(const struct stretch *stretch)
{
    return stretch->start + stretch->length;
}

/* The stretch's offset is known but for multiples of the period: the one nearest to the fault is meant. Nothing that
 * was not sent can have come, which makes eight bytes proof enough. */
static bool place_own(const struct fault_sample *sample, struct stretch *stretch)
{
    const uint64_t half = PATTERN_PERIOD / 2;
    uint64_t above = (stretch->offset - sample->offset + half) % PATTERN_PERIOD;
    if (above < half && half - above > sample->offset)
        return false;
    stretch->offset = sample->offset + above - half;
    return stretch->offset < sample->offset + sample->owed;
}

/* Whose are the eight bytes at `at`? A newline would be taken for whatever byte should have been there. */
static bool locate(const struct fault_sample *sample, size_t at, struct stretch *stretch)
{
    if (sample->pattern.lines && memchr(sample->data + at, '\n', WORD) != NULL)
        return false;
    pattern_locate(&sample->pattern, sample->data + at, &stretch->connection, &stretch->offset);
    return true;
}

/* Does a stretch go on from stretch->start? Two words in a row of which the same bits were changed in the same way are
 * two words in a row of another connection, too, by the arithmetic of the pattern. */
static bool begin_stretch(const struct fault_sample *sample, struct stretch *stretch)
{
    if (!locate(sample, stretch->start, stretch))
        return false;
    bool own = stretch->connection == sample->pattern.connection;
    if (own && !place_own(sample, stretch))
        return false;
    stretch->length = matching(sample, stretch->connection, stretch->offset, stretch->start, sample->length);
    return own ? stretch->length >= WORD : stretch->length >= PROOF && !is_alike(sample, stretch->start);
}

/* The first stretch in data[from, ...), with the bytes before its first word. */
static struct stretch find_stretch(const struct fault_sample *sample, size_t from)
{
    struct stretch stretch = {.start = from};
    while (stretch.start + WORD <= sample->length && !begin_stretch(sample, &stretch))
        stretch.start++;
    if (stretch.start + WORD > sample->length)
        return (struct stretch){.start = sample->length, .connection = sample->pattern.connection};
    while (stretch.start > from && stretch.offset > 0 &&
           matching(sample, stretch.connection, stretch.offset - 1, stretch.start - 1, stretch.start) == 1) {
        stretch.start--;
        stretch.offset--;
        stretch.length++;
    }
    return stretch;
}

/* Do data[0, length) belong nearby, or are they the end of what is owed? For what find_stretch cannot find. */
static bool slide(const struct fault_sample *sample, size_t length, uint64_t *offset)
{
    uint64_t owed = sample->owed;
    if (!is_telling(sample, 0, length))
        return false;
    *offset = sample->offset + owed - length;
    if (length == sample->length && length < owed && is_own(sample, *offset, 0, length))
        return true;
    length = MIN(length, PROOF);
    for (uint64_t distance = 1; distance <= NEARBY; distance++) {
        *offset = sample->offset + distance;
        if (distance + length <= owed && is_own(sample, *offset, 0, length))
            return true;
        *offset = sample->offset - distance;
        if (distance <= sample->offset && is_own(sample, *offset, 0, length))
            return true;
    }
    return false;
}

/* How likely is it that so many bytes of no origin seem to be another connection's? Any word has a place, with one of
 * 2^32 connections (of lines 2^24), and WORD words are tried; each further byte has one value of 256 (of lines 128). */
static double chance_of_foreign(const struct fault_sample *sample, size_t length)
{
    double chance = WORD * (double)sample->connections / (sample->pattern.lines ? 0x1p24 : 0x1p32);
    for (size_t at = WORD; at < length; at++)
        if (!sample->pattern.lines)
            chance /= 256;
        else if (sample->data[at] != '\n')
            chance /= 128;
    return chance;
}

/* Are data[0, length) another connection's, though too few for a proof? There must be such a connection, and so few
 * that this tells something. */
static bool is_foreign(const struct fault_sample *sample, size_t length, struct stretch *stretch)
{
    if (chance_of_foreign(sample, length) > CHANCE)
        return false;
    for (size_t skip = 0; skip < WORD && skip + WORD <= length; skip++) {
        if (!locate(sample, skip, stretch) || stretch->connection >= sample->connections ||
            stretch->connection == sample->pattern.connection || stretch->offset < skip)
            continue;
        stretch->offset -= skip;
        if (matching(sample, stretch->connection, stretch->offset, 0, length) == length)
            return true;
    }
    return false;
}

/* The stretch that the sample begins with; or, with bytes of no known origin before it, the first one. */
static struct stretch first_stretch(const struct fault_sample *sample)
{
    struct stretch found = find_stretch(sample, 0), first = {.connection = sample->pattern.connection};
    if (found.start == 0 || (!slide(sample, found.start, &first.offset) && !is_foreign(sample, found.start, &first)))
        return found;
    first.length = matching(sample, first.connection, first.offset, 0, found.start);
    return first;
}

/* Kinds. ----------------------------------------------------------------------------------------------------------- */

/* What should have come where the stretch came. */
static uint64_t due_at(const struct fault_sample *sample, const struct stretch *stretch)
{
    return sample->offset + stretch->start;
}

static bool is_own_stretch(const struct fault_sample *sample, const struct stretch *stretch)
{
    return stretch->length > 0 && stretch->connection == sample->pattern.connection;
}

/* The stretch is of later bytes: do those that it overtook follow it? As a stretch of their own; or, too few for that,
 * up to where all is in its place again or the sample ends. */
static bool is_overtaking(const struct fault_sample *sample, const struct stretch *stretch)
{
    uint64_t overtaken = stretch->offset - due_at(sample, stretch);
    struct stretch next = find_stretch(sample, end_of(stretch));
    if (is_own_stretch(sample, &next) && next.offset <= due_at(sample, &next) &&
        next.offset + next.length > sample->offset)
        return true;
    size_t left = sample->length - end_of(stretch);
    return left > 0 && is_own(sample, sample->offset, end_of(stretch),
                              left < overtaken ? sample->length : end_of(stretch) + (size_t)overtaken);
}

/* The stretch is of what was owed first, and came too late: did later bytes, too few to tell, come before it? Then all
 * is in its place again behind it. Sets *offset to where they belong. */
static bool is_overtaken(const struct fault_sample *sample, const struct stretch *stretch, uint64_t *offset)
{
    size_t end = end_of(stretch),
           before = stretch->start > 0 ? stretch->start : (size_t)(due_at(sample, stretch) - stretch->offset);
    uint64_t due = sample->offset + end;
    if (end == sample->length || !is_own(sample, due, end, MIN(end + WORD, sample->length)))
        return false;
    for (*offset = due - before; *offset > sample->offset; --*offset)
        if (is_own(sample, *offset, 0, before))
            return true;
    return false;
}

static void explain_later(const struct fault_sample *sample, const struct stretch *stretch, struct fault *fault)
{
    fault->kind = is_overtaking(sample, stretch) ? FAULT_REORDERED : FAULT_MISSING;
    fault->count = stretch->offset - due_at(sample, stretch);
    fault->from_offset = stretch->offset;
}

/* Does the stretch go on into what was owed first, and not by chance? */
static bool reaches_owed(const struct fault_sample *sample, const struct stretch *stretch)
{
    size_t by = end_of(stretch) == sample->length ? 0 : WORD - 1;
    return sample->owed > 0 && stretch->offset + stretch->length >= sample->offset + by;
}

/* What was owed comes after something else. */
static void explain_late(const struct fault_sample *sample, const struct stretch *stretch, struct fault *fault)
{
    if (is_overtaken(sample, stretch, &fault->from_offset)) {
        fault->kind = FAULT_REORDERED;
        return;
    }
    fault->kind = stretch->start == 0 ? FAULT_REPEATED : FAULT_EXTRA;
    fault->count = due_at(sample, stretch) - stretch->offset;
    fault->from_offset = stretch->offset;
}

/* Older bytes: what comes after them tells how many, or that they took the place of others. */
static void explain_old(const struct fault_sample *sample, const struct stretch *stretch, struct fault *fault)
{
    size_t end = end_of(stretch);
    struct stretch next = find_stretch(sample, end);
    fault->kind = FAULT_REPEATED;
    fault->from_offset = stretch->offset;
    if (is_own_stretch(sample, &next) && next.offset >= due_at(sample, &next))
        fault->kind = FAULT_CHANGED;
    else if (is_own_stretch(sample, &next))
        fault->count = due_at(sample, &next) - next.offset;
    else if (sample->owed == 0)
        fault->count = sample->length;
    else if (end < sample->length && is_own(sample, sample->offset, end, sample->length))
        fault->count = end;
}

/* Another run of mpecho has another random number added to its places, so that its bytes seem to be those of a
 * connection of ours, but of one with a number that nobody has. */
static bool is_of_other_run(const struct fault_sample *sample, const struct stretch *stretch)
{
    return stretch->connection >= sample->connections;
}

static void explain(const struct fault_sample *sample, const struct stretch *stretch, struct fault *fault)
{
    uint64_t due = due_at(sample, stretch);
    if (!is_own_stretch(sample, stretch)) {
        fault->kind = FAULT_FOREIGN;
        fault->other_run = is_of_other_run(sample, stretch);
        fault->from_connection = stretch->connection;
        fault->from_offset = stretch->offset;
    } else if (stretch->offset > due) {
        explain_later(sample, stretch, fault);
    } else if (stretch->offset == due) {
        fault->kind = FAULT_CHANGED;
    } else if (reaches_owed(sample, stretch)) {
        explain_late(sample, stretch, fault);
    } else {
        explain_old(sample, stretch, fault);
    }
}

/* Has nothing that came on this connection anything to do with what was sent, if anything was? */
static bool is_strange(const struct fault_sample *sample, bool resumes)
{
    if (sample->offset > 0)
        return false;
    return sample->owed == 0 || (!resumes && !is_alike(sample, 0));
}

/* Too little to find a stretch in. What came beyond what was owed is extra in any case. */
static void explain_unknown(const struct fault_sample *sample, struct fault *fault)
{
    size_t at = 1;
    bool longer = sample->owed < sample->length;
    if (longer)
        at = sample->length - (size_t)sample->owed;
    else
        while (is_telling(sample, at, sample->length) && !is_own(sample, sample->offset, at, sample->length))
            at++;
    bool resumes = !longer && is_telling(sample, at, sample->length);
    fault->kind = longer || resumes ? FAULT_EXTRA : FAULT_CHANGED;
    fault->count = longer || resumes ? at : 0;
    if (is_strange(sample, resumes)) {
        fault->said_length = sample->length;
        memcpy(fault->said, sample->data, MIN(sample->length, sizeof fault->said));
    }
}

struct fault fault_diagnose(const struct fault_sample *given)
{
    struct fault_sample sample = *given;
    struct fault fault = {.connection = sample.pattern.connection, .offset = sample.offset, .received = sample.data[0]};
    sample.length = MIN(given->length, FAULT_SAMPLE);
    pattern_fill(&sample.pattern, sample.offset, &fault.expected, 1);
    struct stretch stretch = first_stretch(&sample);
    if (stretch.length > 0)
        explain(&sample, &stretch, &fault);
    else
        explain_unknown(&sample, &fault);
    return fault;
}

static void write_repeated(const struct fault *fault, char *text, size_t size)
{
    const char *which = fault->count == 1 ? "byte, that" : "bytes, those";
    if (fault->count == 0)
        snprintf(text, size, "extra: those of offset %" PRIu64 " again", fault->from_offset);
    else
        snprintf(text, size, "extra: %" PRIu64 " %s of offset %" PRIu64 " again", fault->count, which,
                 fault->from_offset);
}

static void write_foreign(const struct fault *fault, char *text, size_t size)
{
    if (fault->other_run)
        snprintf(text, size, "another connection's data: bytes of another mpecho");
    else
        snprintf(text, size, "another connection's data: bytes of connection %" PRIu32 " at offset %" PRIu64,
                 fault->from_connection, fault->from_offset);
}

static void write_said(const struct fault *fault, char *text, size_t size)
{
    char said[QUOTE_TEXT];
    snprintf(text, size, "received %s: no echo server", quote_bytes(fault->said, fault->said_length, said));
}

/* As in pipe mode, where it says the same. */
static void write_kind(const struct fault *fault, char *text, size_t size)
{
    switch (fault->kind) {
    case FAULT_CHANGED:
        snprintf(text, size, "changed: sent 0x%02x, received 0x%02x", (unsigned)fault->expected,
                 (unsigned)fault->received);
        break;
    case FAULT_MISSING:
        snprintf(text, size, "missing: %" PRIu64 " of the bytes sent", fault->count);
        break;
    case FAULT_EXTRA:
        snprintf(text, size, "extra: %" PRIu64 " of the bytes received", fault->count);
        break;
    case FAULT_REPEATED:
        write_repeated(fault, text, size);
        break;
    case FAULT_REORDERED:
        snprintf(text, size, "reordered: the bytes of offset %" PRIu64 " came first", fault->from_offset);
        break;
    case FAULT_FOREIGN:
        write_foreign(fault, text, size);
        break;
    }
}

const char *fault_kind_name(enum fault_kind kind)
{
    static const char *const names[] = {"changed", "missing", "extra", "repeated", "reordered", "foreign"};
    return names[kind];
}

const char *fault_text(const struct fault *fault, char text[FAULT_TEXT])
{
    int n =
        snprintf(text, FAULT_TEXT, "connection %" PRIu32 " at offset %" PRIu64 ": ", fault->connection, fault->offset);
    if (fault->said_length > 0)
        write_said(fault, text + n, FAULT_TEXT - (size_t)n);
    else
        write_kind(fault, text + n, FAULT_TEXT - (size_t)n);
    return text;
}
