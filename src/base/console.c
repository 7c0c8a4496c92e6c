/* console.c: see console.h. */
#include "base/console.h"

#include <unistd.h>

#include "base/line.h"

void console_say(int fd, const char *before, const char *text)
{
    struct line line;
    line_bare(&line, before, text);
    ssize_t ignored = write(fd, line.text, line.length);
    (void)ignored;
}
