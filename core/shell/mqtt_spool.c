/* Two files, and how many messages of each are still held. */
#include "shell/mqtt_spool.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>
#include <zlib.h>

enum {
    FILES = 2,
    FULL_BYTES = 4 << 20, /* then the other's turn comes, as soon as that is empty */
    HEAD_BYTES = 8,
};

struct part {
    int fd;
    size_t size;
    int held;
    char *was; /* what stood in it at the start, */
    size_t was_size;
    int64_t first; /* with the number of its first record */
};
struct mqtt_spool {
    uv_mutex_t lock;
    struct part parts[FILES];
    int current;
    int64_t numbers;
};

/* ---- records ----------------------------------------------------------- */

struct record {
    int64_t number;
    const char *topic;
    const unsigned char *bytes;
    uint32_t topic_size, size;
};

static uint32_t sum_of(const void *bytes, size_t size)
{
    return (uint32_t)crc32(0, bytes, (uInt)size);
}

static void print_record(struct buf *out, const struct record *record)
{
    struct buf rest = {0};
    buf_i64(&rest, record->number);
    buf_u32(&rest, record->topic_size);
    buf_add(&rest, record->topic, record->topic_size);
    buf_u32(&rest, record->size);
    buf_add(&rest, record->bytes, record->size);
    buf_u32(out, (uint32_t)rest.size);
    buf_u32(out, sum_of(rest.data, rest.size));
    buf_add(out, rest.data, rest.size);
    buf_release(&rest);
}

static const void *read_bytes(struct reader *reader, uint32_t *ret_size)
{
    const unsigned char *at;
    *ret_size = read_u32(reader);
    at = reader->at;
    if (reader->bad || *ret_size > (size_t)(reader->end - at)) {
        reader->bad = 1;
        return NULL;
    }
    reader->at += *ret_size;
    return at;
}

/* False at the end, and where the rest is no record. */
static bool read_record(struct reader *reader, struct record *ret)
{
    uint32_t size = read_u32(reader), sum = read_u32(reader);
    if (reader->bad || size > (size_t)(reader->end - reader->at) || sum_of(reader->at, size) != sum)
        return false;
    struct reader rest = {.at = reader->at, .end = reader->at + size};
    reader->at += size;
    ret->number = read_i64(&rest);
    ret->topic = read_bytes(&rest, &ret->topic_size);
    ret->bytes = read_bytes(&rest, &ret->size);
    return !rest.bad;
}

/* ---- opening ----------------------------------------------------------- */

static int open_part(struct part *part, const char *path, struct findings *findings)
{
    file_keep_private(path);
    part->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (part->fd >= 0)
        return file_read(path, INT32_MAX, &part->was, &part->was_size, findings);
    findings_add(findings, SEV_ERROR, "D025", (struct place){.file = path}, NULL,
                 tr("%s cannot be written: %s", "无法写入 %s：%s"), path, file_trouble(errno));
    return ERR_IO;
}

/* What is half a record is cut off, so that the next stands where it can be found. */
static void look_into(struct mqtt_spool *spool, struct part *part)
{
    const unsigned char *start = (unsigned char *)part->was;
    struct record record;
    struct reader reader = {.at = start, .end = start + part->was_size};
    part->first = INT64_MAX;
    for (; read_record(&reader, &record); part->size = (size_t)(reader.at - start)) {
        part->first = record.number < part->first ? record.number : part->first;
        spool->numbers = record.number > spool->numbers ? record.number : spool->numbers;
        part->held++;
    }
    part->was_size = part->size;
    (void)!ftruncate(part->fd, (off_t)part->size);
}

/* The library's file of a message: the payload's size as an int, the payload, four ints, the topic
 * with its NUL, an int. */
static bool is_half(const char *path)
{
    enum { BEHIND_PAYLOAD = 5 * sizeof(int) + 1 };
    struct stat info;
    int size = -1, fd = open(path, O_RDONLY | O_CLOEXEC);
    bool read_ = fd >= 0 && fstat(fd, &info) == 0 && read(fd, &size, sizeof size) == sizeof size;
    bool half = fd >= 0 &&
                (!read_ || size < 0 || info.st_size < (off_t)sizeof size + size + BEHIND_PAYLOAD);
    if (fd >= 0)
        close(fd);
    return half;
}

static void sweep(const char *folder)
{
    glob_t found = {0};
    char *pattern = xasprintf("%s/*/q-*.msg", folder);
    if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            if (is_half(found.gl_pathv[i]))
                unlink(found.gl_pathv[i]);
    globfree(&found);
    free(pattern);
}

int mqtt_spool_open(struct mqtt_spool **ret_spool, const char *folder, struct findings *findings)
{
    struct mqtt_spool *spool = xcalloc(1, sizeof *spool);
    int err = 0;
    uv_mutex_init(&spool->lock);
    sweep(folder);
    for (int i = 0; i < FILES; i++)
        spool->parts[i].fd = -1;
    for (int i = 0; i < FILES && err == 0; i++) {
        char *path = xasprintf("%s/held-%d", folder, i);
        err = open_part(&spool->parts[i], path, findings);
        free(path);
        if (err == 0)
            look_into(spool, &spool->parts[i]);
    }
    if (err < 0) {
        mqtt_spool_close(spool);
        return err;
    }
    *ret_spool = spool;
    return 0;
}

static void empty(struct part *part)
{
    if (part->size > 0 && ftruncate(part->fd, 0) == 0)
        part->size = 0;
}

void mqtt_spool_each(struct mqtt_spool *spool,
                     void (*each)(void *arg, const char *topic, const void *bytes, size_t size,
                                  int file),
                     void *arg)
{
    int older = spool->parts[1].first < spool->parts[0].first;
    for (int i = 0; i < FILES; i++) {
        int number = i == 0 ? older : !older;
        struct part *part = &spool->parts[number];
        struct record record;
        struct reader reader = {.at = (unsigned char *)part->was,
                                .end = (unsigned char *)part->was + part->was_size};
        while (read_record(&reader, &record)) {
            char *topic = xstrndup(record.topic, record.topic_size);
            each(arg, topic, record.bytes, record.size, number);
            free(topic);
        }
        free(part->was);
        part->was = NULL;
        part->was_size = 0;
    }
}

/* ---- holding ----------------------------------------------------------- */

/* Where it is not written whole, the file is cut where it began. */
static bool append(struct part *part, const struct buf *bytes)
{
    if (write(part->fd, bytes->data, bytes->size) == (ssize_t)bytes->size)
        return true;
    (void)!ftruncate(part->fd, (off_t)part->size);
    return false;
}

int mqtt_spool_hold(struct mqtt_spool *spool, const char *topic, const void *bytes, size_t size)
{
    struct buf out = {0};
    uv_mutex_lock(&spool->lock);
    int other = !spool->current;
    if (spool->parts[spool->current].size > FULL_BYTES && spool->parts[other].held == 0)
        spool->current = other;
    struct part *part = &spool->parts[spool->current];
    struct record record = {++spool->numbers, topic, bytes, (uint32_t)strlen(topic),
                            (uint32_t)size};
    print_record(&out, &record);
    bool held = append(part, &out);
    part->held += held;
    part->size += held ? out.size : 0;
    int answer = held ? spool->current : ERR_IO;
    uv_mutex_unlock(&spool->lock);
    buf_release(&out);
    return answer;
}

void mqtt_spool_let_go(struct mqtt_spool *spool, int file)
{
    uv_mutex_lock(&spool->lock);
    struct part *part = &spool->parts[file];
    if (--part->held == 0)
        empty(part);
    uv_mutex_unlock(&spool->lock);
}

void mqtt_spool_close(struct mqtt_spool *spool)
{
    if (!spool)
        return;
    for (int i = 0; i < FILES; i++) {
        if (spool->parts[i].fd >= 0)
            close(spool->parts[i].fd);
        free(spool->parts[i].was);
    }
    uv_mutex_destroy(&spool->lock);
    free(spool);
}
