/* spool.c: see spool.h. A logger can be killed between any two stores, but its successor sees the stores in their
 * order. */
#include "logger/spool.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "contract/logging.h"

static_assert(sizeof(struct spool) <= LOGGER_SPOOL_SIZE, "the master gives it room enough");

/* How far all of it has got. In memory it is one number, so that it changes at once: 20 bits each for used and written,
 * 8 each for the slots. */
struct place {
    size_t used;                   /* bytes of text that count */
    size_t written;                /* of these, the sink has taken */
    unsigned slots[SPOOL_SENDERS]; /* of each inbox, dealt with */
};

static struct place get(const struct spool *spool)
{
    uint64_t all = atomic_load_explicit(&spool->place, memory_order_relaxed);
    return (struct place){.used = all & 0xfffff,
                          .written = all >> 20 & 0xfffff,
                          .slots = {[SPOOL_WORKERS] = all >> 40 & 0xff, [SPOOL_MASTER] = all >> 48 & 0xff}};
}

static void set(struct spool *spool, struct place place)
{
    uint64_t all = place.used | place.written << 20 | (uint64_t)place.slots[SPOOL_WORKERS] << 40 |
                   (uint64_t)place.slots[SPOOL_MASTER] << 48;
    atomic_store_explicit(&spool->place, all, memory_order_release);
}

/* Taking over */

static void point(struct spool_inbox *inbox, size_t slot)
{
    inbox->places[slot] = (struct iovec){.iov_base = inbox->data[slot], .iov_len = RECORD_MAX};
    inbox->heads[slot].msg_hdr = (struct msghdr){.msg_iov = &inbox->places[slot],
                                                 .msg_iovlen = 1,
                                                 .msg_control = &inbox->controls[slot],
                                                 .msg_controllen = sizeof inbox->controls[slot]};
}

static void note_told(struct spool *spool)
{
    size_t end = atomic_load(&spool->notice_end);
    if (end == 0 || get(spool).written < end)
        return;
    atomic_store(&spool->told, spool->notice_upto);
    atomic_store(&spool->notice_end, 0);
}

/* Memory that is not there yet when the kernel wants to put a datagram into it, in a process that is being killed,
 * costs the datagram. */
static void touch(struct spool *spool)
{
    for (size_t from = 0; from < SPOOL_SENDERS; from++)
        for (size_t slot = 0; slot < SPOOL_SLOTS; slot++)
            *(volatile unsigned char *)spool->inbox[from].data[slot] = spool->inbox[from].data[slot][0];
}

void spool_take_over(struct spool *spool, const struct sink *sink)
{
    struct place place = get(spool);
    off_t size = sink_size(sink), origin = atomic_load(&spool->origin);
    touch(spool);
    spool->staged = place.used;
    if (atomic_load(&spool->notice_end) > place.used)
        atomic_store(&spool->notice_end, 0);
    if (place.used == 0)
        return;
    if (size < 0 || origin < 0 || sink->device != spool->device || sink->inode != spool->inode) {
        spool_cut(spool);
    } else if (size - origin > (off_t)place.written) {
        place.written = size - origin < (off_t)place.used ? (size_t)(size - origin) : place.used;
        set(spool, place);
    }
    note_told(spool);
}

/* Receiving */

static void deal_with(struct spool *spool, enum spool_from from, unsigned slots)
{
    struct place place = get(spool);
    place.slots[from] = slots;
    set(spool, place);
}

enum spool_got spool_receive(struct spool *spool, enum spool_from from, int fd)
{
    struct spool_inbox *inbox = &spool->inbox[from];
    deal_with(spool, from, SPOOL_SLOTS); /* whoever takes over now finds nothing */
    for (size_t slot = 0; slot < SPOOL_SLOTS; slot++) {
        point(inbox, slot);
        inbox->heads[slot].msg_len = 0;
    }
    deal_with(spool, from, 0);
    int got = recvmmsg(fd, inbox->heads, SPOOL_SLOTS, MSG_DONTWAIT, NULL);
    if (got <= 0)
        return got < 0 && errno != EAGAIN && errno != EINTR ? SPOOL_END : SPOOL_NOTHING;
    /* The end is reported as if it were empty datagrams; a true one comes with its sender. */
    return inbox->heads[0].msg_len == 0 && inbox->heads[0].msg_hdr.msg_controllen == 0 ? SPOOL_END : SPOOL_GOT;
}

static pid_t sender(struct msghdr *head)
{
    struct ucred ucred = {0};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c != NULL; c = CMSG_NXTHDR(head, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(sizeof ucred))
            memcpy(&ucred, CMSG_DATA(c), sizeof ucred);
    return ucred.pid;
}

bool spool_next(struct spool *spool, enum spool_from from, struct spool_record *record)
{
    struct spool_inbox *inbox = &spool->inbox[from];
    unsigned slot = get(spool).slots[from];
    while (slot < SPOOL_SLOTS && inbox->heads[slot].msg_len == 0)
        slot++;
    deal_with(spool, from, slot);
    if (slot == SPOOL_SLOTS)
        return false;
    size_t size = inbox->heads[slot].msg_len;
    *record = (struct spool_record){.data = inbox->data[slot],
                                    .size = size < RECORD_MAX ? size : RECORD_MAX,
                                    .pid = sender(&inbox->heads[slot].msg_hdr)};
    return true;
}

/* The text */

size_t spool_room(const struct spool *spool)
{
    return sizeof spool->text - spool->staged;
}

void spool_add(struct spool *spool, const struct line *line)
{
    assert(line->length <= spool_room(spool));
    memcpy(spool->text + spool->staged, line->text, line->length);
    spool->staged += line->length;
}

void spool_done(struct spool *spool, enum spool_from from)
{
    struct place place = get(spool);
    place.used = spool->staged;
    place.slots[from]++;
    set(spool, place);
}

void spool_lose(struct spool *spool, uint64_t lines)
{
    atomic_store(&spool->lost, atomic_load(&spool->lost) + lines);
}

uint64_t spool_untold(const struct spool *spool)
{
    return atomic_load(&spool->lost) - atomic_load(&spool->told);
}

void spool_tell(struct spool *spool, const struct line *notice)
{
    if (atomic_load(&spool->notice_end) != 0) /* one is on its way */
        return;
    spool_add(spool, notice);
    spool->notice_upto = atomic_load(&spool->lost);
    atomic_store(&spool->notice_end, spool->staged);
    struct place place = get(spool);
    place.used = spool->staged;
    set(spool, place);
}

bool spool_is_empty(const struct spool *spool)
{
    struct place place = get(spool);
    return place.written == place.used;
}

bool spool_is_within_line(const struct spool *spool)
{
    struct place place = get(spool);
    return place.written > 0 && place.written < place.used && spool->text[place.written - 1] != '\n';
}

static size_t end_of_line(const struct spool *spool, size_t from, size_t used)
{
    const char *end = memchr(spool->text + from, '\n', used - from);
    return end != NULL ? (size_t)(end - spool->text) + 1 : used;
}

/* Lines of the text, without the one that tells of lost ones: those will be told of anew. */
static uint64_t count_lines(struct spool *spool, size_t from, size_t used)
{
    uint64_t lines = 0;
    for (size_t at = from; at < used; lines++)
        at = end_of_line(spool, at, used);
    return lines - (atomic_load(&spool->notice_end) > from);
}

/* What was written ends within a line: keep the rest of the line, behind one byte that marks it as a rest. */
static size_t keep_rest(struct spool *spool, struct place *place)
{
    size_t end = end_of_line(spool, place->written, place->used);
    size_t notice = atomic_load(&spool->notice_end);
    memmove(spool->text, spool->text + place->written - 1, end - place->written + 1);
    if (notice == end) /* which may be cut, but has been said */
        atomic_store(&spool->notice_end, end - place->written + 1);
    place->used = end - place->written + 1;
    place->written = 1;
    return end;
}

/* It failed: drop whole lines. */
static void drop(struct spool *spool)
{
    struct place place = get(spool);
    size_t used = place.used, kept = place.written;
    if (spool_is_within_line(spool))
        kept = keep_rest(spool, &place);
    else
        place.used = place.written = 0;
    uint64_t lines = count_lines(spool, kept, used);
    if (atomic_load(&spool->notice_end) > place.used)
        atomic_store(&spool->notice_end, 0);
    atomic_store(&spool->origin, -1);
    set(spool, place);
    spool->staged = place.used;
    spool_lose(spool, lines);
}

/* For a successor, who looks how far the file has grown. */
static void note_origin(struct spool *spool, const struct sink *sink)
{
    off_t size = sink_size(sink);
    atomic_store(&spool->origin, -1);
    spool->device = sink->device;
    spool->inode = sink->inode;
    if (size >= 0)
        atomic_store(&spool->origin, size - (off_t)get(spool).written);
}

static void note_written(struct spool *spool, size_t n)
{
    struct place place = get(spool);
    place.written += n;
    set(spool, place);
    note_told(spool);
    if (place.written < place.used)
        return;
    atomic_store(&spool->origin, -1); /* before the text begins anew */
    place.used = place.written = 0;
    set(spool, place);
    spool->staged = 0;
}

bool spool_flush(struct spool *spool, const struct sink *sink)
{
    if (!spool_is_empty(spool))
        note_origin(spool, sink);
    while (!spool_is_empty(spool)) {
        struct place place = get(spool);
        ssize_t n = sink_write(sink, spool->text + place.written, place.used - place.written);
        if (n > 0) {
            note_written(spool, (size_t)n);
        } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
            drop(spool);
            break;
        } else if (errno == EAGAIN || sink->kind == SINK_SHARED) {
            return true; /* a signal may have come because it takes too long */
        }
    }
    return false;
}

void spool_cut(struct spool *spool)
{
    struct place place = get(spool);
    if (!spool_is_within_line(spool))
        return;
    size_t end = end_of_line(spool, place.written, place.used);
    bool notice = atomic_load(&spool->notice_end) == end;
    if (notice)
        atomic_store(&spool->notice_end, 0);
    note_written(spool, end - place.written);
    spool_lose(spool, !notice);
}
