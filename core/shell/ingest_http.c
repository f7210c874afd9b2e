/* From a request to a delivery, and from its tally to an answer.
 *
 * A slip stands for a request whose facts are in the inbox.  It outlives the request when the
 * commit is long in coming: the sender is then told to ask again, and the facts are taken all the
 * same. */
#include "base/json.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "shell/ingest_http_inner.h"
#include "shell/metrics.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

enum {
    WAIT_MS = 30000,
    LOOK_MS = 1000,      /* how often for requests that have waited too long */
    FINDINGS_TOLD = 200, /* of a refused request; a person mends the first ones first */
};

struct slip {
    struct ingest_http *ingest;
    struct http_request *request; /* NULL: it was told to ask again */
    struct load *load;
    size_t repeats;         /* within the request itself */
    struct findings unused; /* what is taken and will count for nothing */
    uint64_t since;
    struct slip *next, *previous;
};

static const struct http_field retry_soon[] = {{"Retry-After", "1"}, {NULL, NULL}};
static const struct http_field retry_later[] = {{"Retry-After", "10"}, {NULL, NULL}};

/* ---- refusing ---------------------------------------------------------- */

static void count(struct ingest_http *ingest, const char *name, const char *labels, size_t number)
{
    if (number > 0)
        metrics_add(ingest->options.metrics, name, labels, (double)number);
}

static void count_refused(struct ingest_http *ingest, const char *labels)
{
    count(ingest, "yujing_ingest_refused_total", labels, 1);
}

static void refuse_caller(struct ingest_http *ingest, struct http_request *request, int status)
{
    static const struct http_field bearer[] = {{"WWW-Authenticate", "Bearer"}, {NULL, NULL}};
    count_refused(ingest, "source=\"http\",reason=\"unauthorised\"");
    http_problem(request, status,
                 status == 401   ? bearer
                 : status == 429 ? retry_later
                                 : NULL,
                 "%s",
                 status == 401 ? tr("a valid token is needed", "需要有效令牌")
                 : status == 429
                     ? tr("too many failures; locked for a while", "失败次数过多，暂时锁定")
                     : tr("this token may not report facts", "该令牌无权上报数据"));
}

void ingest_http_refuse_stopped(struct http_request *request)
{
    http_problem(
        request, 503, retry_later, "%s",
        tr("stopping; nothing of this request was taken", "系统正在停止，本次请求的数据均未接收"));
}

void ingest_http_refuse_busy(struct ingest_http *ingest, struct http_request *request)
{
    count_refused(ingest, "source=\"http\",reason=\"busy\"");
    http_problem(request, 429, retry_soon, "%s",
                 tr("too much is waiting to be stored", "待存储数据过多，请稍后重试"));
}

static void refuse_form(struct ingest_http *ingest, struct http_request *request)
{
    static const struct http_field forms[] = {
        {"Accept-Post", "application/cloudevents+json, application/cloudevents-batch+json, "
                        "application/json, application/x-ndjson, text/csv"},
        {NULL, NULL}};
    count_refused(ingest, "source=\"http\",reason=\"form\"");
    http_problem(request, 415, forms, "%s",
                 tr("send CloudEvents as JSON, JSON Lines or CSV, not compressed",
                    "请发送 CloudEvents（JSON）、JSON Lines 或 CSV，不要压缩"));
}

static void print_finding(struct json_writer *writer, const struct finding *finding)
{
    jw_begin(writer, '{');
    jw_key(writer, "line");
    jw_int(writer, finding->line);
    jw_key(writer, "col");
    jw_int(writer, finding->col);
    jw_key(writer, "code");
    jw_text(writer, finding->code);
    jw_key(writer, "message");
    jw_text(writer, finding->message);
    jw_key(writer, "hint");
    jw_text(writer, finding->hint);
    jw_end(writer, '}');
}

/* "KEY":[…] of the findings of that severity, the first of them. */
static void print_findings(struct json_writer *writer, const char *key,
                           const struct findings *findings, enum severity severity)
{
    size_t told = 0;
    jw_key(writer, key);
    jw_begin(writer, '[');
    for (size_t i = 0; i < findings->count && told < FINDINGS_TOLD; i++) {
        if (findings->items[i].severity != severity)
            continue;
        print_finding(writer, &findings->items[i]);
        told++;
    }
    jw_end(writer, ']');
}

static void refuse_facts(struct ingest_http *ingest, struct http_request *request, int status,
                         const struct findings *findings)
{
    struct buf body = {0};
    struct json_writer writer = {.buf = &body};
    count_refused(ingest, "source=\"http\",reason=\"invalid\"");
    jw_begin(&writer, '{');
    jw_key(&writer, "status");
    jw_int(&writer, status);
    jw_key(&writer, "title");
    jw_text(&writer, http_status_text(status));
    jw_key(&writer, "detail");
    jw_text(&writer, tr("nothing of this request was taken", "本次请求的数据均未接收"));
    jw_key(&writer, "errors");
    jw_int(&writer, (int64_t)findings->errors);
    print_findings(&writer, "findings", findings, SEV_ERROR);
    jw_end(&writer, '}');
    http_answer_buf(request, status, "application/problem+json", &body, NULL);
}

/* ---- the head ---------------------------------------------------------- */

enum form { FORM_NONE, FORM_EVENTS, FORM_FEED };

static bool is_type(const char *type, const char *name)
{
    size_t size = strlen(name);
    return strncasecmp(type, name, size) == 0 && strchr("; \t", type[size]); /* or its end */
}

static enum form form_of(struct http_request *request)
{
    static const char *const feeds[] = {"application/json",        "application/x-ndjson",
                                        "application/ndjson",      "application/jsonl",
                                        "application/x-jsonlines", "text/csv",
                                        "application/csv"};
    const char *type = http_header(request, "Content-Type");
    const char *coding = http_header(request, "Content-Encoding");
    if (coding && strcasecmp(coding, "identity") != 0)
        return FORM_NONE;
    if (http_header(request, "ce-specversion") ||
        (type && strncasecmp(type, "application/cloudevents", 23) == 0))
        return FORM_EVENTS;
    for (size_t i = 0; type && i < sizeof feeds / sizeof *feeds; i++) {
        if (is_type(type, feeds[i]))
            return FORM_FEED;
    }
    return FORM_NONE;
}

void ingest_http_screen(struct ingest_http *ingest, struct http_request *request)
{
    static const struct http_field post[] = {{"Allow", "POST"}, {NULL, NULL}};
    struct sender sender;
    if (request->method != HTTP_POST) {
        http_problem(request, 405, post, "%s", tr("facts are posted", "请用 POST 上报数据"));
        return;
    }
    int status = ingest->options.authorise(ingest->options.arg, request, &sender);
    if (status != 0) {
        refuse_caller(ingest, request, status);
    } else if (form_of(request) == FORM_NONE) {
        refuse_form(ingest, request);
    } else if (ingest->stopped || (ingest->options.short_of_room &&
                                   ingest->options.short_of_room(ingest->options.arg))) {
        count_refused(ingest, "source=\"http\",reason=\"store\"");
        http_problem(request, 503, retry_later, "%s",
                     tr("nothing can be stored at the moment", "目前无法存储数据，请稍后重试"));
    } else if (!inbox_has_room(ingest->around.inbox)) {
        ingest_http_refuse_busy(ingest, request);
    }
}

/* ---- waiting for the commit -------------------------------------------- */

static void slip_take_out(struct slip *slip)
{
    struct ingest_http *ingest = slip->ingest;
    *(slip->previous ? &slip->previous->next : &ingest->oldest) = slip->next;
    *(slip->next ? &slip->next->previous : &ingest->youngest) = slip->previous;
    if (!ingest->oldest && !uv_is_closing((uv_handle_t *)&ingest->timer))
        uv_timer_stop(&ingest->timer);
}

static void put_int(struct json_writer *writer, const char *key, size_t value)
{
    jw_key(writer, key);
    jw_int(writer, (int64_t)value);
}

/* `unused` stands there only where something was: kept in the journal, read by no rule. */
static void answer_tally(struct http_request *request, const struct tally *tally, size_t repeats,
                         const struct findings *unused)
{
    struct buf body = {0};
    struct json_writer writer = {.buf = &body};
    jw_begin(&writer, '{');
    put_int(&writer, "accepted", tally->taken);
    put_int(&writer, "repeats", tally->repeats + repeats);
    put_int(&writer, "conflicts", tally->conflicts);
    if (unused->count > 0)
        print_findings(&writer, "unused", unused, SEV_WARNING);
    jw_end(&writer, '}');
    buf_putc(&body, '\n');
    http_answer_buf(request, 202, "application/json", &body, NULL);
}

static void slip_answered(void *arg, const struct tally *tally)
{
    struct slip *slip = arg;
    struct ingest_http *ingest = slip->ingest;
    if (tally) {
        count(ingest, "yujing_ingest_facts_total", "source=\"http\",result=\"taken\"",
              tally->taken);
        count(ingest, "yujing_ingest_facts_total", "source=\"http\",result=\"repeat\"",
              tally->repeats + slip->repeats);
        count(ingest, "yujing_ingest_facts_total", "source=\"http\",result=\"conflict\"",
              tally->conflicts);
        metrics_set(ingest->options.metrics, "yujing_feed_last_seen_seconds", "source=\"http\"",
                    (double)clock_now(&ingest->around.log->clock) / 1000);
    }
    if (slip->request && tally)
        answer_tally(slip->request, tally, slip->repeats, &slip->unused);
    else if (slip->request)
        ingest_http_refuse_stopped(slip->request);
    slip_take_out(slip);
    load_free(slip->load);
    findings_release(&slip->unused);
    free(slip);
}

static void on_timer(uv_timer_t *timer)
{
    struct ingest_http *ingest = timer->data;
    uint64_t now = uv_now(timer->loop), wait = (uint64_t)ingest->options.wait_ms;
    for (struct slip *slip = ingest->oldest; slip && now - slip->since >= wait; slip = slip->next) {
        if (!slip->request)
            continue;
        count_refused(ingest, "source=\"http\",reason=\"slow\"");
        http_problem(slip->request, 503, retry_later, "%s",
                     tr("not stored yet; send the same again, repeats count once",
                        "尚未完成存储，请原样重发，重复数据只计一次"));
        slip->request = NULL;
    }
}

static void offer(struct ingest_http *ingest, struct http_request *request,
                  struct body_reading *reading)
{
    struct slip *slip = xcalloc(1, sizeof *slip);
    *slip = (struct slip){.ingest = ingest,
                          .request = request,
                          .load = reading->load,
                          .repeats = reading->repeats,
                          .unused = reading->unused,
                          .since = uv_now(ingest->around.loop),
                          .previous = ingest->youngest};
    *(slip->previous ? &slip->previous->next : &ingest->oldest) = slip;
    ingest->youngest = slip;
    if (!uv_is_active((uv_handle_t *)&ingest->timer))
        uv_timer_start(&ingest->timer, on_timer, (uint64_t)ingest->options.wait_ms,
                       ingest->options.wait_ms < LOOK_MS ? (uint64_t)ingest->options.wait_ms
                                                         : LOOK_MS);
    reading->unused = (struct findings){0};
    load_offer(reading->load, ingest->around.inbox, slip_answered, slip);
}

void ingest_http_was_read(struct ingest_http *ingest, struct http_request *request,
                          struct body_reading *reading)
{
    if (reading->status == 0 && reading->load->count > 0) {
        offer(ingest, request, reading);
        return;
    }
    if (reading->status == 0)
        answer_tally(request, &(struct tally){0}, reading->repeats, &reading->unused);
    else
        refuse_facts(ingest, request, reading->status, &reading->findings);
    load_free(reading->load);
}

/* ---- the contract ------------------------------------------------------ */

void ingest_http_handle(struct ingest_http *ingest, struct http_request *request)
{
    struct sender sender = {0};
    int status = ingest->options.authorise(ingest->options.arg, request, &sender);
    if (status != 0) {
        refuse_caller(ingest, request, status);
        return;
    }
    count(ingest, "yujing_ingest_bytes_total", "source=\"http\"", request->body_size);
    ingest_http_read(ingest, request, form_of(request) == FORM_EVENTS, sender.token);
}

static void screen(void *arg, struct http_request *request)
{
    if (strcmp(request->path, INGEST_HTTP_PATH) == 0)
        ingest_http_screen(arg, request);
    else
        http_problem(
            request, 404, NULL, "%s",
            tr("facts are posted to " INGEST_HTTP_PATH, "数据上报地址为 " INGEST_HTTP_PATH));
}

static void handle(void *arg, struct http_request *request)
{
    ingest_http_handle(arg, request);
}

struct http_handler ingest_http_handler(struct ingest_http *ingest)
{
    return (struct http_handler){screen, handle, ingest};
}

struct ingest_http *ingest_http_new(const struct surroundings *around,
                                    const struct ingest_http_options *options)
{
    struct ingest_http *ingest = xcalloc(1, sizeof *ingest);
    ingest->around = *around;
    ingest->options = *options;
    ingest->last_job = &ingest->jobs;
    if (ingest->options.wait_ms == 0)
        ingest->options.wait_ms = WAIT_MS;
    uv_timer_init(around->loop, &ingest->timer);
    ingest->timer.data = ingest;
    return ingest;
}

void ingest_http_change(struct ingest_http *ingest, const struct policy *policy)
{
    ingest->around.policy = policy;
}

void ingest_http_stop(struct ingest_http *ingest)
{
    ingest->stopped = true;
    ingest_http_go_on(ingest);
}

void ingest_http_free(struct ingest_http *ingest)
{
    if (!ingest)
        return;
    assert(!ingest->oldest && !ingest->reading);
    free(ingest);
}
