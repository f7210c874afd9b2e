/* One call of the system that fails.
 *
 * Loaded before libc.  Call number CALL_AT (from 1) of the function CALL_NAME fails as the kernel
 * might fail it, once, and CALL_LOG gets a line when it has.  At the end of the process CALL_COUNTS
 * gets a line "NAME COUNT" for each function that was called at all, so that whoever sweeps knows
 * what there is.  Calls inside of libc are not seen.  A close that fails has closed all the same,
 * as Linux does it. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* One of the functions: its own, how often it was called, and whether it is the one that fails. */
struct call {
    const char *name;
    void *real;
    atomic_long count;
    struct call *next; /* of those that were called */
    atomic_flag known;
};
static _Atomic(struct call *) calls;
static const char *wanted;
static long at = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *number = getenv("CALL_AT");
    wanted = getenv("CALL_NAME");
    at = number ? atol(number) : -1;
}

/* By the kernel itself: the functions of this name are wrapped. */
static void add_line(const char *variable, const char *name, long number)
{
    char line[100];
    const char *path = getenv(variable);
    int size = snprintf(line, sizeof line, "%s %ld\n", name, number);
    long fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
    if (fd < 0)
        return;
    syscall(SYS_write, fd, line, size);
    syscall(SYS_close, fd);
}

__attribute__((destructor)) static void end(void)
{
    for (struct call *call = calls; call; call = call->next)
        add_line("CALL_COUNTS", call->name, call->count);
}

static void note(struct call *call)
{
    if (atomic_flag_test_and_set(&call->known))
        return;
    call->next = calls;
    while (!atomic_compare_exchange_weak(&calls, &call->next, call)) {
    }
}

/* Whether this is the one that fails. */
static int is_due(struct call *call)
{
    note(call);
    long number = atomic_fetch_add(&call->count, 1) + 1;
    if (number != at || !wanted || strcmp(wanted, call->name) != 0)
        return 0;
    add_line("CALL_LOG", call->name, number);
    return 1;
}

static int fails(struct call *call, int error)
{
    int due = is_due(call);
    if (due)
        errno = error;
    return due;
}

static void *real(struct call *call)
{
    if (!call->real)
        call->real = dlsym(RTLD_NEXT, call->name);
    return call->real;
}

/* WRAP(type, name, parameters, arguments, error, what it answers then) */
#define WRAP(type_, name_, parameters_, arguments_, error_, failure_)          \
    type_ name_ parameters_                                                    \
    {                                                                          \
        static struct call call = {.name = #name_, .known = ATOMIC_FLAG_INIT}; \
        if (!is_due(&call))                                                    \
            return ((type_(*) parameters_)real(&call))arguments_;              \
        errno = error_;                                                        \
        return failure_;                                                       \
    }

/* ---- the net ----------------------------------------------------------------- */

WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol), EMFILE, -1)
WRAP(int, bind, (int fd, const struct sockaddr *to, socklen_t size), (fd, to, size), EADDRINUSE, -1)
WRAP(int, listen, (int fd, int backlog), (fd, backlog), EADDRINUSE, -1)
WRAP(int, accept, (int fd, struct sockaddr *from, socklen_t *size), (fd, from, size), EMFILE, -1)
WRAP(int, accept4, (int fd, struct sockaddr *from, socklen_t *size, int flags),
     (fd, from, size, flags), EMFILE, -1)
WRAP(int, connect, (int fd, const struct sockaddr *to, socklen_t size), (fd, to, size),
     EADDRNOTAVAIL, -1)
WRAP(int, getsockname, (int fd, struct sockaddr *name, socklen_t *size), (fd, name, size), ENOBUFS,
     -1)
WRAP(int, getpeername, (int fd, struct sockaddr *name, socklen_t *size), (fd, name, size), ENOTCONN,
     -1)
WRAP(int, getsockopt, (int fd, int level, int option, void *value, socklen_t *size),
     (fd, level, option, value, size), ENOBUFS, -1)
WRAP(int, setsockopt, (int fd, int level, int option, const void *value, socklen_t size),
     (fd, level, option, value, size), ENOBUFS, -1)
WRAP(ssize_t, send, (int fd, const void *bytes, size_t size, int flags), (fd, bytes, size, flags),
     ECONNRESET, -1)
WRAP(ssize_t, sendto,
     (int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to,
      socklen_t to_size),
     (fd, bytes, size, flags, to, to_size), ECONNRESET, -1)
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags),
     ECONNRESET, -1)
WRAP(ssize_t, recv, (int fd, void *bytes, size_t size, int flags), (fd, bytes, size, flags),
     ECONNRESET, -1)
WRAP(ssize_t, recvfrom,
     (int fd, void *bytes, size_t size, int flags, struct sockaddr *from, socklen_t *from_size),
     (fd, bytes, size, flags, from, from_size), ECONNRESET, -1)
WRAP(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags),
     ECONNRESET, -1)
WRAP(int, shutdown, (int fd, int how), (fd, how), ENOTCONN, -1)
WRAP(int, socketpair, (int domain, int type, int protocol, int fds[2]),
     (domain, type, protocol, fds), EMFILE, -1)
WRAP(int, getaddrinfo,
     (const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found),
     (name, service, hints, found), EAGAIN, EAI_AGAIN)

/* ---- opening, closing, waiting --------------------------------------------------- */

#define WRAP_OPEN(name_)                                                                \
    int name_(const char *path, int flags, ...)                                         \
    {                                                                                   \
        static struct call call = {.name = #name_, .known = ATOMIC_FLAG_INIT};          \
        va_list args;                                                                   \
        va_start(args, flags);                                                          \
        unsigned mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, unsigned) : 0;     \
        va_end(args);                                                                   \
        return fails(&call, EMFILE)                                                     \
                   ? -1                                                                 \
                   : ((int (*)(const char *, int, ...))real(&call))(path, flags, mode); \
    }
WRAP_OPEN(open)
WRAP_OPEN(open64)

int close(int fd)
{
    static struct call call = {.name = "close", .known = ATOMIC_FLAG_INIT};
    int failed = fails(&call, EIO);
    int answer = ((int (*)(int))real(&call))(fd);
    if (failed)
        errno = EIO;
    return failed ? -1 : answer;
}

#define WRAP_CONTROL(name_, type_, error_)                                                      \
    int name_(int fd, type_ what, ...)                                                          \
    {                                                                                           \
        static struct call call = {.name = #name_, .known = ATOMIC_FLAG_INIT};                  \
        va_list args;                                                                           \
        va_start(args, what);                                                                   \
        void *value = va_arg(args, void *);                                                     \
        va_end(args);                                                                           \
        return fails(&call, error_) ? -1                                                        \
                                    : ((int (*)(int, type_, ...))real(&call))(fd, what, value); \
    }
WRAP_CONTROL(fcntl, int, ENOLCK)
WRAP_CONTROL(fcntl64, int, ENOLCK)
WRAP_CONTROL(ioctl, unsigned long, EIO)
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode), EMFILE, NULL)
WRAP(int, pipe2, (int fds[2], int flags), (fds, flags), EMFILE, -1)
WRAP(int, eventfd, (unsigned count, int flags), (count, flags), EMFILE, -1)
WRAP(int, epoll_create1, (int flags), (flags), EMFILE, -1)
WRAP(int, epoll_ctl, (int set, int what, int fd, struct epoll_event *event), (set, what, fd, event),
     ENOSPC, -1)
WRAP(int, epoll_wait, (int set, struct epoll_event *events, int max, int ms),
     (set, events, max, ms), EINTR, -1)
WRAP(int, epoll_pwait,
     (int set, struct epoll_event *events, int max, int ms, const sigset_t *signals),
     (set, events, max, ms, signals), EINTR, -1)
WRAP(int, inotify_init1, (int flags), (flags), EMFILE, -1)
WRAP(int, inotify_add_watch, (int fd, const char *path, unsigned mask), (fd, path, mask), ENOSPC,
     -1)

/* ---- files --------------------------------------------------------------------------- */

/* A disk fails otherwise than a peer, and what is neither can only be interrupted. */
static int error_of(int fd)
{
    struct stat info;
    if (syscall(SYS_fstat, fd, &info) < 0)
        return EBADF;
    return S_ISREG(info.st_mode) ? EIO : S_ISSOCK(info.st_mode) ? ECONNRESET : EINTR;
}
WRAP(ssize_t, read, (int fd, void *bytes, size_t size), (fd, bytes, size), error_of(fd), -1)
WRAP(ssize_t, write, (int fd, const void *bytes, size_t size), (fd, bytes, size), error_of(fd), -1)
WRAP(ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count),
     error_of(fd), -1)
WRAP(ssize_t, pread64, (int fd, void *bytes, size_t size, off64_t from), (fd, bytes, size, from),
     EIO, -1)
WRAP(ssize_t, pwrite64, (int fd, const void *bytes, size_t size, off64_t to), (fd, bytes, size, to),
     EIO, -1)
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size), EIO, -1)
WRAP(int, fsync, (int fd), (fd), EIO, -1)
WRAP(int, fdatasync, (int fd), (fd), EIO, -1)
WRAP(int, fstat, (int fd, struct stat *info), (fd, info), EIO, -1)
WRAP(int, fstat64, (int fd, struct stat64 *info), (fd, info), EIO, -1)
WRAP(int, stat, (const char *path, struct stat *info), (path, info), EACCES, -1)
WRAP(int, stat64, (const char *path, struct stat64 *info), (path, info), EACCES, -1)
WRAP(int, lstat, (const char *path, struct stat *info), (path, info), EACCES, -1)
WRAP(int, lstat64, (const char *path, struct stat64 *info), (path, info), EACCES, -1)
WRAP(int, statvfs, (const char *path, struct statvfs *info), (path, info), EIO, -1)
WRAP(int, access, (const char *path, int mode), (path, mode), EACCES, -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), EACCES, -1)
WRAP(DIR *, opendir, (const char *path), (path), EMFILE, NULL)
WRAP(int, rename, (const char *from, const char *to), (from, to), EIO, -1)
WRAP(int, renameat2, (int from, const char *old, int to, const char *new, unsigned flags),
     (from, old, to, new, flags), EIO, -1)
WRAP(int, unlink, (const char *path), (path), EIO, -1)

/* ---- memory and threads ------------------------------------------------------------------ */

WRAP(void *, mmap, (void *to, size_t size, int rights, int flags, int fd, off_t from),
     (to, size, rights, flags, fd, from), ENOMEM, MAP_FAILED)
WRAP(void *, mmap64, (void *to, size_t size, int rights, int flags, int fd, off64_t from),
     (to, size, rights, flags, fd, from), ENOMEM, MAP_FAILED)
WRAP(int, munmap, (void *at_, size_t size), (at_, size), EINVAL, -1)
WRAP(int, pthread_create,
     (pthread_t * thread, const pthread_attr_t *how, void *(*run)(void *), void *arg),
     (thread, how, run, arg), EAGAIN, EAGAIN)
WRAP(ssize_t, getrandom, (void *bytes, size_t size, unsigned flags), (bytes, size, flags), EINTR,
     -1)
