/* CloudEvents 1.0.2, JSON format 1.0.2, taken at their word.
 *
 * The published JSON schema alone lets through what the text forbids (specversion 0.3, upper-case
 * names, data beside data_base64, impossible times); all of that is checked here. */
#include "model/cloudevent.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/locate.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Complaints ---------------------------------------------------------------------------------- */

struct place witness_place(const struct witness *witness, const char *pointer)
{
    struct place place = witness->place;
    if (!witness->text)
        return place;
    size_t at = json_locate(witness->text, witness->size, pointer), line_start = 0;
    int line = 0;
    for (size_t i = 0; i < at; i++) {
        if (witness->text[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    int col = (int)str_chars(witness->text + line_start, at - line_start) + 1;
    int first = place.col > 0 ? place.col : 1;
    place.col = line == 0 ? first + col - 1 : col;
    place.line += line;
    return place;
}

/* "/data/values/pm25" → "data.values.pm25". */
static char *pointer_name(const char *pointer)
{
    char *name = xstrdup(*pointer == '/' ? pointer + 1 : pointer);
    for (char *at = name; *at; at++) {
        if (*at == '/')
            *at = '.';
    }
    return name;
}

void witness_add(const struct witness *witness, enum severity severity, const char *code,
                 const char *pointer, const char *hint, const char *format, ...)
{
    char *message = NULL;
    va_list args;
    va_start(args, format);
    int size = vasprintf(&message, format, args);
    va_end(args);
    char *name = pointer_name(pointer);
    struct place place = witness_place(witness, pointer);
    if (*name)
        findings_add(witness->findings, severity, code, place, hint, tr("%s: %s", "%s：%s"), name,
                     size < 0 ? "" : message);
    else
        findings_add(witness->findings, severity, code, place, hint, "%s", size < 0 ? "" : message);
    free(name);
    free(message);
}

/* Attributes ---------------------------------------------------------------------------------- */

static bool name_is_good(const char *name)
{
    for (const char *at = name; *at; at++) {
        if ((*at < 'a' || *at > 'z') && (*at < '0' || *at > '9'))
            return false;
    }
    return *name != 0;
}

/* Unicode's noncharacters: U+FDD0…FDEF, and the last two code points of every plane. */
static bool is_noncharacter(const unsigned char *at, size_t left)
{
    if (at[0] == 0xef && left >= 3)
        return (at[1] == 0xb7 && at[2] >= 0x90 && at[2] <= 0xaf) ||
               (at[1] == 0xbf && at[2] >= 0xbe);
    return at[0] >= 0xf0 && left >= 4 && (at[1] & 0x0f) == 0x0f && at[2] == 0xbf && at[3] >= 0xbe;
}

/* C0, DEL and C1, which is c2 80 … c2 9f in UTF-8. */
bool cloudevent_text_is_good(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] < 0x20 || bytes[i] == 0x7f ||
            (bytes[i] == 0xc2 && i + 1 < size && bytes[i + 1] < 0xa0) ||
            is_noncharacter(bytes + i, size - i))
            return false;
    }
    return true;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool cloudevent_source_is_good(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == 0 || strchr(" <>\"\\^`{|}", text[i]))
            return false;
        if (text[i] == '%' && (size - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])))
            return false;
    }
    return cloudevent_text_is_good(text, size);
}

/* scheme ":" and something behind it. */
static bool uri_is_absolute(const char *text)
{
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    return size > 0 && text[size] == ':' && text[size + 1] && (text[0] | 0x20) >= 'a' &&
           (text[0] | 0x20) <= 'z';
}

static bool value_is_good(const json_t *value)
{
    if (json_is_string(value))
        return cloudevent_text_is_good(json_string_value(value), json_string_length(value));
    if (json_is_integer(value))
        return json_integer_value(value) <= INT32_MAX && json_integer_value(value) >= INT32_MIN;
    return json_is_boolean(value) || json_is_null(value);
}

static void refuse_name(const char *pointer, const struct witness *witness)
{
    witness_add(witness, SEV_ERROR, "N023", pointer,
                tr("attribute names are lower-case letters and digits, nothing else",
                   "属性名只能用小写字母和数字"),
                tr("this is no attribute name of a CloudEvent", "不是有效的 CloudEvents 属性名"));
}

static void refuse_value(const json_t *value, const char *pointer, const struct witness *witness)
{
    if (json_is_string(value))
        witness_add(witness, SEV_ERROR, "N024", pointer, NULL,
                    tr("control characters are not allowed", "不允许控制字符"));
    else if (json_is_integer(value))
        witness_add(witness, SEV_ERROR, "N024", pointer, tr("write it as text", "请写成文字"),
                    tr("a whole number must fit into 32 bits", "整数应在 32 位范围内"));
    else
        witness_add(witness, SEV_ERROR, "N024", pointer,
                    tr("put structured content into `data`", "结构化内容请放入 data"),
                    tr("an attribute is text, true or false, or a whole number",
                       "属性值只能是文字、true/false 或整数"));
}

/* Names and values of all attributes, the unknown (extensions) too. */
static void check_attributes(const json_t *event, const struct witness *witness)
{
    json_t *walk = (json_t *)(uintptr_t)event; /* jansson's iterators take no const */
    for (void *at = json_object_iter(walk); at; at = json_object_iter_next(walk, at)) {
        const char *name = json_object_iter_key(at);
        const json_t *value = json_object_iter_value(at);
        if (strcmp(name, "data") == 0 || strcmp(name, "data_base64") == 0 ||
            (name_is_good(name) && value_is_good(value)))
            continue;
        char *pointer = xasprintf("/%s", name);
        if (!name_is_good(name))
            refuse_name(pointer, witness);
        if (!value_is_good(value))
            refuse_value(value, pointer, witness);
        free(pointer);
    }
}

/* A text attribute that may be absent but not empty, or NULL. */
static const char *take_text(const json_t *event, const char *name, const struct witness *witness)
{
    const json_t *value = json_object_get(event, name);
    if (!value || json_is_null(value))
        return NULL;
    const char *text = json_string_value(value);
    char pointer[32];
    snprintf(pointer, sizeof pointer, "/%s", name);
    if (!text)
        witness_add(witness, SEV_ERROR, "N024", pointer, NULL, tr("must be text", "应为文字"));
    else if (!*text)
        witness_add(witness, SEV_ERROR, "N024", pointer,
                    tr("leave it out, or write something", "请填写内容，或删去该属性"),
                    tr("must not be empty", "不能为空"));
    return text && *text ? text : NULL;
}

static const char *need_text(const json_t *event, const char *name, const struct witness *witness)
{
    const json_t *value = json_object_get(event, name);
    if (!value || json_is_null(value))
        witness_add(witness, SEV_ERROR, "N022", "", NULL,
                    tr("the event has no `%s`", "事件缺少 `%s`"), name);
    return take_text(event, name, witness);
}

static void check_specversion(const json_t *event, const struct witness *witness)
{
    const char *version = need_text(event, "specversion", witness);
    if (version && strcmp(version, "1.0") != 0)
        witness_add(witness, SEV_ERROR, "N022", "/specversion", tr("write \"1.0\"", "请写 \"1.0\""),
                    tr("only CloudEvents 1.0 is read, not %s", "只接受 CloudEvents 1.0，不是 %s"),
                    version);
}

static void check_source(const char *source, const struct witness *witness)
{
    if (source && !cloudevent_source_is_good(source, strlen(source)))
        witness_add(witness, SEV_ERROR, "N024", "/source",
                    tr("e.g. cnemc or station/s1098", "例如 cnemc 或 station/s1098"),
                    tr("must be a URI reference, without blanks, any of <>\"\\^`{|} or a "
                       "broken %%-escape",
                       "应为 URI 引用，不含空格、<>\"\\^`{|} 及残缺的 %% 转义"));
}

static instant_ms take_time(const json_t *event, const struct witness *witness)
{
    instant_ms time = INSTANT_NONE;
    const char *text = take_text(event, "time", witness);
    if (text && instant_parse_rfc3339(text, &time) < 0)
        witness_add(witness, SEV_ERROR, "N025", "/time",
                    tr("e.g. 2015-11-08T14:00:00+08:00", "例如 2015-11-08T14:00:00+08:00"),
                    tr("must be an existing RFC 3339 time with its offset, not %s",
                       "应为带时区的 RFC 3339 时间，不能是 %s"),
                    text);
    return time;
}

static void check_schema(const char *schema, const struct witness *witness)
{
    if (schema && (!uri_is_absolute(schema) || !cloudevent_source_is_good(schema, strlen(schema))))
        witness_add(
            witness, SEV_ERROR, "N024", "/dataschema",
            tr("e.g. https://example.com/schema.json", "例如 https://example.com/schema.json"),
            tr("must be an absolute URI", "应为绝对 URI"));
}

/* type/subtype, as RFC 2045 has it, is all that is asked of the form. */
static void check_media_type(const char *media_type, const struct witness *witness)
{
    const char *slash = media_type ? strchr(media_type, '/') : NULL;
    if (media_type && (!slash || slash == media_type || !slash[1] || slash[1] == ';'))
        witness_add(witness, SEV_ERROR, "N026", "/datacontenttype",
                    tr("e.g. application/json", "例如 application/json"),
                    tr("is no media type", "不是有效的媒体类型"));
}

/* Data ---------------------------------------------------------------------------------------- */

static void take_data(struct cloudevent *ret, const json_t *event, const struct witness *witness)
{
    const json_t *base64 = json_object_get(event, "data_base64");
    ret->data = json_object_get(event, "data");
    ret->binary = base64 && !json_is_null(base64);
    if (ret->binary && ret->data)
        witness_add(
            witness, SEV_ERROR, "N027", "/data_base64", tr("keep one of them", "只保留其中一个"),
            tr("`data` and `data_base64` exclude each other", "data 与 data_base64 不能同时出现"));
    if (ret->binary && !json_is_string(base64))
        witness_add(witness, SEV_ERROR, "N027", "/data_base64", NULL,
                    tr("must be text", "应为文字"));
}

int cloudevent_read(struct cloudevent *ret_event, const json_t *event,
                    const struct witness *witness)
{
    size_t errors = witness->findings->errors;
    if (!json_is_object(event)) {
        witness_add(witness, SEV_ERROR, "N021", "",
                    tr("write { … } with specversion, type, source, id",
                       "请写成 { … }，含 specversion、type、source、id"),
                    tr("an event must be a JSON object", "事件应为 JSON 对象"));
        return ERR_INVALID;
    }
    struct cloudevent read = {0};
    check_attributes(event, witness);
    check_specversion(event, witness);
    read.id = need_text(event, "id", witness);
    read.source = need_text(event, "source", witness);
    read.type = need_text(event, "type", witness);
    read.subject = take_text(event, "subject", witness);
    read.datacontenttype = take_text(event, "datacontenttype", witness);
    check_schema(take_text(event, "dataschema", witness), witness);
    check_source(read.source, witness);
    check_media_type(read.datacontenttype, witness);
    read.time = take_time(event, witness);
    take_data(&read, event, witness);
    if (witness->findings->errors != errors)
        return ERR_INVALID;
    *ret_event = read;
    return 0;
}

bool media_type_is_json(const char *media_type)
{
    size_t size = strcspn(media_type, ";");
    while (size > 0 && media_type[size - 1] == ' ')
        size--;
    const char *slash = memchr(media_type, '/', size);
    if (!slash)
        return false;
    size_t subtype = size - (size_t)(slash + 1 - media_type);
    return (subtype == 4 && strncasecmp(slash + 1, "json", 4) == 0) ||
           (subtype > 5 && strncasecmp(media_type + size - 5, "+json", 5) == 0);
}
