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

Test(file, a_pipe_is_read_as_a_stream_to_its_bound, .timeout = 5)
{
    char *path = in_folder("pipe"), *data = NULL;
    size_t size;
    cr_assert_eq(mkfifo(path, 0600), 0);
    int both = open(path, O_RDWR); /* so that neither end waits */
    cr_assert_eq(write(both, "piped", 5), 5);
    cr_expect_eq(file_read_stream(path, 4, &data, &size, &findings), ERR_LIMIT);
    close(both);
    expect_finding("F003");
    findings_release(&findings);
    cr_assert_eq(file_read_stream("/dev/null", 4, &data, &size, &findings), 0);
    cr_expect_eq(size, 0);
    free(data);
    free(path);
}

Test(file, what_is_no_regular_file_is_written_into, .timeout = 5)
{
    char *path = in_folder("pipe"), got[8] = "";
    struct stat info;
    cr_assert_eq(mkfifo(path, 0600), 0);
    int both = open(path, O_RDWR);
    cr_assert_eq(file_write_atomic(path, "piped", 5, &findings), 0);
    cr_expect_eq(read(both, got, sizeof got), 5);
    cr_expect_str_eq(got, "piped");
    cr_assert_eq(lstat(path, &info), 0);
    cr_expect(S_ISFIFO(info.st_mode));
    close(both);
    free(path);
}

Test(file, a_link_stays_and_its_target_is_written)
{
    char *path = in_folder("link"), *target = in_folder("target"), *data = NULL;
    struct stat info;
    size_t size;
    cr_assert_eq(symlink("target", path), 0);
    for (int round = 0; round < 2; round++) { /* a link to nowhere, then to a file */
        cr_assert_eq(file_write_atomic(path, round ? "new" : "old", 3, &findings), 0);
        cr_assert_eq(lstat(path, &info), 0);
        cr_expect(S_ISLNK(info.st_mode));
        cr_assert_eq(file_read(target, 3, &data, &size, &findings), 0);
        cr_expect_str_eq(data, round ? "new" : "old");
        free(data);
    }
    free(target);
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
