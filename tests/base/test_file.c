/* Whole files in and out.  Each test has a folder of its own. */
#include "base/err.h"
#include "base/file.h"
#include "base/xalloc.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/yujing-file-XXXXXX";
static struct findings findings;

static char *in_folder(const char *name)
{
    return xasprintf("%s/%s", folder, name);
}

static void open_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void close_folder(void)
{
    char *command = xasprintf("rm -rf %s", folder);
    cr_expect_eq(system(command), 0);
    free(command);
    findings_release(&findings);
}

TestSuite(file, .init = open_folder, .fini = close_folder);

static void expect_finding(const char *code)
{
    cr_assert_eq(findings.count, 1);
    cr_expect_str_eq(findings.items[0].code, code);
}

Test(file, what_is_written_is_read)
{
    char *path = in_folder("a"), *data = NULL;
    size_t size = 0;
    cr_assert_eq(file_write_atomic(path, "old", 3, &findings), 0);
    cr_assert_eq(file_write_atomic(path, "a\0b", 3, &findings), 0);
    cr_assert_eq(file_read(path, 3, &data, &size, &findings), 0);
    cr_expect_eq(size, 3);
    cr_expect_eq(memcmp(data, "a\0b", 4), 0, "a NUL follows");
    cr_expect_eq(findings.count, 0);
    free(data);
    free(path);
}

Test(file, an_empty_file_is_an_empty_text)
{
    char *path = in_folder("a"), *data = NULL;
    size_t size = 7;
    cr_assert_eq(file_write_atomic(path, "", 0, &findings), 0);
    cr_assert_eq(file_read(path, 0, &data, &size, &findings), 0);
    cr_expect_eq(size, 0);
    cr_expect_str_eq(data, "");
    free(data);
    free(path);
}

Test(file, writing_leaves_nothing_else_and_keeps_the_mode)
{
    char *path = in_folder("a");
    struct stat info;
    cr_assert_eq(file_write_atomic(path, "x", 1, &findings), 0);
    cr_assert_eq(chmod(path, 0600), 0);
    cr_assert_eq(file_write_atomic(path, "y", 1, &findings), 0);
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 07777, 0600);
    DIR *listing = opendir(folder);
    int entries = 0;
    while (readdir(listing))
        entries++;
    closedir(listing);
    cr_expect_eq(entries, 3, "., .. and the file");
    free(path);
}

Test(file, a_missing_file_is_F001)
{
    char *path = in_folder("none"), *data = NULL;
    size_t size;
    cr_expect_eq(file_read(path, 10, &data, &size, &findings), ERR_NOT_FOUND);
    cr_expect_null(data);
    expect_finding("F001");
    cr_expect_str_eq(findings.items[0].file, path);
    free(path);
}

Test(file, a_folder_is_F002)
{
    char *data = NULL;
    size_t size;
    cr_expect_eq(file_read(folder, 10, &data, &size, &findings), ERR_IO);
    expect_finding("F002");
}

Test(file, a_pipe_is_F002_and_does_not_hang, .timeout = 5)
{
    char *path = in_folder("pipe"), *data = NULL;
    size_t size;
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(file_read(path, 10, &data, &size, &findings), ERR_IO);
    expect_finding("F002");
    free(path);
}

Test(file, a_large_file_is_F003)
{
    char *path = in_folder("a"), *data = NULL;
    size_t size;
    cr_assert_eq(file_write_atomic(path, "12345", 5, &findings), 0);
    cr_expect_eq(file_read(path, 4, &data, &size, &findings), ERR_LIMIT);
    expect_finding("F003");
    free(path);
}

Test(file, writing_where_nothing_can_be_is_F004)
{
    char *path = in_folder("none/a");
    cr_expect_lt(file_write_atomic(path, "x", 1, &findings), 0);
    expect_finding("F004");
    free(path);
}

Test(file, a_dash_is_standard_input)
{
    char *path = in_folder("in"), *data = NULL;
    size_t size;
    cr_assert_eq(file_write_atomic(path, "piped", 5, &findings), 0);
    cr_assert_not_null(freopen(path, "r", stdin));
    cr_expect_eq(file_read("-", 10, &data, &size, &findings), 0);
    cr_expect_str_eq(data, "piped");
    free(data);
    free(path);
}
