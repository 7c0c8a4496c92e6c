/* fault.h: what is wrong with bytes that came back on a connection that carries the pattern, where pattern_match stops
 * short. The kind is a judgement from the bytes at hand: the more there are, the more it can tell, and of one byte only
 * that it is another one. For data that is not the pattern see differ.h. */
#ifndef MPECHO_FAULT_H
#define MPECHO_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/base/quote.h"
#include "client/wire/pattern.h"

enum fault_kind {
    FAULT_CHANGED,   /* other bytes in their place, after which the stream goes on as it should, or nothing is known */
    FAULT_MISSING,   /* later bytes of this connection came in their place, or nothing did */
    FAULT_EXTRA,     /* bytes between those that were owed, or though none were */
    FAULT_REPEATED,  /* the same, and they are earlier ones of this connection */
    FAULT_REORDERED, /* later bytes came first, and the missing ones after them */
    FAULT_FOREIGN,   /* another connection's bytes, of this run of mpecho or of another one */
};

/* Which kind sets what. Connection and offset are always set. */
struct fault {
    enum fault_kind kind;
    uint32_t connection;              /* on which it was seen */
    uint64_t offset;                  /* of the first wrong byte */
    uint64_t count;                   /* missing, extra, repeated: bytes, or at least so many; repeated: 0: unknown */
    unsigned char expected, received; /* changed: the first wrong byte */
    bool other_run;                   /* foreign: another mpecho's, and what follows says nothing */
    uint32_t from_connection;         /* foreign: whose they are */
    uint64_t from_offset;             /* repeated, reordered, foreign: where they begin, foreign: in PATTERN_PERIOD */
    size_t said_length;               /* changed, extra: not 0: of all that came first, nothing was ever sent */
    unsigned char said[QUOTE_BYTES];  /* the first of those bytes */
};

/* One word. */
const char *fault_kind_name(enum fault_kind kind);

/* What a stream of the pattern looked like when it went wrong. In a stream of lines a newline in data is taken for
 * what ends a message, and tells nothing. */
struct fault_sample {
    struct pattern pattern; /* of the connection on which it was seen */
    uint32_t connections;   /* of the run so far: their numbers are below this */
    uint64_t offset;        /* of the first wrong byte; data[0] is what came there */
    uint64_t owed;          /* bytes that were sent and not yet come back, the wrong one included */
    const unsigned char *data;
    size_t length; /* at least 1 */
};

/* So much of a sample is looked at, which takes a few milliseconds at worst. */
enum { FAULT_SAMPLE = 1 << 16 };
struct fault fault_diagnose(const struct fault_sample *given);

/* "connection 3 at offset 4096: missing: 512 of the bytes sent", or, of what is no echo server, what it said. Returns
 * text. */
enum { FAULT_TEXT = 240 };
const char *fault_text(const struct fault *fault, char text[FAULT_TEXT]);

#endif
