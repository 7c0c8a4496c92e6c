/* datagram_text.c: what became of a datagram, in words; see datagram.h. Pure. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/wire/datagram.h"

/* Of the system, where there is no ICMP message. EPERM is what netfilter and the like answer with. */
static const char *error_text(int error)
{
    switch (error) {
    case EHOSTUNREACH:
        return "host unreachable";
    case ENETUNREACH:
        return "network unreachable";
    case EMSGSIZE:
        return "datagram too long";
    case EAGAIN:
        return "send buffer full";
    case EPERM:
        return "not permitted by this machine";
    default:
        return strerror(error);
    }
}

static void write_failure(const struct datagram_event *event, char *text, size_t room)
{
    char mtu[24] = "", words[ICMP_TEXT];
    const struct icmp *icmp = &event->icmp;
    if (event->mtu > 0)
        snprintf(mtu, sizeof mtu, ", MTU %u", event->mtu);
    snprintf(text, room, "%s%s%s%s", icmp->version != 0 ? icmp_text(icmp, words) : error_text(event->error), mtu,
             icmp->from[0] != '\0' ? ", says " : "", icmp->from);
}

const char *datagram_text(const struct datagram_event *event, char text[DATAGRAM_TEXT])
{
    text[0] = '\0';
    switch (event->kind) {
    case DATAGRAM_REPLIED:
    case DATAGRAM_DUPLICATE:
        break;
    case DATAGRAM_LOST:
        snprintf(text, DATAGRAM_TEXT, "no reply in time");
        break;
    case DATAGRAM_LATE:
        snprintf(text, DATAGRAM_TEXT, event->due != 0 ? "reply too late" : "reply too late, or once more");
        break;
    case DATAGRAM_FAILED:
        write_failure(event, text, DATAGRAM_TEXT);
        break;
    case DATAGRAM_CHANGED:
        snprintf(text, DATAGRAM_TEXT, "changed at offset %" PRIu64 ": sent 0x%02x, received 0x%02x", event->offset,
                 event->expected, event->received);
        break;
    case DATAGRAM_TRUNCATED:
        snprintf(text, DATAGRAM_TEXT, "truncated: %" PRIu64 " of %" PRIu64 " bytes came back", event->length,
                 event->size);
        break;
    case DATAGRAM_EXTENDED:
        snprintf(text, DATAGRAM_TEXT, "extra: %" PRIu64 " bytes came back, %" PRIu64 " were sent", event->length,
                 event->size);
        break;
    case DATAGRAM_FOREIGN:
        snprintf(text, DATAGRAM_TEXT, "another socket's data: socket %" PRIu64, event->socket);
        break;
    case DATAGRAM_UNKNOWN:
        snprintf(text, DATAGRAM_TEXT, "a datagram of unknown origin: %" PRIu64 " bytes", event->length);
        break;
    }
    return text;
}
