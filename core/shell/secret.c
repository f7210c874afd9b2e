/* scrypt, TOTP and random tokens over libcrypto. */
#include "shell/secret.h"
#include "base/err.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOG_N = 14, /* RFC 7914 §2: interactive use; 16 MiB with r = 8 */
    BLOCK_R = 8,
    PARALLEL_P = 1,
    SCRYPT_BYTES_MAX = 64 << 20,
    SALT_BYTES = 16,
    KEY_BYTES = 32,
    CODE_SECONDS = 30,
};

static void random_bytes(unsigned char *bytes, size_t size)
{
    if (RAND_bytes(bytes, (int)size) != 1)
        abort(); /* no secret is better than one that can be guessed */
}

/* RFC 4648 base64 for URLs, without padding. */
static void encode64(char *text, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 6; held -= 6)
            *text++ = digits[bits >> (held - 6) & 63];
    }
    if (held > 0)
        *text++ = digits[bits << (6 - held) & 63];
    *text = 0;
}

void secret_token(char ret[TOKEN_SIZE])
{
    unsigned char bytes[32];
    random_bytes(bytes, sizeof bytes);
    memcpy(ret, "yj_", 3);
    encode64(ret + 3, bytes, sizeof bytes);
    OPENSSL_cleanse(bytes, sizeof bytes);
}

bool secret_equal(const char *a, const char *b)
{
    size_t size = strlen(a);
    return size == strlen(b) && CRYPTO_memcmp(a, b, size) == 0;
}

/* ---- passwords --------------------------------------------------------- */

static bool stretch(const char *password, const char *salt, char *ret_text)
{
    unsigned char key[KEY_BYTES];
    bool done =
        EVP_PBE_scrypt(password, strlen(password), (const unsigned char *)salt, strlen(salt),
                       1u << LOG_N, BLOCK_R, PARALLEL_P, SCRYPT_BYTES_MAX, key, sizeof key) == 1;
    if (done)
        encode64(ret_text, key, sizeof key);
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_thread_stop(); /* what it keeps for a thread of the pool, nobody would give back */
    return done;
}

void secret_password_hash(const char *password, char ret[PASSWORD_HASH_SIZE])
{
    unsigned char bytes[SALT_BYTES];
    char salt[2 * SALT_BYTES], key[2 * KEY_BYTES];
    random_bytes(bytes, sizeof bytes);
    encode64(salt, bytes, sizeof bytes);
    if (!stretch(password, salt, key))
        abort(); /* only for want of memory */
    snprintf(ret, PASSWORD_HASH_SIZE, "scrypt$%d$%d$%d$%s$%s", LOG_N, BLOCK_R, PARALLEL_P, salt,
             key);
}

/* Only the one set of costs is accepted: a file must not be able to make a log-in cheap, or
 * unbounded. */
static bool split(const char *hash, char ret_salt[64], char ret_key[64])
{
    int n, r, p;
    return hash &&
           sscanf(hash, "scrypt$%d$%d$%d$%63[A-Za-z0-9_-]$%63[A-Za-z0-9_-]", &n, &r, &p, ret_salt,
                  ret_key) == 5 &&
           n == LOG_N && r == BLOCK_R && p == PARALLEL_P;
}

bool secret_password_fits(const char *password, const char *hash)
{
    char salt[64] = "unknown", wanted[64] = "", got[2 * KEY_BYTES] = "";
    bool usable = split(hash, salt, wanted);
    bool done = stretch(password, salt, got);
    return usable && done && secret_equal(got, wanted);
}

/* ---- one-time codes ---------------------------------------------------- */

static const char digits32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void secret_seed(char ret[SEED_SIZE])
{
    unsigned char bytes[SEED_SIZE - 1];
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        ret[i] = digits32[bytes[i] & 31];
    ret[sizeof bytes] = 0;
    OPENSSL_cleanse(bytes, sizeof bytes);
}

/* The bytes of a base32 text; -1 when it is none, or too long. */
static int decode32(const char *text, unsigned char *bytes, size_t max)
{
    unsigned bits = 0, held = 0;
    size_t size = 0;
    for (; *text && *text != '='; text++) {
        const char *digit = strchr(digits32, *text);
        if (!digit || size == max)
            return -1;
        bits = bits << 5 | (unsigned)(digit - digits32);
        held += 5;
        if (held >= 8) {
            held -= 8;
            bytes[size++] = (unsigned char)(bits >> held);
        }
    }
    return (int)size;
}

int secret_code(const char *seed, int64_t step, char ret[7])
{
    unsigned char key[64], counter[8], hash[EVP_MAX_MD_SIZE];
    unsigned hash_size = 0;
    int size = decode32(seed, key, sizeof key);
    if (size <= 0)
        return ERR_INVALID;
    for (int i = 0; i < 8; i++)
        counter[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
    HMAC(EVP_sha1(), key, size, counter, sizeof counter, hash, &hash_size);
    const unsigned char *at = hash + (hash[hash_size - 1] & 15);
    uint32_t number =
        (uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    snprintf(ret, 7, "%06u", (unsigned)(number % 1000000));
    OPENSSL_cleanse(key, sizeof key);
    return 0;
}

int64_t secret_code_step(const char *seed, const char *code, instant_ms now)
{
    int64_t step = now / 1000 / CODE_SECONDS, found = -1;
    char right[7];
    for (int64_t near = step - 1; near <= step + 1; near++)
        if (secret_code(seed, near, right) == 0 && secret_equal(right, code))
            found = near;
    return found;
}
