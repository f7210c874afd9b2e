/* SHA-256 by libcrypto.  Its only failures are programmer's errors and memory, so it returns
 * nothing. */
#include "base/hash.h"
#include "base/xalloc.h"
#include <assert.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct hasher {
    EVP_MD_CTX *context;
};

/* NDEBUG is never set here, and yet a call inside assert would be a trap for the next reader. */
static void must(int ok)
{
    assert(ok == 1);
    (void)ok;
}

struct hasher *hasher_new(void)
{
    struct hasher *hasher = xmalloc(sizeof *hasher);
    hasher->context = EVP_MD_CTX_new();
    assert(hasher->context);
    must(EVP_DigestInit_ex(hasher->context, EVP_sha256(), NULL));
    return hasher;
}

void hasher_add(struct hasher *hasher, const void *bytes, size_t size)
{
    must(EVP_DigestUpdate(hasher->context, bytes, size));
}

void hasher_add_text(struct hasher *hasher, const char *text)
{
    uint64_t size = text ? strlen(text) : UINT64_MAX;
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(size >> (8 * i));
    hasher_add(hasher, bytes, sizeof bytes);
    if (text)
        hasher_add(hasher, text, size);
}

void hasher_done(struct hasher *hasher, unsigned char ret[HASH_BYTES])
{
    unsigned size = 0;
    must(EVP_DigestFinal_ex(hasher->context, ret, &size));
    assert(size == HASH_BYTES);
    EVP_MD_CTX_free(hasher->context);
    free(hasher);
}

void hash_hex(const unsigned char hash[HASH_BYTES], char ret[HASH_HEX])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < HASH_BYTES; i++) {
        ret[2 * i] = digits[hash[i] >> 4];
        ret[2 * i + 1] = digits[hash[i] & 15];
    }
    ret[HASH_HEX - 1] = 0;
}

void hash_of(const void *bytes, size_t size, unsigned char ret[HASH_BYTES])
{
    struct hasher *hasher = hasher_new();
    hasher_add(hasher, bytes, size);
    hasher_done(hasher, ret);
}
