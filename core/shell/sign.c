/* Both clouds hash a canonical request, and sign that hash with what they call it. */
#include "shell/sign.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/when.h"
#include "base/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const sign_words[] = {"none", "aliyun", "tencent", "dingtalk", "feishu", NULL};

static void add_line(struct sign_lines *lines, const char *name, const char *value)
{
    lines->items[lines->count++] = xasprintf("%s: %s", name, value);
}

static void hash_text(const void *bytes, size_t size, char ret[HASH_HEX])
{
    unsigned char hash[HASH_BYTES];
    hash_of(bytes, size, hash);
    hash_hex(hash, ret);
}

/* method, path, query, headers (each with its line end), their names, hash of the body. */
static void hash_canonical(const struct sign_request *request, const char *headers,
                           const char *names, const char *body_hash, char ret[HASH_HEX])
{
    struct buf text = {0};
    buf_printf(&text, "%s\n%s\n%s\n%s\n%s\n%s", request->method, request->path, request->query,
               headers, names, body_hash);
    hash_text(buf_str(&text), text.size, ret);
    buf_release(&text);
}

void sign_aliyun(struct sign_lines *ret_lines, const struct sign_key *key,
                 const struct sign_request *request)
{
    static const char names[] = "host;x-acs-action;x-acs-content-sha256;x-acs-date;"
                                "x-acs-signature-nonce;x-acs-version";
    struct civil now = civil_of(request->now_s * 1000, 0);
    char body[HASH_HEX], hash[HASH_HEX], date[32], signature[HASH_HEX];
    unsigned char keyed[HASH_BYTES];
    struct buf text = {0};
    snprintf(date, sizeof date, "%04d-%02d-%02dT%02d:%02d:%02dZ", now.year, now.month, now.day,
             now.hour, now.minute, now.second);
    hash_text(request->body, request->size, body);
    buf_printf(&text,
               "host:%s\nx-acs-action:%s\nx-acs-content-sha256:%s\nx-acs-date:%s\n"
               "x-acs-signature-nonce:%s\nx-acs-version:%s\n",
               request->host, request->action, body, date, request->nonce, request->version);
    hash_canonical(request, buf_str(&text), names, body, hash);
    buf_clear(&text);
    buf_printf(&text, "ACS3-HMAC-SHA256\n%s", hash);
    hash_keyed(key->secret, strlen(key->secret), buf_str(&text), text.size, keyed);
    hash_hex(keyed, signature);
    buf_clear(&text);
    buf_printf(&text, "ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%s", key->id,
               names, signature);
    *ret_lines = (struct sign_lines){0};
    add_line(ret_lines, "x-acs-action", request->action);
    add_line(ret_lines, "x-acs-version", request->version);
    add_line(ret_lines, "x-acs-date", date);
    add_line(ret_lines, "x-acs-signature-nonce", request->nonce);
    add_line(ret_lines, "x-acs-content-sha256", body);
    add_line(ret_lines, "Authorization", buf_str(&text));
    buf_release(&text);
}

/* The key of a day and a service: each step is keyed with the one before. */
static void tencent_key(const struct sign_key *key, const char *date, const char *service,
                        unsigned char ret[HASH_BYTES])
{
    char *first = xasprintf("TC3%s", key->secret);
    unsigned char of_date[HASH_BYTES], of_service[HASH_BYTES];
    hash_keyed(first, strlen(first), date, strlen(date), of_date);
    hash_keyed(of_date, HASH_BYTES, service, strlen(service), of_service);
    hash_keyed(of_service, HASH_BYTES, "tc3_request", strlen("tc3_request"), ret);
    free(first);
}

void sign_tencent(struct sign_lines *ret_lines, const struct sign_key *key,
                  const struct sign_request *request)
{
    static const char names[] = "content-type;host";
    struct civil now = civil_of(request->now_s * 1000, 0);
    char body[HASH_HEX], hash[HASH_HEX], date[16], signature[HASH_HEX], stamp[24];
    unsigned char of_day[HASH_BYTES], keyed[HASH_BYTES];
    struct buf text = {0};
    snprintf(date, sizeof date, "%04d-%02d-%02d", now.year, now.month, now.day);
    snprintf(stamp, sizeof stamp, "%lld", (long long)request->now_s);
    hash_text(request->body, request->size, body);
    buf_printf(&text, "content-type:%s\nhost:%s\n", request->content_type, request->host);
    hash_canonical(request, buf_str(&text), names, body, hash);
    buf_clear(&text);
    buf_printf(&text, "TC3-HMAC-SHA256\n%s\n%s/%s/tc3_request\n%s", stamp, date, request->service,
               hash);
    tencent_key(key, date, request->service, of_day);
    hash_keyed(of_day, HASH_BYTES, buf_str(&text), text.size, keyed);
    hash_hex(keyed, signature);
    buf_clear(&text);
    buf_printf(&text,
               "TC3-HMAC-SHA256 Credential=%s/%s/%s/tc3_request, SignedHeaders=%s, Signature=%s",
               key->id, date, request->service, names, signature);
    *ret_lines = (struct sign_lines){0};
    add_line(ret_lines, "X-TC-Action", request->action);
    add_line(ret_lines, "X-TC-Version", request->version);
    add_line(ret_lines, "X-TC-Timestamp", stamp);
    if (request->region)
        add_line(ret_lines, "X-TC-Region", request->region);
    add_line(ret_lines, "Authorization", buf_str(&text));
    buf_release(&text);
}

void sign_lines_release(struct sign_lines *lines)
{
    for (int i = 0; i < lines->count; i++)
        free(lines->items[i]);
    *lines = (struct sign_lines){0};
}

void sign_dingtalk(struct buf *buf, const char *secret, int64_t now_ms)
{
    unsigned char keyed[HASH_BYTES];
    char *text = xasprintf("%lld\n%s", (long long)now_ms, secret);
    hash_keyed(secret, strlen(secret), text, strlen(text), keyed);
    base64_add(buf, keyed, HASH_BYTES);
    free(text);
}

void sign_feishu(struct buf *buf, const char *secret, int64_t now_s)
{
    unsigned char keyed[HASH_BYTES];
    char *key = xasprintf("%lld\n%s", (long long)now_s, secret);
    hash_keyed(key, strlen(key), "", 0, keyed);
    base64_add(buf, keyed, HASH_BYTES);
    free(key);
}
