/* A growing run of bytes, always followed by a NUL.  Zero-initialised is empty. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data; /* NULL until something was added; use buf_str for a string that is never NULL */
    size_t size, capacity;
};

void buf_add(struct buf *buf, const void *bytes, size_t size);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Decimal digits, with zeros in front up to `places` (at most 20): printf is ten times slower. */
void buf_digits(struct buf *buf, uint64_t value, int places);
/* Little endian, fixed width: the snapshot's encoding. */
void buf_u8(struct buf *buf, uint8_t value);
void buf_u32(struct buf *buf, uint32_t value);
void buf_i64(struct buf *buf, int64_t value);
void buf_text(struct buf *buf,
              const char *text); /* u32 size, then the bytes; NULL is size 0xffffffff */
void buf_clear(struct buf *buf); /* keeps the memory */
void buf_release(struct buf *buf);
char *
buf_detach(struct buf *buf); /* the only way out: caller frees; never NULL; buf is empty after */
const char *buf_str(const struct buf *buf);

/* Reads back what the buf_ functions above wrote.  After any short read `bad` is set and all
 * further reads give zero; check it once at the end. */
struct reader {
    const unsigned char *at, *end;
    int bad;
};
uint8_t read_u8(struct reader *reader);
uint32_t read_u32(struct reader *reader);
int64_t read_i64(struct reader *reader);
/* Caller frees; NULL for a NULL that was written, or when bad. */
char *read_text(struct reader *reader);

#endif
