/* icmp.c: the words for ICMP messages that answer a datagram, in those of the RFCs; see icmp.h. What a router that
 * drops a packet says is kept apart from what a host says, and a firewall from both: "administratively prohibited". */
#include "client/base/icmp.h"

#include <stddef.h>
#include <stdio.h>

struct saying {
    uint8_t version, type, code;
    const char *words;
};

/* IPv4: RFC 792, and RFC 1812 section 5.2.7.1 for codes of type 3 above 5. IPv6: RFC 4443. */
static const struct saying sayings[] = {
    {4, 3, 0, "network unreachable"},
    {4, 3, 1, "host unreachable"},
    {4, 3, 2, "protocol unreachable"},
    {4, 3, 3, "port unreachable"},
    {4, 3, 4, "datagram too long"},
    {4, 3, 5, "source route failed"},
    {4, 3, 6, "network unknown"},
    {4, 3, 7, "host unknown"},
    {4, 3, 8, "source host isolated"},
    {4, 3, 9, "network administratively prohibited"},
    {4, 3, 10, "host administratively prohibited"},
    {4, 3, 11, "network unreachable for this type of service"},
    {4, 3, 12, "host unreachable for this type of service"},
    {4, 3, 13, "administratively prohibited"},
    {4, 3, 14, "host precedence violation"},
    {4, 3, 15, "precedence cutoff"},
    {4, 11, 0, "time to live exceeded on the way"},
    {4, 11, 1, "fragment reassembly time exceeded"},
    {4, 12, 0, "parameter problem"},
    {4, 12, 1, "required option missing"},
    {4, 12, 2, "bad length"},
    {6, 1, 0, "no route to destination"},
    {6, 1, 1, "administratively prohibited"},
    {6, 1, 2, "beyond the scope of the source address"},
    {6, 1, 3, "address unreachable"},
    {6, 1, 4, "port unreachable"},
    {6, 1, 5, "source address failed the policy"},
    {6, 1, 6, "route to destination rejected"},
    {6, 2, 0, "datagram too long"},
    {6, 3, 0, "hop limit exceeded on the way"},
    {6, 3, 1, "fragment reassembly time exceeded"},
    {6, 4, 0, "erroneous header field"},
    {6, 4, 1, "unrecognized next header"},
    {6, 4, 2, "unrecognized option"},
};

const char *icmp_text(const struct icmp *icmp, char text[ICMP_TEXT])
{
    for (size_t i = 0; i < sizeof sayings / sizeof sayings[0]; i++)
        if (sayings[i].version == icmp->version && sayings[i].type == icmp->type && sayings[i].code == icmp->code)
            return sayings[i].words;
    snprintf(text, ICMP_TEXT, "%s type %d, code %d", icmp->version == 6 ? "ICMPv6" : "ICMP", icmp->type, icmp->code);
    return text;
}
