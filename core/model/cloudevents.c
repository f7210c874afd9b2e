/* The content type decides, as the HTTP binding has it: a request that says it is structured is
 * read so even when ce-… headers stand beside.  An event in binary mode is written as JSON, so that
 * behind this file there is one form only. */
#include "model/cloudevents.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/cloudevent.h"
#include "model/locate.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char prefix[] = "ce-";

/* Headers ------------------------------------------------------------------------------------- */

static const char *find_header(const struct cloudevents_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    }
    return NULL;
}

static bool is_attribute(const struct http_header *header)
{
    return strncasecmp(header->name, prefix, sizeof prefix - 1) == 0;
}

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

/* The text between double quotes, its backslashes resolved.  A value that does not begin with a
 * quote is taken as it is, blanks at its ends aside. */
static int unquote(struct buf *buf, const char *value)
{
    value += strspn(value, " \t");
    size_t size = strlen(value);
    while (size > 0 && strchr(" \t", value[size - 1]))
        size--;
    if (size == 0 || value[0] != '"') {
        buf_add(buf, value, size);
        return 0;
    }
    size_t at = 1;
    for (; at < size && value[at] != '"'; at++) {
        if (value[at] == '\\' && ++at == size)
            break;
        buf_putc(buf, value[at]);
    }
    return at + 1 == size ? 0 : ERR_SYNTAX;
}

/* A percent sign without two digits stays what it is: there are libraries that never encode. */
static int percent_decode(struct buf *buf, const char *text)
{
    for (; *text; text++) {
        int high = *text == '%' ? hex_value(text[1]) : -1;
        int low = high < 0 ? -1 : hex_value(text[2]);
        if (low < 0) {
            buf_putc(buf, *text);
            continue;
        }
        if (high + low == 0)
            return ERR_SYNTAX;
        buf_putc(buf, (char)(high << 4 | low));
        text += 2;
    }
    return 0;
}

int cloudevents_header_decode(struct buf *buf, const char *value)
{
    struct buf plain = {0}, text = {0};
    int err = unquote(&plain, value);
    if (err == 0)
        err = percent_decode(&text, buf_str(&plain));
    if (err == 0 && str_utf8_bad(buf_str(&text), text.size) != text.size)
        err = ERR_SYNTAX;
    if (err == 0)
        buf_add(buf, buf_str(&text), text.size);
    buf_release(&plain);
    buf_release(&text);
    return err;
}

/* Content types ------------------------------------------------------------------------------- */

enum mode { MODE_STRUCTURED, MODE_BATCHED, MODE_BINARY, MODE_NONE };

static bool type_is(const char *content_type, size_t size, const char *wanted)
{
    return size == strlen(wanted) && strncasecmp(content_type, wanted, size) == 0;
}

/* JSON is UTF-8; a request that says otherwise would be misread. */
static bool charset_is_good(const char *content_type)
{
    static const char charset[] = "charset=";
    const char *at = strcasestr(content_type, charset);
    if (!at)
        return true;
    at += sizeof charset - 1;
    at += *at == '"';
    size_t size = strcspn(at, "\"; \t");
    return type_is(at, size, "utf-8") || type_is(at, size, "us-ascii");
}

static enum mode mode_of(const struct cloudevents_request *request, const char *content_type)
{
    static const char family[] = "application/cloudevents";
    size_t size = content_type ? strcspn(content_type, "; \t") : 0;
    if (size >= sizeof family - 1 && strncasecmp(content_type, family, sizeof family - 1) == 0) {
        if (!charset_is_good(content_type))
            return MODE_NONE;
        if (type_is(content_type, size, "application/cloudevents+json"))
            return MODE_STRUCTURED;
        return type_is(content_type, size, "application/cloudevents-batch+json") ? MODE_BATCHED
                                                                                 : MODE_NONE;
    }
    for (size_t i = 0; i < request->header_count; i++) {
        if (is_attribute(&request->headers[i]))
            return MODE_BINARY;
    }
    return MODE_NONE;
}

static int refuse_type(const char *content_type, const char *name, struct findings *findings)
{
    struct place place = {.file = name};
    findings_add(findings, SEV_ERROR, "N018", place,
                 tr("send application/cloudevents+json, application/cloudevents-batch+json, or "
                    "ce-… headers",
                    "请使用 application/cloudevents+json、application/cloudevents-batch+json，或 "
                    "ce-… 请求头"),
                 tr("the request carries no CloudEvent that can be read (content type %s)",
                    "请求中没有可读取的 CloudEvents 事件（内容类型 %s）"),
                 content_type ? content_type : tr("not given", "未注明"));
    return ERR_NOT_FOUND;
}

/* Structured and batched ---------------------------------------------------------------------- */

static void push(struct cloudevents *events, size_t *capacity, const char *text, size_t size,
                 struct place place)
{
    xgrow((void **)&events->items, events->count, capacity, sizeof *events->items);
    events->items[events->count++] = (struct event_text){text, size, place};
}

/* One event is no longer than a line of a file may be. */
static int refuse_long_event(struct place place, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "N011", place, NULL,
                 tr("the event is longer than %d bytes", "该事件超过 %d 字节"),
                 FACT_LINE_BYTES_MAX);
    return ERR_LIMIT;
}

static int refuse_batch(struct place place, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "N020", place, tr("send several requests", "请分多次发送"),
                 tr("a batch holds %d events at most, of some twenty values each",
                    "一批最多 %d 个事件，每个约二十个值"),
                 EVENTS_BATCH_MAX);
    return ERR_LIMIT;
}

static int split_structured(struct cloudevents *events, const struct cloudevents_request *request,
                            const char *name)
{
    size_t capacity = 0;
    push(events, &capacity, request->body, request->size, (struct place){name, 1, 1});
    return 0;
}

/* Moves the place over the text from `from` to `to`. */
static void advance(struct place *place, const char *text, size_t from, size_t to)
{
    size_t line = from;
    for (size_t at = from; at < to; at++) {
        if (text[at] != '\n')
            continue;
        place->line++;
        place->col = 1;
        line = at + 1;
    }
    place->col += (int)str_chars(text + line, to - line);
}

/* The text is a valid array by now, so that every step comes to an end. */
static int cut_array(struct cloudevents *events, const char *text, size_t size, const char *name,
                     struct findings *findings)
{
    struct place place = {name, 1, 1};
    size_t capacity = 0, before = 0;
    size_t at = json_skip_blanks(text, size, json_skip_blanks(text, size, 0) + 1);
    while (at < size && text[at] != ']') {
        if (events->count == EVENTS_BATCH_MAX)
            return refuse_batch((struct place){name, 1, 1}, findings);
        size_t end = json_value_end(text, size, at);
        advance(&place, text, before, at);
        if (end - at > FACT_LINE_BYTES_MAX)
            return refuse_long_event(place, findings);
        push(events, &capacity, text + at, end - at, place);
        before = at;
        at = json_skip_blanks(text, size, end);
        if (at < size && text[at] == ',')
            at = json_skip_blanks(text, size, at + 1);
    }
    return 0;
}

static int split_batched(struct cloudevents *events, const struct cloudevents_request *request,
                         const char *name, struct findings *findings)
{
    struct place place = {name, 1, 1};
    if (json_values(request->body, request->size) > EVENTS_VALUES_MAX)
        return refuse_batch(place, findings);
    json_t *json = json_read(request->body, request->size, name, 1, findings);
    bool is_array = json_is_array(json);
    json_decref(json);
    if (!json)
        return ERR_SYNTAX;
    if (!is_array) {
        findings_add(findings, SEV_ERROR, "N020", place,
                     tr("write [{…}, {…}]", "请写成 [{…}, {…}]"),
                     tr("a batch must be a JSON array of events", "批量内容应为事件的 JSON 数组"));
        return ERR_INVALID;
    }
    return cut_array(events, request->body, request->size, name, findings);
}

/* Binary -------------------------------------------------------------------------------------- */

static int refuse_header(const struct http_header *header, const char *name,
                         struct findings *findings, const char *problem)
{
    struct place place = {.file = name};
    findings_add(findings, SEV_ERROR, "N019", place, NULL, "%s: %s", header->name, problem);
    return ERR_INVALID;
}

/* The attribute's name, or NULL for one that cannot come as a header. */
static char *attribute_name(const struct http_header *header)
{
    static const char *const elsewhere[] = {"data", "datacontenttype"};
    char *name = xstrdup(header->name + sizeof prefix - 1);
    for (char *at = name; *at; at++)
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at | 0x20) : *at;
    bool good = *name != 0 && str_utf8_bad(name, strlen(name)) == strlen(name);
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        good = good && !str_equal(name, elsewhere[i]);
    if (!good) {
        free(name);
        return NULL;
    }
    return name;
}

static bool came_before(const struct cloudevents_request *request, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcasecmp(request->headers[i].name, request->headers[index].name) == 0)
            return true;
    }
    return false;
}

static int put_attribute(struct json_writer *json, const struct cloudevents_request *request,
                         size_t index, const char *name, struct findings *findings)
{
    const struct http_header *header = &request->headers[index];
    struct buf value = {0};
    int err = 0;
    char *attribute = attribute_name(header);
    if (!attribute)
        err = refuse_header(header, name, findings,
                            tr("this cannot come as a header", "不能以请求头的形式给出"));
    else if (came_before(request, index))
        err = refuse_header(header, name, findings, tr("the header is there twice", "请求头重复"));
    else if (cloudevents_header_decode(&value, header->value) < 0)
        err = refuse_header(header, name, findings,
                            tr("the value is not properly quoted, percent-encoded UTF-8",
                               "值的引号、百分号编码或 UTF-8 编码有误"));
    if (err == 0) {
        jw_key(json, attribute);
        jw_text(json, buf_str(&value));
    }
    buf_release(&value);
    free(attribute);
    return err;
}

static bool type_is_text(const char *content_type)
{
    size_t size = content_type ? strcspn(content_type, "; \t") : 0;
    return size > 0 && (strncasecmp(content_type, "text/", 5) == 0 ||
                        type_is(content_type, size, "application/xml") ||
                        (size > 4 && strncasecmp(content_type + size - 4, "+xml", 4) == 0));
}

static void put_base64(struct json_writer *json, const struct cloudevents_request *request)
{
    struct buf text = {0};
    base64_add(&text, request->body, request->size);
    jw_key(json, "data_base64");
    jw_text(json, buf_str(&text));
    buf_release(&text);
}

static int put_json(struct json_writer *json, const struct cloudevents_request *request,
                    const char *name, struct findings *findings)
{
    json_t *value = json_read(request->body, request->size, name, 1, findings);
    if (!value)
        return ERR_SYNTAX;
    json_decref(value);
    char *text = xstrndup(request->body, request->size);
    jw_key(json, "data");
    jw_raw(json, text);
    free(text);
    return 0;
}

/* The body as data: JSON as JSON, text as text, anything else as base64. */
static int put_data(struct json_writer *json, const struct cloudevents_request *request,
                    const char *content_type, const char *name, struct findings *findings)
{
    const char *body = request->body;
    if (request->size == 0)
        return 0;
    if (content_type && media_type_is_json(content_type))
        return put_json(json, request, name, findings);
    if (type_is_text(content_type) && !memchr(body, 0, request->size) &&
        str_utf8_bad(body, request->size) == request->size) {
        char *text = xstrndup(body, request->size);
        jw_key(json, "data");
        jw_text(json, text);
        free(text);
    } else {
        put_base64(json, request);
    }
    return 0;
}

static int put_event(struct buf *buf, const struct cloudevents_request *request,
                     const char *content_type, const char *name, struct findings *findings)
{
    struct json_writer json = {.buf = buf};
    int err = 0;
    jw_begin(&json, '{');
    for (size_t i = 0; i < request->header_count; i++) {
        int result = is_attribute(&request->headers[i])
                         ? put_attribute(&json, request, i, name, findings)
                         : 0;
        err = err == 0 ? result : err;
    }
    if (content_type && *content_type) {
        jw_key(&json, "datacontenttype");
        jw_text(&json, content_type);
    }
    int result = put_data(&json, request, content_type, name, findings);
    jw_end(&json, '}');
    return err == 0 ? result : err;
}

static int split_binary(struct cloudevents *events, const struct cloudevents_request *request,
                        const char *content_type, const char *name, struct findings *findings)
{
    size_t capacity = 0;
    int err = put_event(&events->made, request, content_type, name, findings);
    if (err == 0)
        push(events, &capacity, events->made.data, events->made.size, (struct place){name, 1, 1});
    return err;
}

/* The whole ----------------------------------------------------------------------------------- */

int cloudevents_split(struct cloudevents *ret, const struct cloudevents_request *request,
                      const char *name, struct findings *findings)
{
    struct cloudevents events = {0};
    const char *content_type =
        request->content_type ? request->content_type : find_header(request, "content-type");
    int err = ERR_NOT_FOUND;
    enum mode mode = mode_of(request, content_type);
    if (mode != MODE_BATCHED && mode != MODE_NONE && request->size > FACT_LINE_BYTES_MAX)
        return refuse_long_event((struct place){name, 1, 1}, findings);
    switch (mode) {
    case MODE_STRUCTURED:
        err = split_structured(&events, request, name);
        break;
    case MODE_BATCHED:
        err = split_batched(&events, request, name, findings);
        break;
    case MODE_BINARY:
        err = split_binary(&events, request, content_type, name, findings);
        break;
    case MODE_NONE:
        err = refuse_type(content_type, name, findings);
        break;
    }
    if (err < 0)
        cloudevents_release(&events);
    else
        *ret = events;
    return err;
}

static int check_event(const struct event_text *event, struct findings *findings)
{
    struct witness witness = {
        .findings = findings, .place = event->place, .text = event->text, .size = event->size};
    struct cloudevent read;
    json_t *json =
        json_read(event->text, event->size, event->place.file, event->place.line, findings);
    if (!json)
        return ERR_SYNTAX;
    int err = cloudevent_read(&read, json, &witness);
    json_decref(json);
    return err;
}

int cloudevents_check(const struct cloudevents_request *request, const char *name,
                      struct findings *findings)
{
    struct cloudevents events;
    int err = cloudevents_split(&events, request, name, findings);
    if (err < 0)
        return err;
    for (size_t i = 0; i < events.count; i++) {
        int result = check_event(&events.items[i], findings);
        err = err == 0 ? result : err;
    }
    cloudevents_release(&events);
    return err;
}

void cloudevents_release(struct cloudevents *events)
{
    free(events->items);
    buf_release(&events->made);
    *events = (struct cloudevents){0};
}
