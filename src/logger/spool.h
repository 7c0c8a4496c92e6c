/* spool.h: what the logger has received and not yet written. It is in memory that outlives the process: if a logger is
 * killed, the next one goes on where it was, even within a line. So each step takes effect by a single store: the data
 * are stored first, and then the number that makes them count. */
#ifndef MPECHOD_SPOOL_H
#define MPECHOD_SPOOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/line.h"
#include "contract/record.h"
#include "logger/sink.h"

enum { SPOOL_SLOTS = 16, SPOOL_TEXT = 1 << 17 };

/* Datagrams of one socket; the kernel itself says here how many have come (msg_len). */
struct spool_inbox {
    struct mmsghdr heads[SPOOL_SLOTS];
    struct iovec places[SPOOL_SLOTS];
    union {
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr aligned;
    } controls[SPOOL_SLOTS];
    unsigned char data[SPOOL_SLOTS][RECORD_MAX];
};

enum spool_from { SPOOL_WORKERS, SPOOL_MASTER, SPOOL_SENDERS };

struct spool {
    struct spool_inbox inbox[SPOOL_SENDERS];
    _Atomic uint64_t place; /* see spool.c */
    size_t staged;          /* bytes of text, with those that do not count yet */
    /* Where the text's first byte is in the sink's file, or would be; -1: not known. */
    _Atomic int64_t origin;
    dev_t device;
    ino_t inode;
    /* Lines lost by anybody, and how many of them a line has told of; the one that is in the text now, if any, ends at
     * notice_end and tells of all up to notice_upto. */
    _Atomic uint64_t lost, told;
    _Atomic size_t notice_end;
    uint64_t notice_upto;
    char text[SPOOL_TEXT];
};

struct spool_record {
    const unsigned char *data;
    size_t size;
    pid_t pid; /* of the sender, as the kernel says; 0: it does not know */
};

/* Take over what a predecessor has left, if any: its text goes to sink, and is not written twice. */
void spool_take_over(struct spool *spool, const struct sink *sink);

/* Receive what there is, up to a number of datagrams. All that were received before must have been dealt with. */
enum spool_got { SPOOL_NOTHING, SPOOL_GOT, SPOOL_END };
enum spool_got spool_receive(struct spool *spool, enum spool_from from, int fd);

/* The next one that has not been dealt with. False: there is none. */
bool spool_next(struct spool *spool, enum spool_from from, struct spool_record *record);

/* Bytes that can still be added. */
size_t spool_room(const struct spool *spool);

/* Add a line, which counts once the record that it comes from is done with; then the next one is next. */
void spool_add(struct spool *spool, const struct line *line);
void spool_done(struct spool *spool, enum spool_from from);

/* Count lines as lost; how many of the lost ones no line has told of; add a line that tells of all of them. */
void spool_lose(struct spool *spool, uint64_t lines);
uint64_t spool_untold(const struct spool *spool);
void spool_tell(struct spool *spool, const struct line *notice);

/* Whether there is text to be written. */
bool spool_is_empty(const struct spool *spool);

/* Write. If the sink fails, what it did not take is lost, but for the rest of a line that it took in part: that is
 * kept, so that no other line is glued to it. True: the sink is full, and wants to be waited for. */
bool spool_flush(struct spool *spool, const struct sink *sink);

/* What follows is for another sink: the rest of a line that the last one took in part is not. */
void spool_cut(struct spool *spool);

/* Whether the sink has part of a line, whose rest is here. */
bool spool_is_within_line(const struct spool *spool);

#endif
