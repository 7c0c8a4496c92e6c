/* icmp.h: what an ICMP message says, and who sent it. Pure, nothing fails. Not here: reading one, see datagram.c. */
#ifndef MPECHO_ICMP_H
#define MPECHO_ICMP_H

#include <netinet/in.h>
#include <stdint.h>

/* All 0: there was no message. */
struct icmp {
    uint8_t version;             /* of IP: 4 or 6; 0: there was no message */
    uint8_t type, code;          /* RFC 792, RFC 1812 and RFC 4443: see icmp.c */
    char from[INET6_ADDRSTRLEN]; /* who sent it; "": the system does not say */
};

/* The message in words, such as "port unreachable"; if it has no words here, "ICMP type 3, code 99". version is not 0.
 * Returns text, or a constant. */
enum { ICMP_TEXT = 64 };
const char *icmp_text(const struct icmp *icmp, char text[ICMP_TEXT]);

#endif
