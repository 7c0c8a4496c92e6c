/* proof.c: what the options of a listening socket were; see proof.h. Called when a socket is opened or tuned, and at
 * each tick of the master. */
#include "master/listener/proof.h"

#include <assert.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum way {
    WAY_VALUE,
    WAY_TUNED,   /* follows the configuration */
    WAY_DEFAULT, /* unless it was set, it follows a sysctl, which may change */
    WAY_FILTER,  /* its length is asked for, in instructions; a program in eBPF is an error */
    WAY_MEMORY,  /* what options take, from SO_MEMINFO: TCP's signature keys show in nothing else */
    WAY_BACKLOG, /* from TCP_INFO: of a listening socket, tcpi_sacked is the longest its queue may be */
};

struct option {
    int level, name;
    enum way way;
    const char *text;
};

#define OPTION(level, name)                                                                                            \
    {                                                                                                                  \
        level, name, WAY_VALUE, #name                                                                                  \
    }

/* Left out: what is no harm to change, what is set right without asking (inet.c), and what the kernel changes by
 * itself.
 */
static const struct option options[] = {
    OPTION(SOL_SOCKET, SO_ACCEPTCONN),
    OPTION(SOL_SOCKET, SO_REUSEPORT),
    OPTION(SOL_SOCKET, SO_KEEPALIVE),
    OPTION(SOL_SOCKET, SO_OOBINLINE),
    OPTION(SOL_SOCKET, SO_LINGER),
    {SOL_SOCKET, SO_RCVTIMEO, WAY_TUNED, "SO_RCVTIMEO"},
    {SOL_SOCKET, SO_SNDTIMEO, WAY_TUNED, "SO_SNDTIMEO"},
    OPTION(SOL_SOCKET, SO_RCVBUF),
    OPTION(SOL_SOCKET, SO_SNDBUF),
    OPTION(SOL_SOCKET, SO_RCVLOWAT),
    OPTION(SOL_SOCKET, SO_DONTROUTE),
    OPTION(SOL_SOCKET, SO_PRIORITY),
    OPTION(SOL_SOCKET, SO_MARK),
    OPTION(SOL_SOCKET, SO_BINDTODEVICE),
    {SOL_SOCKET, SO_GET_FILTER, WAY_FILTER, "its filter"},
    OPTION(SOL_SOCKET, SO_LOCK_FILTER),
    {SOL_SOCKET, SO_MEMINFO, WAY_MEMORY, "a signature key"},
    OPTION(SOL_SOCKET, SO_MAX_PACING_RATE),
    OPTION(SOL_SOCKET, SO_TXTIME),
    {IPPROTO_TCP, TCP_INFO, WAY_BACKLOG, "the backlog"},
    OPTION(IPPROTO_TCP, TCP_NODELAY),
    OPTION(IPPROTO_TCP, TCP_CORK),
    OPTION(IPPROTO_TCP, TCP_MAXSEG),
    OPTION(IPPROTO_TCP, TCP_DEFER_ACCEPT),
    OPTION(IPPROTO_TCP, TCP_WINDOW_CLAMP),
    OPTION(IPPROTO_TCP, TCP_CONGESTION),
    OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT),
    OPTION(IPPROTO_TCP, TCP_FASTOPEN),
    OPTION(IPPROTO_TCP, TCP_NOTSENT_LOWAT),
    OPTION(IPPROTO_TCP, TCP_SAVE_SYN),
    OPTION(IPPROTO_TCP, TCP_ULP),
    OPTION(IPPROTO_TCP, TCP_TX_DELAY),
    OPTION(IPPROTO_IP, IP_TOS),
    {IPPROTO_IP, IP_TTL, WAY_DEFAULT, "IP_TTL"},
    OPTION(IPPROTO_IP, IP_MINTTL),
    OPTION(IPPROTO_IP, IP_OPTIONS),
    OPTION(IPPROTO_IP, IP_MTU_DISCOVER),
    OPTION(IPPROTO_IP, IP_RECVERR),
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, WAY_DEFAULT, "IPV6_UNICAST_HOPS"},
    OPTION(IPPROTO_IPV6, IPV6_MINHOPCOUNT),
    OPTION(IPPROTO_IPV6, IPV6_MTU_DISCOVER),
    OPTION(IPPROTO_IPV6, IPV6_RECVERR),
    OPTION(IPPROTO_IPV6, IPV6_TCLASS),
    OPTION(IPPROTO_IPV6, IPV6_DONTFRAG),
    OPTION(IPPROTO_IPV6, IPV6_RTHDR),
    OPTION(IPPROTO_IPV6, IPV6_HOPOPTS),
    OPTION(IPPROTO_IPV6, IPV6_DSTOPTS),
};

enum { OPTIONS = sizeof options / sizeof options[0] };
static_assert((int)OPTIONS == (int)PROOF_OPTIONS, "a digest for each option");

/* FNV-1a. It is not cryptographic: somebody who may choose a value could make it collide with another one. But the
 * values are a few bytes long, and hardly any harmful one collides with ours. */
static uint32_t digest_of(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    uint32_t digest = 2166136261u;
    for (size_t i = 0; i < size; i++)
        digest = (digest ^ bytes[i]) * 16777619u;
    return digest;
}

static uint32_t read_option(int fd, const struct option *option)
{
    union {
        unsigned char bytes[256];
        struct tcp_info info;
        uint32_t memory[SK_MEMINFO_VARS];
    } value = {.bytes = {0}};
    socklen_t size = option->way == WAY_FILTER ? 0 : sizeof value;
    if (getsockopt(fd, option->level, option->name, option->way == WAY_FILTER ? NULL : &value, &size) != 0)
        return digest_of(&errno, sizeof errno);
    if (option->way == WAY_FILTER)
        return digest_of(&size, sizeof size);
    if (option->way == WAY_MEMORY)
        return digest_of(&value.memory[SK_MEMINFO_OPTMEM], sizeof value.memory[0]);
    if (option->way == WAY_BACKLOG)
        return digest_of(&value.info.tcpi_sacked, sizeof value.info.tcpi_sacked);
    return digest_of(&value, size < sizeof value ? size : sizeof value);
}

void proof_take(struct proof *proof, int fd)
{
    for (size_t i = 0; i < OPTIONS; i++)
        proof->digest[i] = read_option(fd, &options[i]);
}

void proof_retake_tuned(struct proof *proof, int fd)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (options[i].way == WAY_TUNED || options[i].way == WAY_BACKLOG)
            proof->digest[i] = read_option(fd, &options[i]);
}

/* What a new socket of that family has. */
static uint32_t read_default(int fd, const struct option *option)
{
    int family = AF_INET;
    socklen_t size = sizeof family;
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
    int fresh = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint32_t digest = fresh >= 0 ? read_option(fresh, option) : 0;
    if (fresh >= 0)
        close(fresh);
    return digest;
}

bool proof_holds(struct proof *proof, int fd, unsigned *changed)
{
    for (unsigned i = 0; i < OPTIONS; i++) {
        uint32_t now = read_option(fd, &options[i]);
        if (now != proof->digest[i] && options[i].way == WAY_DEFAULT && now == read_default(fd, &options[i]))
            proof->digest[i] = now; /* it is the sysctl that has changed */
        if (now != proof->digest[i]) {
            *changed = i;
            return false;
        }
    }
    return true;
}

const char *proof_name(unsigned option)
{
    return option < OPTIONS ? options[option].text : "an option";
}
