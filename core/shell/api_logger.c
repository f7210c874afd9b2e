/* Asking a data logger: its time, its values of some hours, and the like (HJ 212).
 *
 * The answer waits for the end of the question, which its time-outs bound (answer_within, resends:
 * under two minutes).  Only what a duty officer may want of an instrument can be asked: its clock
 * can be set, nothing else of it.  Values that come are facts like any other that it uploads. */
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/hj212.h"
#include "model/policy.h"
#include "shell/api_inner.h"
#include "shell/ingest_hj212.h"
#include <stdio.h>
#include <stdlib.h>

static const struct kind {
    const char *name;
    int command;
    bool span; /* of values from begin to end */
} kinds[] = {
    {"time", 1011, false},
    {"set_time", 1012, false},
    {"realtime_interval", 1061, false},
    {"minute_interval", 1063, false},
    {"realtime", 2011, false},
    {"realtime_stop", 2012, false},
    {"state", 2021, false},
    {"state_stop", 2022, false},
    {"days", 2031, true},
    {"run_times", 2041, true},
    {"minutes", 2051, true},
    {"hours", 2061, true},
};

/* Outlives its call's arena for as long as the question does. */
struct asked {
    struct hj212_asker asker;
    struct call *call;
    const struct kind *kind;
};

/* ---- the answer ---------------------------------------------------------------------- */

/* What QnRtn and ExeRtn say, by table C of HJ 212. */
static const char *reason_of(enum hj212_result result, int code)
{
    static const struct {
        enum hj212_result result;
        int code;
        const char *english, *chinese;
    } reasons[] = {
        {HJ212_DECLINED, 2, "it declines", "数采仪拒绝执行"},
        {HJ212_DECLINED, 3, "it takes the password to be wrong", "数采仪认为密码错误"},
        {HJ212_DECLINED, 4, "it takes the MN to be wrong", "数采仪认为 MN 错误"},
        {HJ212_DECLINED, 5, "it takes the system code to be wrong", "数采仪认为系统编码错误"},
        {HJ212_DECLINED, 6, "it takes the flag to be wrong", "数采仪认为标志位错误"},
        {HJ212_DECLINED, 7, "it takes the number to be wrong", "数采仪认为请求编号错误"},
        {HJ212_DECLINED, 8, "it does not know this command", "数采仪不支持该命令"},
        {HJ212_DECLINED, 9, "it takes the checksum to be wrong", "数采仪认为校验错误"},
        {HJ212_FAILED, 2, "it failed, it does not say why", "执行失败，原因不明"},
        {HJ212_FAILED, 3, "it failed: a condition was wrong", "执行失败：命令请求条件错误"},
        {HJ212_FAILED, 4, "it failed: time-out of the instrument", "执行失败：通讯超时"},
        {HJ212_FAILED, 5, "it failed: the instrument is busy", "执行失败：系统繁忙"},
        {HJ212_FAILED, 6, "it failed: the instrument is broken", "执行失败：系统故障"},
        {HJ212_FAILED, 100, "it has no such data", "没有所需数据"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].result == result && reasons[i].code == code)
            return tr(reasons[i].english, reasons[i].chinese);
    switch (result) {
    case HJ212_DONE:
        return tr("done", "已执行");
    case HJ212_NO_ANSWER:
        return tr("it did not answer, not even when asked again", "数采仪未应答，重发后仍无应答");
    case HJ212_NO_RESULT:
        return tr("it accepted, and then told no result", "数采仪已接受请求，但未返回执行结果");
    case HJ212_GONE:
        return tr("the connection ended before the answer", "应答前连接已断开");
    default:
        return tr("it did not do it, for a reason unknown", "未执行，原因不明");
    }
}

static void over(struct hj212_asker *asker, enum hj212_result result, int code)
{
    struct asked *asked = (struct asked *)(void *)asker; /* its first member */
    struct call *call = asked->call;
    struct json_writer writer = {.buf = &call->out};
    enum lang former = lang_speak(call->lang);
    char which[160];
    snprintf(which, sizeof which, "%s %s: %s %d", call->params[0], asked->kind->name,
             hj212_result_name(result), code);
    call_audit(call, "logger", which);
    jw_begin(&writer, '{');
    put_text(&writer, "mn", call->params[0]);
    put_text(&writer, "question", asked->kind->name);
    put_int(&writer, "command", asked->kind->command);
    put_text(&writer, "result", hj212_result_name(result));
    put_int(&writer, "code", code);
    put_text(&writer, "words", reason_of(result, code));
    put_text(&writer, "reply", asker->reply[0] ? asker->reply : NULL);
    put_int(&writer, "uploads", asker->uploads);
    jw_end(&writer, '}');
    free(asked);
    call_answer(call);
    lang_speak(former);
}

/* ---- the question -------------------------------------------------------------------- */

static const struct kind *find_kind(struct call *call, const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_equal(kinds[i].name, name))
            return &kinds[i];
    struct buf known = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        buf_printf(&known, "%s%s", i > 0 ? ", " : "", kinds[i].name);
    call_refuse(call, 400, tr("question: %s", "question 须为：%s"), buf_str(&known));
    buf_release(&known);
    return NULL;
}

static bool read_instant(struct call *call, const char *key, span_ms zone, instant_ms *ret)
{
    const char *text;
    if (!call_need_text(call, key, &text))
        return false;
    if (instant_parse(text, zone, ret) == 0)
        return true;
    call_refuse(call, 400,
                tr("%s is a time, as 2026-01-14T18:00", "%s 须为时刻，如 2026-01-14T18:00"), key);
    return false;
}

/* What stands between the &&; NULL: refused. */
static const char *content_of(struct call *call, const struct kind *kind)
{
    span_ms zone = call->api->host.policy->zone;
    char from[HJ212_STAMP_BYTES], to[HJ212_STAMP_BYTES];
    instant_ms begin, end;
    if (kind->command == 1012) {
        hj212_stamp(from, clock_now(&call->api->host.clock), zone);
        return arena_printf(&call->arena, "SystemTime=%.14s", from);
    }
    if (!kind->span)
        return "";
    if (!read_instant(call, "begin", zone, &begin) || !read_instant(call, "end", zone, &end))
        return NULL;
    if (end < begin) {
        call_refuse(call, 400, "%s", tr("end lies before begin", "end 早于 begin"));
        return NULL;
    }
    hj212_stamp(from, begin, zone);
    hj212_stamp(to, end, zone);
    return arena_printf(&call->arena, "BeginTime=%.14s,EndTime=%.14s", from, to);
}

static void refuse(struct call *call, int err)
{
    if (err == ERR_NOT_FOUND)
        call_refuse(call, 404, tr("no data logger has the MN %s", "没有 MN 为 %s 的数采仪"),
                    call->params[0]);
    else if (err == ERR_CONFLICT)
        call_refuse(call, 409, tr("%s is not connected at the moment", "%s 当前未连接"),
                    call->params[0]);
    else if (err == ERR_LIMIT)
        call_refuse(call, 409,
                    tr("%s has too many questions open; ask again later",
                       "%s 未完成的请求过多，请稍后重试"),
                    call->params[0]);
    else
        call_refuse(call, 409, "%s",
                    tr("no data loggers are configured (hj212:)", "未配置数采仪接入（hj212:）"));
}

void api_ask_logger(struct call *call)
{
    const char *note, *name;
    if (!call_body(call, "note", "question", "begin", "end", NULL) ||
        !call_need_text(call, "note", &note) || !call_need_text(call, "question", &name))
        return;
    const struct kind *kind = find_kind(call, name);
    const char *cp = kind ? content_of(call, kind) : NULL;
    if (!cp)
        return;
    const struct api_host *host = &call->api->host;
    struct asked *asked = xcalloc(1, sizeof *asked);
    *asked = (struct asked){.asker = {.over = over}, .call = call, .kind = kind};
    char *which = xasprintf("%s %s: %s", call->params[0], kind->name, note);
    call_audit(call, "logger", which); /* before: the answer may come at once */
    free(which);
    int err = host->ask_logger
                  ? host->ask_logger(host->host, call->params[0], kind->command, cp, &asked->asker)
                  : ERR_INVALID;
    if (err == 0)
        return;
    free(asked);
    refuse(call, err);
}
