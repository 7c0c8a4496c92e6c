/* orders.h: what the master tells its workers: when the connections of their generation must have ended. The workers
 * have it on pages that they can only read, so that none of them can change it for the others. */
#ifndef MPECHOD_ORDERS_H
#define MPECHOD_ORDERS_H

#include <stdatomic.h>
#include <stddef.h>

#include "base/reason.h"

struct orders;

/* NULL with a reason on failure. */
struct orders *orders_create(struct reason *why);
void orders_destroy(struct orders *orders);

/* A place for one more generation, the lowest that is free; ORDERS_NONE with errno if there is none. */
enum { ORDERS_NONE = -1 };
long orders_take(struct orders *orders);
void orders_free(struct orders *orders, size_t index);

/* clock_now() seconds; 0: there is no limit. */
void orders_set_deadline(struct orders *orders, size_t index, double deadline);

/* Where a worker reads it. */
const _Atomic double *orders_deadline(const struct orders *orders, size_t index);

#endif
