/* path.c: two paths of one file are told to be so, whether the file is there or not. */
#include "unit.h"

#include <sys/stat.h>

#include "conf/path.h"

static void assert_same(const char *one, const char *other, bool same)
{
    if (path_is_same(one, other) != same || path_is_same(other, one) != same)
        fail_msg("%s and %s", one, other);
}

static void test_spellings(void **state)
{
    static const char *const same[] = {"/no/such",       "/no//such",          "//no/such",     "/no/./such",
                                       "/./no/such/",    "/no/such/.",         "/no/x/../such", "/../no/such",
                                       "/no/../no/such", "/a/b/../../no/such", "/no/such/a/.."};
    static const char *const others[] = {"/",          "/no",         "/such",       "/no/suc",
                                         "/no/such2",  "/no/such/x",  "/no/such...", "/no/.such",
                                         "/no/..such", "/no/such/..", "/x/no/such"};
    (void)state;
    for (size_t i = 0; i < unit_count(same); i++) {
        for (size_t j = 0; j < unit_count(same); j++)
            assert_same(same[i], same[j], true);
        for (size_t j = 0; j < unit_count(others); j++)
            assert_same(same[i], others[j], false);
    }
    assert_same("/", "/..", true);
    assert_same("/", "/./", true);
    assert_same("/no-such", "/./no-such", true);
    assert_same("/no-such", "/no-such-either", false);
}

static void touch(const char *path)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fclose(file);
}

static void test_files(void **state)
{
    char *directory = unit_path(state, "real"), *link_to = unit_path(state, "linked"),
         *file = unit_path(state, "real/f"), *hard = unit_path(state, "hard"), *soft = unit_path(state, "soft"),
         *by_link = unit_path(state, "linked/f"), *missing = unit_path(state, "real/new"),
         *missing_by_link = unit_path(state, "linked/./new");
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_int_equal(symlink(directory, link_to), 0);
    touch(file);
    assert_int_equal(link(file, hard), 0);
    assert_int_equal(symlink(file, soft), 0);
    assert_same(file, hard, true);
    assert_same(file, soft, true);
    assert_same(file, by_link, true);
    assert_same(missing, missing_by_link, true); /* in one directory */
    assert_same(missing, file, false);
    assert_same(missing, by_link, false);
    assert_same(directory, file, false);
    for (size_t i = 0; i < 8; i++)
        free((char *[]){directory, link_to, file, hard, soft, by_link, missing, missing_by_link}[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_files),
    };
    return unit_run("path", tests, unit_make_scratch, unit_remove_scratch);
}
