/* datagram_count.c: what becomes of datagrams, in the tally and in words; see datagram_count.h. */
#include "client/wire/datagram_count.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Not what was due before the measuring began; but what is not known to be. */
static bool counts(const struct datagram_socket *socket, int64_t due)
{
    return due == 0 || socket->shared->since == NULL || due >= *socket->shared->since;
}

static void count_reply(struct datagram_socket *socket, const struct datagram_event *event, int64_t now)
{
    struct tally *tally = socket->shared->tally;
    tally->replied++;
    tally->bytes += event->size;
    tally->reordered += event->reordered;
    tally->jitter = socket->jitter;
    hist_add(&tally->response, now - event->due);
    if (event->variation >= 0)
        hist_add(&tally->variation, event->variation);
    if (socket->shared->open_loop)
        hist_add(&tally->service, now - event->sent);
}

static const char *kind_name(enum datagram_kind kind)
{
    static const char *const names[] = {
        [DATAGRAM_CHANGED] = "changed", [DATAGRAM_TRUNCATED] = "truncated", [DATAGRAM_EXTENDED] = "extended"};
    return names[kind];
}

/* Numbered from 1 on, as the lines of ping. */
static void tell_problem(struct datagram_socket *socket, const struct datagram_event *event)
{
    char what[DATAGRAM_TEXT], text[PROBLEMS_TEXT];
    const struct target *target = socket->shared->target;
    bool wrong = event->kind >= DATAGRAM_CHANGED;
    datagram_text(event, what);
    if (wrong && event->known && socket->shared->sockets > 1)
        snprintf(text, sizeof text, "socket %" PRIu64 ", datagram %" PRIu64 ": %s", socket->index, event->number + 1,
                 what);
    else if (wrong && event->known)
        snprintf(text, sizeof text, "datagram %" PRIu64 ": %s", event->number + 1, what);
    else
        snprintf(text, sizeof text, "%.75s: %s", target->text, what);
    if (event->icmp.version != 0)
        problems_add_icmp(socket->shared->problems, &event->icmp, text, 1);
    else
        problems_add(socket->shared->problems, wrong && event->known ? kind_name(event->kind) : NULL, text, 1);
}

/* What is too long, or too much for our own queues, was not refused by anybody; and no datagram is refused twice. */
static bool is_refusal(const struct datagram_event *event)
{
    return event->kind == DATAGRAM_FAILED && event->refused && event->error != EMSGSIZE && event->error != ENOBUFS &&
           event->error != EAGAIN;
}

static bool is_problem(const struct datagram_event *event)
{
    return event->kind != DATAGRAM_REPLIED && event->kind != DATAGRAM_DUPLICATE;
}

void datagram_count_sent(struct datagram_socket *socket, int64_t due)
{
    socket->shared->tally->sent += counts(socket, due);
}

void datagram_count(struct datagram_socket *socket, const struct datagram_event *event, int64_t now)
{
    struct tally *tally = socket->shared->tally;
    bool wrong = event->kind >= DATAGRAM_CHANGED;
    tally->connected += event->first;
    tally->wrong += wrong;
    if (wrong || (counts(socket, event->due) && is_problem(event)))
        tell_problem(socket, event);
    if (!counts(socket, event->due))
        return;
    tally->duplicates += event->kind == DATAGRAM_DUPLICATE;
    tally->refused += is_refusal(event);
    if (event->kind == DATAGRAM_REPLIED)
        count_reply(socket, event, now);
    else
        tally->lost += event->ended;
}
