/* ping_mtu.c: a binary search that believes the kernel and routers when they say what would fit, and is content with
 * silence where nobody does (RFC 4821 calls such a path a black hole); see ping_mtu.h. */
#include "client/probe/ping_mtu.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/base/clock.h"

enum { TRIES = 3 };

enum outcome { PENDING, ANSWERED, TOO_LONG, SILENT, REFUSED };

/* answered < high: sizes up to the one come back, from the other on they do not. */
struct search {
    struct run *run;
    struct datagram_socket *socket;
    uint64_t low, most, answered, high;
    uint64_t guess; /* the next size to try; 0: none better than the middle */
    uint64_t size;  /* that is being tried */
    enum outcome outcome;
    unsigned mtu; /* that it is too long for, as was said; 0: nobody said */
    uint64_t sequence;
    struct tally tally; /* losing some is no loss here */
    struct problems problems;
};

/* A line a try. ---------------------------------------------------------------------------------------------------- */

static enum outcome outcome_of(const struct datagram_event *event)
{
    switch (event->kind) {
    case DATAGRAM_REPLIED:
    case DATAGRAM_LATE:
        return ANSWERED;
    case DATAGRAM_LOST:
        return SILENT;
    case DATAGRAM_FAILED:
        return event->error == EMSGSIZE ? TOO_LONG : event->error == ECONNREFUSED ? REFUSED : SILENT;
    case DATAGRAM_CHANGED:
    case DATAGRAM_TRUNCATED:
    case DATAGRAM_EXTENDED:
        return TOO_LONG; /* as it were: at this size it would not come back right the next time either */
    default:
        return PENDING;
    }
}

static void tell(struct search *search, const struct datagram_event *event, int64_t now)
{
    char text[DATAGRAM_TEXT], note[DATAGRAM_TEXT + 32];
    struct probe probe = {.sequence = ++search->sequence, .at = now - search->run->begun};
    if (search->outcome == ANSWERED) {
        probe.bytes = search->size;
        probe.rtt = now - event->sent;
    } else {
        snprintf(note, sizeof note, "%" PRIu64 " bytes: %s", search->size, datagram_text(event, text));
        probe.note = note;
        probe.icmp = event->icmp;
    }
    run_tell(search->run, &probe);
}

/* It was lost; now it is not. */
static void count_late(struct search *search, const struct datagram_event *event, int64_t now)
{
    struct tally *tally = &search->tally;
    tally->lost--;
    tally->replied++;
    tally->bytes += event->size;
    hist_add(&tally->response, now - event->due);
}

/* A late reply is one all the same, unless by now another size is tried. */
static void on_event(struct datagram_socket *socket, const struct datagram_event *event, int64_t now)
{
    struct search *search = socket->owner;
    enum outcome outcome = outcome_of(event);
    if (!event->known || event->size != search->size || search->outcome != PENDING || outcome == PENDING)
        return;
    if (event->kind == DATAGRAM_LATE)
        count_late(search, event, now);
    search->outcome = outcome;
    search->mtu = event->mtu;
    tell(search, event, now);
}

/* One size. -------------------------------------------------------------------------------------------------------- */

static void try_once(struct search *search)
{
    struct datagram_socket *socket = search->socket;
    search->outcome = PENDING;
    datagram_send(socket, search->size, INT64_MAX);
    while (search->outcome == PENDING && !search->run->stopped) {
        if (run_wait(search->run, socket->fd, datagram_deadline(socket)))
            datagram_receive(socket);
        datagram_expire(socket, clock_now());
    }
}

/* Is what was said to fit something new? */
static bool is_guess(const struct search *search, uint64_t size)
{
    return size > search->answered && size + 1 < search->high;
}

static void learn(struct search *search)
{
    unsigned headers = target_headers(search->run->found.target);
    if (search->outcome == ANSWERED) {
        search->answered = search->size;
        return;
    }
    search->high = search->size;
    if (search->mtu > headers && is_guess(search, search->mtu - headers)) {
        search->guess = search->mtu - headers;
        search->high = search->guess + 1;
    } else if (search->answered < search->low) {
        search->guess = search->low < search->high ? search->low : 0; /* is anybody there at all? */
    }
}

static void try_size(struct search *search, uint64_t size)
{
    search->size = size;
    for (int i = 0; i < TRIES && (i == 0 || search->outcome == SILENT); i++)
        try_once(search);
    learn(search);
}

/* All of them. ----------------------------------------------------------------------------------------------------- */

/* If the smallest one does not come back either, high is low and that was it. */
static void halve(struct search *search)
{
    search->guess = search->high - 1;
    while (search->high - search->answered > 1 && !search->run->stopped && search->outcome != REFUSED) {
        uint64_t size = search->guess != 0 ? search->guess : search->answered + (search->high - search->answered) / 2;
        search->guess = 0;
        try_size(search, size);
    }
}

/* That larger ones do not come back is what the search is for: such are not lost, and do not count as sent. */
static void forgive_losses(struct tally *total)
{
    total->sent -= total->lost;
    total->lost = total->refused = 0;
}

static void conclude(const struct search *search)
{
    struct result *result = &search->run->result;
    bool found = search->answered >= search->low;
    tally_merge(&result->total, &search->tally);
    result->total.sent -= search->socket->outstanding; /* if it was stopped */
    if (found) {
        result->path_mtu_at_least = search->answered + target_headers(result->target);
        forgive_losses(&result->total);
    }
    if (search->high - search->answered == 1 && search->answered < search->most)
        result->path_mtu = result->path_mtu_at_least;
    result->interrupted = search->run->stopped && search->high - search->answered > 1;
    if (!found || result->total.wrong > 0)
        problems_merge(&result->problems, &search->problems);
}

void ping_mtu_search(struct run *run, struct datagram_socket *socket)
{
    struct search *search = calloc(1, sizeof *search);
    if (search == NULL) {
        warnx("out of memory");
        run->result.failed = true;
        return;
    }
    search->run = run;
    search->socket = socket;
    search->low = run->options->sizes.size[0];
    search->answered = search->low - 1;
    search->most = run->options->sizes.size[1];
    search->high = search->most + 1;
    socket->owner = search;
    socket->shared->on_event = on_event;
    socket->shared->tally = &search->tally;
    socket->shared->problems = &search->problems;
    halve(search);
    conclude(search);
    free(search);
}
