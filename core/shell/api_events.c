/* The event stream: what happens, as Server-Sent Events, for a console and for `yujing ctl events`.
 *
 * Its ids are rows of the journal.  What is sent is read from the store after the commit, so a
 * reader who names the last id it has seen (Last-Event-ID) misses nothing: the last event of a row
 * alone carries the id.  Orders themselves are left out: fifteen thousand of them are for `letters`
 * to show.  A reader too far behind is told to fetch anew (`resync`). */
#include "base/xalloc.h"
#include "model/bundle.h"
#include "model/fact_words.h"
#include "shell/api_inner.h"
#include "store/ledger.h"
#include "store/lookup.h"
#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 1000, NEWS_MAX = 2000 };

struct stream {
    struct api *api;
    struct http_stream *stream;
    int64_t seq; /* all up to this one was sent; -1: begin with what comes */
    struct stream *next;
};
struct news {
    int64_t seq;
    const char *name; /* decision act alarm receipt; static */
    char *data;
};
struct news_rows {
    struct news *items;
    size_t count, capacity;
    int64_t after, end; /* read after this row; the journal's last */
    span_ms zone;
};

/* ---- reading ------------------------------------------------------------------- */

static void add_news(struct news_rows *rows, int64_t seq, const char *name, char *data)
{
    void *items = rows->items;
    xgrow(&items, rows->count, &rows->capacity, sizeof *rows->items);
    rows->items = items;
    rows->items[rows->count++] = (struct news){seq, name, data};
}

static int add_decision(void *arg, const struct ledger_row *row)
{
    struct news_rows *rows = arg;
    if (row->order)
        return 0;
    add_news(rows, row->seq,
             str_equal(row->kind, "act")     ? "act"
             : str_equal(row->kind, "alarm") ? "alarm"
                                             : "decision",
             xstrdup(row->line));
    return rows->count >= NEWS_MAX;
}

static int add_receipt(void *arg, const struct receipt_row *row)
{
    struct news_rows *rows = arg;
    struct buf data = {0};
    struct json_writer writer = {.buf = &data};
    jw_begin(&writer, '{');
    put_text(&writer, "letter", row->letter);
    put_text(&writer, "receipt", receipt_kind_names[row->kind]);
    put_instant(&writer, "at", row->at, rows->zone);
    put_text(&writer, "channel", row->channel);
    put_text(&writer, "by", row->by);
    put_text(&writer, "reason", row->reason);
    jw_end(&writer, '}');
    add_news(rows, row->seq, "receipt", buf_detach(&data));
    return 0;
}

static int compare_news(const void *a, const void *b)
{
    const struct news *left = a, *right = b;
    return left->seq < right->seq ? -1 : left->seq > right->seq;
}

/* On the worker's thread. */
static void read_news(void *arg, const struct view *view)
{
    struct api *api = arg;
    struct news_rows *rows = api->rows;
    rows->zone = view->live ? view->live->bundle->policy.zone : 8 * HOUR_MS;
    if (lookup_end(view->store, &rows->end) < 0)
        return;
    if (rows->end <= rows->after)
        return;
    if (rows->end - rows->after > API_BACK_MAX) /* for the others; who is further behind resyncs */
        rows->after = rows->end - API_BACK_MAX;
    if (ledger_read(view->store, rows->after, add_decision, rows) < 0 ||
        lookup_receipts(view->store, rows->after, NEWS_MAX, add_receipt, rows) < 0)
        rows->end = rows->after;
    if (rows->count > 1)
        qsort(rows->items, rows->count, sizeof *rows->items, compare_news);
}

/* ---- sending ---------------------------------------------------------------------- */

static void send_news(struct stream *stream, const struct news_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct news *news = &rows->items[i];
        char id[24];
        bool last = i + 1 == rows->count || rows->items[i + 1].seq != news->seq;
        snprintf(id, sizeof id, "%lld", (long long)news->seq);
        if (news->seq > stream->seq)
            http_stream_send(stream->stream, news->name, last ? id : NULL, news->data);
    }
}

static void send_resync(struct stream *stream, int64_t end)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)end);
    http_stream_send(stream->stream, "resync", id, "{}");
}

static void begin_stream(struct stream *stream, int64_t end)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)end);
    http_stream_send(stream->stream, "hello", id, "{}");
}

static void bring_up(struct stream *stream, const struct news_rows *rows, bool too_many)
{
    if (rows->end < stream->seq)
        return; /* it could not be read */
    if (stream->seq < 0)
        begin_stream(stream, rows->end);
    else if (rows->end - stream->seq > API_BACK_MAX || too_many)
        send_resync(stream, rows->end);
    else
        send_news(stream, rows);
    stream->seq = rows->end;
}

static void forget_rows(struct api *api)
{
    for (size_t i = 0; i < api->rows->count; i++)
        free(api->rows->items[i].data);
    free(api->rows->items);
    free(api->rows);
    api->rows = NULL;
}

static void ask_news(struct api *api);

static void news_read(void *arg, bool asked)
{
    struct api *api = arg;
    api->reading = false;
    for (struct stream *s = api->streams; asked && s; s = s->next)
        bring_up(s, api->rows, api->rows->count >= NEWS_MAX);
    forget_rows(api);
    if (asked && api->again)
        ask_news(api);
}

/* From the reader that is furthest behind; who is too far behind is not waited for. */
static void ask_news(struct api *api)
{
    int64_t after = INT64_MAX;
    for (const struct stream *s = api->streams; s; s = s->next)
        after = s->seq >= 0 && s->seq < after ? s->seq : after;
    api->again = api->reading;
    if (api->reading || api->closing || !api->streams)
        return;
    api->rows = xcalloc(1, sizeof *api->rows);
    api->rows->after = after;
    api->reading = true;
    api->news = (struct question){.answer = read_news, .answered = news_read, .arg = api};
    api->host.ask(api->host.host, &api->news);
}

static void on_timer(uv_timer_t *timer)
{
    struct api *api = timer->data;
    if (api->streams)
        ask_news(api);
    else
        uv_timer_stop(timer);
}

/* What stands in no table: an alarm of the daemon's own, dispatch paused. */
static void send_notice(struct api *api, const struct event *event)
{
    static const char *const levels[] = {"info", "warning", "error", "alarm"};
    struct buf data = {0};
    struct json_writer writer = {.buf = &data};
    jw_begin(&writer, '{');
    put_text(&writer, "level", levels[event->level]);
    put_text(&writer, "event", event->name);
    put_text(&writer, "text", event->text);
    jw_end(&writer, '}');
    for (struct stream *s = api->streams; s; s = s->next)
        http_stream_send(s->stream, "notice", NULL, buf_str(&data));
    buf_release(&data);
}

void api_on_event(void *arg, const struct event *event)
{
    struct api *api = arg;
    if (!api->streams || api->closing)
        return;
    if (!event->line)
        send_notice(api, event);
    else
        ask_news(api);
}

/* ---- beginning and ending ------------------------------------------------------------ */

static void closed(void *arg)
{
    struct stream *stream = arg;
    struct stream **link = &stream->api->streams;
    while (*link != stream)
        link = &(*link)->next;
    *link = stream->next;
    free(stream);
}

void api_streams_end(struct api *api)
{
    while (api->streams) {
        struct stream *stream = api->streams;
        api->streams = stream->next;
        http_stream_end(stream->stream);
        free(stream);
    }
}

static int64_t last_seen(struct http_request *request)
{
    const char *text = http_header(request, "Last-Event-ID");
    char *end;
    if (!text)
        text = http_query(request, "after");
    long long seq = text && *text ? strtoll(text, &end, 10) : -1;
    return text && *text && !*end && seq >= 0 ? seq : -1;
}

void api_events(struct call *call)
{
    struct api *api = call->api;
    struct stream *stream = xcalloc(1, sizeof *stream);
    *stream = (struct stream){.api = api, .seq = last_seen(call->request)};
    call_audit(call, "events", NULL);
    stream->stream = http_stream_begin(call->request, closed, stream);
    if (stream->stream) {
        stream->next = api->streams;
        api->streams = stream;
        uv_timer_start(&api->timer, on_timer, POLL_MS, POLL_MS);
        ask_news(api);
    } else {
        free(stream);
    }
    call_end(call);
}
