/* Sealing by SM4 (HJ 212-2025 §6.4.2, annex A.2), as implementers who quote the text have it.
 *
 * The packet is finished first: length and CRC are those of the plain text.  Then each whole block
 * of 16 bytes of the CP is replaced by its cipher, written as {0xE4,0x3E,…}; fewer than 16 bytes at
 * the end stay as they are.  So a sealed packet is longer than its length says, and its frame can
 * only be found by its line end. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/hj212_inner.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 16, HEX_BYTES = 5 /* 0xE4, */, PREFIX = 6 };

bool hj212_seals(int command)
{
    return (command >= 2000 && command <= 2999) || command == 1014 || command == 3020;
}

/* ECB without padding over whole blocks, in place.  libcrypto may have been built without SM4:
 * then nothing can be opened, which shows as ERR_INVALID. */
static int apply(const unsigned char key[HJ212_KEY_BYTES], unsigned char *bytes, size_t size,
                 bool seal)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = 0;
    bool good = context && EVP_CipherInit_ex(context, EVP_sm4_ecb(), NULL, key, NULL, seal) == 1 &&
                EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
                EVP_CipherUpdate(context, bytes, &done, bytes, (int)size) == 1;
    EVP_CIPHER_CTX_free(context);
    return good && (size_t)done == size ? 0 : ERR_INVALID;
}

/* Where the CP's content begins, or NULL. */
static const char *cp_of(const char *text, size_t size)
{
    const char *cp = memmem(text, size, "CP=&&", 5);
    return cp ? cp + 5 : NULL;
}

bool hj212_is_sealed(const char *text, size_t size)
{
    const char *cp = cp_of(text, size);
    return cp && cp < text + size && *cp == '{';
}

/* "{0xE4,0x3E}" up to `end`: the bytes into `plain`; what follows the brace, or NULL. */
static const char *read_blocks(const char *at, const char *end, struct buf *plain)
{
    if (end - at >= 2 && at[1] == '}')
        return at + 2;
    while (at < end && *at != '}') {
        char digits[4] = {'0', '0'};
        if (end - at < HEX_BYTES + 1 || at[1] != '0' || (at[2] | 0x20) != 'x')
            return NULL;
        memcpy(digits + 2, at + 3, 2);
        int byte = hj212_hex(digits);
        if (byte < 0 || (at[HEX_BYTES] != ',' && at[HEX_BYTES] != '}'))
            return NULL;
        buf_putc(plain, (char)byte);
        at += HEX_BYTES;
    }
    return at < end && plain->size % BLOCK == 0 ? at + 1 : NULL;
}

/* The length as it must be for the plain text: kept when it is neither that nor the length of the
 * sealed text, so that a lie stays one. */
static void print_length(struct buf *buf, const char *given, size_t sealed, size_t plain)
{
    size_t length = 0;
    for (int i = 0; i < 4; i++)
        length = length * 10 + (size_t)(given[i] - '0');
    buf_printf(buf, "%04zu", length == sealed ? plain : length);
}

static int open_text(struct buf *out, const unsigned char key[HJ212_KEY_BYTES], const char *text,
                     size_t size)
{
    const char *end = text + size, *cp = cp_of(text, size);
    struct buf plain = {0};
    const char *rest = read_blocks(cp, end, &plain);
    int err = rest ? 0 : ERR_SYNTAX;
    if (err == 0 && plain.size > 0)
        err = apply(key, (unsigned char *)plain.data, plain.size, false);
    if (err == 0) {
        size_t before = (size_t)(cp - text), after = (size_t)(end - rest);
        buf_puts(out, "##");
        print_length(out, text + 2, size - PREFIX - 4, before + plain.size + after - PREFIX - 4);
        buf_add(out, text + PREFIX, before - PREFIX);
        buf_add(out, plain.data, plain.size);
        buf_add(out, rest, after);
    }
    buf_release(&plain);
    return err;
}

/* A CR LF at the end does not count. */
static size_t without_line_end(const char *text, size_t size)
{
    return size >= 2 && memcmp(text + size - 2, "\r\n", 2) == 0 ? size - 2 : size;
}

static bool is_framed(const char *text, size_t size)
{
    if (size < PREFIX + 5 + 2 + 4 || size > 8 * HJ212_FRAME_MAX || memcmp(text, "##", 2) != 0)
        return false;
    for (int i = 2; i < PREFIX; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return cp_of(text, size) >= text + PREFIX;
}

int hj212_open(struct arena *arena, const unsigned char key[HJ212_KEY_BYTES], const char *text,
               size_t size, struct hj212_text *ret_plain)
{
    size = without_line_end(text, size);
    if (!is_framed(text, size) || !hj212_is_sealed(text, size))
        return ERR_SYNTAX;
    struct buf out = {0};
    int err = open_text(&out, key, text, size);
    if (err == 0) {
        char *copy = arena_alloc(arena, out.size + 1);
        memcpy(copy, buf_str(&out), out.size);
        *ret_plain = (struct hj212_text){copy, (uint32_t)out.size};
    }
    buf_release(&out);
    return err;
}

int hj212_seal(struct buf *buf, const unsigned char key[HJ212_KEY_BYTES], const char *text,
               size_t size)
{
    size_t whole = without_line_end(text, size);
    const char *cp = is_framed(text, whole) ? cp_of(text, whole) : NULL;
    const char *end = text + whole - 6; /* before && and the CRC */
    if (!cp || cp > end)
        return ERR_SYNTAX;
    size_t blocks = (size_t)(end - cp) / BLOCK * BLOCK;
    struct buf sealed = {0};
    buf_add(&sealed, cp, blocks);
    int err = blocks > 0 ? apply(key, (unsigned char *)sealed.data, blocks, true) : 0;
    if (err == 0) {
        buf_add(buf, text, (size_t)(cp - text));
        buf_putc(buf, '{');
        for (size_t i = 0; i < blocks; i++)
            buf_printf(buf, "%s0x%02X", i > 0 ? "," : "", (unsigned char)sealed.data[i]);
        buf_putc(buf, '}');
        buf_add(buf, cp + blocks, size - (size_t)(cp - text) - blocks);
    }
    buf_release(&sealed);
    return err;
}
