/* What the configuration says of a gateway that is spoken to by HTTP: SMS, voice, robots, others.
 *
 *     gateways:
 *       sms:
 *         kind: sms                       # sms, voice: to phones; robot: to a group; http: to
 * recipients url: https://sms.example.cn/send form: {mobile: "{address}", content: "{text}", key:
 * "{token}"}   # or body: or query: secrets: {token: secrets/sms-token} signature: 示例市生态环境局
 * # 【…】 before the text of a short message success: {at: [/code], equals: "0", retry: ["429"]}
 *
 * Placeholders stand for what the letter says; those of secrets, {timestamp} and {sign} are filled
 * in at each attempt.  Where nobody may write is the host: it stands in the URL as it is. */
#ifndef SHELL_HTTP_GATEWAY_H
#define SHELL_HTTP_GATEWAY_H

#include "model/template.h"
#include "shell/sign.h"

struct arena;
struct findings;
struct yaml;

enum { HTTP_HEADERS_MAX = 12, HTTP_SECRETS_MAX = 8, HTTP_STATUSES_MAX = 16 };
enum http_kind { HTTP_ANY, HTTP_SMS, HTTP_VOICE, HTTP_ROBOT };
enum http_content { HTTP_BODY, HTTP_FORM, HTTP_QUERY };

struct http_pair {
    const char *name, *text; /* the text a template */
};
/* What an answer must be to count; on top of the table of status.h. */
struct http_success {
    int statuses[HTTP_STATUSES_MAX], status_count; /* 0: any 2xx */
    const char *const *at; /* JSON pointers; the first that is there counts */
    int at_count;          /* 0: the status alone decides */
    const char *equals;
    const char *const *retry; /* values that pass */
    int retry_count;
    const char *id; /* JSON pointer of the gateway's own number, for the log; or NULL */
};
struct http_gateway { /* all of it in the arena */
    enum http_kind kind;
    const char *url, *method, *content_type;
    struct http_pair headers[HTTP_HEADERS_MAX];
    int header_count;
    enum http_content content;
    const char *body;             /* of HTTP_BODY */
    const struct http_pair *form; /* of the others; names in order */
    int form_count;
    enum template_escape escape; /* of what is filled into the content */
    const char *signature;       /* or NULL */
    bool signs_itself;           /* the content has {signature}: the text goes without */
    int sign;                    /* enum sign_kind */
    const char *key_id_file, *secret_file, *action, *version, *region, *service;
    struct http_pair secrets[HTTP_SECRETS_MAX]; /* name, file */
    int secret_count;
    struct http_success success;
    const char *ca_file;
    int connections;
};
/* ERR_INVALID with findings. */
int http_gateway_read(struct http_gateway **ret_gateway, struct arena *arena,
                      const struct yaml *node, const char *conf_path, struct findings *findings);
/* True for what is filled in at each attempt: a secret's name, timestamp, sign. */
bool http_gateway_is_late(const struct http_gateway *gateway, const char *name);

/* The marks around such a name within the content, until it is filled in.  No text can contain
 * them: controls in what is filled in become blanks. */
enum { LATE_BEGIN = 2, LATE_END = 3 };

#endif
