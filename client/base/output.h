/* output.h: standard output for reports, which are longer than a pipe holds. */
#ifndef MPECHO_OUTPUT_H
#define MPECHO_OUTPUT_H

#include <stdio.h>

/* A stream to standard output that takes all that is written to it. If the descriptor does not block, the stream waits
 * for room. Close it with fclose; the descriptor stays open. NULL: no memory. */
FILE *output_open(void);

#endif
