/* bucket.h: a token bucket: so many of something at once, and so many a second in the long run. Pure. */
#ifndef MPECHOD_BUCKET_H
#define MPECHOD_BUCKET_H

/* How much it allows: burst >= 1 tokens at most are in it, and rate > 0 of them come back a second. It may change from
 * one call to the next. */
struct bucket_size {
    double burst, rate;
};

/* All 0 to begin: full. */
struct bucket {
    double taken; /* tokens that are missing, at that time */
    double when;
};

/* Take wanted tokens, or as many as there are. Returns how many. now: seconds, of a clock that does not go back. */
unsigned bucket_take(struct bucket *bucket, const struct bucket_size *size, unsigned wanted, double now);

/* Seconds until there is a token, 0.001 at least; 0: there is one. */
double bucket_wait(const struct bucket *bucket, const struct bucket_size *size, double now);

#endif
