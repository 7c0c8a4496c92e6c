/* rundir.c: where the run directory is. Called for defaults, and by the master, which makes it. */
#include "conf/rundir.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void rundir_path(char *path)
{
    const char *xdg = getenv("XDG_RUNTIME_DIR");
    if (geteuid() == 0)
        snprintf(path, PATH_MAX, "%s/mpechod", RUNSTATEDIR);
    else if (xdg != NULL && xdg[0] == '/')
        snprintf(path, PATH_MAX, "%s/mpechod", xdg);
    else
        snprintf(path, PATH_MAX, "/tmp/mpechod-%u", (unsigned)geteuid());
}
