/* bucket.c: a token bucket; see bucket.h. Pure. */
#include "decide/bucket.h"

#define SLACK 1e-6    /* of a token: whoever comes when bucket_wait says is not turned away by a rounding error */
#define SHORTEST 1e-3 /* seconds: a wait that a clock can tell from none */

/* The bucket may have become smaller: no more tokens are missing than it can hold now. */
static double missing(const struct bucket *bucket, const struct bucket_size *size, double now)
{
    double then = bucket->taken < size->burst ? bucket->taken : size->burst;
    double left = then - (now > bucket->when ? (now - bucket->when) * size->rate : 0);
    return left > 0 ? left : 0;
}

unsigned bucket_take(struct bucket *bucket, const struct bucket_size *size, unsigned wanted, double now)
{
    double left = missing(bucket, size, now), there = size->burst - left + SLACK;
    unsigned got = (double)wanted < there ? wanted : (unsigned)there;
    bucket->taken = left + got;
    bucket->when = now > bucket->when ? now : bucket->when;
    return got;
}

double bucket_wait(const struct bucket *bucket, const struct bucket_size *size, double now)
{
    double lacking = missing(bucket, size, now) + 1 - size->burst;
    if (lacking <= SLACK)
        return 0;
    return lacking / size->rate > SHORTEST ? lacking / size->rate : SHORTEST;
}
