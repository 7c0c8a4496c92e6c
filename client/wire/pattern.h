/* pattern.h: the bytes that mpecho sends when it makes them up itself, and the check of what comes back.
 * A byte depends on its seed, its connection and its offset, and eight of them tell where they belong, so that what
 * comes back wrong can be told apart; naming that is for fault.h. */
#ifndef MPECHO_PATTERN_H
#define MPECHO_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One connection's stream. */
struct pattern {
    uint64_t seed; /* random, another one for each run of mpecho, so that its bytes are known from those of others */
    uint32_t connection; /* of this run; for UDP the datagram */
    bool lines;          /* no byte is a newline, all are above 0x7f; connections 2^24 apart are the same */
};

/* The stream repeats itself after so many bytes: 32 GiB. */
#define PATTERN_PERIOD (UINT64_C(1) << 35)

/* A seed, made from this random one, for which the first bytes of connection 0, so many as length says (at least 1000),
 * hold every value that a byte of the pattern can have, and the first 64 of them newline, carriage return, NUL and 0xff
 * if it can have those. */
uint64_t pattern_complete_seed(uint64_t seed, bool lines, size_t length);

/* Write the bytes from this offset of the stream on. */
void pattern_fill(const struct pattern *pattern, uint64_t offset, unsigned char *out, size_t length);

/* How many bytes of data are those from this offset on: length if all are. Never more than that are read. */
size_t pattern_match(const struct pattern *pattern, uint64_t offset, const unsigned char *data, size_t length);

/* Where eight bytes belong if they begin at a multiple of eight in a stream of this run, whichever connection's: any
 * eight bytes have an answer. *offset is below PATTERN_PERIOD. */
void pattern_locate(const struct pattern *pattern, const unsigned char data[8], uint32_t *connection, uint64_t *offset);

#endif
