/* status.h: what mpecho exits with. Scripts rely on the numbers; mpecho(1) explains them. `mpecho check` has numbers of
 * its own, see check.h. */
#ifndef MPECHO_STATUS_H
#define MPECHO_STATUS_H

#include <sysexits.h>

enum status {
    STATUS_GOOD = 0, /* everything sent came back, and nothing else */
    STATUS_LOSS = 1, /* it did not: changed, missing, extra, broken off, or silence; or an assertion does not hold */
    STATUS_NO_CONNECTION = 2, /* the name does not resolve, or no address answers */
    STATUS_LOCAL = 3,         /* our own side: input that cannot be read, output that cannot be written */
    STATUS_USAGE = EX_USAGE,  /* 64 */
};

#endif
