/* A growing run of bytes, and the reader of what it wrote.
 *
 * One byte beyond `size` is always ours and always NUL once memory exists, so that the contents can
 * be handed to anything that wants a C string. */
#include "base/buf.h"
#include "base/xalloc.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_IS_NULL 0xffffffffu

static void buf_grow(struct buf *buf, size_t needed)
{
    size_t capacity = buf->capacity > 0 ? buf->capacity : 64;
    while (capacity < needed)
        capacity = capacity * 2 > capacity ? capacity * 2 : needed;
    buf->data = xrealloc(buf->data, capacity);
    buf->capacity = capacity;
}

/* Nearly always there is room: then it is two comparisons where it stands. */
static inline void buf_reserve(struct buf *buf, size_t more)
{
    size_t needed = buf->size + more + 1;
    assert(needed > buf->size);
    if (__builtin_expect(needed > buf->capacity, 0))
        buf_grow(buf, needed);
}

void buf_add(struct buf *buf, const void *bytes, size_t size)
{
    buf_reserve(buf, size);
    if (size > 0)
        memcpy(buf->data + buf->size, bytes, size);
    buf->size += size;
    buf->data[buf->size] = 0;
}

void buf_puts(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_putc(struct buf *buf, char c)
{
    buf_reserve(buf, 1);
    buf->data[buf->size++] = c;
    buf->data[buf->size] = 0;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    buf_reserve(buf, 64);
    size_t room = buf->capacity - buf->size;
    int size = vsnprintf(buf->data + buf->size, room, format, args);
    assert(size >= 0);
    if ((size_t)size >= room) {
        buf_reserve(buf, (size_t)size);
        vsnprintf(buf->data + buf->size, (size_t)size + 1, format, again);
    }
    buf->size += (size_t)size;
    va_end(again);
    va_end(args);
}

void buf_digits(struct buf *buf, uint64_t value, int places)
{
    char digits[20];
    int at = 20;
    assert(places <= at);
    for (; value > 0 || 20 - at < places; value /= 10)
        digits[--at] = (char)('0' + value % 10);
    buf_add(buf, digits + at, (size_t)(20 - at));
}

void buf_u8(struct buf *buf, uint8_t value)
{
    buf_add(buf, &value, 1);
}

static void buf_little_endian(struct buf *buf, uint64_t value, size_t width)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < width; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    buf_add(buf, bytes, width);
}

void buf_u32(struct buf *buf, uint32_t value)
{
    buf_little_endian(buf, value, 4);
}

void buf_i64(struct buf *buf, int64_t value)
{
    buf_little_endian(buf, (uint64_t)value, 8);
}

void buf_text(struct buf *buf, const char *text)
{
    if (!text) {
        buf_u32(buf, TEXT_IS_NULL);
        return;
    }
    size_t size = strlen(text);
    assert(size < TEXT_IS_NULL);
    buf_u32(buf, (uint32_t)size);
    buf_add(buf, text, size);
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
    if (buf->data)
        buf->data[0] = 0;
}

void buf_release(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

char *buf_detach(struct buf *buf)
{
    buf_reserve(buf, 0);
    buf->data[buf->size] = 0;
    char *data = buf->data;
    *buf = (struct buf){0};
    return data;
}

const char *buf_str(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}

/* The next `size` bytes, or NULL (and `bad`) when fewer are left. */
static const unsigned char *reader_take(struct reader *reader, size_t size)
{
    if (reader->bad || (size_t)(reader->end - reader->at) < size) {
        reader->bad = 1;
        return NULL;
    }
    const unsigned char *taken = reader->at;
    reader->at += size;
    return taken;
}

static uint64_t read_little_endian(struct reader *reader, size_t width)
{
    const unsigned char *bytes = reader_take(reader, width);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < width; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

uint8_t read_u8(struct reader *reader)
{
    return (uint8_t)read_little_endian(reader, 1);
}

uint32_t read_u32(struct reader *reader)
{
    return (uint32_t)read_little_endian(reader, 4);
}

int64_t read_i64(struct reader *reader)
{
    return (int64_t)read_little_endian(reader, 8);
}

char *read_text(struct reader *reader)
{
    uint32_t size = read_u32(reader);
    if (reader->bad || size == TEXT_IS_NULL)
        return NULL;
    const unsigned char *bytes = reader_take(reader, size);
    if (!bytes)
        return NULL;
    char *text = xmalloc((size_t)size + 1);
    memcpy(text, bytes, size);
    text[size] = 0;
    return text;
}
