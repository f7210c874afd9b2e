/* Standard Webhooks 1.0: how a message over HTTP proves whose it is.
 *
 * Three headers go with the body: webhook-id, webhook-timestamp (seconds since the epoch) and
 * webhook-signature, "v1," and the base64 of HMAC-SHA256 over "id.timestamp.body".  The id stays
 * the same over all attempts, the timestamp is that of the attempt.  While a secret is being
 * replaced the message carries one signature for each, parted by blanks, and one match is enough.
 */
#ifndef BASE_WEBHOOK_H
#define BASE_WEBHOOK_H

#include <stddef.h>
#include <stdint.h>

struct buf;

enum {
    WEBHOOK_TOLERANCE_S = 300, /* how far the clocks may be apart, both ways (the specification) */
    WEBHOOK_KEY_MIN = 24,      /* bytes of a key that the specification asks for; a shorter one */
    WEBHOOK_KEY_MAX = 64,      /* can be used, and is worth a warning where it is configured */
    WEBHOOK_KEY_BYTES = 256,   /* the longest that is taken */
};

struct webhook_secret {
    unsigned char key[WEBHOOK_KEY_BYTES];
    size_t size; /* never 0 once read */
};
/* Out of "whsec_" and base64; the prefix may be absent.  ERR_SYNTAX: no base64, or empty.
 * ERR_LIMIT: longer than WEBHOOK_KEY_BYTES. */
int webhook_secret_read(struct webhook_secret *ret, const char *text);

/* Adds the value of webhook-signature: one signature for each secret, the first one's first. */
void webhook_sign(struct buf *buf, const struct webhook_secret *secrets, size_t count,
                  const char *id, int64_t timestamp, const void *body, size_t size);

/* What came: the three headers' values, NULL where one is missing. */
struct webhook_message {
    const char *id, *timestamp, *signature;
    const void *body; /* as it came, before anything has parsed it */
    size_t size;
};
enum webhook_verdict {
    WEBHOOK_ACCEPTED,
    WEBHOOK_INCOMPLETE, /* a header is missing or empty */
    WEBHOOK_NO_TIME,    /* the timestamp is no whole number of seconds */
    WEBHOOK_OLD,
    WEBHOOK_EARLY,
    WEBHOOK_UNSIGNED, /* no signature matches */
};
/* `now_s` is the receiver's clock, in seconds since the epoch.  A repeat is not noticed here: who
 * must act once keeps the ids for twice the tolerance. */
enum webhook_verdict webhook_verify(const struct webhook_secret *secrets, size_t count,
                                    const struct webhook_message *message, int64_t now_s);

#endif
