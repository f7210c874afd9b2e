/* `yujing cloudevents --jsonl`: whether what came over HTTP are CloudEvents 1.0, of any type. */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "cli/cmd.h"
#include "cli/filter.h"
#include "model/cloudevents.h"
#include <stdlib.h>
#include <string.h>

static const struct example cloudevents_examples[] = {
    {"yujing cloudevents --jsonl <requests.jsonl",
     {"a filter: a request a line, accept or reject a line",
      "过滤器：每行一个请求，逐行回答 accept 或 reject"}},
    {0},
};
/* clang-format off */
static const struct option cloudevents_options[] = {
    {0, "jsonl", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"read standard input, one request a line", "从标准输入逐行读取"}, NULL},
    {0},
};
/* clang-format on */
const struct verb verb_cloudevents = {
    .name = "cloudevents",
    .summary = {"check requests against CloudEvents 1.0", "按 CloudEvents 1.0 检查请求"},
    .synopsis = "--jsonl",
    .examples = cloudevents_examples,
    .options = cloudevents_options,
    .completion = COMPLETE_NOTHING,
    .description =
        {"Each line is a request, "
         "{\"body\":\"…\",\"content_type\":\"application/cloudevents+json\"}; batches "
         "(application/cloudevents-batch+json) and the binary mode are read too, the latter with "
         "\"headers\":{\"ce-id\":\"1\",…}. The answer is {\"result\":\"accept\",\"error\":null}, "
         "or "
         "\"reject\" with everything that is wrong. Events of any type are good that the "
         "specification allows; whether they are facts of ours is for check and replay to say. A "
         "line that cannot be read is answered by {\"error\":…}.",
         "每行一个请求，例如 "
         "{\"body\":\"…\",\"content_type\":\"application/cloudevents+json\"}；也接受批量"
         "（application/cloudevents-batch+json）和二进制模式（另给 "
         "\"headers\":{\"ce-id\":\"1\",…}）。回答 {\"result\":\"accept\",\"error\":null}，或 "
         "\"reject\" 并列出全部问题。凡符合规范的事件类型均可；是否为本系统的事实由 check 和 "
         "replay 判断。无法读取的行回答 {\"error\":…}。"},
    .run = cmd_cloudevents,
};

static void put_verdict(struct buf *out, const struct findings *findings, int err)
{
    struct buf problems = {0};
    struct json_writer json = {.buf = out};
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].severity == SEV_ERROR)
            buf_printf(&problems, "%s%s", problems.size > 0 ? "; " : "",
                       findings->items[i].message);
    }
    jw_begin(&json, '{');
    jw_key(&json, "result");
    jw_text(&json, err < 0 ? "reject" : "accept");
    jw_key(&json, "error");
    jw_text(&json, err < 0 ? buf_str(&problems) : NULL);
    jw_end(&json, '}');
    buf_release(&problems);
}

/* The pairs of `headers`, borrowed from it; caller frees the array.  NULL: a value is no text, and
 * the refusal is in `out`. */
static struct http_header *read_headers(json_t *object, struct buf *out, size_t *ret_count)
{
    struct http_header *headers = xcalloc(json_object_size(object) + 1, sizeof *headers);
    size_t count = 0;
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        const char *value = json_string_value(json_object_iter_value(at));
        if (!value) {
            filter_refuse(out, tr("a header's value must be text", "请求头的值应为文字"));
            free(headers);
            return NULL;
        }
        headers[count++] = (struct http_header){json_object_iter_key(at), value};
    }
    *ret_count = count;
    return headers;
}

/* A request without a body is an event without data. */
static const char *read_body(const json_t *question, struct buf *out)
{
    const json_t *body = json_object_get(question, "body");
    return !body || json_is_null(body) ? "" : filter_text(question, "body", out);
}

static void answer(void *arg, const char *text, size_t size, struct buf *out)
{
    (void)arg;
    json_t *question = filter_object(text, size, out);
    const char *body = question ? read_body(question, out) : NULL;
    size_t count = 0;
    struct http_header *headers =
        body ? read_headers(json_object_get(question, "headers"), out, &count) : NULL;
    if (headers) {
        struct findings findings = {0};
        struct cloudevents_request request = {
            json_string_value(json_object_get(question, "content_type")), headers, count, body,
            strlen(body)};
        int err = cloudevents_check(&request, "-", &findings);
        put_verdict(out, &findings, err);
        findings_release(&findings);
    }
    free(headers);
    json_decref(question);
}

int cmd_cloudevents(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_cloudevents, argc, argv, &options, &exit_code))
        return exit_code;
    bool lines = option_given(&options, "jsonl");
    options_release(&options);
    if (!lines)
        return verb_misuse(
            &verb_cloudevents, tr("add --jsonl", "请加 --jsonl"),
            tr("requests are read from standard input, one a line", "请求从标准输入逐行读取"));
    return filter_run(&verb_cloudevents, answer, NULL);
}
