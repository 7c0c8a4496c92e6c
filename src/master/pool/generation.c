/* generation.c: what a generation of workers shares; see generation.h. Called by the pool. */
#include "master/pool/generation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/reason.h"
#include "base/unforked.h"

static void set_endpoints(struct worker_terms *terms, const struct listen_set *listeners)
{
    terms->endpoints = listeners->n;
    for (size_t i = 0; i < listeners->n; i++) {
        const struct listener *listener = &listeners->at[i];
        terms->endpoint[i] = (struct endpoint){
            .fd = listener_serves(listener) ? listener->fd : -1,
            .leaving = listener->leaving,
            .bound = listener->bound,
        };
    }
}

static struct worker_terms *make_terms(const struct conf *conf, const struct listen_set *listeners)
{
    struct worker_terms *terms = malloc(sizeof *terms);
    if (terms == NULL)
        return NULL;
    *terms = (struct worker_terms){
        .uid = conf->user.id,
        .gid = conf->group.id,
        .max_connections = conf->max_connections,
        .idle = conf->idle,
        .connection = conf->connection,
        .drain = conf->drain,
        .log_access = conf->log_access,
    };
    set_endpoints(terms, listeners);
    return terms;
}

static bool take_place(struct generation *generation, struct orders *orders, struct reason *why)
{
    long index = orders_take(orders);
    if (index == ORDERS_NONE)
        return reason_set(why, "cannot make a generation: %s", strerror(errno));
    generation->index = (size_t)index;
    generation->orders = orders;
    return true;
}

static bool open_all(struct generation *generation, const struct generation_parts *parts, struct orders *orders,
                     struct reason *why)
{
    generation->terms = make_terms(parts->conf, parts->listeners);
    if (generation->terms == NULL)
        return reason_set(why, "out of memory");
    return take_place(generation, orders, why) && crew_open(&generation->crew, parts->lockfile, generation->index, why);
}

struct generation *generation_create(const struct generation_parts *parts, struct orders *orders, struct reason *why)
{
    struct generation *generation = unforked_alloc(sizeof *generation);
    if (generation == NULL) {
        reason_set(why, "out of memory");
        return NULL;
    }
    *generation = (struct generation){
        .number = parts->number,
        .progress = clock_now(),
        .conf = parts->conf,
        .listeners = parts->listeners,
        .log = parts->log,
    };
    crew_init(&generation->crew);
    if (open_all(generation, parts, orders, why))
        return generation;
    generation_destroy(generation);
    return NULL;
}

void generation_refresh(struct generation *generation)
{
    set_endpoints(generation->terms, generation->listeners);
}

void generation_destroy(struct generation *generation)
{
    generation_retire(generation);
    if (generation->orders != NULL)
        orders_free(generation->orders, generation->index);
    unforked_free(generation, sizeof *generation);
}

/* What is left of it costs the master neither a descriptor nor a page. */
void generation_retire(struct generation *generation)
{
    if (!generation_is_retired(generation))
        generation->retired = clock_now();
    crew_retire(&generation->crew);
    free(generation->terms);
    generation->terms = NULL;
    generation->conf = NULL;
    generation->listeners = NULL;
    generation->log = NULL;
}

bool generation_is_retired(const struct generation *generation)
{
    return crew_is_retired(&generation->crew);
}

void generation_set_deadline(struct generation *generation, double deadline)
{
    generation->deadline = deadline;
    orders_set_deadline(generation->orders, generation->index, deadline);
}
