/* Which threads write to the store.
 *
 * Loaded before libc.  WRITERS_LOG gets a line with the thread's number whenever another one than
 * before writes to, syncs or cuts a file whose name ends in .db or .db-wal. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static pid_t last;

static int ends(const char *text, const char *end)
{
    size_t size = strlen(text), wanted = strlen(end);
    return size >= wanted && strcmp(text + size - wanted, end) == 0;
}

static int is_store(int fd)
{
    char link[40], name[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, name, sizeof name - 1);
    if (size <= 0)
        return 0;
    name[size] = 0;
    return ends(name, ".db") || ends(name, ".db-wal");
}

static void note(int fd)
{
    const char *path = getenv("WRITERS_LOG");
    pid_t self = gettid();
    char line[40];
    if (!path || self == last || !is_store(fd))
        return;
    last = self;
    int size = snprintf(line, sizeof line, "%d %d\n", (int)getpid(), (int)self);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (log >= 0 && write(log, line, (size_t)size) == size)
        close(log);
}

static void *find(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        _exit(99);
    return found;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real)
        *(void **)&real = find("pwrite64");
    note(fd);
    return real(fd, bytes, size, offset);
}

int fdatasync(int fd)
{
    static int (*real)(int);
    if (!real)
        *(void **)&real = find("fdatasync");
    note(fd);
    return real(fd);
}

int ftruncate64(int fd, off_t size)
{
    static int (*real)(int, off_t);
    if (!real)
        *(void **)&real = find("ftruncate64");
    note(fd);
    return real(fd, size);
}
