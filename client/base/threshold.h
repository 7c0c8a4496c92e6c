/* threshold.h: a range of values and what to make of one outside it, as the Monitoring Plugins Development Guidelines
 * write it. Pure. */
#ifndef MPECHO_THRESHOLD_H
#define MPECHO_THRESHOLD_H

#include <stdbool.h>

/* "10": from 0 to 10 is well; "10:": 10 or more; "~:10": 10 or less; "10:20"; "@10:20": all but what is from 10 to 20.
 */
struct threshold {
    const char *text; /* as it was given; NULL: none was, and all is well */
    bool inside;      /* what lies between the two is not well, or else what does not */
    double low, high; /* both are part of the range; perhaps infinite */
};

/* text must outlive it. False: this is no range, or its beginning is above its end. */
bool threshold_parse(struct threshold *threshold, const char *text);

bool threshold_is_well(const struct threshold *threshold, double value);

/* Of a value that is not well: "above 10 ms", "below 10 ms", "from 10 to 20 ms". Returns text. */
enum { THRESHOLD_TEXT = 80 };
const char *threshold_outcome(const struct threshold *threshold, double value, const char *unit,
                              char text[THRESHOLD_TEXT]);

#endif
