#include "room.h"
#include "base/err.h"
#include "base/file.h"
#include "base/xalloc.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void room_write(const char *folder, const char *name, const char *text, mode_t mode)
{
    struct findings findings = {0};
    char *path = xasprintf("%s/%s", folder, name);
    cr_assert_eq(file_write_atomic(path, text, strlen(text), &findings), 0);
    cr_assert_eq(chmod(path, mode), 0);
    free(path);
}

void room_remove(const char *folder)
{
    char *command = xasprintf("rm -rf %s", folder);
    cr_expect_eq(system(command), 0);
    free(command);
}
