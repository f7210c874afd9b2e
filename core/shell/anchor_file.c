/* What the file's last line says decides what is added. */
#include "shell/anchor_file.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "store/anchor.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAIL_BYTES = 4096 }; /* more than two lines */

/* A line that a crash cut in half is completed by its end only, so that it stays one bad line. */
static int read_last(struct anchor_file *file, int fd, bool *ret_half)
{
    char tail[TAIL_BYTES + 1];
    struct stat status;
    if (fstat(fd, &status) < 0)
        return ERR_IO;
    off_t from = status.st_size > TAIL_BYTES ? status.st_size - TAIL_BYTES : 0;
    ssize_t size = pread(fd, tail, TAIL_BYTES, from);
    if (size < 0)
        return ERR_IO;
    *ret_half = size > 0 && tail[size - 1] != '\n';
    tail[size] = 0;
    file->last = INSTANT_NONE;
    for (char *line = tail, *end; (end = strchr(line, '\n')); line = end + 1) {
        struct anchor anchor;
        if (anchor_parse(line, (size_t)(end - line), &anchor) == 0)
            file->last = anchor.written;
    }
    file->known = true;
    return 0;
}

struct adding {
    struct buf lines;
    instant_ms after, last;
    int count;
};

static int add(void *arg, const struct anchor *anchor)
{
    struct adding *adding = arg;
    if (adding->after != INSTANT_NONE && anchor->written <= adding->after)
        return 0;
    anchor_print(&adding->lines, anchor);
    buf_putc(&adding->lines, '\n');
    adding->last = anchor->written;
    adding->count++;
    return 0;
}

static int write_all(int fd, const struct buf *lines)
{
    for (size_t done = 0; done < lines->size;) {
        ssize_t wrote = write(fd, lines->data + done, lines->size - done);
        if (wrote < 0 && errno != EINTR)
            return ERR_IO;
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return fdatasync(fd) == 0 ? 0 : ERR_IO;
}

static int update(struct anchor_file *file, struct store *store, int fd)
{
    struct adding adding = {0};
    bool half = false;
    int err = file->known ? 0 : read_last(file, fd, &half);
    if (err < 0)
        return err;
    if (half)
        buf_putc(&adding.lines, '\n');
    adding.after = file->last;
    err = anchor_read(store, add, &adding);
    if (err == 0 && adding.count > 0)
        err = write_all(fd, &adding.lines);
    if (err == 0 && adding.count > 0)
        file->last = adding.last;
    file->known = err == 0; /* else what of it was written is read again */
    buf_release(&adding.lines);
    return err < 0 ? err : adding.count;
}

int anchor_file_update(struct anchor_file *file, struct store *store, const char **ret_trouble)
{
    *ret_trouble = NULL;
    if (!file->path)
        return 0;
    const struct anchor *newest = anchor_written(store);
    if (file->known && (!newest || newest->written <= file->last))
        return 0;
    int fd = open(file->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    int err = fd < 0 ? ERR_IO : update(file, store, fd);
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (err < 0)
        *ret_trouble = err == ERR_IO ? file_trouble(error) : err_str(err);
    return err;
}
