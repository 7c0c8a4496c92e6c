/* describe.h: in words, what the options ask for: the load of a bench, for text and pictures alike. */
#ifndef MPECHO_DESCRIBE_H
#define MPECHO_DESCRIBE_H

#include "client/base/options.h"

/* Room for any of them: 16 sizes of up to 20 digits are the longest part. */
enum { DESCRIBE_TEXT = 512 };

/* Of a bench "16 connections, 64,512 bytes, 4 at a time, closed loop", of ping "64 bytes, one at a time". ASCII.
 * Returns text. */
const char *describe_load(const struct options *options, char text[DESCRIBE_TEXT]);

#endif
