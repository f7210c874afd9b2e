/* Event streams: text that grows at one end and is read at the other, at the client's pace.
 *
 * `text` holds whole events, of which `read` bytes have gone to MHD.  When it would grow too large
 * it is cut behind the event of which a part has gone, and `resync` stands for the rest.  When
 * there is nothing to read the connection is suspended, and resumed with the next event.
 *
 * MHD tells us that a client has gone inside of MHD_run; its owner hears of it later, before the
 * loop sleeps, so that he may do in `closed` whatever he likes. */
#include "base/lang.h"
#include "base/xalloc.h"
#include "shell/http_inner.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct http_stream {
    struct http *http;
    struct MHD_Connection *mhd; /* NULL: not begun to be sent */
    void (*closed)(void *arg);
    void *arg;
    struct buf text;
    size_t read;
    int64_t spoke_at;
    bool asleep; /* suspended by us */
    bool ended;  /* the owner has gone */
    bool gone;   /* MHD has let go of it */
    struct http_stream *next;
};

enum { BLOCK_BYTES = 4096 };
static const char event_end[] = "\n\n";

static void wake(struct http_stream *stream)
{
    if (!stream->asleep)
        return;
    stream->asleep = false;
    stream->http->kick = true;
    MHD_resume_connection(stream->mhd);
}

/* ---- MHD's side ---------------------------------------------------------- */

static ssize_t read_stream(void *arg, uint64_t position, char *ret_bytes, size_t most)
{
    struct http_stream *stream = arg;
    size_t left = stream->text.size - stream->read;
    (void)position;
    if (left == 0 && (stream->ended || stream->http->closing))
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (left == 0) {
        stream->asleep = true;
        MHD_suspend_connection(stream->mhd);
        return 0;
    }
    size_t size = left < most ? left : most;
    memcpy(ret_bytes, stream->text.data + stream->read, size);
    stream->read += size;
    if (stream->read == stream->text.size) {
        buf_release(&stream->text); /* most streams are silent most of the time */
        stream->read = 0;
    }
    return (ssize_t)size;
}

static void let_go(void *arg)
{
    struct http_stream *stream = arg;
    stream->gone = true;
    stream->asleep = false;
    stream->http->counters.streams_open--;
}

void http_stream_queued(struct http_stream *stream, struct MHD_Connection *mhd)
{
    stream->mhd = mhd;
}

/* ---- the owner's side ---------------------------------------------------- */

static void add_lines(struct buf *text, const char *name, const char *lines)
{
    for (const char *line = lines;; line++) {
        size_t size = strcspn(line, "\r\n");
        buf_printf(text, "%s: %.*s\n", name, (int)size, line);
        line += size;
        if (line[0] == '\r' && line[1] == '\n')
            line++;
        if (*line == 0)
            return;
    }
}

static void add_event(struct buf *text, const char *event, const char *id, const char *data)
{
    if (event)
        add_lines(text, "event", event);
    if (id)
        add_lines(text, "id", id);
    add_lines(text, "data", data);
    buf_putc(text, '\n');
}

/* Where the event ends of which a part has been read. */
static size_t end_of_begun(const struct http_stream *stream)
{
    if (stream->read == 0)
        return 0;
    const char *from = stream->text.data + stream->read - (stream->read >= 2 ? 2 : 1);
    const char *end =
        memmem(from, (size_t)(stream->text.data + stream->text.size - from), event_end, 2);
    return end ? (size_t)(end - stream->text.data) + 2 : stream->text.size;
}

static void overflow(struct http_stream *stream, const char *id)
{
    stream->text.size = end_of_begun(stream);
    add_event(&stream->text, "resync", id, "{}");
    stream->http->counters.stream_resyncs++;
}

/* Forgets what has been read once that is the larger part. */
static void compact(struct http_stream *stream)
{
    if (stream->read < HTTP_STREAM_BYTES_MAX / 2)
        return;
    size_t keep = stream->read - 2; /* so that end_of_begun still sees how the last one ended */
    memmove(stream->text.data, stream->text.data + keep, stream->text.size - keep);
    stream->text.size -= keep;
    stream->read = 2;
}

void http_stream_send(struct http_stream *stream, const char *event, const char *id,
                      const char *data)
{
    struct buf text = {0};
    if (stream->gone)
        return;
    assert(!stream->ended);
    add_event(&text, event, id, data);
    compact(stream);
    if (stream->text.size - stream->read + text.size > HTTP_STREAM_BYTES_MAX)
        overflow(stream, id);
    else
        buf_add(&stream->text, text.data, text.size);
    buf_release(&text);
    stream->spoke_at = http_now(stream->http);
    wake(stream);
}

void http_stream_end(struct http_stream *stream)
{
    stream->ended = true;
    wake(stream);
}

static struct http_stream *stream_new(struct http *http, void (*closed)(void *arg), void *arg)
{
    struct http_stream *stream = xcalloc(1, sizeof *stream);
    stream->http = http;
    stream->closed = closed;
    stream->arg = arg;
    stream->spoke_at = http_now(http);
    buf_puts(&stream->text, ": yujing\nretry: 3000\n\n");
    stream->next = http->streams;
    http->streams = stream;
    http->counters.streams_open++;
    return stream;
}

struct http_stream *http_stream_begin(struct http_request *request, void (*closed)(void *arg),
                                      void *arg)
{
    static const struct http_field later[] = {{"Retry-After", "10"}, {NULL, NULL}};
    static const struct http_field direct[] = {{"X-Accel-Buffering", "no"}, {NULL, NULL}};
    struct http_exchange *exchange = http_exchange_of(request);
    struct http *http = request->http;
    if (http->counters.streams_open >= http->options.streams_max || http->closing) {
        http_refused(http, HTTP_REFUSED_STREAMS);
        http_problem(request, 503, later, "%s", tr("too many event streams", "事件流过多"));
        return NULL;
    }
    struct http_stream *stream = stream_new(http, closed, arg);
    exchange->stream = stream;
    http_answer_with(request, 200, "text/event-stream",
                     MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream,
                                                       stream, let_go),
                     0, direct);
    return stream;
}

/* ---- the listener's side ------------------------------------------------- */

/* A comment now and then, so that proxies do not close and the dead are noticed. */
void http_streams_beat(struct http *http, int64_t now)
{
    for (struct http_stream *at = http->streams; at; at = at->next) {
        if (at->gone || at->ended || !at->asleep || now - at->spoke_at < HTTP_HEARTBEAT_MS)
            continue;
        at->spoke_at = now;
        buf_puts(&at->text, ":\n\n");
        wake(at);
    }
}

static void say_closed(struct http_stream *stream)
{
    if (stream->ended)
        return;
    stream->ended = true;
    stream->closed(stream->arg);
}

void http_streams_reap(struct http *http)
{
    for (struct http_stream **link = &http->streams; *link;) {
        struct http_stream *stream = *link;
        if (!stream->gone) {
            link = &stream->next;
            continue;
        }
        *link = stream->next;
        say_closed(stream);
        buf_release(&stream->text);
        free(stream);
    }
}

void http_streams_close(struct http *http)
{
    for (struct http_stream *at = http->streams; at; at = at->next) {
        if (!at->gone)
            say_closed(at);
        wake(at);
    }
}
