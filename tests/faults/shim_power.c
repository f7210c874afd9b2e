/* A loss of power, played on one process.
 *
 * Loaded before libc.  Of every file whose name contains "store.db" it remembers each write since
 * the file's last sync.  At the write or sync number POWER_AT the power goes: each such file is put
 * back to what it was at its last sync, and then of the writes since some (a random choice by
 * POWER_SEED) reach it after all, in their order, a quarter of those torn at 512 bytes.  Then the
 * process is killed.  One line goes to POWER_LOG: how many writes were not synced, how many were
 * dropped, how many torn.
 *
 * POWER_LIES makes a disk that says it has synced and has not: a negative control.  Names that were
 * not synced are not played. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FDS = 256, FILES = 8, WRITES = 16384, SECTOR = 512 };

struct file {
    ino_t inode;
    off_t synced_size;
};
struct pending {
    int file, fd;
    off_t offset;
    size_t size, old_size; /* old_size bytes were there before */
    unsigned char *old, *new;
};
static int file_of_fd[FDS]; /* index + 1 */
static struct file files[FILES];
static int file_count;
static struct pending writes[WRITES];
static int write_count;
static long operations, at = -1;
static unsigned long long seed;
static bool lies;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static int (*real_fdatasync)(int), (*real_fsync)(int), (*real_ftruncate)(int, off_t),
    (*real_close)(int);
static int (*real_open)(const char *, int, ...);

static void *find(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        _exit(99);
    return found;
}

__attribute__((constructor)) static void begin(void)
{
    *(void **)&real_pwrite = find("pwrite64");
    *(void **)&real_pread = find("pread64");
    *(void **)&real_fdatasync = find("fdatasync");
    *(void **)&real_fsync = find("fsync");
    *(void **)&real_ftruncate = find("ftruncate64");
    *(void **)&real_close = find("close");
    *(void **)&real_open = find("open64");
    const char *text = getenv("POWER_AT");
    at = text ? atol(text) : -1;
    text = getenv("POWER_SEED");
    seed = text ? strtoull(text, NULL, 10) * 2654435761u + 88172645463325252u : 1;
    lies = getenv("POWER_LIES") != NULL;
}

static unsigned chance(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33);
}

/* ---- which files ------------------------------------------------------------ */

static void follow(int fd, const char *name)
{
    struct stat info;
    if (fd < 0 || fd >= FDS || !strstr(name, "store.db") || strstr(name, "-shm") ||
        strstr(name, ".lock") || fstat(fd, &info) < 0)
        return;
    int i = 0;
    while (i < file_count && files[i].inode != info.st_ino)
        i++;
    if (i == FILES)
        _exit(98);
    if (i == file_count)
        files[file_count++] = (struct file){info.st_ino, info.st_size};
    file_of_fd[fd] = i + 1;
}

static int open_and_follow(const char *name, int flags, mode_t mode)
{
    int fd = real_open(name, flags, mode);
    follow(fd, name);
    return fd;
}

int open64(const char *name, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = va_arg(args, mode_t);
    va_end(args);
    return open_and_follow(name, flags, mode);
}

int open(const char *name, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = va_arg(args, mode_t);
    va_end(args);
    return open_and_follow(name, flags, mode);
}

int close(int fd)
{
    if (fd >= 0 && fd < FDS)
        file_of_fd[fd] = 0;
    return real_close(fd);
}

/* ---- the loss ----------------------------------------------------------------- */

static void put_back(void)
{
    for (int i = write_count - 1; i >= 0; i--)
        real_pwrite(writes[i].fd, writes[i].old, writes[i].old_size, writes[i].offset);
    for (int i = 0; i < write_count; i++)
        real_ftruncate(writes[i].fd, files[writes[i].file].synced_size);
}

static void let_through(int *ret_dropped, int *ret_torn)
{
    for (int i = 0; i < write_count; i++) {
        const struct pending *one = &writes[i];
        if (chance() % 2 == 0) {
            ++*ret_dropped;
            continue;
        }
        size_t size = one->size;
        if (chance() % 4 == 0 && size > SECTOR) {
            size = (chance() % (size / SECTOR)) * SECTOR;
            ++*ret_torn;
        }
        real_pwrite(one->fd, one->new, size, one->offset);
    }
}

static void tell(int dropped, int torn)
{
    const char *path = getenv("POWER_LOG");
    char line[80];
    int fd = path ? real_open(path, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
    int size =
        snprintf(line, sizeof line, "unsynced %d dropped %d torn %d\n", write_count, dropped, torn);
    if (fd >= 0 && write(fd, line, (size_t)size) < 0)
        _exit(97);
}

static void count_operation(void)
{
    if (++operations != at)
        return;
    int dropped = 0, torn = 0;
    put_back();
    let_through(&dropped, &torn);
    tell(dropped, torn);
    kill(getpid(), SIGKILL);
    _exit(96);
}

/* ---- what is watched ------------------------------------------------------------ */

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset)
{
    int file = fd >= 0 && fd < FDS ? file_of_fd[fd] - 1 : -1;
    if (file < 0)
        return real_pwrite(fd, bytes, size, offset);
    if (write_count == WRITES)
        _exit(95);
    struct pending *one = &writes[write_count++];
    *one = (struct pending){.file = file, .fd = fd, .offset = offset, .size = size};
    one->old = malloc(size);
    one->new = malloc(size);
    if (!one->old || !one->new)
        _exit(94);
    memcpy(one->new, bytes, size);
    ssize_t old = real_pread(fd, one->old, size, offset);
    one->old_size = old > 0 ? (size_t)old : 0;
    ssize_t written = real_pwrite(fd, bytes, size, offset);
    count_operation();
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return pwrite64(fd, bytes, size, offset);
}

/* What is cut off is taken as synced: SQLite cuts only logs whose content no longer counts. */
int ftruncate64(int fd, off_t size)
{
    int file = fd >= 0 && fd < FDS ? file_of_fd[fd] - 1 : -1;
    if (file >= 0 && files[file].synced_size > size)
        files[file].synced_size = size;
    return real_ftruncate(fd, size);
}

static void synced(int fd)
{
    struct stat info;
    int file = fd >= 0 && fd < FDS ? file_of_fd[fd] - 1 : -1;
    if (lies || file < 0 || fstat(fd, &info) < 0)
        return;
    int kept = 0;
    for (int i = 0; i < write_count; i++) {
        if (writes[i].file == file) {
            free(writes[i].old);
            free(writes[i].new);
        } else {
            writes[kept++] = writes[i];
        }
    }
    write_count = kept;
    files[file].synced_size = info.st_size;
}

/* The power may go just before a sync has done its work. */
int fdatasync(int fd)
{
    if (fd >= 0 && fd < FDS && file_of_fd[fd] > 0)
        count_operation();
    int answer = real_fdatasync(fd);
    synced(fd);
    return answer;
}

int fsync(int fd)
{
    if (fd >= 0 && fd < FDS && file_of_fd[fd] > 0)
        count_operation();
    int answer = real_fsync(fd);
    synced(fd);
    return answer;
}
