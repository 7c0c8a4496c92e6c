/* goodbye.c: a line filter. A read may end anywhere in a line: a terminal may be in raw mode, and ^D hands over part of
 * a line. A q still held when the input ends stays unsent: it was a goodbye. */
#include "client/line/goodbye.h"

size_t goodbye_filter(struct goodbye *goodbye, const unsigned char *typed, size_t length, unsigned char *out,
                      bool *said)
{
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = typed[i];
        *said = goodbye->held != 0 && byte == '\n';
        if (*said)
            return kept;
        if (goodbye->held != 0) {
            out[kept++] = goodbye->held;
            goodbye->held = 0;
        } else if (!goodbye->mid_line && (byte == 'q' || byte == 'Q')) {
            goodbye->held = byte;
            continue;
        }
        out[kept++] = byte;
        goodbye->mid_line = byte != '\n';
    }
    return kept;
}
