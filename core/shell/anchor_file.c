/* What the file's last line says decides what is added.  At a start every line is held against the
 * store: an end that was cut off and written anew has a chain that fits, and only this file knows
 * better.  Whoever goes on with such a store knowingly, after a restore, moves the file away; it is
 * the evidence, so nothing here does. */
#include "shell/anchor_file.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/limits.h"
#include "store/anchor.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

/* ---- at a start ---------------------------------------------------------------------- */

struct unknown { /* the first head that the store does not have */
    struct anchor anchor;
    int line, count;
};

static int compare_line(struct store *store, const char *line, size_t size, struct place place,
                        struct unknown *unknown, struct findings *findings)
{
    struct anchor anchor;
    if (anchor_parse(line, size, &anchor) < 0) {
        findings_add(findings, SEV_WARNING, "D117", place, NULL, "%s",
                     tr("this is no anchor", "不是锚点"));
        return 0;
    }
    int known = anchor_known(store, &anchor);
    if (known == 0 && unknown->count++ == 0) {
        unknown->anchor = anchor;
        unknown->line = place.line;
    }
    return known < 0 ? known : 0;
}

static void tell_unknown(const char *path, const struct unknown *unknown, struct findings *findings)
{
    findings_add(
        findings, SEV_ERROR, "D118", (struct place){path, unknown->line, 1},
        tr("`yujing audit verify STORE --anchors FILE` says more.  Put the right store back; or, "
           "if "
           "this one was restored from a backup and you go on with it knowingly, keep the anchors "
           "file as evidence under another name: a new one begins",
           "请先运行 yujing audit verify STORE --anchors FILE "
           "查明。应恢复正确的存储；若确系由备份恢复并决定继续使用，请将锚点文件改名留存为证，"
           "系统将另建新文件"),
        tr("the store does not have what the anchors file knows of %s: row %lld (%d of its heads "
           "are "
           "missing); its end was cut off or written anew",
           "存储中没有锚点文件记载的 %s 第 %lld 行（共缺 %d 个链头）：末尾被截去或改写"),
        unknown->anchor.day, (long long)unknown->anchor.seq, unknown->count);
}

static int compare_text(const char *path, const char *text, struct store *store,
                        struct findings *findings)
{
    struct unknown unknown = {0};
    const char *end;
    int err = 0;
    /* A last line without its end is half a line of a crash. */
    for (int line = 1; err == 0 && (end = strchr(text, '\n')); text = end + 1, line++)
        if (end > text)
            err = compare_line(store, text, (size_t)(end - text), (struct place){path, line, 1},
                               &unknown, findings);
    if (err < 0 || unknown.count == 0)
        return err;
    tell_unknown(path, &unknown, findings);
    return ERR_INVALID;
}

int anchor_file_compare(const char *path, struct store *store, struct findings *findings)
{
    struct findings own = {0};
    char *text;
    size_t size;
    if (!path || access(path, F_OK) < 0)
        return 0;
    int err = file_read(path, FILE_BYTES_MAX, &text, &size, &own);
    if (err < 0)
        findings_add(findings, SEV_WARNING, "D118", (struct place){.file = path}, NULL,
                     tr("the store is not held against its anchors: %s", "未能与锚点文件比对：%s"),
                     own.count > 0 ? own.items[0].message : err_str(err));
    findings_release(&own);
    if (err < 0)
        return 0;
    err = compare_text(path, text, store, findings);
    free(text);
    return err;
}
