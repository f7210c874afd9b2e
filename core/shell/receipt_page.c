/* The receipt page: one letter, shown to the one it was sent to, who answers it by one tap.
 *
 * It is read on a phone, perhaps an old one, so it needs no script and loads one sheet of style.
 * GET shows and changes nothing, because mail scanners follow links; POST answers, and leads back
 * to GET.  The address is the right to see it (receipt_link.h), so it never stands in the log. */
#include "base/err.h"
#include "base/html.h"
#include "model/bundle.h"
#include "shell/answering.h"
#include "shell/conf.h"
#include <string.h>

enum { REASON_BYTES_MAX = 600 };

struct tap {
    struct answering answering;
    enum receipt_kind kind;
    char reason[REASON_BYTES_MAX + 1];
};

/* ---- the frame ------------------------------------------------------------------- */

static void begin_page(struct buf *out, const char *title, const char *level, bool drill)
{
    buf_puts(out, "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"robots\" content=\"noindex\">\n"
                  "<meta name=\"format-detection\" content=\"telephone=no\">\n<title>");
    html_text(out, drill ? "【演练】" : "");
    html_text(out, title);
    buf_puts(out,
             "</title>\n<link rel=\"stylesheet\" href=\"style.css\">\n</head>\n<body class=\"");
    html_text(out, level ? level : "plain");
    buf_puts(out,
             drill ? " drill\">\n<p class=\"exercise\">演练　无须实际执行　演练</p>\n" : "\">\n");
}

static void end_page(struct call *call)
{
    buf_puts(&call->out, "</body>\n</html>\n");
    call->type = "text/html; charset=utf-8";
}

static void clothe(struct call *call)
{
    struct buf out = {0};
    begin_page(&out, "无法显示", NULL, call->api->host.conf->drill);
    buf_puts(&out, "<header><h1>无法处理</h1></header>\n<main><p class=\"note\">");
    html_text(&out, buf_str(&call->out));
    buf_puts(&out, "</p>\n<p>如需反馈，请直接联系当地生态环境部门值班室。</p></main>\n");
    buf_release(&call->out);
    call->out = out;
    end_page(call);
}

static bool open_link(struct call *call, struct tap *tap)
{
    int err = receipt_token_read(&call->api->key, call->params[0],
                                 clock_now(&call->api->host.clock), tap->answering.letter);
    if (err == ERR_LIMIT)
        call_refuse(call, 410, "%s", "本链接已过期。");
    else if (err < 0)
        call_refuse(call, 404, "%s", "链接无效或不完整，请使用通知中的完整链接。");
    return err == 0;
}

static void release(struct call *call)
{
    struct tap *tap = call->state;
    json_decref(tap->answering.body);
}

static struct tap *new_tap(struct call *call)
{
    struct tap *tap = arena_alloc(&call->arena, sizeof *tap);
    call->clothe = clothe;
    call->state = tap;
    call->release = release;
    return tap;
}

static bool find_letter(struct call *call, const struct view *view)
{
    struct tap *tap = call->state;
    if (answering_look(&tap->answering, call, view) < 0)
        call_deny(call, 500, "%s", "系统暂时无法读取，请稍后再试。");
    else if (!tap->answering.found)
        call_deny(call, 404, "%s", "没有对应的通知。");
    return call->status < 400;
}

/* ---- what it shows ------------------------------------------------------------------- */

static const char *text_of(const struct tap *tap, const char *key)
{
    return json_string_value(json_object_get(tap->answering.body, key));
}

static void put_term(struct buf *out, const char *term, const char *value)
{
    if (!value || !*value)
        return;
    buf_printf(out, "<div><dt>%s</dt><dd>", term);
    html_text(out, value);
    buf_puts(out, "</dd></div>\n");
}

static void put_time(struct call *call, const char *term, const char *written)
{
    struct buf text = {0};
    instant_ms instant;
    if (!written || instant_parse(written, call->zone, &instant) < 0)
        return;
    instant_print_chinese(&text, instant, call->zone);
    put_term(&call->out, term, buf_str(&text));
    buf_release(&text);
}

static const char *word_of_kind(const char *kind)
{
    if (str_equal(kind, "release"))
        return "解除通知";
    return str_equal(kind, "task") ? "任务通知" : "减排指令";
}

static void put_head(struct call *call, const struct policy *policy)
{
    const struct tap *tap = call->state;
    struct buf *out = &call->out;
    int level = text_of(tap, "level") ? policy_level(policy, text_of(tap, "level")) : -1;
    const struct level *said = level >= 0 ? &policy->levels[level] : NULL;
    begin_page(out, word_of_kind(tap->answering.kind), said ? said->name : NULL,
               call->api->host.conf->drill);
    buf_puts(out, "<header>\n<p class=\"authority\">");
    html_text(out, policy->authority);
    buf_puts(out, "</p>\n<h1>");
    html_text(out, text_of(tap, "title"));
    buf_puts(out, "<br>");
    html_text(out, word_of_kind(tap->answering.kind));
    buf_puts(out, "</h1>\n");
    if (said) {
        buf_puts(out, "<p class=\"level\">");
        html_text(out, said->title);
        buf_puts(out, "预警　");
        html_text(out, said->response);
        buf_puts(out, said->response ? "响应</p>\n" : "</p>\n");
    }
    buf_puts(out, "</header>\n<main>\n");
}

/* NULL: it holds; a corrected letter does too, and is answered all the same. */
static const char *word_of_end(const struct answering *answering)
{
    if (str_equal(answering->closed, "withdrawn"))
        return "本通知已撤回，无须执行。";
    if (answering->superseded || str_equal(answering->closed, "superseded"))
        return "已有新的通知，本通知不再执行，请以最新通知为准。";
    return NULL;
}

/* What began before it was decided takes effect as the text says. */
static bool is_to_come(const struct tap *tap)
{
    const char *begin = text_of(tap, "begin"), *at = text_of(tap, "at");
    return begin && at && strcmp(begin, at) > 0; /* of one zone: comparable */
}

/* Its first line is its title. */
static void put_text_of(struct buf *out, const char *text)
{
    size_t size = text ? strcspn(text, "\n") : 0;
    char title[512];
    buf_puts(out, "<section class=\"text\">");
    if (size > 0 && size < sizeof title && text[size]) {
        memcpy(title, text, size);
        title[size] = 0;
        buf_puts(out, "<h2>");
        html_text(out, title);
        buf_puts(out, "</h2>");
        text += size + strspn(text + size, "\n");
    }
    html_text(out, text);
    buf_puts(out, "</section>\n");
}

static void put_letter(struct call *call)
{
    const struct tap *tap = call->state;
    struct buf *out = &call->out;
    const char *ended = word_of_end(&tap->answering);
    const char *correction = ended ? NULL : tap->answering.correction;
    if (correction)
        ended = "本通知已更正，请以下列更正通知为准。";
    if (ended)
        buf_printf(out, "<p class=\"ended\" role=\"status\">%s</p>\n", ended);
    if (correction)
        put_text_of(out, correction);
    buf_puts(out, "<dl>\n");
    put_term(out, "接收单位", text_of(tap, "name"));
    if (is_to_come(tap))
        put_time(call, "生效时间", text_of(tap, "begin"));
    put_time(call, "签发时间", text_of(tap, "at"));
    put_term(out, "编号", tap->answering.letter);
    buf_puts(out, "</dl>\n");
    put_text_of(out, text_of(tap, "text"));
}

/* What has been answered so far. */
static void put_answers(struct call *call)
{
    static const struct {
        enum receipt_kind kind;
        const char *words;
    } answers[] = {{RECEIPT_ACKNOWLEDGED, "已确认收到"},
                   {RECEIPT_REFUSED, "已反馈无法执行"},
                   {RECEIPT_DONE, "已反馈执行完成"}};
    const struct answering *answering = &((const struct tap *)call->state)->answering;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        instant_ms at = answering->receipts[answers[i].kind];
        bool refused = answers[i].kind == RECEIPT_REFUSED;
        struct buf when = {0};
        if (at == INSTANT_NONE)
            continue;
        instant_print_chinese(&when, at, call->zone);
        buf_printf(
            &call->out, "<p class=\"answered%s\" role=\"status\">%s %s<small>%s</small></p>\n",
            refused ? " refused" : "", refused ? "！" : "✓", answers[i].words, buf_str(&when));
        if (refused && answering->reason) {
            buf_puts(&call->out, "<p class=\"reason\">原因：");
            html_text(&call->out, answering->reason);
            buf_puts(&call->out, "</p>\n");
        }
        buf_release(&when);
    }
}

static void put_button(struct buf *out, const char *answer, const char *class, const char *words)
{
    buf_printf(out,
               "<form method=\"post\"><button class=\"%s\" name=\"answer\" value=\"%s\">%s</button>"
               "</form>\n",
               class, answer, words);
}

static void put_refusal(struct buf *out)
{
    buf_printf(
        out,
        "<details>\n<summary>无法执行</summary>\n<form method=\"post\">\n"
        "<label for=\"reason\">请写明原因（必填），值班人员将与您联系：</label>\n"
        "<textarea id=\"reason\" name=\"reason\" rows=\"4\" maxlength=\"%d\" required>"
        "</textarea>\n"
        "<button class=\"refuse\" name=\"answer\" value=\"refused\">提交：无法执行</button>\n"
        "</form>\n</details>\n",
        REASON_BYTES_MAX / 3);
}

static void put_choices(struct call *call)
{
    const struct answering *answering = &((const struct tap *)call->state)->answering;
    struct buf *out = &call->out;
    bool acknowledged = answering->receipts[RECEIPT_ACKNOWLEDGED] != INSTANT_NONE;
    bool refused = answering->receipts[RECEIPT_REFUSED] != INSTANT_NONE;
    bool done = answering->receipts[RECEIPT_DONE] != INSTANT_NONE;
    if (!answering->answerable || word_of_end(answering) || done)
        return;
    if (!acknowledged && !refused)
        put_button(out, "acknowledged", "acknowledge", "收到");
    else
        put_button(out, "done", "acknowledge", "已完成");
    buf_puts(out, "<section class=\"choices\" aria-label=\"反馈\">\n");
    if (!acknowledged && !refused)
        put_button(out, "done", "done", "已完成");
    if (!refused)
        put_refusal(out);
    buf_puts(out, "</section>\n");
}

static void look_at_page(struct call *call, const struct view *view)
{
    if (!find_letter(call, view))
        return;
    put_head(call, &view->live->bundle->policy);
    put_answers(call);
    put_letter(call);
    put_choices(call);
    buf_puts(&call->out, "</main>\n<footer>本页面仅供接收单位使用，请勿转发。打开本页面不视为签收，"
                         "请点击按钮反馈。</footer>\n");
    end_page(call);
}

void api_receipt_page(struct call *call)
{
    struct tap *tap = new_tap(call);
    if (open_link(call, tap))
        call_look(call, look_at_page, NULL);
}

/* ---- the tap ---------------------------------------------------------------------- */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* The value of one field of application/x-www-form-urlencoded; false: not there, or too long. */
static bool form_field(const struct http_request *request, const char *name, char *ret, size_t size)
{
    const char *at = request->body ? request->body : "";
    size_t length = strlen(name), filled = 0;
    while (*at && !(strncmp(at, name, length) == 0 && at[length] == '=')) {
        at += strcspn(at, "&");
        at += *at == '&';
    }
    if (!*at)
        return false;
    for (at += length + 1; *at && *at != '&' && filled + 1 < size; at++) {
        int high = *at == '%' ? hex_digit(at[1]) : -1;
        int low = high >= 0 ? hex_digit(at[2]) : -1;
        ret[filled++] = *at == '+' ? ' ' : low >= 0 ? (char)(high << 4 | low) : *at;
        at += low >= 0 ? 2 : 0;
    }
    ret[filled] = 0;
    return (!*at || *at == '&') && strlen(ret) == filled && str_utf8_bad(ret, filled) == filled;
}

static void look_before_tap(struct call *call, const struct view *view)
{
    const struct tap *tap = call->state;
    if (!find_letter(call, view))
        return;
    if (!tap->answering.answerable)
        call_deny(call, 409, "%s", "该通知无须反馈。");
    else if (word_of_end(&tap->answering))
        call_deny(call, 409, "%s", word_of_end(&tap->answering));
}

static void lead_back(struct call *call)
{
    call_audit(call, "receipt", call->fact ? call->fact->id : NULL);
    call->status = 303;
    call->location = call->params[0]; /* beside this page, wherever a proxy has put us */
    call->type = "text/plain; charset=utf-8";
    call_answer(call);
}

static void journal_tap(struct call *call)
{
    struct tap *tap = call->state;
    if (tap->answering.receipts[tap->kind] != INSTANT_NONE) {
        lead_back(call); /* a second tap, perhaps of a page that was old */
        return;
    }
    struct fact fact =
        answering_fact(call, &tap->answering, tap->kind, "receipt-page", tap->answering.recipient,
                       tap->kind == RECEIPT_REFUSED ? tap->reason : NULL);
    call_act(call, &fact, lead_back);
}

static bool read_tap(struct call *call, struct tap *tap)
{
    char answer[16] = "";
    form_field(call->request, "answer", answer, sizeof answer);
    bool refused = str_equal(answer, "refused");
    tap->kind = refused                     ? RECEIPT_REFUSED
                : str_equal(answer, "done") ? RECEIPT_DONE
                                            : RECEIPT_ACKNOWLEDGED;
    if (!refused && tap->kind == RECEIPT_ACKNOWLEDGED && !str_equal(answer, "acknowledged")) {
        call_refuse(call, 400, "%s", "未能识别您的选择，请返回重试。");
        return false;
    }
    if (refused && (!form_field(call->request, "reason", tap->reason, sizeof tap->reason) ||
                    !tap->reason[strspn(tap->reason, " \r\n\t")])) {
        call_refuse(call, 400, "%s", "请写明无法执行的原因（不超过 200 字），再提交。");
        return false;
    }
    return true;
}

void api_receipt_tap(struct call *call)
{
    struct tap *tap = new_tap(call);
    if (open_link(call, tap) && read_tap(call, tap))
        call_look(call, look_before_tap, journal_tap);
}
