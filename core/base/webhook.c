/* Signing and verifying go over the header's own bytes: a timestamp is never printed anew before it
 * is compared, so "0123" and "123" are two messages. */
#include "base/webhook.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SIGNATURE_SIZE = BASE64_SIZE(HASH_BYTES), TIME_DIGITS_MAX = 15 };
static const char version[] = "v1,";

int webhook_secret_read(struct webhook_secret *ret, const char *text)
{
    static const char prefix[] = "whsec_";
    struct buf key = {0};
    if (str_starts(text, prefix))
        text += sizeof prefix - 1;
    size_t size = strlen(text);
    int err = size > BASE64_SIZE(WEBHOOK_KEY_BYTES) ? ERR_LIMIT : base64_read(&key, text, size);
    if (err == 0 && key.size == 0)
        err = ERR_SYNTAX;
    if (err == 0 && key.size > sizeof ret->key)
        err = ERR_LIMIT;
    if (err == 0) {
        memcpy(ret->key, key.data, key.size);
        ret->size = key.size;
    }
    buf_release(&key);
    return err;
}

/* What is signed. */
static void put_content(struct buf *buf, const char *id, const char *timestamp, const void *body,
                        size_t size)
{
    buf_puts(buf, id);
    buf_putc(buf, '.');
    buf_puts(buf, timestamp);
    buf_putc(buf, '.');
    buf_add(buf, body, size);
}

static void put_signature(struct buf *buf, const struct webhook_secret *secret,
                          const struct buf *content)
{
    unsigned char hash[HASH_BYTES];
    hash_keyed(secret->key, secret->size, content->data, content->size, hash);
    base64_add(buf, hash, sizeof hash);
}

void webhook_sign(struct buf *buf, const struct webhook_secret *secrets, size_t count,
                  const char *id, int64_t timestamp, const void *body, size_t size)
{
    struct buf content = {0};
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%" PRId64, timestamp);
    put_content(&content, id, seconds, body, size);
    for (size_t i = 0; i < count; i++) {
        buf_puts(buf, i > 0 ? " " : "");
        buf_puts(buf, version);
        put_signature(buf, &secrets[i], &content);
    }
    buf_release(&content);
}

/* Digits only, few enough not to overflow. */
static int read_seconds(const char *text, int64_t *ret)
{
    size_t size = strspn(text, "0123456789");
    int64_t seconds = 0;
    if (size == 0 || size > TIME_DIGITS_MAX || text[size] != 0)
        return ERR_SYNTAX;
    for (; *text; text++)
        seconds = seconds * 10 + (*text - '0');
    *ret = seconds;
    return 0;
}

/* Whether one of the signatures in the header is this one.  All of them are looked at, so that the
 * time it takes tells nothing. */
static bool one_matches(const char *header, const char *expected)
{
    bool matches = false;
    for (size_t size; *header; header += size + (header[size] != 0)) {
        size = strcspn(header, " ");
        if (size == sizeof version - 1 + SIGNATURE_SIZE && str_starts(header, version))
            matches |= hash_equal(header + sizeof version - 1, expected, SIGNATURE_SIZE);
    }
    return matches;
}

static bool is_signed(const struct webhook_secret *secrets, size_t count,
                      const struct webhook_message *message)
{
    struct buf content = {0}, expected = {0};
    bool matches = false;
    put_content(&content, message->id, message->timestamp, message->body, message->size);
    for (size_t i = 0; i < count; i++) {
        buf_clear(&expected);
        put_signature(&expected, &secrets[i], &content);
        matches |= one_matches(message->signature, buf_str(&expected));
    }
    buf_release(&content);
    buf_release(&expected);
    return matches;
}

static bool is_blank(const char *text)
{
    return !text || !*text;
}

enum webhook_verdict webhook_verify(const struct webhook_secret *secrets, size_t count,
                                    const struct webhook_message *message, int64_t now_s)
{
    int64_t sent_s;
    if (is_blank(message->id) || is_blank(message->timestamp) || is_blank(message->signature))
        return WEBHOOK_INCOMPLETE;
    if (read_seconds(message->timestamp, &sent_s) < 0)
        return WEBHOOK_NO_TIME;
    if (sent_s < now_s && (uint64_t)now_s - (uint64_t)sent_s > WEBHOOK_TOLERANCE_S)
        return WEBHOOK_OLD;
    if (sent_s > now_s && (uint64_t)sent_s - (uint64_t)now_s > WEBHOOK_TOLERANCE_S)
        return WEBHOOK_EARLY;
    return is_signed(secrets, count, message) ? WEBHOOK_ACCEPTED : WEBHOOK_UNSIGNED;
}
