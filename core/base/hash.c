/* SHA-256 by libcrypto.  Its only failure is memory, so it returns nothing. */
#include "base/hash.h"
#include "base/xalloc.h"
#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct hasher {
    EVP_MD_CTX *context;
};

/* What can fail in digests of a fixed kind is their memory. */
static void must(int ok)
{
    if (ok != 1)
        out_of_memory();
}

/* Looked up once: libcrypto searches its providers for EVP_sha256() at every use, which costs as
 * much as a kilobyte. */
static const EVP_MD *sha256(void)
{
    static EVP_MD *_Atomic known;
    EVP_MD *found = known, *none = NULL;
    if (found)
        return found;
    /* Out of memory at its very first use, libcrypto would crash on the context it could not make.
     */
    must(OSSL_LIB_CTX_get0_global_default() != NULL);
    found = EVP_MD_fetch(NULL, "SHA256", NULL);
    must(found != NULL);
    if (atomic_compare_exchange_strong(&known, &none, found))
        return found;
    EVP_MD_free(found); /* another thread was first */
    return none;
}

struct hasher *hasher_new(void)
{
    const EVP_MD *digest = sha256();
    struct hasher *hasher = xmalloc(sizeof *hasher);
    hasher->context = EVP_MD_CTX_new();
    must(hasher->context != NULL);
    must(EVP_DigestInit_ex(hasher->context, digest, NULL));
    return hasher;
}

void hasher_add(struct hasher *hasher, const void *bytes, size_t size)
{
    if (size > 0)
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

void hasher_next(struct hasher *hasher, unsigned char ret[HASH_BYTES])
{
    unsigned size = 0;
    must(EVP_DigestFinal_ex(hasher->context, ret, &size));
    assert(size == HASH_BYTES);
    must(EVP_DigestInit_ex(hasher->context, NULL, NULL));
}

void hasher_free(struct hasher *hasher)
{
    if (!hasher)
        return;
    EVP_MD_CTX_free(hasher->context);
    free(hasher);
}

void hasher_done(struct hasher *hasher, unsigned char ret[HASH_BYTES])
{
    unsigned size = 0;
    must(EVP_DigestFinal_ex(hasher->context, ret, &size));
    assert(size == HASH_BYTES);
    hasher_free(hasher);
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

/* HMAC (RFC 2104), by the digest at hand: libcrypto's own looks up a digest and a code each time.
 */
void hash_keyed(const void *key, size_t key_size, const void *bytes, size_t size,
                unsigned char ret[HASH_BYTES])
{
    enum { BLOCK = 64, INNER = 0x36, OUTER = 0x5c };
    unsigned char padded[BLOCK] = {0}, inner[BLOCK], outer[BLOCK];
    assert(key_size > 0);
    if (key_size > BLOCK)
        hash_of(key, key_size, padded);
    else
        memcpy(padded, key, key_size);
    for (int i = 0; i < BLOCK; i++) {
        inner[i] = padded[i] ^ INNER;
        outer[i] = padded[i] ^ OUTER;
    }
    struct hasher *hasher = hasher_new();
    hasher_add(hasher, inner, BLOCK);
    hasher_add(hasher, bytes, size);
    hasher_next(hasher, ret);
    hasher_add(hasher, outer, BLOCK);
    hasher_add(hasher, ret, HASH_BYTES);
    hasher_done(hasher, ret);
    OPENSSL_cleanse(padded, BLOCK);
    OPENSSL_cleanse(inner, BLOCK);
    OPENSSL_cleanse(outer, BLOCK);
}

bool hash_equal(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}
