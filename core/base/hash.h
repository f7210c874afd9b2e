/* SHA-256 and HMAC-SHA256 (libcrypto), as bytes and as lower-case hex. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>

enum {
    HASH_BYTES = 32,
    HASH_HEX = 65,
    HASH_DIGITS_MIN = 12, /* that name a plan or a policy: as many as people are shown */
};
struct hasher;
struct hasher *hasher_new(void);
/* No bytes at all may be NULL, here and below. */
void hasher_add(struct hasher *hasher, const void *bytes, size_t size);
void hasher_add_text(struct hasher *hasher,
                     const char *text); /* size first, so that parts do not run together */
void hasher_done(struct hasher *hasher, unsigned char ret[HASH_BYTES]); /* frees the hasher */
void hasher_next(struct hasher *hasher,
                 unsigned char ret[HASH_BYTES]); /* the same, but ready for the next one */
void hasher_free(struct hasher *hasher);         /* NULL is fine */
void hash_hex(const unsigned char hash[HASH_BYTES], char ret[HASH_HEX]);
void hash_of(const void *bytes, size_t size, unsigned char ret[HASH_BYTES]);
/* HMAC-SHA256 (RFC 2104) of the bytes under a key that is not empty. */
void hash_keyed(const void *key, size_t key_size, const void *bytes, size_t size,
                unsigned char ret[HASH_BYTES]);
/* Whether two runs of bytes are equal, in a time that does not tell where they differ. */
bool hash_equal(const void *a, const void *b, size_t size);

#endif
