/* output.h: standard output for reports, which are longer than a pipe holds. */
#ifndef MPECHO_OUTPUT_H
#define MPECHO_OUTPUT_H

#include <stdio.h>

/* A stream to standard output that takes all that is written to it also if the descriptor does not block: it waits
 * then. Close it with fclose; the descriptor stays open. NULL: no memory. */
FILE *output_open(void);

#endif
