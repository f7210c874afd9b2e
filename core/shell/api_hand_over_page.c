/* The hand-over sheet on paper, in the words of a duty room. */
#include "base/html.h"
#include "base/resource.h"
#include "model/bundle.h"
#include "shell/api_hand_over.h"
#include <stdarg.h>
#include <string.h>

enum { PRINTED_MAX = 40 }; /* letters of one table: the rest is for `letters` to show */
struct page {
    struct buf out;
    const json_t *sheet;
    const struct policy *policy;
};

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* 2026年1月14日18时, out of the JSON's form. */
static void cell_time(struct page *page, const char *text)
{
    instant_ms instant;
    buf_puts(&page->out, "<td>");
    if (instant_parse_rfc3339(text, &instant) == 0)
        instant_print_chinese(&page->out, instant, page->policy->zone);
    buf_puts(&page->out, "</td>");
}

static void cell(struct page *page, const char *text)
{
    buf_puts(&page->out, "<td>");
    html_text(&page->out, text);
    buf_puts(&page->out, "</td>");
}

/* Its name, or else its id; and the number of the letter. */
static void cells_letter(struct page *page, const json_t *row)
{
    cell(page, *text_at(row, "name") ? text_at(row, "name") : text_at(row, "to"));
    buf_printf(&page->out, "<td>%.12s</td>", text_at(row, "letter"));
}

static void cell_rule(struct page *page, const char *rule)
{
    const char *title = text_at(json_object_get(page->sheet, "titles"), rule);
    cell(page, *title ? title : rule);
}

static void cell_level(struct page *page, const char *level)
{
    int place = policy_level(page->policy, level);
    cell(page, place >= 0 ? page->policy->levels[place].title : level);
}

/* A heading, and the head of a table; or that there is nothing. */
static bool begin_table(struct page *page, const char *title, size_t rows, const char *head, ...)
{
    va_list args;
    buf_printf(&page->out, "<h2>%s</h2>\n", title);
    if (rows == 0) {
        buf_puts(&page->out, "<p class=\"none\">无。</p>\n");
        return false;
    }
    buf_puts(&page->out, "<table>\n<tr>");
    va_start(args, head);
    for (; head; head = va_arg(args, const char *))
        buf_printf(&page->out, "<th>%s</th>", head);
    va_end(args);
    buf_puts(&page->out, "</tr>\n");
    return true;
}

static void end_table(struct page *page, size_t shown, json_int_t total)
{
    buf_puts(&page->out, "</table>\n");
    if (total > (json_int_t)shown)
        buf_printf(&page->out, "<p>共 %lld 项，此处列出 %zu 项。</p>\n", (long long)total, shown);
}

/* ---- its parts -------------------------------------------------------------------- */

/* The style stands in the page too: `ctl hand-over form=html` keeps it as a file. */
static void put_head(struct page *page)
{
    const struct resource *style = resource_find("core/shell/print.css");
    bool drill = strcmp(text_at(page->sheet, "mode"), "drill") == 0;
    instant_ms from, to;
    buf_printf(&page->out,
               "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<title>%s值班交接单</title>\n<link rel=\"stylesheet\" "
               "href=\"/r/style.css?print=1\">\n<style>\n%s</style>\n</head>\n<body%s>\n"
               "<h1>%s值班交接单</h1>\n<p class=\"under\">",
               drill ? "【演练】" : "", style ? (const char *)style->data : "",
               drill ? " class=\"drill\"" : "", drill ? "【演练】" : "");
    html_text(&page->out, text_at(page->sheet, "authority"));
    buf_puts(&page->out, "<br>");
    if (instant_parse_rfc3339(text_at(page->sheet, "from"), &from) == 0 &&
        instant_parse_rfc3339(text_at(page->sheet, "to"), &to) == 0) {
        instant_print_chinese(&page->out, from, page->policy->zone);
        buf_puts(&page->out, " 至 ");
        instant_print_chinese(&page->out, to, page->policy->zone);
    }
    buf_puts(&page->out, "</p>\n");
    if (*text_at(page->sheet, "paused")) {
        buf_puts(&page->out, "<p class=\"loud\">注意：指令发送已暂停（");
        html_text(&page->out, text_at(page->sheet, "paused"));
        buf_puts(&page->out, "）。恢复前仅呼叫与更正照常发出。</p>\n");
    }
}

static long long total_of(const struct page *page, const char *key)
{
    return (long long)json_integer_value(json_object_get(page->sheet, key));
}

static size_t count_open(const struct page *page)
{
    const json_t *warnings = json_object_get(json_object_get(page->sheet, "engine"), "warnings");
    json_t *warning;
    size_t i, open = 0;
    json_array_foreach(warnings, i, warning) open +=
        json_is_string(json_object_get(warning, "level"));
    return open;
}

/* The whole shift in one line, before the lists. */
static void put_summary(struct page *page)
{
    buf_printf(&page->out,
               "<p>在执行预警 %zu 起；待签发方案 %zu 件；未签收指令 %lld 件，其中逾期 %lld 件；"
               "无法执行 %lld 件；未送达 %lld 件；待发 %lld 件。</p>\n",
               count_open(page), json_array_size(json_object_get(page->sheet, "proposals")),
               total_of(page, "unacknowledged_total"), total_of(page, "overdue_total"),
               total_of(page, "refused_total"), total_of(page, "dead_total"),
               total_of(page, "waiting_total"));
}

static void put_warnings(struct page *page)
{
    const json_t *warnings = json_object_get(json_object_get(page->sheet, "engine"), "warnings");
    json_t *warning;
    size_t i, open = count_open(page);
    if (!begin_table(page, "一、在执行的预警", open, "预警", "级别", "生效时间", "状态", "过程编号",
                     NULL))
        return;
    json_array_foreach(warnings, i, warning)
    {
        if (!json_is_string(json_object_get(warning, "level")))
            continue;
        buf_puts(&page->out, "<tr>");
        cell_rule(page, text_at(warning, "rule"));
        cell_level(page, text_at(warning, "level"));
        cell_time(page, text_at(warning, "begin"));
        cell(page,
             json_is_true(json_object_get(warning, "under_way")) ? "响应中" : "已发布，未生效");
        cell(page, text_at(warning, "episode"));
        buf_puts(&page->out, "</tr>\n");
    }
    end_table(page, open, 0);
}

/* Who has signed, who is missing, until when it rests and what counts then. */
static void cell_state(struct page *page, const json_t *proposal)
{
    bool two = strcmp(text_at(proposal, "approve"), "two") == 0;
    const char *signed_by = text_at(proposal, "signed_by"), *held_by = text_at(proposal, "held_by");
    instant_ms until;
    buf_puts(&page->out, "<td>");
    if (json_is_true(json_object_get(proposal, "by_hand")))
        buf_puts(&page->out, "人工发起。");
    if (*signed_by) {
        html_text(&page->out, signed_by);
        buf_puts(&page->out, "已签发，尚缺第二人签发。");
    } else {
        buf_puts(&page->out, two ? "待签发，须两人。" : "待签发。");
    }
    if (*held_by && instant_parse_rfc3339(text_at(proposal, "until"), &until) == 0) {
        html_text(&page->out, held_by);
        buf_puts(&page->out, "暂缓至");
        instant_print_chinese(&page->out, until, page->policy->zone);
        buf_puts(&page->out, *signed_by ? "，已有签发在暂缓期间及期满后均有效。" : "。");
    }
    buf_puts(&page->out, "</td>");
}

/* 升级为红色, 解除 … */
static void cell_kind(struct page *page, const json_t *proposal)
{
    static const struct {
        const char *kind, *words;
    } kinds[] = {{"issue", "发布"},  {"raise", "升级为"}, {"lower", "降级为"},
                 {"reopen", "重启"}, {"lift", "解除"},    {"revise", "调整"}};
    int place = policy_level(page->policy, text_at(proposal, "level"));
    buf_puts(&page->out, "<td>");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].kind, text_at(proposal, "kind")) == 0)
            buf_puts(&page->out, kinds[i].words);
    if (place >= 0)
        html_text(&page->out, page->policy->levels[place].title);
    buf_puts(&page->out, "</td>");
}

static void put_proposals(struct page *page)
{
    const json_t *proposals = json_object_get(page->sheet, "proposals");
    json_t *proposal;
    size_t i;
    if (!begin_table(page, "二、待签发的方案", json_array_size(proposals), "方案号", "预警", "拟办",
                     "状态", "指令数", "提出时间", NULL))
        return;
    json_array_foreach(proposals, i, proposal)
    {
        buf_puts(&page->out, "<tr>");
        buf_printf(&page->out, "<td>%.12s</td>", text_at(proposal, "hash"));
        cell_rule(page, text_at(proposal, "rule"));
        cell_kind(page, proposal);
        cell_state(page, proposal);
        buf_printf(&page->out, "<td>%lld</td>",
                   (long long)json_integer_value(
                       json_object_get(json_object_get(proposal, "counts"), "orders")));
        cell_time(page, text_at(proposal, "made"));
        buf_puts(&page->out, "</tr>\n");
    }
    end_table(page, json_array_size(proposals), 0);
}

static void put_awaited(struct page *page)
{
    const json_t *awaited = json_object_get(page->sheet, "unacknowledged");
    json_t *row;
    size_t i;
    if (!begin_table(page, "三、未签收的指令", json_array_size(awaited), "接收单位", "编号", "级别",
                     "签收期限", NULL))
        return;
    json_array_foreach(awaited, i, row)
    {
        if (i == PRINTED_MAX)
            break;
        buf_puts(&page->out, "<tr>");
        cells_letter(page, row);
        cell_level(page, text_at(row, "level"));
        cell_time(page, text_at(row, "deadline"));
        buf_puts(&page->out, "</tr>\n");
    }
    end_table(page, i, json_integer_value(json_object_get(page->sheet, "unacknowledged_total")));
}

static void put_refused(struct page *page)
{
    const json_t *refused = json_object_get(page->sheet, "refused");
    json_t *row;
    size_t i;
    if (!begin_table(page, "四、无法执行的指令", json_array_size(refused), "接收单位", "编号",
                     "级别", "原因", "反馈时间", "录入人", NULL))
        return;
    json_array_foreach(refused, i, row)
    {
        if (i == PRINTED_MAX)
            break;
        buf_puts(&page->out, "<tr>");
        cells_letter(page, row);
        cell_level(page, text_at(row, "level"));
        cell(page, text_at(row, "reason"));
        cell_time(page, text_at(row, "at"));
        cell(page, *text_at(row, "by") ? text_at(row, "by") : "本单位");
        buf_puts(&page->out, "</tr>\n");
    }
    end_table(page, i, total_of(page, "refused_total"));
}

static void put_dead(struct page *page)
{
    const json_t *dead = json_object_get(page->sheet, "dead");
    json_t *row;
    size_t i;
    if (!begin_table(page, "五、未能送达的信件", json_array_size(dead), "接收单位", "编号", "渠道",
                     "原因", NULL))
        return;
    json_array_foreach(dead, i, row)
    {
        if (i == PRINTED_MAX)
            break;
        buf_puts(&page->out, "<tr>");
        cells_letter(page, row);
        cell(page, text_at(row, "gateway"));
        cell(page, text_at(row, "trouble"));
        buf_puts(&page->out, "</tr>\n");
    }
    end_table(page, i, json_integer_value(json_object_get(page->sheet, "dead_total")));
}

static void put_suspended(struct page *page)
{
    const json_t *suspended = json_object_get(page->sheet, "suspended");
    json_t *row;
    size_t i;
    if (!begin_table(page, "六、停用的地址", json_array_size(suspended), "渠道/地址", "原因", NULL))
        return;
    json_array_foreach(suspended, i, row)
    {
        if (i == PRINTED_MAX)
            break;
        buf_puts(&page->out, "<tr>");
        cell(page, text_at(row, "address"));
        cell(page, text_at(row, "why"));
        buf_puts(&page->out, "</tr>\n");
    }
    end_table(page, i, total_of(page, "suspended_total"));
}

static void put_acts(struct page *page)
{
    const json_t *acts = json_object_get(page->sheet, "acts");
    json_t *row;
    size_t i;
    if (!begin_table(page, "七、本班操作", json_array_size(acts), "时间", "操作人", "操作", "事由",
                     NULL))
        return;
    json_array_foreach(acts, i, row)
    {
        buf_puts(&page->out, "<tr>");
        cell_time(page, text_at(row, "at"));
        cell(page, *text_at(row, "by") ? text_at(row, "by") : "（系统）");
        cell(page, text_at(row, "words"));
        cell(page, text_at(row, "note"));
        buf_puts(&page->out, "</tr>\n");
    }
    end_table(page, json_array_size(acts),
              json_integer_value(json_object_get(page->sheet, "acts_total")));
}

/* 发布 橙色 */
static void cell_event(struct page *page, const json_t *row)
{
    int place = policy_level(page->policy, text_at(row, "level"));
    buf_puts(&page->out, "<td>");
    html_text(&page->out, text_at(row, "kind_words"));
    if (place >= 0 && strcmp(text_at(row, "kind"), "act") != 0) {
        buf_putc(&page->out, ' ');
        html_text(&page->out, page->policy->levels[place].title);
    }
    buf_puts(&page->out, "</td>");
}

static void put_events(struct page *page)
{
    const json_t *events = json_object_get(page->sheet, "events");
    json_t *row;
    size_t i;
    if (!begin_table(page, "八、本班事件", json_array_size(events), "时间", "事项", "预警", "内容",
                     NULL))
        return;
    json_array_foreach(events, i, row)
    {
        buf_puts(&page->out, "<tr>");
        cell_time(page, text_at(row, "at"));
        cell_event(page, row);
        cell_rule(page, text_at(row, "rule"));
        cell(page, text_at(row, "words"));
        buf_puts(&page->out, "</tr>\n");
    }
    end_table(page, json_array_size(events),
              json_integer_value(json_object_get(page->sheet, "events_total")));
}

static void put_foot(struct page *page)
{
    const json_t *anchor = json_object_get(page->sheet, "anchor");
    buf_printf(&page->out, "<p>现行预案版本：%.12s</p>\n", text_at(page->sheet, "policy"));
    if (json_is_object(anchor))
        buf_printf(&page->out, "<p>日志锚点（请留存备查）：%s 第 %lld 条 <code>%s</code></p>\n",
                   text_at(anchor, "day"),
                   (long long)json_integer_value(json_object_get(anchor, "seq")),
                   text_at(anchor, "chain"));
    buf_puts(&page->out,
             "<div class=\"signatures\"><p>交班人：</p><p>接班人：</p><p>时间：</p></div>\n"
             "</body>\n</html>\n");
}

void hand_over_page(struct call *call, const struct policy *policy)
{
    json_t *sheet = json_loads(buf_str(&call->out), 0, NULL);
    struct page page = {.sheet = sheet, .policy = policy};
    put_head(&page);
    put_summary(&page);
    put_warnings(&page);
    put_proposals(&page);
    put_awaited(&page);
    put_refused(&page);
    put_dead(&page);
    put_suspended(&page);
    put_acts(&page);
    put_events(&page);
    put_foot(&page);
    json_decref(sheet);
    buf_release(&call->out);
    call->out = page.out;
    call->type = "text/html; charset=utf-8";
}
