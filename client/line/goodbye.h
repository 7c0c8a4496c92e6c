/* goodbye.h: finds the line `q` or `Q` in what a person types. */
#ifndef MPECHO_GOODBYE_H
#define MPECHO_GOODBYE_H

#include <stdbool.h>
#include <stddef.h>

/* All 0 to begin. */
struct goodbye {
    bool mid_line;
    unsigned char held; /* a q at the start of a line, until the next byte tells what it is; 0: none */
};

/* Copy what is to be sent from typed to out, which has room for length + 1 bytes. Returns how many bytes those are, and
 * sets *said when the goodbye was found: neither it nor what follows it is copied. */
size_t goodbye_filter(struct goodbye *goodbye, const unsigned char *typed, size_t length, unsigned char *out,
                      bool *said);

#endif
