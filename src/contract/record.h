/* record.h: what workers and the master send the logger, a datagram each, over sockets of type SOCK_SEQPACKET. A record
 * does not say who sent it: the kernel does (SCM_CREDENTIALS). Byte order and padding are native, since both ends are
 * the same program or, after an upgrade, know each other's version. */
#ifndef MPECHOD_RECORD_H
#define MPECHOD_RECORD_H

#include <limits.h>
#include <stdint.h>

/* The last byte is the version. No text begins like this: it is not UTF-8. */
#define RECORD_MAGIC 0xff6d7001U

enum record_kind {
    RECORD_MESSAGE,
    RECORD_ACCESS,
    RECORD_LOST,
    /* From the master only: what the logger shall do */
    RECORD_OPEN,    /* open a target beside the one in use, and answer */
    RECORD_SWITCH,  /* use it from now on; opens it, if it is not open */
    RECORD_ABANDON, /* close it again */
    RECORD_REOPEN,  /* open the target in use anew, use that, and answer; on failure go on as before */
    RECORD_DETACH,  /* let go of standard error, unless it is the target */
    RECORD_QUIT,    /* write what is there, and end */
    /* To the master */
    RECORD_ANSWER,
};

struct record_head {
    uint32_t magic;
    uint8_t kind;
    uint8_t level; /* enum log_level */
    uint16_t reserved;
    int64_t second; /* on CLOCK_REALTIME */
    uint32_t nanosecond;
    uint32_t reserved_too;
};

enum { RECORD_TEXT_MAX = 2048 };

/* The datagram is as long as the text. */
struct record_message {
    struct record_head head;
    char text[RECORD_TEXT_MAX];
};

/* A connection has ended. The datagram is as long as the addresses. */
struct record_access {
    struct record_head head;
    uint64_t in, out; /* bytes */
    uint64_t microseconds;
    uint8_t end; /* enum echo_end */
    uint8_t peer_length, local_length;
    uint8_t reserved[5];
    unsigned char addresses[2 * 128]; /* the peer's sockaddr, then the local one, without a gap */
};

/* So many lines were lost before they could be sent. */
struct record_lost {
    struct record_head head;
    uint64_t count;
};

/* As long as the target. */
struct record_command {
    struct record_head head;
    uint32_t ticket; /* the answer has the same */
    uint8_t json;
    uint8_t reserved[3];
    char target[PATH_MAX]; /* without a NUL */
};

/* As long as the text, which says why it was not done, or, if it was done, what is not as it should be. */
struct record_answer {
    struct record_head head;
    uint32_t ticket;
    uint8_t done;
    uint8_t reserved[3];
    char text[512];
};

/* The length of the longest. */
enum { RECORD_MAX = sizeof(struct record_command) };

#endif
