/* Filling in. */
#include "shell/template.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "model/policy.h"
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#define WITHDRAWAL(what, consequence)                                                        \
    "【撤回】\n\n{name}：\n\n此前发送的" what "（编号：{order}）现予撤回，" consequence "\n" \
    "{text}\n\n{authority}\n{issued}\n"

static const struct {
    const char *name, *text;
    const char *general; /* the bundle's text that serves when it has none of this name */
} plain[] = {
    [TEMPLATE_REMINDER] = {"reminder",
                           "关于签收应急指令的催告\n\n{recipient}：\n\n"
                           "应于{deadline}前签收的指令（编号：{order}）至今未签收。"
                           "请立即签收并执行：\n\n{original}\n\n{authority}\n",
                           NULL},
    [TEMPLATE_ESCALATION] = {"escalation",
                             "关于{recipient}未签收应急指令的通报\n\n{name}：\n\n"
                             "{recipient}（{recipient_id}）应于{deadline}前签收的指令"
                             "（编号：{order}）至今未签收，请即核实督办。\n\n{authority}\n",
                             NULL},
    [TEMPLATE_CORRECTION] = {"correction",
                             "【更正】\n\n{name}：\n\n"
                             "此前发送的信息（编号：{order}）有误，现更正如下：\n\n"
                             "{text}\n\n{authority}\n{issued}\n",
                             NULL},
    [TEMPLATE_WITHDRAWAL] = {"withdrawal", WITHDRAWAL("信息", "请勿据此执行。"), NULL},
    [TEMPLATE_WITHDRAWAL_ORDER] = {"withdrawal_order",
                                   WITHDRAWAL("指令", "请勿据此执行；已采取的措施可恢复。"),
                                   "withdrawal"},
    [TEMPLATE_WITHDRAWAL_RELEASE] =
        {"withdrawal_release",
         WITHDRAWAL("解除通知", "请勿据此恢复生产；未另行撤回的应急减排指令，其措施继续执行。"),
         "withdrawal"},
    [TEMPLATE_WITHDRAWAL_TASK] = {"withdrawal_task", WITHDRAWAL("工作任务", "该项任务不再执行。"),
                                  "withdrawal"},
    [TEMPLATE_WITHDRAWAL_PUBLIC] =
        {"withdrawal_public",
         "【撤回】\n\n此前发布的预警信息（编号：{order}）现予撤回，请以最新发布的信息为准。\n"
         "{text}\n\n{authority}\n{issued}\n",
         "withdrawal"},
    [TEMPLATE_TEST] = {"test",
                       "【测试】通道自检\n\n这是预警系统发送渠道 {gateway} 的自检信息，"
                       "无需处理。\n\n{authority}\n{issued}\n",
                       NULL},
};

const char *template_text(const struct policy *policy, enum template_kind kind)
{
    const char *own = policy_notice(policy, plain[kind].name);
    if (!own && plain[kind].general)
        own = policy_notice(policy, plain[kind].general);
    return own ? own : plain[kind].text;
}

static const struct template_value *value_at(const char *brace, size_t size,
                                             const struct template_value *values)
{
    for (; values->name; values++)
        if (strlen(values->name) == size && memcmp(values->name, brace + 1, size) == 0)
            return values;
    return NULL;
}

/* The size of the word in "{word}" at `text`, or 0. */
static size_t word_size(const char *text)
{
    size_t size = text[0] == '{' ? strspn(text + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;
    return size > 0 && text[1 + size] == '}' ? size : 0;
}

/* Of the colon that the line ends with, or 0. */
static size_t colon_size(const char *line, size_t length)
{
    static const char full[] = "：";
    size_t size = strlen(full);
    if (length >= size && memcmp(line + length - size, full, size) == 0)
        return size;
    return length > 0 && line[length - 1] == ':' ? 1 : 0;
}

/* Nothing but a placeholder without a value, also where it addresses somebody: "{name}：". */
static bool is_left_out(const char *line, size_t length, const struct template_value *values)
{
    size_t size = word_size(line);
    const struct template_value *value = size > 0 ? value_at(line, size, values) : NULL;
    return value && size + 2 + colon_size(line, length) == length &&
           (!value->value || !value->value[0]);
}

/* "Reason:" goes with the line below it that has none. */
static bool is_heading_of_nothing(const char *line, size_t length,
                                  const struct template_value *values)
{
    const char *next = line + length + (line[length] == '\n');
    return colon_size(line, length) > 0 && is_left_out(next, strcspn(next, "\n"), values);
}

static void fill_line(struct buf *buf, const char *line, size_t length,
                      const struct template_value *values)
{
    for (const char *at = line; at < line + length;) {
        size_t size = word_size(at);
        const struct template_value *value = size > 0 ? value_at(at, size, values) : NULL;
        if (value) {
            buf_puts(buf, value->value ? value->value : "");
            at += size + 2;
        } else {
            buf_putc(buf, *at++);
        }
    }
}

void template_fill(struct buf *buf, const char *text, const struct template_value *values)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        bool ended = text[length] == '\n';
        if (!is_left_out(text, length, values) && !is_heading_of_nothing(text, length, values)) {
            fill_line(buf, text, length, values);
            if (ended)
                buf_putc(buf, '\n');
        }
        text += length + ended;
    }
}

char *template_text_of_body(const void *body, size_t size)
{
    json_t *json = json_loadb(body, size, 0, NULL);
    const char *text = json_string_value(json_object_get(json, "text"));
    char *copy = text ? xstrdup(text) : NULL;
    json_decref(json);
    return copy;
}
