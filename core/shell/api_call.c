/* A call: how it is handed on, and how it ends. */
#include "base/err.h"
#include "base/lang.h"
#include "model/bundle.h"
#include "shell/api_inner.h"
#include "shell/conf.h"
#include "shell/correction.h"
#include "shell/metrics.h"
#include "store/store.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- ending -------------------------------------------------------------- */

static void take_from_acts(struct call *call)
{
    struct call **link = &call->api->acts;
    while (*link && *link != call)
        link = &(*link)->next_act;
    if (*link)
        *link = call->next_act;
}

void call_end(struct call *call)
{
    take_from_acts(call);
    call->api->calls--;
    if (call->release)
        call->release(call);
    json_decref(call->body);
    bundle_free(call->bundle);
    load_free(call->load);
    buf_release(&call->out);
    arena_release(&call->arena);
    free(call);
}

static void count_answer(struct call *call, int status)
{
    char labels[64];
    snprintf(labels, sizeof labels, "listener=\"api\",status=\"%dxx\"", status / 100);
    if (call->api->host.metrics)
        metrics_add(call->api->host.metrics, "yujing_http_requests_total", labels, 1);
}

void call_audit(const struct call *call, const char *what, const char *which)
{
    log_event(call->api->host.log, LOG_INFO, "audit", "%s %s %s %s %s", what,
              call->who[0] ? call->who : "-", call->peer, call->request ? call->request->id : "-",
              which ? which : "");
}

static void answer_refusal(struct call *call)
{
    static const struct http_field later[] = {{"Retry-After", "1"}, {0}};
    int status = call->status;
    log_event(call->api->host.log, LOG_WARNING, "refused", "%s %s %s %s: %d %s", call->route->name,
              call->who[0] ? call->who : "-", call->peer, call->request->id, status,
              buf_str(&call->out));
    const struct http_field *fields = status == 503 ? later : status == 429 ? api_locked : NULL;
    if (call->clothe) {
        call->clothe(call);
        http_answer_buf(call->request, status, call->type, &call->out, fields);
    } else {
        http_problem(call->request, status, fields, "%s", buf_str(&call->out));
    }
}

void call_answer(struct call *call)
{
    const struct http_field moved[] = {{"Location", call->location}, {0}};
    int status = call->status ? call->status : 200;
    count_answer(call, status);
    if (status >= 400 && !call->type)
        answer_refusal(call);
    else
        http_answer_buf(call->request, status,
                        call->type ? call->type : "application/json; charset=utf-8", &call->out,
                        call->location ? moved : NULL);
    call_end(call);
}

void call_answer_asset(struct call *call, const struct http_asset *asset)
{
    count_answer(call, 200);
    http_answer_asset(call->request, asset, NULL);
    call_end(call);
}

static void deny(struct call *call, int status, const char *format, va_list args)
{
    char sentence[1024];
    if (call->status >= 400)
        return;
    vsnprintf(sentence, sizeof sentence, format, args);
    sentence[str_utf8_bad(sentence, strlen(sentence))] = 0;
    call->status = status;
    call->type = NULL;
    buf_clear(&call->out);
    buf_puts(&call->out, sentence);
}

void call_deny(struct call *call, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    deny(call, status, format, args);
    va_end(args);
}

void call_deny_store(struct call *call, const struct view *view)
{
    call_deny(call, 500, "%s", store_message(view->store));
}

void call_refuse(struct call *call, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    deny(call, status, format, args);
    va_end(args);
    call_answer(call);
}

/* ---- handing on ------------------------------------------------------------- */

static const char *not_now(void)
{
    return tr("not now: the daemon is busy, its disk is full, or it is stopping",
              "暂时无法处理：系统繁忙、存储已满或正在停止");
}

/* Back on the loop's thread; not `done`: it was not even begun. */
static void go_on(struct call *call, bool done)
{
    enum lang former = lang_speak(call->lang);
    void (*then)(struct call *) = call->then;
    call->then = NULL;
    if (!done)
        call_refuse(call, 503, "%s", not_now());
    else if (call->status >= 400 || !then)
        call_answer(call);
    else
        then(call);
    lang_speak(former);
}

static void look(void *arg, const struct view *view)
{
    struct call *call = arg;
    enum lang former = lang_speak(call->lang);
    if (view->live) {
        call->zone = view->live->bundle->policy.zone;
        call->look(call, view);
    } else {
        call_deny(call, 503, "%s", tr("no policy is in force yet", "预案尚未生效"));
    }
    lang_speak(former);
}

static void looked(void *arg, bool asked)
{
    go_on(arg, asked);
}

void call_look(struct call *call, void (*look_)(struct call *call, const struct view *view),
               void (*then)(struct call *call))
{
    call->look = look_;
    call->then = then;
    call->question = (struct question){.answer = look, .answered = looked, .arg = call};
    call->api->host.ask(call->api->host.host, &call->question);
}

static void labour(uv_work_t *work)
{
    struct call *call = work->data;
    enum lang former = lang_speak(call->lang);
    call->labour(call);
    lang_speak(former);
}

static void laboured(uv_work_t *work, int status)
{
    struct call *call = work->data;
    call->api->working--;
    go_on(call, status == 0);
}

void call_work(struct call *call, void (*labour_)(struct call *call),
               void (*then)(struct call *call))
{
    if (call->api->working >= API_WORK_MAX) {
        call_refuse(call, 503, "%s", not_now());
        return;
    }
    call->api->working++;
    call->labour = labour_;
    call->then = then;
    call->work.data = call;
    uv_queue_work(call->api->host.loop, &call->work, labour, laboured);
}

/* ---- acts ---------------------------------------------------------------------- */

/* On the worker's thread, in the turn: the last word before the journal. */
static int gate(void *arg, const struct view *view, const struct fact *fact)
{
    struct call *call = arg;
    struct buf why = {0};
    int err = 0;
    enum lang former = lang_speak(call->lang);
    call->status = 0; /* a failed turn asks again */
    if (fact->conflict)
        call_deny(call, 409, "%s",
                  tr("this was said before with other content; what was said first stands",
                     "此前已以不同内容提交，以首次提交为准"));
    else if (view->live && fact->kind == FACT_DECISION)
        err = engine_act_check(view->live->engine, fact, &why);
    else if (!view->live)
        call_deny(call, 503, "%s", tr("no policy is in force yet", "预案尚未生效"));
    if (err == 0 && call->status == 0 && fact->kind == FACT_DECISION)
        err = correction_check(view->store, fact, call->zone, &why);
    if (err == ERR_STORE)
        call_deny_store(call, view);
    else if (err < 0)
        call_deny(call, 409, "%s", buf_str(&why));
    buf_release(&why);
    lang_speak(former);
    return call->status >= 400;
}

static void acted(void *arg, const struct tally *tally)
{
    take_from_acts(arg);
    go_on(arg, tally != NULL);
}

static bool is_under_way(const struct call *call, const struct fact *fact)
{
    for (const struct call *other = call->api->acts; other; other = other->next_act)
        if (other != call && str_equal(other->fact->source, fact->source) &&
            str_equal(other->fact->id, fact->id))
            return true;
    return false;
}

/* What is journaled must be readable for ever, so it is read once before. */
static bool can_be_read(struct call *call, const struct fact *fact)
{
    struct buf text = {0};
    struct findings findings = {0};
    struct fact again = *fact;
    again.arrival = fact->time; /* the turn gives it its own */
    fact_print(&text, &again);
    int err = fact_of_text(&again, &call->arena, buf_str(&text), text.size, call->zone,
                           (struct place){.file = "request"}, &findings);
    if (err < 0)
        call_refuse(call, 400, "%s", findings.count > 0 ? findings.items[0].message : err_str(err));
    findings_release(&findings);
    buf_release(&text);
    return err == 0;
}

void call_act(struct call *call, const struct fact *fact, void (*then)(struct call *call))
{
    struct api *api = call->api;
    if (!can_be_read(call, fact))
        return;
    if (is_under_way(call, fact)) {
        call_refuse(call, 409, "%s",
                    tr("the same is under way already; ask again for its answer",
                       "相同请求正在处理，请稍后重试"));
        return;
    }
    if (api->closing || !inbox_has_room_for_people(api->host.inbox)) {
        call_refuse(call, 503, "%s", not_now());
        return;
    }
    if (api->host.full && api->host.full(api->host.host)) {
        /* It would lie until somebody makes room, and be done when nobody expects it. */
        call_refuse(call, 503, "%s",
                    tr("the disk is full: nothing was done; make room and ask again",
                       "磁盘空间不足，操作未执行；请腾出空间后重新操作"));
        return;
    }
    load_free(call->load);
    call->load = load_new();
    load_add(call->load, fact);
    call->fact = arena_alloc(&call->arena, sizeof *call->fact);
    fact_copy(call->fact, &call->arena, fact);
    call->then = then;
    call->next_act = api->acts;
    api->acts = call;
    call->load->delivery = (struct delivery){
        .facts = call->load->facts,
        .count = call->load->count,
        .answered = acted,
        .gate = gate,
        .arg = call,
        .from = "api",
        .bundle = call->bundle,
        .by_people = true,
    };
    inbox_put(api->host.inbox, &call->load->delivery);
}

void call_remember(struct call *call, const char *setting, const char *value,
                   void (*then)(struct call *call))
{
    struct api *api = call->api;
    if (api->host.full && api->host.full(api->host.host)) {
        then(call);
        return;
    }
    call->load = load_new();
    call->then = then;
    call->load->delivery = (struct delivery){
        .answered = acted,
        .arg = call,
        .from = "api",
        .by_people = true,
        .setting = arena_strdup(&call->arena, setting),
        .value = arena_strdup(&call->arena, value),
    };
    inbox_put(api->host.inbox, &call->load->delivery);
}

/* ---- what was asked --------------------------------------------------------------- */

static bool is_known(const char *key, const char *known, va_list args)
{
    for (; known; known = va_arg(args, const char *))
        if (str_equal(key, known))
            return true;
    return false;
}

json_t *call_body(struct call *call, const char *known, ...)
{
    const struct http_request *request = call->request;
    struct findings findings = {0};
    const char *key, *stranger = NULL;
    json_t *value;
    if (request->body_size > API_BODY_MAX) {
        call_refuse(call, 413, "%s", tr("the body is too large", "请求内容过大"));
        return NULL;
    }
    call->body = request->body_size == 0
                     ? json_object()
                     : json_read(request->body, request->body_size, "body", 1, &findings);
    if (!json_is_object(call->body)) {
        call_refuse(call, 400, "%s",
                    findings.count > 0
                        ? findings.items[0].message
                        : tr("the body is no JSON object", "请求内容不是 JSON 对象"));
        findings_release(&findings);
        return NULL;
    }
    findings_release(&findings);
    json_object_foreach(call->body, key, value)
    {
        va_list args;
        va_start(args, known);
        if (!is_known(key, known, args))
            stranger = key;
        va_end(args);
    }
    if (!stranger)
        return call->body;
    call_refuse(call, 400, tr("there is no member %.60s here", "请求中不应有 %.60s"), stranger);
    return NULL;
}

bool call_text(struct call *call, const char *key, const char **ret_text)
{
    const json_t *value = json_object_get(call->body, key);
    *ret_text = NULL;
    if (!value || json_is_null(value))
        return true;
    const char *text = json_string_value(value);
    if (!text || !text[strspn(text, " \t\r\n")] || strlen(text) > API_NOTE_BYTES_MAX ||
        strlen(text) != json_string_length(value)) {
        call_refuse(call, 400,
                    tr("%s must be a text of at most %d bytes that says something",
                       "%s 须为不超过 %d 字节的非空文本"),
                    key, API_NOTE_BYTES_MAX);
        return false;
    }
    *ret_text = text;
    return true;
}

bool call_need_text(struct call *call, const char *key, const char **ret_text)
{
    if (!call_text(call, key, ret_text))
        return false;
    bool given = *ret_text != NULL; /* it may stand in the call's memory, which goes with it */
    if (!given)
        call_refuse(call, 400, tr("%s is missing", "缺少 %s"), key);
    return given;
}

bool call_query_int(struct call *call, const char *name, int64_t low, int64_t high, int64_t *ret)
{
    const char *text = http_query(call->request, name);
    char *end;
    if (!text)
        return true;
    long long value = strtoll(text, &end, 10);
    if (!*text || *end || value < low || value > high) {
        call_refuse(call, 400,
                    tr("%s must be a number from %lld to %lld", "%s 须为 %lld 至 %lld 的整数"),
                    name, (long long)low, (long long)high);
        return false;
    }
    *ret = value;
    return true;
}

/* ---- small things -------------------------------------------------------------------- */

void put_text(struct json_writer *writer, const char *key, const char *text)
{
    jw_key(writer, key);
    jw_text(writer, text);
}

void put_int(struct json_writer *writer, const char *key, int64_t value)
{
    jw_key(writer, key);
    jw_int(writer, value);
}

void put_bool(struct json_writer *writer, const char *key, bool value)
{
    jw_key(writer, key);
    jw_bool(writer, value);
}

void put_instant(struct json_writer *writer, const char *key, instant_ms instant, span_ms zone)
{
    jw_key(writer, key);
    if (instant == INSTANT_NONE)
        jw_null(writer);
    else
        jw_instant(writer, instant, zone);
}

void put_next(struct json_writer *writer, bool more, int64_t next)
{
    jw_key(writer, "next");
    if (more)
        jw_int(writer, next);
    else
        jw_null(writer);
}

static bool is_by_facts(const struct call *call)
{
    return call->api->host.conf->timing == TIME_BY_FACTS;
}

instant_ms call_arrival(const struct call *call)
{
    return is_by_facts(call) ? 0 : clock_now(&call->api->host.clock);
}

instant_ms call_now(const struct call *call, const struct view *view)
{
    return is_by_facts(call) ? engine_now(view->live->engine) : view->now;
}

bool list_names(const char *list, const char *name)
{
    size_t size = strlen(name);
    while (list && *list) {
        size_t part = strcspn(list, ",");
        if (part == size && memcmp(list, name, size) == 0)
            return true;
        list += part + (list[part] == ',');
    }
    return false;
}

json_t *letter_json(const void *body, size_t size)
{
    struct findings findings = {0};
    json_t *json = json_read(body, size, "letter", 1, &findings);
    findings_release(&findings);
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}
