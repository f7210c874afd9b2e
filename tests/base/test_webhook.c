/* Standard Webhooks: the published example, and every way in which a message is not to be believed.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/webhook.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The example that the libraries of Standard Webhooks are tested with. */
static const char secret_text[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char id[] = "msg_p5jXN8AQM9LWM0D4loKWxJek";
static const char body[] = "{\"test\": 2432232314}";
static const char signature[] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
enum { SENT_S = 1614265330 };

static struct webhook_secret secret_of(const char *text)
{
    struct webhook_secret secret = {.size = 0};
    cr_assert_eq(webhook_secret_read(&secret, text), 0, "%s", text);
    return secret;
}

static struct webhook_message good(void)
{
    return (struct webhook_message){id, "1614265330", signature, body, sizeof body - 1};
}

static enum webhook_verdict verify(const struct webhook_message *message, int64_t now_s)
{
    struct webhook_secret secret = secret_of(secret_text);
    return webhook_verify(&secret, 1, message, now_s);
}

Test(webhook, the_published_example)
{
    struct webhook_secret secret = secret_of(secret_text), bare = secret_of(secret_text + 6);
    struct buf buf = {0};
    webhook_sign(&buf, &secret, 1, id, SENT_S, body, sizeof body - 1);
    cr_expect_str_eq(buf_str(&buf), signature);
    buf_clear(&buf);
    webhook_sign(&buf, &bare, 1, id, SENT_S, body, sizeof body - 1);
    cr_expect_str_eq(buf_str(&buf), signature, "the prefix may be absent");
    buf_release(&buf);
}

Test(webhook, clocks_may_be_five_minutes_apart)
{
    struct webhook_message message = good();
    cr_expect_eq(verify(&message, SENT_S), WEBHOOK_ACCEPTED);
    cr_expect_eq(verify(&message, SENT_S + 300), WEBHOOK_ACCEPTED);
    cr_expect_eq(verify(&message, SENT_S + 301), WEBHOOK_OLD);
    cr_expect_eq(verify(&message, SENT_S - 300), WEBHOOK_ACCEPTED);
    cr_expect_eq(verify(&message, SENT_S - 301), WEBHOOK_EARLY);
    cr_expect_eq(verify(&message, INT64_MAX), WEBHOOK_OLD);
    cr_expect_eq(verify(&message, INT64_MIN), WEBHOOK_EARLY);
}

Test(webhook, two_secrets_while_one_is_replaced)
{
    struct webhook_secret both[2] = {secret_of("whsec_"
                                               "bmV3IHNlY3JldCBvZiAyNCBieXRlcw=="),
                                     secret_of(secret_text)};
    struct buf buf = {0};
    webhook_sign(&buf, both, 2, id, SENT_S, body, sizeof body - 1);
    cr_expect_eq(buf.size, 2 * strlen(signature) + 1);
    cr_expect_not_null(strstr(buf_str(&buf), signature), "the old one is still there");
    struct webhook_message message = good();
    message.signature = buf_str(&buf);
    for (int i = 0; i < 2; i++)
        cr_expect_eq(webhook_verify(&both[i], 1, &message, SENT_S), WEBHOOK_ACCEPTED);
    message = good();
    cr_expect_eq(webhook_verify(both, 2, &message, SENT_S), WEBHOOK_ACCEPTED,
                 "the receiver has the new secret already, the sender has not");
    cr_expect_eq(webhook_verify(both, 1, &message, SENT_S), WEBHOOK_UNSIGNED);
    buf_release(&buf);
}

Test(webhook, signatures_among_others)
{
    static const char *const accepted[] = {
        ("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,x "
         "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1a,zzz",
        "  v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=  ",
    };
    static const char *const refused[] = {
        "v1,",
        "v1",
        ",",
        " ",
        "v1,g0hM9S",
        "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
        "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE==",
        "v1,G0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    struct webhook_message message = good();
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        message.signature = accepted[i];
        cr_expect_eq(verify(&message, SENT_S), WEBHOOK_ACCEPTED, "%s", accepted[i]);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        message.signature = refused[i];
        cr_expect_eq(verify(&message, SENT_S), WEBHOOK_UNSIGNED, "%s", refused[i]);
    }
}

Test(webhook, any_change_is_noticed)
{
    struct webhook_message message = good();
    char *changed = strdup(body);
    message.body = changed;
    for (size_t i = 0; i < sizeof body - 1; i++) {
        changed[i] ^= 1;
        cr_expect_eq(verify(&message, SENT_S), WEBHOOK_UNSIGNED, "byte %zu", i);
        changed[i] ^= 1;
    }
    free(changed);
    message = good();
    message.size--;
    cr_expect_eq(verify(&message, SENT_S), WEBHOOK_UNSIGNED);
    message = good();
    message.id = "msg_p5jXN8AQM9LWM0D4loKWxJeK";
    cr_expect_eq(verify(&message, SENT_S), WEBHOOK_UNSIGNED);
    message = good();
    message.timestamp = "1614265331";
    cr_expect_eq(verify(&message, SENT_S), WEBHOOK_UNSIGNED);
    message.timestamp = "01614265330";
    cr_expect_eq(verify(&message, SENT_S), WEBHOOK_UNSIGNED, "the header's own bytes are signed");
}

Test(webhook, headers_that_are_missing_or_no_time)
{
    struct webhook_message message = good();
    message.id = NULL;
    cr_expect_eq(verify(&message, SENT_S), WEBHOOK_INCOMPLETE);
    message = good();
    message.timestamp = "";
    cr_expect_eq(verify(&message, SENT_S), WEBHOOK_INCOMPLETE);
    message = good();
    message.signature = NULL;
    cr_expect_eq(verify(&message, SENT_S), WEBHOOK_INCOMPLETE);
    static const char *const no_time[] = {
        "hello",       "-1",          "+1614265330",          "1614265330.0",
        " 1614265330", "1614265330 ", "16142653301614265330", "１６１４"};
    message = good();
    for (size_t i = 0; i < sizeof no_time / sizeof *no_time; i++) {
        message.timestamp = no_time[i];
        cr_expect_eq(verify(&message, SENT_S), WEBHOOK_NO_TIME, "%s", no_time[i]);
    }
}

Test(webhook, secrets_that_cannot_be_used)
{
    static const char *const bad[] = {"",           "whsec_",
                                      "whsec_!!!!", "whsec_abc",
                                      "WHSEC_AAAA", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"};
    struct webhook_secret secret = {.size = 7};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(webhook_secret_read(&secret, bad[i]), ERR_SYNTAX, "%s", bad[i]);
    struct buf text = {0};
    for (int i = 0; i < WEBHOOK_KEY_BYTES + 1; i++)
        buf_puts(&text, i % 3 == 0 ? "AAAA" : "");
    buf_puts(&text, "AAAA");
    cr_expect_eq(webhook_secret_read(&secret, buf_str(&text)), ERR_LIMIT);
    cr_expect_eq(secret.size, 7, "left alone");
    buf_release(&text);
}
