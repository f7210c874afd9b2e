/* Any bytes as a secret, three headers and a body, parted by line ends: what we sign we believe,
 * what is changed we do not; and any text as a URL or a rule of the allow-list. */
#include "base/address.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/url.h"
#include "base/webhook.h"
#include "base/xalloc.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        __builtin_trap();
}

/* Cuts the next line off; *text moves behind it. */
static char *take_line(char **text)
{
    char *line = *text, *end = strchr(line, '\n');
    *text = end ? end + 1 : line + strlen(line);
    if (end)
        *end = 0;
    return line;
}

static void sign_and_verify(const struct webhook_secret *secret, const char *id, const char *body)
{
    struct buf signature = {0};
    webhook_sign(&signature, secret, 1, id, 1600000000, body, strlen(body));
    struct webhook_message message = {id, "1600000000", buf_str(&signature), body, strlen(body)};
    enum webhook_verdict verdict = webhook_verify(secret, 1, &message, 1600000000);
    must(verdict == (*id ? WEBHOOK_ACCEPTED : WEBHOOK_INCOMPLETE));
    signature.data[5] ^= 1;
    must(webhook_verify(secret, 1, &message, 1600000000) != WEBHOOK_ACCEPTED);
    buf_release(&signature);
}

static void urls(const char *text)
{
    struct address_rule rule;
    struct address_rules rules = {&rule, 0};
    struct url url;
    const char *problem = NULL;
    int err = url_read(&url, text, &problem);
    must((err < 0) == (problem != NULL));
    problem = NULL;
    if (err == 0 && url_check(&url, &rules, &problem) == 0)
        must(url.secure && (!url.literal || address_class(&url.address) == ADDRESS_PUBLIC));
    if (address_rule_parse(&rule, text, &problem) == 0) {
        struct address address = {{0}, rule.port};
        rules.count = 1;
        memcpy(address.bytes, rule.bytes, sizeof address.bytes);
        must(rule.bits == 128 ? address_is_listed(&address, &rules) : rule.bits < 128);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size), *rest = text;
    struct webhook_secret secret;
    urls(text);
    const char *secret_text = take_line(&rest), *id = take_line(&rest),
               *timestamp = take_line(&rest), *signature = take_line(&rest);
    if (webhook_secret_read(&secret, secret_text) == 0) {
        struct webhook_message message = {id, timestamp, signature, rest, strlen(rest)};
        must(secret.size > 0 && secret.size <= sizeof secret.key);
        webhook_verify(&secret, 1, &message, 1614265330);
        sign_and_verify(&secret, id, rest);
    }
    free(text);
    return 0;
}
