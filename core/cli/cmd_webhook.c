/* `yujing webhook sign|verify --jsonl`: Standard Webhooks for other programs, and for trying out an
 * endpoint's secret. */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/webhook.h"
#include "cli/cmd.h"
#include "cli/filter.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SECRETS_MAX = 16 };

static const struct example webhook_examples[] = {
    {"yujing webhook sign --jsonl <messages.jsonl",
     {"a filter: a message a line, its signature a line", "过滤器：每行一条消息，逐行输出签名"}},
    {"yujing webhook verify --jsonl <received.jsonl",
     {"accept, reject or error for each line", "逐行输出 accept、reject 或 error"}},
    {0},
};
static const struct action webhook_actions[] = {
    {"sign", {"the signature of a message", "计算消息签名"}},
    {"verify", {"whether a received message is to be believed", "验证收到的消息"}},
    {0},
};
/* clang-format off */
static const struct option webhook_options[] = {
    {0, "jsonl", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"read standard input, one object a line", "从标准输入逐行读取"}, NULL},
    {0},
};
/* clang-format on */
const struct verb verb_webhook = {
    .name = "webhook",
    .summary = {"sign and verify webhooks (Standard Webhooks)",
                "签名和验证 Webhook（Standard Webhooks）"},
    .synopsis = "sign|verify --jsonl",
    .examples = webhook_examples,
    .options = webhook_options,
    .actions = webhook_actions,
    .completion = COMPLETE_NOTHING,
    .description =
        {"A secret is whsec_ and base64; a list of secrets is taken too, while one is being "
         "replaced. To sign, each line is an object such as "
         "{\"secret\":\"whsec_…\",\"id\":\"…\",\"timestamp\":1614265330,\"body\":\"…\"}, and the "
         "answer {\"signature\":\"v1,…\"}.\n\n"
         "To verify, each line is {\"secret\":\"whsec_…\",\"headers\":{…},\"body\":\"…\",\"now\":"
         "1614265330}, and the answer {\"result\":\"accept\"}, or \"reject\", or \"error\" when "
         "the "
         "secret cannot be used. Names of headers are taken in any case. Clocks may be 300 s "
         "apart, both ways. A line that cannot be read is answered by {\"error\":…}.",
         "密钥写作 whsec_ 加 base64；更换密钥期间也可给出密钥列表。签名时每行一个对象，例如 "
         "{\"secret\":\"whsec_…\",\"id\":\"…\",\"timestamp\":1614265330,\"body\":\"…\"}，回答 "
         "{\"signature\":\"v1,…\"}。\n\n"
         "验证时每行为 {\"secret\":\"whsec_…\",\"headers\":{…},\"body\":\"…\",\"now\":"
         "1614265330}，回答 {\"result\":\"accept\"} 或 \"reject\"；密钥不可用时为 \"error\"。"
         "请求头名称不区分大小写，双方时钟允许相差 300 秒。无法读取的行回答 {\"error\":…}。"},
    .run = cmd_webhook,
};

/* Secrets ------------------------------------------------------------------------------------- */

struct secrets {
    struct webhook_secret items[SECRETS_MAX];
    size_t count;
};

static int add_secret(struct secrets *secrets, const json_t *value)
{
    const char *text = json_string_value(value);
    if (!text || secrets->count == SECRETS_MAX)
        return ERR_INVALID;
    int err = webhook_secret_read(&secrets->items[secrets->count], text);
    secrets->count += err == 0;
    return err;
}

/* One text, or a list of them that is not empty. */
static int read_secrets(struct secrets *secrets, const json_t *question)
{
    const json_t *value = json_object_get(question, "secret"), *item;
    size_t i;
    if (!json_is_array(value))
        return add_secret(secrets, value);
    json_array_foreach(value, i, item)
    {
        int err = add_secret(secrets, item);
        if (err < 0)
            return err;
    }
    return secrets->count > 0 ? 0 : ERR_INVALID;
}

/* Questions ----------------------------------------------------------------------------------- */

/* Seconds since the epoch; a refusal is in `out` when it is none. */
static bool read_seconds(const json_t *question, const char *key, struct buf *out, int64_t *ret)
{
    const json_t *value = json_object_get(question, key);
    char problem[80];
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *ret = json_integer_value(value);
        return true;
    }
    snprintf(problem, sizeof problem,
             tr("`%s` must be seconds since 1970, a whole number", "`%s` 应为 1970 年以来的整数秒"),
             key);
    filter_refuse(out, problem);
    return false;
}

static void put_word(struct buf *out, const char *key, const char *word)
{
    struct json_writer json = {.buf = out};
    jw_begin(&json, '{');
    jw_key(&json, key);
    jw_text(&json, word);
    jw_end(&json, '}');
}

static void sign(const json_t *question, struct buf *out)
{
    struct secrets secrets = {.count = 0};
    struct buf signature = {0};
    int64_t timestamp;
    const char *id = filter_text(question, "id", out);
    const char *body = id ? filter_text(question, "body", out) : NULL;
    if (!body || !read_seconds(question, "timestamp", out, &timestamp))
        return;
    if (read_secrets(&secrets, question) < 0) {
        filter_refuse(out, tr("the secret cannot be used: whsec_ and base64 are wanted",
                              "密钥不可用，应为 whsec_ 加 base64"));
        return;
    }
    webhook_sign(&signature, secrets.items, secrets.count, id, timestamp, body, strlen(body));
    put_word(out, "signature", buf_str(&signature));
    buf_release(&signature);
}

/* One of the three headers.  The same name in two cases is no header at all: which one was signed
 * cannot be known. */
static const char *find_header(const json_t *headers, const char *name)
{
    const char *found = NULL;
    json_t *walk = (json_t *)(uintptr_t)headers; /* jansson's iterators take no const */
    for (void *at = json_object_iter(walk); at; at = json_object_iter_next(walk, at)) {
        if (strcasecmp(json_object_iter_key(at), name) != 0)
            continue;
        if (found)
            return NULL;
        found = json_string_value(json_object_iter_value(at));
    }
    return found;
}

static void verify(const json_t *question, struct buf *out)
{
    struct secrets secrets = {.count = 0};
    int64_t now;
    const json_t *headers = json_object_get(question, "headers");
    const char *body = filter_text(question, "body", out);
    if (!body || !read_seconds(question, "now", out, &now))
        return;
    if (!json_is_object(headers)) {
        filter_refuse(out, tr("`headers` must be an object", "headers 应为对象"));
        return;
    }
    if (read_secrets(&secrets, question) < 0) {
        put_word(out, "result", "error");
        return;
    }
    struct webhook_message message = {
        find_header(headers, "webhook-id"), find_header(headers, "webhook-timestamp"),
        find_header(headers, "webhook-signature"), body, strlen(body)};
    enum webhook_verdict verdict = webhook_verify(secrets.items, secrets.count, &message, now);
    put_word(out, "result", verdict == WEBHOOK_ACCEPTED ? "accept" : "reject");
}

static void answer(void *arg, const char *text, size_t size, struct buf *out)
{
    const char *action = arg;
    json_t *question = filter_object(text, size, out);
    if (!question)
        return;
    if (str_equal(action, "sign"))
        sign(question, out);
    else
        verify(question, out);
    json_decref(question);
}

int cmd_webhook(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_webhook, argc, argv, &options, &exit_code))
        return exit_code;
    char action[16];
    snprintf(action, sizeof action, "%s", options.action);
    bool lines = option_given(&options, "jsonl");
    options_release(&options);
    if (!lines)
        return verb_misuse(
            &verb_webhook, tr("add --jsonl", "请加 --jsonl"),
            tr("messages are read from standard input, one a line", "消息从标准输入逐行读取"));
    return filter_run(&verb_webhook, answer, action);
}
