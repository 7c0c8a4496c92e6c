/* output.c: a stdio stream by write(2) and poll(2); see output.h. Whether a descriptor blocks is not ours to choose:
 * the flag is shared with other processes, and some parents set it on the pipes that they make. stdio would take EAGAIN
 * for the end of all writing. */
#include "client/base/output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static void wait_for_room(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    poll(&out, 1, -1);
}

/* As fopencookie(3) wants it: fewer than length means that errno says why. */
static ssize_t write_all(void *cookie, const char *data, size_t length)
{
    size_t done = 0;
    (void)cookie;
    while (done < length) {
        ssize_t n = write(STDOUT_FILENO, data + done, length - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno == EAGAIN)
            wait_for_room();
        else if (errno != EINTR)
            break;
    }
    return (ssize_t)done;
}

FILE *output_open(void)
{
    FILE *out = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_all});
    if (out != NULL && isatty(STDOUT_FILENO) == 1)
        setvbuf(out, NULL, _IOLBF, 0);
    return out;
}
