/* Base64 (RFC 4648 §4): the plain alphabet, padded, without line ends.
 *
 * Reading is strict: what others wrote is compared, signed or journaled, so one text must not be
 * read in two ways. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

struct buf;

/* The text that `size` bytes are read into, without its NUL. */
#define BASE64_SIZE(size) (((size) + 2) / 3 * 4)

void base64_add(struct buf *buf, const void *bytes, size_t size);
/* Adds the bytes that the text stands for.  ERR_SYNTAX, and nothing added, when a character is not
 * of the alphabet, the padding is missing or misplaced, or the last bits are not zero. */
int base64_read(struct buf *buf, const char *text, size_t size);

#endif
