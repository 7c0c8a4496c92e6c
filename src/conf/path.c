/* path.c: tells whether two paths name the same file; see path.h. Called while a configuration is checked. */
#include "conf/path.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_same_file(const char *one, const char *other)
{
    struct stat a, b;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Without "//" and "/./", and with "/x/.." taken back, as if there were no symbolic links. plain: PATH_MAX bytes. */
static void simplify(const char *path, char *plain)
{
    size_t used = 0;
    while (*path != '\0') {
        path += strspn(path, "/");
        size_t n = strcspn(path, "/");
        if (n == 2 && strncmp(path, "..", 2) == 0) {
            while (used > 0 && plain[--used] != '/')
                ;
        } else if (n > 0 && !(n == 1 && *path == '.')) {
            used += (size_t)snprintf(plain + used, PATH_MAX - used, "/%.*s", (int)n, path);
        }
        path += n;
    }
    plain[used] = '\0';
}

/* Cut a path after its directory. Returns the name in it. */
static const char *split(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return "";
    *slash = '\0';
    return slash + 1;
}

bool path_is_same(const char *one, const char *other)
{
    char a[PATH_MAX], b[PATH_MAX];
    if (is_same_file(one, other))
        return true;
    simplify(one, a);
    simplify(other, b);
    if (strcmp(a, b) == 0)
        return true;
    if (strcmp(split(a), split(b)) != 0)
        return false;
    return is_same_file(a[0] != '\0' ? a : "/", b[0] != '\0' ? b : "/");
}
