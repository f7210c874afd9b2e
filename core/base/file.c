/* Whole files in and out. */
#include "base/file.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *file_trouble(int error)
{
    switch (error) {
    case ENOENT:
        return tr("there is no such file", "文件不存在");
    case EACCES:
    case EPERM:
        return tr("permission denied", "没有权限");
    case EISDIR:
        return tr("it is a folder", "这是一个文件夹");
    case ENOTDIR:
        return tr("part of the path is not a folder", "路径中有一段不是文件夹");
    case ENOSPC:
        return tr("the disk is full", "磁盘已满");
    case EROFS:
        return tr("the disk is read-only", "磁盘只读");
    }
    const char *text = strerrordesc_np(error);
    return text ? text : "?";
}

static int refuse_read(const char *path, int error, struct findings *findings)
{
    struct place place = {.file = path};
    if (error == ENOENT) {
        findings_add(findings, SEV_ERROR, "F001", place, NULL,
                     tr("no such file: %s", "文件不存在：%s"), path);
        return ERR_NOT_FOUND;
    }
    findings_add(findings, SEV_ERROR, "F002", place, NULL,
                 tr("cannot read %s: %s", "无法读取 %s：%s"), path, file_trouble(error));
    return ERR_IO;
}

static int refuse_size(const char *path, size_t limit, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "F003", (struct place){.file = path},
                 tr("split the file, or check that it is the one you meant",
                    "请拆分文件，或确认是否选错了文件"),
                 tr("%s is larger than %zu bytes", "%s 超过 %zu 字节"), path, limit);
    return ERR_LIMIT;
}

static int open_any(const char *path, int *ret_fd)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno;
    *ret_fd = fd;
    return 0;
}

/* O_NONBLOCK so that opening a pipe without a writer does not hang; a regular file ignores it. */
static int open_regular(const char *path, int *ret_fd)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return errno;
    struct stat info;
    int error = fstat(fd, &info) < 0 ? errno : 0;
    if (error == 0 && S_ISDIR(info.st_mode))
        error = EISDIR;
    else if (error == 0 && !S_ISREG(info.st_mode))
        error = EINVAL;
    if (error != 0)
        close(fd);
    else
        *ret_fd = fd;
    return error;
}

/* Reads to the end or until more than `limit` bytes have come; 0 or an errno. */
static int read_all(int fd, size_t limit, struct buf *buf)
{
    char chunk[65536];
    while (buf->size <= limit) {
        ssize_t size = read(fd, chunk, sizeof chunk);
        if (size == 0)
            return 0;
        if (size > 0)
            buf_add(buf, chunk, (size_t)size);
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

static int read_file(const char *path, int (*opener)(const char *path, int *ret_fd), size_t limit,
                     char **ret_data, size_t *ret_size, struct findings *findings)
{
    bool is_stdin = str_equal(path, "-");
    int fd = STDIN_FILENO;
    int error = is_stdin ? 0 : opener(path, &fd);
    if (error != 0)
        return refuse_read(path, error, findings);

    struct buf buf = {0};
    error = read_all(fd, limit, &buf);
    if (!is_stdin)
        close(fd);
    int err = 0;
    if (error != 0)
        err = refuse_read(path, error, findings);
    else if (buf.size > limit)
        err = refuse_size(path, limit, findings);
    if (err < 0) {
        buf_release(&buf);
        return err;
    }
    *ret_size = buf.size;
    *ret_data = buf_detach(&buf);
    return 0;
}

int file_read(const char *path, size_t limit, char **ret_data, size_t *ret_size,
              struct findings *findings)
{
    return read_file(path, open_regular, limit, ret_data, ret_size, findings);
}

int file_read_stream(const char *path, size_t limit, char **ret_data, size_t *ret_size,
                     struct findings *findings)
{
    return read_file(path, open_any, limit, ret_data, ret_size, findings);
}

/* 0 or an errno. */
static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno != EINTR)
            return errno;
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

/* mkostemp makes files for the owner only; the new file gets the old one's mode, or the usual one.
 */
static int set_mode(int fd, const char *path)
{
    struct stat old;
    mode_t mode = 0644;
    if (stat(path, &old) == 0)
        mode = old.st_mode & 07777;
    return fchmod(fd, mode) < 0 ? errno : 0;
}

void file_keep_private(const char *path)
{
    struct stat old;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    else if (stat(path, &old) == 0 && S_ISREG(old.st_mode) && (old.st_mode & S_IRWXO))
        (void)!chmod(path, old.st_mode & 07777 & ~(mode_t)S_IRWXO);
}

/* The rename itself must reach the disk too. */
static int sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return errno;
    int error = fsync(fd) < 0 ? errno : 0;
    close(fd);
    return error;
}

int file_put_in_place(const char *temporary, const char *path)
{
    int fd = open(temporary, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = fsync(fd) < 0 ? errno : 0;
    if (close(fd) < 0 && error == 0)
        error = errno;
    if (error == 0 && rename(temporary, path) < 0)
        error = errno;
    return error == 0 ? sync_folder_of(path) : error;
}

static int write_beside(int fd, const char *temporary, const char *path, const void *data,
                        size_t size)
{
    int error = write_all(fd, data, size);
    if (error == 0 && fsync(fd) < 0)
        error = errno;
    if (error == 0)
        error = set_mode(fd, path);
    if (close(fd) < 0 && error == 0)
        error = errno;
    if (error == 0 && rename(temporary, path) < 0)
        error = errno;
    if (error != 0)
        unlink(temporary);
    return error == 0 ? sync_folder_of(path) : error;
}

/* The file that a link leads to is meant: a rename onto the link would leave that one as it was.
 * A link to nowhere gets its file first, so that there is a place to lead to.  Caller frees. */
static char *behind_links(const char *path)
{
    struct stat info;
    if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode)) {
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
        if (fd >= 0)
            close(fd);
    }
    char *real = realpath(path, NULL);
    return real ? real : xstrdup(path);
}

static int replace(const char *path, const void *data, size_t size)
{
    char *target = behind_links(path);
    char *temporary = xasprintf("%s.XXXXXX", target);
    int fd = mkostemp(temporary, O_CLOEXEC);
    int error = fd < 0 ? errno : write_beside(fd, temporary, target, data, size);
    free(temporary);
    free(target);
    return error;
}

/* Of a device or a pipe, which a rename would do away with; neither can be synced. */
static int write_into(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno;
    int error = write_all(fd, data, size);
    if (close(fd) < 0 && error == 0)
        error = errno;
    return error;
}

int file_write_atomic(const char *path, const void *data, size_t size, struct findings *findings)
{
    struct stat old;
    bool into = stat(path, &old) == 0 && !S_ISREG(old.st_mode);
    int error = into ? write_into(path, data, size) : replace(path, data, size);
    if (error == 0)
        return 0;
    findings_add(findings, SEV_ERROR, "F004", (struct place){.file = path}, NULL,
                 tr("cannot write %s: %s", "无法写入 %s：%s"), path, file_trouble(error));
    return error == ENOENT ? ERR_NOT_FOUND : ERR_IO;
}
