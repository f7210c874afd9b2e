/* How gateways of others want a request signed.  All are pure: the time and the nonce are given.
 *
 *   aliyun    ACS3-HMAC-SHA256 ("V3" of Alibaba Cloud's OpenAPI): SMS and voice of Aliyun
 *   tencent   TC3-HMAC-SHA256 of Tencent Cloud's API 3.0: SMS and voice of Tencent
 *   dingtalk  robots with 加签: timestamp in ms, base64 of HMAC-SHA256(secret, "ms\nsecret")
 *   feishu    robots with 签名校验: timestamp in s, base64 of HMAC-SHA256("s\nsecret", "") */
#ifndef SHELL_SIGN_H
#define SHELL_SIGN_H

#include <stddef.h>
#include <stdint.h>

struct buf;

enum sign_kind { SIGN_NONE, SIGN_ALIYUN, SIGN_TENCENT, SIGN_DINGTALK, SIGN_FEISHU };
extern const char *const sign_words[]; /* by kind, NULL-terminated */

struct sign_key {
    const char *id, *secret;
};
struct sign_request {
    const char *method, *host; /* host as the request's Host header has it */
    const char *path;          /* begins with / */
    const char *query;         /* encoded, names in order; "" for none */
    const char *content_type;
    const void *body;
    size_t size;
    const char *action, *version;
    const char *region;  /* tencent; or NULL */
    const char *service; /* tencent: "sms" */
    const char *nonce;   /* aliyun: of this attempt alone */
    int64_t now_s;
};
enum { SIGN_LINES_MAX = 6 };
struct sign_lines { /* "Name: value"; owned */
    char *items[SIGN_LINES_MAX];
    int count;
};
void sign_aliyun(struct sign_lines *ret_lines, const struct sign_key *key,
                 const struct sign_request *request);
void sign_tencent(struct sign_lines *ret_lines, const struct sign_key *key,
                  const struct sign_request *request);
void sign_lines_release(struct sign_lines *lines);
/* Adds the base64. */
void sign_dingtalk(struct buf *buf, const char *secret, int64_t now_ms);
void sign_feishu(struct buf *buf, const char *secret, int64_t now_s);

#endif
