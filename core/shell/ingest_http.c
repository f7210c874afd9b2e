/* From a request to a delivery, and from its tally to an answer.
 *
 * A slip stands for a request whose facts are in the inbox.  It outlives the request when the
 * commit is long in coming: the sender is then told to ask again, and the facts are taken all the
 * same. */
#include "shell/ingest_http.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "model/cloudevents.h"
#include "model/feed.h"
#include "model/policy.h"
#include "shell/accounts.h"
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
    HEADERS_MAX = 64,
};
static const char body_name[] = "body";

struct slip {
    struct ingest_http *ingest;
    struct http_request *request; /* NULL: it was told to ask again */
    struct load *load;
    size_t repeats; /* within the request itself */
    uint64_t since;
    struct slip *next, *previous;
};
struct ingest_http {
    struct surroundings around;
    struct ingest_http_options options;
    uv_timer_t timer; /* runs while there are slips */
    struct slip *oldest, *youngest;
    bool stopped;
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
    jw_key(&writer, "findings");
    jw_begin(&writer, '[');
    size_t told = 0;
    for (size_t i = 0; i < findings->count && told < FINDINGS_TOLD; i++) {
        if (findings->items[i].severity != SEV_ERROR)
            continue;
        print_finding(&writer, &findings->items[i]);
        told++;
    }
    jw_end(&writer, ']');
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
        count_refused(ingest, "source=\"http\",reason=\"busy\"");
        http_problem(request, 429, retry_soon, "%s",
                     tr("too much is waiting to be stored", "待存储数据过多，请稍后重试"));
    }
}

/* ---- facts ------------------------------------------------------------- */

/* What a request is read with. */
struct reading_in {
    struct ingest_http *ingest;
    struct http_request *request;
    struct sender sender;
    struct load *load;
    size_t repeats;
    struct findings findings;
};

/* Whether such a fact may come in this way and from this sender; else findings. */
static void admit(struct reading_in *in, const struct fact *fact, struct place place)
{
    if (intake_allows(fact, place, &in->findings) < 0)
        return;
    if (fact->kind == FACT_DECISION || fact->kind == FACT_RECEIPT) {
        findings_add(&in->findings, SEV_ERROR, "W005", place,
                     tr("decisions and receipts have ways of their own, where people log in",
                        "决定与回执须经登录后的专用接口提交"),
                     tr("a %s is not taken here", "此接口不接收 %s 类事实"),
                     fact_kind_name(fact->kind));
        return;
    }
    if (in->sender.token && !token_may_speak_for(in->sender.token, fact->source)) {
        findings_add(&in->findings, SEV_ERROR, "W006", place,
                     tr("report as a source the token is bound to; in CSV by a column `source`",
                        "请使用令牌绑定的来源；CSV 可加 source 列"),
                     tr("this token may not report as %s", "该令牌不得以 %s 的名义上报"),
                     fact->source);
        return;
    }
    load_add(in->load, fact);
}

static int refuse_number(struct reading_in *in, size_t number)
{
    findings_add(&in->findings, SEV_ERROR, "W007", (struct place){.file = body_name},
                 tr("send them in several requests, or put the file into the watched folder",
                    "请分多次上报，或把文件放入监视文件夹"),
                 tr("%zu facts in one request; %d are the most", "一次上报 %zu 条，最多 %d 条"),
                 number, EVENTS_BATCH_MAX);
    return 413;
}

static void read_event(struct reading_in *in, const struct event_text *event)
{
    struct arena arena = {0};
    struct fact fact;
    if (fact_of_text(&fact, &arena, event->text, event->size, in->ingest->around.policy->zone,
                     event->place, &in->findings) == 0) {
        admit(in, &fact, event->place);
        intake_review_fact(&in->ingest->around, &fact, event->place);
    }
    arena_release(&arena);
}

struct header_list {
    struct http_header items[HEADERS_MAX];
    size_t count;
};

static void add_header(void *arg, const char *name, const char *value)
{
    struct header_list *list = arg;
    if (list->count < HEADERS_MAX)
        list->items[list->count++] = (struct http_header){name, value};
}

/* 0 or the status to refuse with. */
static int read_events(struct reading_in *in)
{
    struct header_list headers = {.count = 0};
    struct cloudevents events = {0};
    http_headers(in->request, add_header, &headers);
    struct cloudevents_request request = {
        .headers = headers.items,
        .header_count = headers.count,
        .body = in->request->body ? in->request->body : "",
        .size = in->request->body_size,
    };
    int err = cloudevents_split(&events, &request, body_name, &in->findings);
    if (err < 0)
        return err == ERR_NOT_FOUND ? 415 : err == ERR_LIMIT ? 413 : 400;
    for (size_t i = 0; i < events.count; i++)
        read_event(in, &events.items[i]);
    cloudevents_release(&events);
    return 0;
}

/* Whether a body cannot be what it may be: seen without reading it, so that nobody waits for us. */
static bool is_too_much(const char *body, size_t size)
{
    size_t lines = 0, lines_max = 2 * (size_t)EVENTS_BATCH_MAX; /* some are blank, some a note */
    for (const char *at = body;
         lines <= lines_max && (at = memchr(at, '\n', size - (size_t)(at - body))); at++)
        lines++;
    const char *first = body + strspn(body, "\xEF\xBB\xBF \t\r\n"); /* the mark of UTF-8, blanks */
    bool is_json = *first == '[' || *first == '{';
    return lines > lines_max || (is_json && json_values(body, size) > EVENTS_VALUES_MAX);
}

static int refuse_size(struct reading_in *in)
{
    findings_add(&in->findings, SEV_ERROR, "W007", (struct place){.file = body_name},
                 tr("send them in several requests, or put the file into the watched folder",
                    "请分多次上报，或把文件放入监视文件夹"),
                 tr("one request holds %d facts at most", "一次最多上报 %d 条"), EVENTS_BATCH_MAX);
    return 413;
}

static int read_feed(struct reading_in *in)
{
    if (in->request->body && is_too_much(in->request->body, in->request->body_size))
        return refuse_size(in);
    struct feed *feed;
    const struct policy *policy = in->ingest->around.policy;
    int status = 0;
    feed_new(&feed, policy->zone, policy);
    feed_add_text(feed, body_name, in->request->body ? in->request->body : "",
                  in->request->body_size, 0, &in->findings);
    feed_sort(feed, NULL);
    in->repeats = feed_repeats(feed);
    size_t number = feed_count(feed);
    if (number > EVENTS_BATCH_MAX)
        status = refuse_number(in, number);
    for (size_t i = 0; status == 0 && i < number; i++)
        admit(in, feed_fact(feed, i), (struct place){.file = body_name});
    if (status == 0 && in->findings.errors == 0)
        intake_review_feed(&in->ingest->around, feed, 0);
    feed_free(feed);
    return status;
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

static void answer_tally(struct http_request *request, const struct tally *tally, size_t repeats)
{
    struct buf body = {0};
    buf_printf(&body, "{\"accepted\":%zu,\"repeats\":%zu,\"conflicts\":%zu}\n", tally->taken,
               tally->repeats + repeats, tally->conflicts);
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
        answer_tally(slip->request, tally, slip->repeats);
    else if (slip->request)
        http_problem(slip->request, 503, retry_later, "%s",
                     tr("stopping; nothing of this request was taken",
                        "系统正在停止，本次请求的数据均未接收"));
    slip_take_out(slip);
    load_free(slip->load);
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

static void offer(struct reading_in *in)
{
    struct ingest_http *ingest = in->ingest;
    struct slip *slip = xcalloc(1, sizeof *slip);
    *slip = (struct slip){.ingest = ingest,
                          .request = in->request,
                          .load = in->load,
                          .repeats = in->repeats,
                          .since = uv_now(ingest->around.loop),
                          .previous = ingest->youngest};
    *(slip->previous ? &slip->previous->next : &ingest->oldest) = slip;
    ingest->youngest = slip;
    if (!uv_is_active((uv_handle_t *)&ingest->timer))
        uv_timer_start(&ingest->timer, on_timer, (uint64_t)ingest->options.wait_ms,
                       ingest->options.wait_ms < LOOK_MS ? (uint64_t)ingest->options.wait_ms
                                                         : LOOK_MS);
    load_offer(in->load, ingest->around.inbox, slip_answered, slip);
}

/* ---- the contract ------------------------------------------------------ */

void ingest_http_handle(struct ingest_http *ingest, struct http_request *request)
{
    struct reading_in in = {.ingest = ingest, .request = request};
    int status = ingest->options.authorise(ingest->options.arg, request, &in.sender);
    if (status != 0) {
        refuse_caller(ingest, request, status);
        return;
    }
    count(ingest, "yujing_ingest_bytes_total", "source=\"http\"", request->body_size);
    in.load = load_new();
    status = form_of(request) == FORM_EVENTS ? read_events(&in) : read_feed(&in);
    if (status == 0 && in.findings.errors > 0)
        status = 400;
    if (status == 0 && in.load->count > 0) {
        offer(&in);
    } else {
        if (status == 0)
            answer_tally(request, &(struct tally){0}, in.repeats);
        else
            refuse_facts(ingest, request, status, &in.findings);
        load_free(in.load);
    }
    findings_release(&in.findings);
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
}

void ingest_http_free(struct ingest_http *ingest)
{
    if (!ingest)
        return;
    assert(!ingest->oldest);
    free(ingest);
}
