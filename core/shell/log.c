/* A line is put together first and written at once, so that lines of two threads do not mix. */
#include "shell/log.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "shell/redact.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

/* ---- how much ------------------------------------------------------------ */

enum { EVENTS_MAX = 256 }; /* names are ours and few; what is beyond is not bounded */

struct quota {
    instant_ms begin; /* of the minute */
    int written, left_out;
    enum log_level level; /* of what was left out, the gravest */
};
struct log_limit {
    pthread_mutex_t lock;
    int lines;
    struct intern names;
    struct quota quotas[EVENTS_MAX];
};

struct log_limit *log_limit_new(int lines_a_minute)
{
    struct log_limit *limit = xcalloc(1, sizeof *limit);
    limit->lines = lines_a_minute;
    pthread_mutex_init(&limit->lock, NULL);
    return limit;
}

void log_limit_free(struct log_limit *limit)
{
    if (!limit)
        return;
    pthread_mutex_destroy(&limit->lock);
    intern_release(&limit->names);
    free(limit);
}

/* A clock that was set back begins a new minute too. */
static bool is_over(const struct quota *quota, instant_ms now)
{
    return now - quota->begin >= MINUTE_MS || now < quota->begin;
}

/* Whether the line may be written; *ret_left_out: how many of the minute before were not. */
static bool admit(struct log_limit *limit, const char *event, enum log_level level, instant_ms now,
                  struct quota *ret_before)
{
    bool admitted = true;
    pthread_mutex_lock(&limit->lock);
    int number = limit->names.count < EVENTS_MAX ? intern_add(&limit->names, event)
                                                 : intern_find(&limit->names, event);
    if (number >= 0 && number < EVENTS_MAX) {
        struct quota *quota = &limit->quotas[number];
        if (is_over(quota, now)) {
            *ret_before = *quota;
            *quota = (struct quota){.begin = now};
        }
        admitted = quota->written < limit->lines;
        quota->written += admitted;
        quota->left_out += !admitted;
        if (!admitted && level > quota->level)
            quota->level = level;
    }
    pthread_mutex_unlock(&limit->lock);
    return admitted;
}

/* ---- a line -------------------------------------------------------------- */

struct line {
    enum log_level level;
    const char *event, *text;
    const char *json;              /* a decision's, or NULL */
    const struct finding *finding; /* or NULL */
};
static const char *const level_words[] = {"info", "warning", "error", "alarm"};

bool log_is_journal(FILE *stream)
{
    const char *journal = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;
    return stream && journal && sscanf(journal, "%llu:%llu", &device, &inode) == 2 &&
           fstat(fileno(stream), &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

/* sd-daemon(3): alert, error, warning, informational. */
static void put_priority(const struct log *log, struct buf *buf, enum log_level level)
{
    static const int priorities[] = {6, 4, 3, 1};
    if (log->priorities)
        buf_printf(buf, "<%d>", priorities[level]);
}

/* A message never breaks its line, whatever came in from outside. */
static void put_plain(struct buf *buf, const char *message)
{
    for (const char *c = message; *c; c++)
        buf_putc(buf, (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c);
}

static void put_member(struct json_writer *writer, const char *key, const json_t *value)
{
    if (!json_is_string(value))
        return;
    jw_key(writer, key);
    jw_text(writer, json_string_value(value));
}

static void put_decision(struct json_writer *writer, const char *json)
{
    static const char *const keys[] = {"kind", "rule", "episode", "level", "order", "to"};
    json_t *decision = json_loads(json, 0, NULL);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        put_member(writer, keys[i], json_object_get(decision, keys[i]));
    json_decref(decision);
}

static void put_place(struct json_writer *writer, const struct finding *finding)
{
    jw_key(writer, "code");
    jw_text(writer, finding->code);
    jw_key(writer, "file");
    jw_text(writer, finding->file);
    jw_key(writer, "line");
    jw_int(writer, finding->line);
    jw_key(writer, "col");
    jw_int(writer, finding->col);
}

static void put_json(struct buf *buf, const struct line *line, const char *now, const char *text)
{
    struct json_writer writer = {.buf = buf};
    jw_begin(&writer, '{');
    jw_key(&writer, "ts");
    jw_text(&writer, now);
    jw_key(&writer, "level");
    jw_text(&writer, level_words[line->level]);
    jw_key(&writer, "event");
    jw_text(&writer, line->event);
    jw_key(&writer, "text");
    jw_text(&writer, text);
    if (line->json)
        put_decision(&writer, line->json);
    if (line->finding)
        put_place(&writer, line->finding);
    jw_end(&writer, '}');
}

static void write_line(const struct log *log, const struct line *line, instant_ms now)
{
    struct buf out = {0}, text = {0}, instant = {0};
    redact(&text, line->text, 1);
    instant_print(&instant, now - now % SECOND_MS, log->zone);
    put_priority(log, &out, line->level);
    if (log->format == LOG_JSON) {
        put_json(&out, line, buf_str(&instant), buf_str(&text));
    } else {
        buf_printf(&out, "%s %s %s: ", buf_str(&instant), level_words[line->level], line->event);
        put_plain(&out, buf_str(&text));
    }
    buf_putc(&out, '\n');
    fwrite(buf_str(&out), 1, out.size, log->stream);
    buf_release(&out);
    buf_release(&text);
    buf_release(&instant);
}

static void say_left_out(const struct log *log, const char *event, const struct quota *before,
                         instant_ms now)
{
    char text[80];
    if (before->left_out == 0)
        return;
    snprintf(text, sizeof text, tr("… %d more", "……另有 %d 条"), before->left_out);
    write_line(log, &(struct line){.level = before->level, .event = event, .text = text}, now);
}

static void put(const struct log *log, const struct line *line)
{
    instant_ms now = clock_now(&log->clock);
    struct quota before = {0};
    /* What people did and read is all of it kept: who may has a name, and cannot be many. */
    bool bounded = log->limit && !str_equal(line->event, "audit");
    if (bounded && !admit(log->limit, line->event, line->level, now, &before))
        return;
    say_left_out(log, line->event, &before, now);
    write_line(log, line, now);
}

void log_event(const struct log *log, enum log_level level, const char *event, const char *format,
               ...)
{
    if (!log->stream)
        return;
    char message[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    put(log, &(struct line){.level = level, .event = event, .text = message});
}

void log_decision(const struct log *log, enum log_level level, const char *event, const char *text,
                  const char *json)
{
    if (log->stream)
        put(log, &(struct line){.level = level, .event = event, .text = text, .json = json});
}

void log_place(struct buf *buf, const struct finding *finding)
{
    if (!finding->file || !*finding->file)
        return;
    buf_puts(buf, finding->file);
    if (finding->line > 0)
        buf_printf(buf, ":%d", finding->line);
    if (finding->line > 0 && finding->col > 0)
        buf_printf(buf, ":%d", finding->col);
    buf_puts(buf, ": ");
}

static void put_finding(const struct log *log, const char *event, const struct finding *finding)
{
    struct buf text = {0};
    log_place(&text, finding);
    buf_printf(&text, "[%s] %s%s%s", finding->code, finding->message, finding->hint ? " — " : "",
               finding->hint ? finding->hint : "");
    put(log, &(struct line){.level = finding->severity == SEV_ERROR ? LOG_ERROR : LOG_WARNING,
                            .event = event,
                            .text = buf_str(&text),
                            .finding = finding});
    buf_release(&text);
}

void log_findings(const struct log *log, const char *event, const struct findings *findings)
{
    for (size_t i = 0; log->stream && i < findings->count; i++)
        put_finding(log, event, &findings->items[i]);
}

void log_flush(const struct log *log, bool now_all)
{
    struct log_limit *limit = log->limit;
    if (!limit || !log->stream)
        return;
    instant_ms now = clock_now(&log->clock);
    for (int i = 0; i < EVENTS_MAX; i++) {
        struct quota before = {0};
        pthread_mutex_lock(&limit->lock);
        bool known = i < (int)limit->names.count;
        const char *event = known ? intern_name(&limit->names, i) : NULL;
        if (known && limit->quotas[i].left_out > 0 &&
            (now_all || is_over(&limit->quotas[i], now))) {
            before = limit->quotas[i];
            limit->quotas[i] = (struct quota){.begin = now};
        }
        pthread_mutex_unlock(&limit->lock);
        if (event)
            say_left_out(log, event, &before, now);
    }
}
