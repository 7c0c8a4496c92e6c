/* units.h: quantities as text for people: three significant digits and the unit that suits them. Quantities are finite
 * and not negative. */
#ifndef MPECHO_UNITS_H
#define MPECHO_UNITS_H

#include <stdint.h>

/* Room for any of the texts below. All of them are ASCII and return text. */
enum { UNITS_TEXT = 32 };

/* "0 ns", "52.1 us", "1.23 ms", "120 s", "4398 s". */
const char *units_duration(double ns, char text[UNITS_TEXT]);

/* The same without zeros at the end, for the marks of a scale: "50 us", "1.2 ms". */
const char *units_mark(double ns, char text[UNITS_TEXT]);

/* "873 /s", "51.2 k/s". */
const char *units_rate(double per_second, char text[UNITS_TEXT]);

/* Of bytes, in powers of 1000 as networks count: "1.20 GB/s". */
const char *units_throughput(double per_second, char text[UNITS_TEXT]);

/* "1,234,567". */
const char *units_count(uint64_t count, char text[UNITS_TEXT]);

#endif
