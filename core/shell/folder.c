/* Making folders, moving files between them, and how much room is left. */
#include "shell/folder.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { NAMES_MAX = 10000 }; /* files of one name in one folder */

static int refuse(const char *path, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "D022", (struct place){.file = path},
                 tr("the folder above it must exist, and both must be ours to write",
                    "上级文件夹必须存在，且两者均须可写"),
                 tr("the folder %s cannot be used: %s", "无法使用文件夹 %s：%s"), path,
                 file_trouble(errno));
    return ERR_IO;
}

int folder_make(const char *path, struct findings *findings)
{
    struct stat info;
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return refuse(path, findings);
    if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
        errno = ENOTDIR;
    else if (access(path, R_OK | W_OK | X_OK) == 0)
        return 0;
    return refuse(path, findings);
}

int64_t folder_free_bytes(const char *path)
{
    struct statvfs info;
    if (statvfs(path, &info) < 0)
        return INT64_MAX;
    return (int64_t)(info.f_bavail * info.f_frsize);
}

/* A rename must reach the disk too. */
static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int failed = fsync(fd);
    close(fd);
    return failed;
}

static int write_all(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return -1;
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno != EINTR)
            break;
        bytes += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    int failed = size > 0 ? -1 : fsync(fd);
    int error = errno;
    if (close(fd) < 0 && failed == 0)
        return -1;
    errno = error;
    return failed;
}

int folder_write(const char *folder, const char *name, const void *bytes, size_t size,
                 struct findings *findings)
{
    char *part = xasprintf("%s/.%s.part", folder, name), *path = xasprintf("%s/%s", folder, name);
    bool written =
        write_all(part, bytes, size) == 0 && rename(part, path) == 0 && sync_folder(folder) == 0;
    if (!written)
        findings_add(findings, SEV_ERROR, "D025", (struct place){.file = path}, NULL,
                     tr("%s cannot be written: %s", "无法写入 %s：%s"), path, file_trouble(errno));
    free(part);
    free(path);
    return written ? 0 : ERR_IO;
}

int folder_move(const char *path, const char *folder, struct findings *findings)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    bool moved = false, taken = true;
    for (int i = 1; taken && i < NAMES_MAX; i++) {
        char *target =
            i == 1 ? xasprintf("%s/%s", folder, name) : xasprintf("%s/%s.%d", folder, name, i);
        moved = renameat2(AT_FDCWD, path, AT_FDCWD, target, RENAME_NOREPLACE) == 0;
        taken = !moved && errno == EEXIST;
        free(target);
    }
    if (moved) {
        sync_folder(folder);
        return 0;
    }
    findings_add(findings, SEV_ERROR, "D023", (struct place){.file = path}, NULL,
                 tr("%s cannot be moved to %s: %s", "无法将 %s 移至 %s：%s"), path, folder,
                 file_trouble(errno));
    return ERR_IO;
}
