/* The bytes of a fact file: what kind they are, in which encoding, and how they come in.
 *
 * A file is looked through twice, piece by piece: once to see whether it is UTF-8 and what it
 * holds, once to read it.  So a year of a busy city needs memory for its facts, not for its text.
 * Only what is rare is read whole: events written over many lines, and tables in GBK.
 *
 * The encoding is never guessed in silence: UTF-8 is strict, with anything else a table is tried as
 * GB18030 (of which GBK is a part), and a finding says so. */
#include "base/file.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "model/feed_parts.h"
#include "model/locate.h"
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 << 10 };

/* What a text is ------------------------------------------------------------------------------ */

enum text_kind { TEXT_UNKNOWN, TEXT_CSV, TEXT_JSON_LINES, TEXT_JSON };

struct inspection {
    enum text_kind kind;
    bool begun;
    size_t bom;   /* bytes of the mark at the very start */
    int bad_line; /* the first one that is not UTF-8; 0: none */
    int line;
};

/* Objects one a line, unless the first one goes on over its line end.  A first line that is broken
 * and followed by the start of another object is a broken line, not a long object. */
static enum text_kind json_kind(const char *text, size_t size, size_t at)
{
    if (text[at] == '[')
        return TEXT_JSON;
    size_t value_end = json_value_end(text, size, at);
    const char *line_end = memchr(text + at, '\n', size - at);
    if (!line_end || value_end <= (size_t)(line_end - text))
        return TEXT_JSON_LINES;
    size_t next = json_skip_blanks(text, size, (size_t)(line_end - text));
    return next < size && text[next] == '{' ? TEXT_JSON_LINES : TEXT_JSON;
}

static void inspect_start(struct inspection *inspection, const char *text, size_t size)
{
    inspection->begun = true;
    inspection->line = 1;
    inspection->bom = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    size_t at = json_skip_blanks(text, size, inspection->bom);
    if (at < size && (text[at] == '{' || text[at] == '['))
        inspection->kind = json_kind(text, size, at);
    else if (at < size)
        inspection->kind = TEXT_CSV;
}

static void count_lines(struct inspection *inspection, const char *text, size_t size)
{
    for (const char *at; (at = memchr(text, '\n', size)); inspection->line++) {
        size -= (size_t)(at + 1 - text);
        text = at + 1;
    }
}

/* A feed_reader: uses all of the text but a character that is cut in two. */
static size_t inspect(void *self, const char *text, size_t size, bool last)
{
    struct inspection *inspection = self;
    if (!inspection->begun)
        inspect_start(inspection, text, size);
    if (inspection->bad_line > 0)
        return size;
    size_t good = str_utf8_bad(text, size);
    count_lines(inspection, text, good);
    if (good == size || (!last && size - good < 4 && good > 0))
        return good;
    inspection->bad_line = inspection->line;
    return size;
}

/* Piece by piece ------------------------------------------------------------------------------ */

/* Reads on until the piece is full or the file ends; 0 or an errno. */
static int fill(int fd, struct buf *piece, size_t room, bool *ret_last)
{
    size_t wanted = piece->size + room;
    char chunk[16384];
    while (piece->size < wanted) {
        size_t left = wanted - piece->size;
        ssize_t got = read(fd, chunk, left < sizeof chunk ? left : sizeof chunk);
        if (got > 0)
            buf_add(piece, chunk, (size_t)got);
        else if (got == 0)
            break;
        else if (errno != EINTR)
            return errno;
    }
    *ret_last = piece->size < wanted;
    return 0;
}

/* Gives the reader the whole file.  What it leaves is offered again with more behind it; a reader
 * that uses nothing of a line must give up at FACT_LINE_BYTES_MAX, so the piece stays bounded. */
static int stream(int fd, feed_reader *reader, void *self)
{
    struct buf piece = {0};
    int error = lseek(fd, 0, SEEK_SET) < 0 ? errno : 0;
    for (bool last = false; error == 0 && !last;) {
        error = fill(fd, &piece, PIECE_BYTES, &last);
        if (error != 0)
            break;
        size_t used = reader(self, buf_str(&piece), piece.size, last);
        if (piece.size > 0)
            memmove(piece.data, piece.data + used, piece.size - used);
        piece.size -= used;
    }
    buf_release(&piece);
    return error;
}

/* Encodings ----------------------------------------------------------------------------------- */

static int line_of(const char *text, size_t size)
{
    struct inspection lines = {.line = 1};
    count_lines(&lines, text, size);
    return lines.line;
}

/* The text in UTF-8 (caller frees), or NULL with a finding.  GB18030 needs at most twice the bytes.
 */
static char *from_gb18030(const char *name, const char *text, size_t size, size_t *ret_size,
                          struct findings *findings)
{
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    size_t in_left = size, room = size * 2 + 16, out_left = room;
    char *converted = xmalloc(room);
    char *in = (char *)(uintptr_t)text, *out = converted; /* iconv does not write to its input */
    bool good = converter != (iconv_t)-1 &&
                iconv(converter, &in, &in_left, &out, &out_left) != (size_t)-1 && in_left == 0;
    if (converter != (iconv_t)-1)
        iconv_close(converter);
    if (good) {
        *ret_size = room - out_left;
        return converted;
    }
    free(converted);
    findings_add(findings, SEV_ERROR, "N002",
                 (struct place){.file = name, .line = line_of(text, size - in_left)},
                 tr("save the file as UTF-8", "请将文件另存为 UTF-8"),
                 tr("this is neither UTF-8 nor GBK", "既不是 UTF-8 也不是 GBK 编码"));
    return NULL;
}

static void tell_encoding(const char *name, int line, struct findings *findings)
{
    findings_add(
        findings, SEV_REVIEW, "N001", (struct place){.file = name, .line = line, .col = 0},
        tr("save the file as UTF-8 to be sure of every name", "另存为 UTF-8 可避免名称出错"),
        tr("not UTF-8 from this line on: the file was read as GB18030 (GBK)",
           "自此行起不是 UTF-8：整个文件按 GB18030（GBK）读取"));
}

static bool is_utf16(const char *text, size_t size)
{
    return size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

/* Reading ------------------------------------------------------------------------------------- */

static void read_csv_text(struct feed *feed, const char *name, const char *text, size_t size,
                          span_ms offset, struct findings *findings)
{
    struct csv *csv = csv_new(feed, name, offset, findings);
    csv_read(csv, text, size, true);
    csv_free(csv);
}

static void read_gbk(struct feed *feed, const char *name, const char *text, size_t size, int line,
                     span_ms offset, struct findings *findings)
{
    size_t converted_size = 0;
    char *converted = from_gb18030(name, text, size, &converted_size, findings);
    if (!converted)
        return;
    tell_encoding(name, line, findings);
    read_csv_text(feed, name, converted, converted_size, offset, findings);
    free(converted);
}

static void tell_empty(const char *name, struct findings *findings)
{
    findings_add(findings, SEV_WARNING, "N014", (struct place){.file = name}, NULL,
                 tr("there is nothing in it", "内容为空"));
}

static void read_whole(struct feed *feed, const char *name, const char *text, size_t size,
                       const struct inspection *inspection, span_ms offset,
                       struct findings *findings)
{
    struct json_lines json = {feed, name, feed_file(feed, name), offset, findings, 1, false};
    text += inspection->bom;
    size -= inspection->bom;
    if (is_utf16(text, size))
        findings_add(findings, SEV_ERROR, "N002", (struct place){.file = name, .line = 1},
                     tr("save the file as UTF-8", "请将文件另存为 UTF-8"),
                     tr("this is UTF-16", "这是 UTF-16 编码"));
    else if (inspection->kind == TEXT_UNKNOWN)
        tell_empty(name, findings);
    else if (inspection->kind == TEXT_JSON_LINES)
        json_lines_read(&json, text, size, true);
    else if (inspection->kind == TEXT_JSON)
        json_text_read(&json, text, size);
    else if (inspection->bad_line > 0)
        read_gbk(feed, name, text, size, inspection->bad_line, offset, findings);
    else
        read_csv_text(feed, name, text, size, offset, findings);
}

static int outcome(const struct findings *findings, size_t errors_before)
{
    return findings->errors == errors_before ? 0 : ERR_INVALID;
}

int feed_add_text(struct feed *feed, const char *name, const char *text, size_t size,
                  span_ms offset, struct findings *findings)
{
    size_t errors = findings->errors, first = feed->count;
    struct inspection inspection = {0};
    inspect(&inspection, text, size, true);
    read_whole(feed, name, text, size, &inspection, offset, findings);
    feed_tell_refused(feed, name, findings);
    feed_drop_far(feed, first, findings);
    return outcome(findings, errors);
}

static int add_whole_file(struct feed *feed, const char *path, span_ms offset,
                          struct findings *findings)
{
    char *text = NULL;
    size_t size = 0;
    int err = file_read_stream(path, FACT_FILE_BYTES_MAX, &text, &size, findings);
    if (err == 0)
        err = feed_add_text(feed, path, text, size, offset, findings);
    free(text);
    return err;
}

/* Skips the byte order mark, then lets the reader have what follows. */
struct behind_mark {
    size_t mark;
    feed_reader *reader;
    void *self;
};

static size_t read_behind_mark(void *self, const char *text, size_t size, bool last)
{
    struct behind_mark *behind = self;
    size_t mark = behind->mark < size ? behind->mark : size;
    behind->mark = 0;
    return mark + behind->reader(behind->self, text + mark, size - mark, last);
}

static int stream_facts(struct feed *feed, const char *path, int fd,
                        const struct inspection *inspection, span_ms offset,
                        struct findings *findings)
{
    struct behind_mark behind = {.mark = inspection->bom};
    if (inspection->kind == TEXT_CSV) {
        struct csv *csv = csv_new(feed, path, offset, findings);
        behind.reader = csv_read;
        behind.self = csv;
        int error = stream(fd, read_behind_mark, &behind);
        csv_free(csv);
        return error;
    }
    struct json_lines json = {feed, path, feed_file(feed, path), offset, findings, 1, false};
    behind.reader = json_lines_read;
    behind.self = &json;
    return stream(fd, read_behind_mark, &behind);
}

/* A regular file within bounds that can be read piece by piece, or -1. */
static int open_streamable(const char *path)
{
    struct stat info;
    if (strcmp(path, "-") == 0)
        return -1;
    if (stat(path, &info) < 0 || !S_ISREG(info.st_mode) || info.st_size > FACT_FILE_BYTES_MAX)
        return -1; /* not even opened: a pipe can be read only once */
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

int feed_add_file(struct feed *feed, const char *path, span_ms offset, struct findings *findings)
{
    size_t errors = findings->errors, first = feed->count;
    struct inspection inspection = {0};
    int fd = open_streamable(path);
    int error = fd < 0 ? EINVAL : stream(fd, inspect, &inspection);
    bool streams = error == 0 && (inspection.kind == TEXT_JSON_LINES ||
                                  (inspection.kind == TEXT_CSV && inspection.bad_line == 0));
    if (streams)
        error = stream_facts(feed, path, fd, &inspection, offset, findings);
    if (fd >= 0)
        close(fd);
    if (!streams)
        return add_whole_file(feed, path, offset,
                              findings); /* it also says what is wrong with the file */
    if (error != 0) {
        findings_add(findings, SEV_ERROR, "F002", (struct place){.file = path}, NULL,
                     tr("cannot read %s: %s", "无法读取 %s：%s"), path, strerrordesc_np(error));
        return ERR_IO;
    }
    feed_tell_refused(feed, path, findings);
    feed_drop_far(feed, first, findings);
    return outcome(findings, errors);
}
