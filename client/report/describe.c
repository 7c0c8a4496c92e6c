/* describe.c: the words; see describe.h. */
#include "client/report/describe.h"

#include <inttypes.h>
#include <stdio.h>

#include "client/base/clock.h"
#include "client/base/units.h"

enum { SIZES_TEXT = OPTIONS_SIZES * 21 + 8, PART_TEXT = 64 };

static const char *describe_sizes(const struct sizes *sizes, char text[SIZES_TEXT])
{
    const char *separator = sizes->sweep ? "-" : "/";
    size_t n = 0;
    for (unsigned i = 0; i < sizes->count; i++)
        n += (size_t)snprintf(text + n, SIZES_TEXT - n, "%s%" PRIu64, i == 0 ? "" : separator, sizes->size[i]);
    snprintf(text + n, SIZES_TEXT - n, sizes->count == 1 && sizes->size[0] == 1 ? " byte" : " bytes");
    return text;
}

static const char *describe_connections(const struct options *options, char text[PART_TEXT])
{
    snprintf(text, PART_TEXT, "%" PRIu64 " %s%s", options->connections, options->udp ? "UDP socket" : "connection",
             options->connections == 1 ? "" : "s");
    return text;
}

/* Nothing where it is one at a time, as by default. */
static const char *describe_depth(const struct options *options, char text[PART_TEXT])
{
    text[0] = '\0';
    if (options->depth > 1)
        snprintf(text, PART_TEXT, ", %" PRIu64 " at a time", options->depth);
    return text;
}

/* At most one of these was given. */
static const char *describe_style(const struct options *options, char text[PART_TEXT])
{
    char rate[UNITS_TEXT];
    if (options->hold > 0)
        snprintf(text, PART_TEXT, "held idle for %g s", clock_seconds(options->hold));
    else if (options->rate > 0)
        snprintf(text, PART_TEXT, "open loop at %s", units_rate(options->rate, rate));
    else
        snprintf(text, PART_TEXT, "%s",
                 options->burst ? "all at once"
                 : options->crr ? "a connection for every message"
                                : "closed loop");
    return text;
}

const char *describe_load(const struct options *options, char text[DESCRIBE_TEXT])
{
    char connections[PART_TEXT], sizes[SIZES_TEXT], depth[PART_TEXT], style[PART_TEXT];
    describe_sizes(&options->sizes, sizes);
    if (options->mode == MODE_BENCH)
        snprintf(text, DESCRIBE_TEXT, "%s, %s%s, %s", describe_connections(options, connections), sizes,
                 describe_depth(options, depth), describe_style(options, style));
    else
        snprintf(text, DESCRIBE_TEXT, "%s%s", sizes, options->udp && !options->sizes.sweep ? "" : ", one at a time");
    return text;
}
