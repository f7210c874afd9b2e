/* JSON in and out. */
#include "base/json.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading ---- */

/* What jansson found, in plain words.  `near` is its own English text, for the rare rest. */
static const char *problem_of(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_premature_end_of_input:
        return tr("the text ends too early: a bracket or quote is not closed",
                  "内容提前结束：有括号或引号没有闭合");
    case json_error_end_of_input_expected:
        return tr("something follows after the end of the value", "值结束之后还有多余内容");
    case json_error_duplicate_key:
        return tr("the same key is written twice", "同一个键写了两次");
    case json_error_invalid_utf8:
        return tr("the text is not valid UTF-8", "不是有效的 UTF-8 文本");
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return tr("NUL characters are not allowed", "不允许出现空字符（NUL）");
    case json_error_numeric_overflow:
        return tr("a number is too large", "数字过大");
    case json_error_stack_overflow:
        return tr("brackets are nested too deeply", "括号嵌套过深");
    default:
        return error->text;
    }
}

static void refuse(const char *file, int line, int col, const char *problem,
                   struct findings *findings)
{
    struct place place = {.file = file, .line = line, .col = col};
    findings_add(findings, SEV_ERROR, "J001", place, NULL,
                 tr("this is not valid JSON: %s", "JSON 格式错误：%s"), problem);
}

/* jansson's own bound is 2048 and compiled in; ours is checked before it starts.  Brackets inside
 * strings do not count. */
static bool depth_is_bounded(const char *text, size_t size)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{'))
            depth++;
        else if (!in_string && (c == ']' || c == '}'))
            depth--;
        if (depth > JSON_DEPTH_MAX)
            return false;
    }
    return true;
}

size_t json_values(const char *text, size_t size)
{
    size_t values = 1;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string)
            values += c == ',' || c == '[' || c == '{';
    }
    return values;
}

/* jansson takes a NUL byte for the end of the text, or for something else that is wrong. */
static bool holds_nul(const char *text, size_t size, const char *file, int line,
                      struct findings *findings)
{
    const char *nul = memchr(text, 0, size);
    if (!nul)
        return false;
    const char *line_start = text;
    for (const char *at; (at = memchr(line_start, '\n', (size_t)(nul - line_start))); line++)
        line_start = at + 1;
    size_t before = (size_t)(nul - line_start);
    refuse(file, line, (int)str_chars(line_start, before) + 1,
           tr("NUL characters are not allowed", "不允许出现空字符（NUL）"), findings);
    return true;
}

json_t *json_read(const char *text, size_t size, const char *file, int line,
                  struct findings *findings)
{
    if (holds_nul(text, size, file, line, findings))
        return NULL;
    if (!depth_is_bounded(text, size)) {
        refuse(file, line, 0, tr("brackets are nested too deeply", "括号嵌套过深"), findings);
        return NULL;
    }
    json_error_t error;
    json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value) {
        int further = error.line > 0 ? error.line - 1 : 0;
        refuse(file, line + further, error.column > 0 ? error.column : 0, problem_of(&error),
               findings);
    }
    return value;
}

/* ---- Writing ---- */

/* The comma before a new value, unless it is the first one or follows its key. */
static void separate(struct json_writer *writer)
{
    uint64_t bit = UINT64_C(1) << writer->depth;
    if (writer->after_key)
        writer->after_key = false;
    else if (writer->depth > 0 && (writer->filled & bit))
        buf_putc(writer->buf, ',');
    writer->filled |= bit;
}

void jw_begin(struct json_writer *writer, char open)
{
    assert(writer->depth < 63);
    separate(writer);
    buf_putc(writer->buf, open);
    writer->depth++;
    writer->filled &= ~(UINT64_C(1) << writer->depth);
}

void jw_end(struct json_writer *writer, char close)
{
    assert(writer->depth > 0 && !writer->after_key);
    writer->depth--;
    buf_putc(writer->buf, close);
}

void jw_key(struct json_writer *writer, const char *key)
{
    assert(!writer->after_key);
    separate(writer);
    json_quote(writer->buf, key);
    buf_putc(writer->buf, ':');
    writer->after_key = true;
}

void jw_text(struct json_writer *writer, const char *text)
{
    separate(writer);
    if (text)
        json_quote(writer->buf, text);
    else
        buf_puts(writer->buf, "null");
}

void jw_int(struct json_writer *writer, int64_t value)
{
    separate(writer);
    buf_printf(writer->buf, "%lld", (long long)value);
}

void jw_micro(struct json_writer *writer, micro value)
{
    separate(writer);
    micro_print(writer->buf, value);
}

void jw_bool(struct json_writer *writer, bool value)
{
    separate(writer);
    buf_puts(writer->buf, value ? "true" : "false");
}

void jw_null(struct json_writer *writer)
{
    jw_text(writer, NULL);
}

void jw_instant(struct json_writer *writer, instant_ms instant, span_ms zone)
{
    separate(writer);
    buf_putc(writer->buf, '"');
    instant_print(writer->buf, instant, zone);
    buf_putc(writer->buf, '"');
}

void jw_raw(struct json_writer *writer, const char *json)
{
    separate(writer);
    buf_puts(writer->buf, json);
}

/* A byte that may not stand in a JSON string as it is. */
static void escape(struct buf *buf, unsigned char c)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: the byte, its letter */
    for (size_t i = 0; i < sizeof shorts - 1; i += 2) {
        if (c == (unsigned char)shorts[i]) {
            buf_putc(buf, '\\');
            buf_putc(buf, shorts[i + 1]);
            return;
        }
    }
    buf_printf(buf, "\\u%04x", c);
}

/* Text of valid UTF-8. */
static void quote_part(struct buf *buf, const char *text, size_t size)
{
    size_t plain = 0; /* where the run of bytes that need no escape began */
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(buf, text + plain, i - plain);
        escape(buf, c);
        plain = i + 1;
    }
    buf_add(buf, text + plain, size - plain);
}

/* Whether none of eight bytes is a control character, a quote, a backslash or beyond ASCII.  A
 * borrow may spoil the answer of a byte above one that is: then it was no already. */
static bool is_plain_word(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
    return (((word - ones * 0x20) | (quote - ones) | (backslash - ones) | word) & highs) == 0;
}

/* What nearly all text is: it stands between its quotes as it is. */
static bool is_plain(const char *text, size_t size)
{
    uint64_t word;
    for (; size >= sizeof word; text += sizeof word, size -= sizeof word) {
        memcpy(&word, text, sizeof word);
        if (!is_plain_word(word))
            return false;
    }
    word = 0x2020202020202020u;
    memcpy(&word, text, size);
    return is_plain_word(word);
}

void json_quote(struct buf *buf, const char *text)
{
    size_t size = strlen(text);
    buf_putc(buf, '"');
    if (is_plain(text, size)) {
        buf_add(buf, text, size);
        buf_putc(buf, '"');
        return;
    }
    /* All text was checked on its way in; a byte that slipped through must not spoil the whole
     * line. */
    for (size_t good; (good = str_utf8_bad(text, size)) < size; text += good + 1) {
        quote_part(buf, text, good);
        buf_puts(buf, "\xef\xbf\xbd");
        size -= good + 1;
    }
    quote_part(buf, text, size);
    buf_putc(buf, '"');
}

/* ---- Canonical form ---- */

static int key_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void canonical_object(struct buf *buf, const json_t *object)
{
    size_t count = 0;
    const char **keys = xcalloc(json_object_size(object), sizeof *keys);
    json_t *walk = (json_t *)(uintptr_t)object; /* jansson's iterators take no const */
    for (void *at = json_object_iter(walk); at; at = json_object_iter_next(walk, at))
        keys[count++] = json_object_iter_key(at);
    qsort(keys, count, sizeof *keys, key_compare);
    buf_putc(buf, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(buf, ',');
        json_quote(buf, keys[i]);
        buf_putc(buf, ':');
        json_canonical(buf, json_object_get(object, keys[i]));
    }
    buf_putc(buf, '}');
    free(keys);
}

static void canonical_array(struct buf *buf, const json_t *array)
{
    buf_putc(buf, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            buf_putc(buf, ',');
        json_canonical(buf, json_array_get(array, i));
    }
    buf_putc(buf, ']');
}

/* As an integer or a decimal of six places when that is exact, so that 1.50, 1.5 and 15e-1 are one;
 * else the fewest digits that read back as the same double. */
static void canonical_real(struct buf *buf, double value)
{
    micro figure;
    if (value > -9e15 && value < 9e15 && value == (double)(int64_t)value) {
        buf_printf(buf, "%lld", (long long)value);
        return;
    }
    if (micro_of_double(value, &figure) == 0 && (double)figure / MICRO == value) {
        micro_print(buf, figure);
        return;
    }
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_puts(buf, text);
}

void json_canonical(struct buf *buf, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        canonical_object(buf, value);
        break;
    case JSON_ARRAY:
        canonical_array(buf, value);
        break;
    case JSON_STRING:
        json_quote(buf, json_string_value(value));
        break;
    case JSON_INTEGER:
        buf_printf(buf, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        canonical_real(buf, json_real_value(value));
        break;
    case JSON_TRUE:
        buf_puts(buf, "true");
        break;
    case JSON_FALSE:
        buf_puts(buf, "false");
        break;
    case JSON_NULL:
        buf_puts(buf, "null");
        break;
    }
}
