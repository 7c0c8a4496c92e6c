/* datagram.c: a socket, the memory of what was sent on it, and a judgement of all that comes; see datagram.h. The
 * steady state costs one send and one recv a datagram. ICMP messages are read from the socket's error queue (ip(7),
 * IP_RECVERR), as that says who sent them and about which datagram. */
#include "client/wire/datagram.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <stdalign.h>
#include <stdlib.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/base/clock.h"
#include "client/wire/datagram_count.h"

#define AWAY (300 * CLOCK_MS)

enum {
    WORD = 8,
    WORDS_ASKED = 16, /* of what came, for where it is from */
    BATCH = 64,       /* datagrams, or errors, taken at a time */
    RETRIES = 4,      /* of a send that reported older errors */
    RECEIVE_BUFFER = 1 << 22,
    MEMORY_MIN = 256,
    MEMORY_MAX = 1 << 20,
};

enum state { WAITING, ANSWERED, GIVEN_UP, REFUSED }; /* refused: given up, or late with a message that says why */

struct datagram_record {
    int64_t due, sent;
    uint32_t size;
    uint32_t state;
};

/* Opening. --------------------------------------------------------------------------------------------------------- */

size_t datagram_memory(double wanted)
{
    size_t memory = MEMORY_MIN;
    while (memory < MEMORY_MAX && (double)memory < wanted)
        memory *= 2;
    return memory;
}

static void set(const struct datagram_socket *socket, int level, int name, int value)
{
    setsockopt(socket->fd, level, name, &value, sizeof value);
}

/* None of these is needed to measure, and IPv4's are for IPv4 addresses in IPv6 clothes too. A large buffer keeps
 * replies from getting lost here, before they are read. */
static void tune(const struct datagram_socket *socket)
{
    bool ipv6 = socket->shared->target->address.ss_family == AF_INET6;
    set(socket, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
    set(socket, IPPROTO_IP, IP_RECVERR, 1);
    if (ipv6)
        set(socket, IPPROTO_IPV6, IPV6_RECVERR, 1);
    if (!socket->shared->dont_fragment)
        return;
    set(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
    if (ipv6)
        set(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO);
}

bool datagram_open(struct datagram_socket *socket_)
{
    const struct target *target = socket_->shared->target;
    socket_->fd = socket(target->address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_->fd == -1)
        return false;
    tune(socket_);
    socket_->looked = clock_now();
    if (connect(socket_->fd, (const struct sockaddr *)&target->address, target->length) == 0)
        socket_->records = calloc(socket_->shared->memory, sizeof socket_->records[0]);
    if (socket_->records != NULL)
        return true;
    int error = errno;
    close(socket_->fd);
    errno = error;
    return false;
}

void datagram_close(struct datagram_socket *socket)
{
    if (socket->records == NULL)
        return;
    close(socket->fd);
    free(socket->records);
    socket->records = NULL;
}

/* What is known of a datagram. ------------------------------------------------------------------------------------- */

static struct pattern pattern_of(const struct datagram_socket *socket, uint64_t number)
{
    return (struct pattern){.seed = socket->shared->seed, .connection = (uint32_t)number};
}

static uint64_t offset_of(const struct datagram_socket *socket)
{
    return socket->index * DATAGRAM_SPACE;
}

/* NULL: it was too long ago. */
static struct datagram_record *recall(const struct datagram_socket *socket, uint64_t number)
{
    if (socket->next - number > socket->shared->memory)
        return NULL;
    return &socket->records[number % socket->shared->memory];
}

/* Fill in what is known of event->number. */
static void look_up(const struct datagram_socket *socket, struct datagram_event *event)
{
    const struct datagram_record *record = recall(socket, event->number);
    event->known = true;
    if (record == NULL)
        return;
    event->size = record->size;
    event->due = record->due;
    event->sent = record->sent;
}

/* RFC 3550 section 6.4.1 and appendix A.8, of the time there and back. Returns the difference. */
static int64_t add_jitter(struct datagram_socket *socket, int64_t transit)
{
    int64_t difference = transit > socket->transit ? transit - socket->transit : socket->transit - transit;
    bool first = socket->heard == 0;
    if (!first)
        socket->jitter += ((double)difference - socket->jitter) / 16;
    socket->transit = transit;
    return first ? -1 : difference;
}

static void tell(struct datagram_socket *socket, const struct datagram_event *event, int64_t now)
{
    datagram_count(socket, event, now);
    if (socket->shared->on_event != NULL)
        socket->shared->on_event(socket, event, now);
}

/* If it waited, it waits no longer. */
static void end_waiting(struct datagram_socket *socket, struct datagram_event *event, bool replied)
{
    struct datagram_record *record = event->known ? recall(socket, event->number) : NULL;
    if (record == NULL || record->state != WAITING)
        return;
    event->ended = true;
    record->state = replied ? ANSWERED : GIVEN_UP;
    socket->outstanding--;
}

static void give_up(struct datagram_socket *socket, uint64_t number, int64_t now)
{
    struct datagram_event event = {.kind = DATAGRAM_LOST, .number = number};
    look_up(socket, &event);
    end_waiting(socket, &event, false);
    tell(socket, &event, now);
}

static bool waits(const struct datagram_socket *socket, uint64_t number)
{
    return socket->records[number % socket->shared->memory].state == WAITING;
}

static void pass_over_ended(struct datagram_socket *socket)
{
    while (socket->first < socket->next && !waits(socket, socket->first))
        socket->first++;
}

int64_t datagram_deadline(const struct datagram_socket *socket)
{
    if (socket->outstanding == 0)
        return INT64_MAX;
    uint64_t number = socket->first;
    while (!waits(socket, number))
        number++;
    return recall(socket, number)->sent + socket->shared->timeout;
}

static void give_up_overdue(struct datagram_socket *socket, int64_t now)
{
    pass_over_ended(socket);
    while (socket->first < socket->next && recall(socket, socket->first)->sent + socket->shared->timeout <= now) {
        give_up(socket, socket->first, now);
        pass_over_ended(socket);
    }
}

/* Whose bytes are these? ------------------------------------------------------------------------------------------- */

/* The number that has these lower 32 bits and was sent last. */
static bool find_number(const struct datagram_socket *socket, uint32_t low, uint64_t *number)
{
    uint32_t distance = (uint32_t)socket->next - 1 - low;
    *number = socket->next - 1 - distance;
    return distance < socket->next;
}

/* Of bytes that nobody sent, one word in 2^19 seems to be of a given socket, and hardly any of a number in use. */
static bool ask_word(const struct datagram_socket *socket, const unsigned char *data, struct datagram_event *event)
{
    struct pattern pattern = pattern_of(socket, 0);
    uint32_t low;
    uint64_t offset;
    pattern_locate(&pattern, data, &low, &offset);
    event->socket = offset / DATAGRAM_SPACE;
    if (event->socket != socket->index || !find_number(socket, low, &event->number))
        return false;
    look_up(socket, event);
    return true;
}

/* Several words are asked, as the first may be what was changed. */
static bool ask(const struct datagram_socket *socket, const unsigned char *data, size_t length,
                struct datagram_event *event)
{
    for (size_t i = 0; i < WORDS_ASKED && (i + 1) * WORD <= length; i++)
        if (ask_word(socket, data + i * WORD, event))
            return true;
    return false;
}

/* A word is believed only at its own place, as any number would do. */
static bool is_foreign(const struct datagram_socket *socket, const unsigned char *data, size_t length,
                       struct datagram_event *event)
{
    struct pattern pattern = pattern_of(socket, 0);
    uint64_t offset = 0;
    if (length < WORD)
        return false;
    pattern_locate(&pattern, data, &pattern.connection, &offset);
    event->socket = offset / DATAGRAM_SPACE;
    return offset % DATAGRAM_SPACE == 0 && event->socket != socket->index && event->socket < socket->shared->sockets &&
           pattern_match(&pattern, offset, data, length) == length;
}

/* Of a datagram that is known: is it all there, and no more? */
static enum datagram_kind compare(const struct datagram_socket *socket, const unsigned char *data,
                                  struct datagram_event *event)
{
    struct pattern pattern = pattern_of(socket, event->number);
    uint64_t size = event->size != 0 ? event->size : event->length;
    size_t known = (size_t)(event->length < size ? event->length : size);
    event->offset = pattern_match(&pattern, offset_of(socket), data, known);
    if (event->offset < known) {
        pattern_fill(&pattern, offset_of(socket) + event->offset, &event->expected, 1);
        event->received = data[event->offset];
        return DATAGRAM_CHANGED;
    }
    if (event->length < size)
        return DATAGRAM_TRUNCATED;
    return event->length > size ? DATAGRAM_EXTENDED : DATAGRAM_REPLIED;
}

/* What comes. ------------------------------------------------------------------------------------------------------ */

static void take_right(struct datagram_socket *socket, struct datagram_event *event, int64_t now)
{
    struct datagram_record *record = recall(socket, event->number);
    end_waiting(socket, event, true);
    if (record == NULL || record->state == GIVEN_UP || record->state == REFUSED) {
        event->kind = DATAGRAM_LATE;
    } else if (!event->ended) {
        event->kind = DATAGRAM_DUPLICATE;
    } else {
        event->variation = add_jitter(socket, now - event->sent);
        event->first = socket->heard == 0;
        event->reordered = event->number + 1 < socket->heard;
        if (event->number >= socket->heard)
            socket->heard = event->number + 1;
    }
    if (record != NULL)
        record->state = ANSWERED;
}

/* A reply that is not right is none: the datagram is lost. What comes after it would be its reply again. */
static void take_wrong(struct datagram_socket *socket, struct datagram_event *event)
{
    struct datagram_record *record = recall(socket, event->number);
    end_waiting(socket, event, false);
    if (record != NULL)
        record->state = ANSWERED;
}

/* Was it a reply that was waited for? */
static bool take(struct datagram_socket *socket, size_t length, int64_t now)
{
    const unsigned char *data = socket->shared->buffer;
    struct datagram_event event = {.kind = DATAGRAM_UNKNOWN, .length = length};
    if (ask(socket, data, length, &event))
        event.kind = compare(socket, data, &event);
    else if (is_foreign(socket, data, length, &event))
        event.kind = DATAGRAM_FOREIGN;
    if (event.kind == DATAGRAM_REPLIED)
        take_right(socket, &event, now);
    else if (event.known)
        take_wrong(socket, &event);
    tell(socket, &event, now);
    return event.kind == DATAGRAM_REPLIED;
}

/* ICMP. ------------------------------------------------------------------------------------------------------------ */

static void read_icmp(const struct sock_extended_err *error, struct icmp *icmp)
{
    const struct sockaddr *address = SO_EE_OFFENDER(error);
    icmp->version = error->ee_origin == SO_EE_ORIGIN_ICMP6 ? 6 : 4;
    icmp->type = error->ee_type;
    icmp->code = error->ee_code;
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, icmp->from,
                  sizeof icmp->from);
    else if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, icmp->from,
                  sizeof icmp->from);
}

/* The kernel's own errors are in the queue as well, though send(2) has returned them. */
static bool read_error(struct msghdr *message, struct datagram_event *event)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        bool ipv4 = part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR;
        bool ipv6 = part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR;
        if (!ipv4 && !ipv6)
            continue;
        const struct sock_extended_err *error = (const struct sock_extended_err *)(const void *)CMSG_DATA(part);
        event->error = (int)error->ee_errno;
        event->mtu = error->ee_errno == EMSGSIZE ? error->ee_info : 0;
        if (error->ee_origin == SO_EE_ORIGIN_ICMP || error->ee_origin == SO_EE_ORIGIN_ICMP6)
            read_icmp(error, &event->icmp);
        return error->ee_origin != SO_EE_ORIGIN_LOCAL;
    }
    return false;
}

/* Once for each that is known. */
static bool note_refusal(const struct datagram_socket *socket, const struct datagram_event *event)
{
    struct datagram_record *record = event->known ? recall(socket, event->number) : NULL;
    if (record == NULL)
        return true;
    if (record->state != GIVEN_UP)
        return false;
    record->state = REFUSED;
    return true;
}

static void tell_failure(struct datagram_socket *socket, struct datagram_event *event, int64_t now)
{
    event->kind = DATAGRAM_FAILED;
    end_waiting(socket, event, false);
    event->refused = note_refusal(socket, event);
    tell(socket, event, now);
}

/* The message quotes the datagram, at least in part, which tells which one it was. Returns how many were told. */
static size_t take_errors(struct datagram_socket *socket, int64_t now)
{
    unsigned char quoted[WORDS_ASKED * WORD];
    alignas(struct cmsghdr) unsigned char control[512];
    size_t told = 0;
    for (size_t i = 0; i < BATCH; i++) {
        struct datagram_event event = {.kind = DATAGRAM_FAILED};
        struct iovec part = {.iov_base = quoted, .iov_len = sizeof quoted};
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        ssize_t n = recvmsg(socket->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
        if (n == -1)
            break;
        if (!read_error(&message, &event))
            continue;
        ask(socket, quoted, (size_t)n, &event);
        tell_failure(socket, &event, now);
        told++;
    }
    return told;
}

/* Receiving and sending. ------------------------------------------------------------------------------------------- */

/* Nobody has looked at the socket for so long that what has come since may have come in time: this process was stopped,
 * or sends seldom. */
static bool was_away(const struct datagram_socket *socket, int64_t now)
{
    return now - socket->looked >= AWAY;
}

/* So many at a time as may be there, which spares the call that would say that there is no more. After each is seen
 * whether this process was stopped since the last one: what was found then may be what there was before. */
size_t datagram_receive(struct datagram_socket *socket)
{
    struct datagram_shared *shared = socket->shared;
    uint64_t batch = MIN(socket->outstanding, BATCH);
    size_t replied = 0;
    bool away = false;
    for (size_t i = 0; i == 0 || i < (away ? shared->memory : batch); i++) {
        ssize_t n = recv(socket->fd, shared->buffer, sizeof shared->buffer, MSG_DONTWAIT);
        if (n == -1 && errno == EINTR)
            continue;
        bool empty = n == -1 && errno == EAGAIN;
        int64_t now = clock_now();
        bool stopped = was_away(socket, now);
        socket->looked = now;
        if (empty && i > 0 && !stopped)
            break;
        away = away || stopped;
        if (!away)
            give_up_overdue(socket, now);
        if (n >= 0)
            replied += take(socket, (size_t)n, now);
        else
            take_errors(socket, now); /* which recv(2) told of, or which was all that there was */
    }
    return replied;
}

void datagram_expire(struct datagram_socket *socket, int64_t now)
{
    int64_t begun = clock_now();
    if (was_away(socket, begun))
        datagram_receive(socket);
    else
        socket->looked = begun;
    give_up_overdue(socket, now);
}

/* What the kernel knows of the path: bytes with all headers, 0: nothing. */
static unsigned known_mtu(const struct datagram_socket *socket)
{
    bool ipv6 = socket->shared->target->address.ss_family == AF_INET6;
    int mtu = 0;
    socklen_t length = sizeof mtu;
    getsockopt(socket->fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_MTU : IP_MTU, &mtu, &length);
    return mtu > 0 ? (unsigned)mtu : 0;
}

/* Before it is sent, as an ICMP message may be there before send(2) returns: that of a firewall on this machine is.
 * Returns what was remembered in its place. */
static struct datagram_record remember(struct datagram_socket *socket, uint64_t size, int64_t due, int64_t now)
{
    uint64_t number = socket->next, memory = socket->shared->memory;
    if (number >= memory && socket->first <= number - memory) {
        pass_over_ended(socket);
        if (socket->first <= number - memory)
            give_up(socket, socket->first++, now);
    }
    socket->next++;
    socket->outstanding++;
    struct datagram_record *record = recall(socket, number), before = *record;
    *record = (struct datagram_record){.due = due, .sent = now, .size = (uint32_t)size, .state = WAITING};
    return before;
}

/* The last one: as if it had never been. */
static void forget(struct datagram_socket *socket, const struct datagram_record *before)
{
    *recall(socket, --socket->next) = *before;
    socket->outstanding--;
}

/* An error may be an earlier datagram's, and then it is told as that one's and not as this one's: hence what fails is
 * tried again. It may also be this one's, which an ICMP message has told by then. Returns 0 or an errno. */
static int send_now(struct datagram_socket *socket, const unsigned char *data, size_t size, int64_t now)
{
    int error = 0;
    for (int i = 0; i < RETRIES; i++) {
        if (send(socket->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
            return 0;
        error = errno;
        if (error == EAGAIN || error == ENOBUFS)
            return error;
        if (error == EINTR)
            continue;
        size_t told = take_errors(socket, now);
        if (!waits(socket, socket->next - 1) || (told == 0 && i > 0))
            return error;
    }
    return error;
}

enum datagram_sent datagram_send(struct datagram_socket *socket, uint64_t size, int64_t due)
{
    unsigned char *data = socket->shared->buffer;
    struct pattern pattern = pattern_of(socket, socket->next);
    assert(size >= DATAGRAM_MIN && size <= DATAGRAM_MAX);
    pattern_fill(&pattern, offset_of(socket), data, (size_t)size);
    int64_t now = clock_now();
    due = MIN(due, now);
    struct datagram_record before = remember(socket, size, due, now);
    int error = send_now(socket, data, (size_t)size, now);
    if (error == EAGAIN && socket->shared->patient) {
        forget(socket, &before);
        return DATAGRAM_BUSY;
    }
    datagram_count_sent(socket, due);
    if (error == 0)
        return DATAGRAM_SENT;
    struct datagram_event event = {
        .number = socket->next - 1, .error = error, .mtu = error == EMSGSIZE ? known_mtu(socket) : 0};
    look_up(socket, &event);
    if (waits(socket, event.number))
        tell_failure(socket, &event, now);
    return DATAGRAM_UNSENT;
}

/* Questions. ------------------------------------------------------------------------------------------------------- */

uint64_t datagram_overflowed(struct datagram_socket *socket)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof info;
    uint64_t before = socket->overflowed;
    if (getsockopt(socket->fd, SOL_SOCKET, SO_MEMINFO, info, &length) == 0)
        socket->overflowed = info[SK_MEMINFO_DROPS];
    return socket->overflowed - before;
}
