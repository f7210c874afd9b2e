/* Bytes in, lines out of them, loads of facts out of these.
 *
 * `bytes` holds what was read and not yet made into facts.  Reading pauses when the inbox is full
 * or a line is waiting in `bytes`, so memory is bounded by one chunk and one line. Acknowledgements
 * are a count that only rises; at most one write is under way, and it says the newest count when
 * the last is through. */
#include "shell/ingest_stdin.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "model/feed.h"
#include "model/policy.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { CHUNK_BYTES = 65536 };
static const char input_name[] = "stdin";

struct ingest_stdin {
    struct surroundings around;
    struct ingest_stdin_options options;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tty_t tty;
    } input;
    bool is_stream; /* else a file, read piece by piece on libuv's pool */
    uv_fs_t file_read;
    char chunk[CHUNK_BYTES];
    bool reading, stopped, ended, ended_told;
    struct buf bytes;
    size_t used;      /* of bytes: made into facts already */
    bool skipping;    /* inside a line that is too long */
    char *csv_header; /* NULL: JSON Lines */
    int64_t lines;    /* begun or done */
    int64_t answered, said;
    size_t loads; /* in the inbox or in a turn */
    uv_fs_t ack;
    struct buf ack_text;
    bool acking;
};
struct slip { /* one load and how far it answers */
    struct ingest_stdin *in;
    struct load *load;
    int64_t up_to;
};

/* ---- acknowledging ----------------------------------------------------- */

static void acknowledge(struct ingest_stdin *in);

static void acknowledged(uv_fs_t *request)
{
    struct ingest_stdin *in = request->data;
    if (request->result < 0)
        log_event(in->around.log, LOG_WARNING, "stdin.ack", "%s",
                  file_trouble((int)-request->result));
    uv_fs_req_cleanup(request);
    in->acking = false;
    acknowledge(in);
}

static void tell_end(struct ingest_stdin *in)
{
    if (!in->ended || in->loads > 0 || in->acking || in->ended_told || in->used < in->bytes.size)
        return;
    in->ended_told = true;
    if (in->options.ended)
        in->options.ended(in->options.arg);
}

static void acknowledge(struct ingest_stdin *in)
{
    if (in->options.output >= 0 && !in->acking && in->said < in->answered) {
        in->said = in->answered;
        in->acking = true;
        buf_clear(&in->ack_text);
        buf_printf(&in->ack_text, "{\"accepted\":%lld}\n", (long long)in->said);
        uv_buf_t text = uv_buf_init(in->ack_text.data, (unsigned)in->ack_text.size);
        in->ack.data = in;
        uv_fs_write(in->around.loop, &in->ack, in->options.output, &text, 1, -1, acknowledged);
    }
    tell_end(in);
}

static void slip_answered(void *arg, const struct tally *tally)
{
    struct slip *slip = arg;
    struct ingest_stdin *in = slip->in;
    assert(slip->up_to > in->answered);
    bool taken = tally != NULL;
    if (taken)
        in->answered = slip->up_to;
    in->loads--;
    load_free(slip->load);
    free(slip);
    if (taken)
        acknowledge(in);
}

/* ---- lines ------------------------------------------------------------- */

static void complain(struct ingest_stdin *in, struct findings *findings)
{
    log_findings(in->around.log, "stdin.refused", findings);
    findings_release(findings);
}

static void add_json(struct ingest_stdin *in, struct load *load, const char *line, size_t size)
{
    struct findings findings = {0};
    struct arena arena = {0};
    struct fact fact;
    struct place place = {.file = input_name, .line = (int)in->lines, .col = 1};
    int err = fact_of_text(&fact, &arena, line, size, in->around.policy->zone, place, &findings);
    if (err == 0)
        err = intake_allows(&fact, in->around.acts, place, &findings);
    complain(in, &findings);
    if (err == 0) {
        intake_review_fact(&in->around, &fact, place);
        load_add(load, &fact);
    }
    arena_release(&arena);
}

/* A row alone is read as a table of one row; complaints are then moved to the line it stood on. */
static void add_csv(struct ingest_stdin *in, struct load *load, const char *line, size_t size)
{
    struct findings findings = {0};
    struct feed *feed;
    struct buf table = {0};
    buf_printf(&table, "%s\n", in->csv_header);
    buf_add(&table, line, size);
    feed_new(&feed, in->around.policy->zone, in->around.policy);
    feed_add_text(feed, input_name, buf_str(&table), table.size, 0, &findings);
    feed_sort(feed, NULL);
    for (size_t i = 0; i < feed_count(feed); i++)
        load_add(load, feed_fact(feed, i));
    for (size_t i = 0; i < findings.count; i++)
        findings.items[i].line = (int)in->lines;
    complain(in, &findings);
    intake_review_feed(&in->around, feed, (int)in->lines);
    feed_free(feed);
    buf_release(&table);
}

static bool is_blank(const char *line, size_t size)
{
    while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t' || line[size - 1] == '\r'))
        size--;
    return size == 0;
}

static const char *without_mark(const char *line, size_t *size)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (*size < 3 || memcmp(line, mark, 3) != 0)
        return line;
    *size -= 3;
    return line + 3;
}

static void add_line(struct ingest_stdin *in, struct load *load, const char *line, size_t size)
{
    if (in->lines == 1)
        line = without_mark(line, &size);
    if (is_blank(line, size))
        return;
    if (in->lines == 1 && line[0] != '{')
        in->csv_header = xstrndup(line, size);
    else if (in->csv_header)
        add_csv(in, load, line, size);
    else
        add_json(in, load, line, size);
}

static void refuse_long_line(struct ingest_stdin *in, int64_t line)
{
    struct findings findings = {0};
    findings_add(&findings, SEV_ERROR, "D021",
                 (struct place){.file = input_name, .line = (int)line}, NULL,
                 tr("the line is longer than %d bytes", "该行超过 %d 字节"), FACT_LINE_BYTES_MAX);
    complain(in, &findings);
}

/* The next whole line in bytes, or false.  The last one needs no newline once the input has ended.
 */
static bool next_line(struct ingest_stdin *in, const char **ret_line, size_t *ret_size)
{
    const char *from = buf_str(&in->bytes) + in->used;
    size_t left = in->bytes.size - in->used;
    const char *end = left > 0 ? memchr(from, '\n', left) : NULL;
    if (!end && left > FACT_LINE_BYTES_MAX) {
        if (!in->skipping)
            refuse_long_line(in, in->lines + 1);
        in->skipping = true;
        in->used = in->bytes.size;
        return false;
    }
    if (!end && !(in->ended && left > 0))
        return false;
    *ret_line = from;
    *ret_size = end ? (size_t)(end - from) : left;
    in->used += *ret_size + (end != NULL);
    in->lines++;
    return true;
}

static bool fill_load(struct ingest_stdin *in, struct load *load)
{
    const char *line;
    size_t size;
    bool any = false;
    while (load->count < in->around.delivery_facts_max && next_line(in, &line, &size)) {
        any = true;
        if (in->skipping)
            in->skipping = false;
        else if (size > FACT_LINE_BYTES_MAX)
            refuse_long_line(in, in->lines);
        else
            add_line(in, load, line, size);
    }
    return any;
}

static void drop_used(struct ingest_stdin *in)
{
    size_t left = in->bytes.size - in->used;
    if (left > 0 && in->used > 0)
        memmove(in->bytes.data, in->bytes.data + in->used, left);
    in->bytes.size = left;
    in->used = 0;
}

/* Also a load without facts goes through the inbox, because its lines are answered in their turn.
 */
static void split_lines(struct ingest_stdin *in)
{
    while (!in->stopped && inbox_has_room(in->around.inbox)) {
        struct load *load = load_new();
        if (!fill_load(in, load)) {
            load_free(load);
            break;
        }
        struct slip *slip = xcalloc(1, sizeof *slip);
        *slip = (struct slip){in, load, in->lines};
        in->loads++;
        load->from = "stdin";
        load_offer(load, in->around.inbox, slip_answered, slip);
    }
    drop_used(in);
    tell_end(in);
}

/* ---- bytes ------------------------------------------------------------- */

static void got_end(struct ingest_stdin *in)
{
    in->ended = true;
    split_lines(in);
}

static void got_bytes(uv_stream_t *stream, ssize_t size, const uv_buf_t *chunk)
{
    struct ingest_stdin *in = stream->data;
    if (size == 0)
        return;
    if (size > 0)
        buf_add(&in->bytes, chunk->base, (size_t)size);
    uv_read_stop(stream);
    in->reading = false;
    if (size < 0)
        got_end(in);
    ingest_stdin_resume(in);
}

static void lend_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct ingest_stdin *in = handle->data;
    (void)suggested;
    *ret = uv_buf_init(in->chunk, sizeof in->chunk);
}

static void got_piece(uv_fs_t *request)
{
    struct ingest_stdin *in = request->data;
    ssize_t size = request->result;
    uv_fs_req_cleanup(request);
    in->reading = false;
    if (size > 0)
        buf_add(&in->bytes, in->chunk, (size_t)size);
    else
        got_end(in);
    ingest_stdin_resume(in);
}

static void read_more(struct ingest_stdin *in)
{
    in->reading = true;
    if (in->is_stream) {
        uv_read_start(&in->input.stream, lend_chunk, got_bytes);
        return;
    }
    uv_buf_t chunk = uv_buf_init(in->chunk, sizeof in->chunk);
    in->file_read.data = in;
    uv_fs_read(in->around.loop, &in->file_read, in->options.input, &chunk, 1, -1, got_piece);
}

void ingest_stdin_change(struct ingest_stdin *in, const struct policy *policy)
{
    in->around.policy = policy;
}

void ingest_stdin_resume(struct ingest_stdin *in)
{
    if (in->reading || in->stopped)
        return;
    split_lines(in);
    if (!in->ended && inbox_has_room(in->around.inbox))
        read_more(in);
}

void ingest_stdin_stop(struct ingest_stdin *in)
{
    if (in->stopped)
        return;
    in->stopped = true;
    if (in->is_stream)
        uv_close(&in->input.handle, NULL);
}

struct ingest_stdin *ingest_stdin_new(const struct surroundings *around,
                                      const struct ingest_stdin_options *options,
                                      struct findings *findings)
{
    struct ingest_stdin *in = xcalloc(1, sizeof *in);
    in->around = *around;
    in->options = *options;
    uv_handle_type type = uv_guess_handle(options->input);
    int status = 0;
    in->is_stream = type == UV_NAMED_PIPE || type == UV_TCP || type == UV_TTY;
    if (type == UV_TTY) {
        status = uv_tty_init(around->loop, &in->input.tty, options->input, 1);
    } else if (in->is_stream) {
        uv_pipe_init(around->loop, &in->input.pipe, 0);
        status = uv_pipe_open(&in->input.pipe, options->input);
    }
    in->input.handle.data = in;
    if (status < 0)
        findings_add(findings, SEV_ERROR, "D026", (struct place){.file = "stdin"}, NULL,
                     tr("standard input cannot be read: %s", "无法读取标准输入：%s"),
                     file_trouble(-status));
    return in;
}

void ingest_stdin_free(struct ingest_stdin *in)
{
    if (!in)
        return;
    buf_release(&in->bytes);
    buf_release(&in->ack_text);
    free(in->csv_header);
    free(in);
}
