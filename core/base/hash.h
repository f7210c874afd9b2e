/* SHA-256 (libcrypto), as bytes and as lower-case hex. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>

enum { HASH_BYTES = 32, HASH_HEX = 65 };
struct hasher;
struct hasher *hasher_new(void);
void hasher_add(struct hasher *hasher, const void *bytes, size_t size);
void hasher_add_text(struct hasher *hasher,
                     const char *text); /* size first, so that parts do not run together */
void hasher_done(struct hasher *hasher, unsigned char ret[HASH_BYTES]); /* frees the hasher */
void hash_hex(const unsigned char hash[HASH_BYTES], char ret[HASH_HEX]);
void hash_of(const void *bytes, size_t size, unsigned char ret[HASH_BYTES]);

#endif
