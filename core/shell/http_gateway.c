/* Reading and checking; whatever can be told at the start is told at the start. */
#include "shell/http_gateway.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "shell/conf.h"
#include <stdlib.h>
#include <string.h>

enum { FORM_MAX = 64, LISTED_MAX = 64, KNOWN_MAX = 64 };

static const char *const kind_words[] = {"http", "sms", "voice", "robot", NULL};
static const char *const methods[] = {"POST", "GET", "PUT", NULL};
/* What a letter says, and what is known of it when it is sent. */
static const char *const letter_names[] = {
    "id",       "kind",      "about", "rule",      "title",   "episode",   "level", "level_title",
    "response", "recipient", "name",  "contact",   "address", "subject",   "text",  "body",
    "ack_url",  "begin",     "at",    "authority", "city",    "signature", NULL};
static const char *const sent_names[] = {"id", "kind", "recipient", "address", NULL};

struct gateway_reading {
    struct http_gateway *gateway;
    struct arena *arena;
    const char *conf_path;
    struct findings *findings;
};
/* As written; what must be looked at more closely. */
struct written {
    struct http_gateway gateway;
    int method;
    const struct yaml *headers, *form, *query, *secrets, *success;
};
#define AT(member) offsetof(struct written, member)
static const struct field fields[] = {
    FIELD("url", FIELD_TEXT, AT(gateway.url), .required = true),
    FIELD("method", FIELD_WORD, AT(method), .words = methods),
    FIELD("headers", FIELD_MAP, AT(headers)),
    FIELD("body", FIELD_TEXT, AT(gateway.body)),
    FIELD("form", FIELD_MAP, AT(form)),
    FIELD("query", FIELD_MAP, AT(query)),
    FIELD("signature", FIELD_TEXT, AT(gateway.signature)),
    FIELD("sign", FIELD_WORD, AT(gateway.sign), .words = sign_words),
    FIELD("key_id_file", FIELD_TEXT, AT(gateway.key_id_file)),
    FIELD("secret_file", FIELD_TEXT, AT(gateway.secret_file)),
    FIELD("action", FIELD_ID, AT(gateway.action)),
    FIELD("version", FIELD_ID, AT(gateway.version)),
    FIELD("region", FIELD_ID, AT(gateway.region)),
    FIELD("service", FIELD_ID, AT(gateway.service)),
    FIELD("secrets", FIELD_MAP, AT(secrets)),
    FIELD("success", FIELD_MAP, AT(success)),
    FIELD("ca_file", FIELD_TEXT, AT(gateway.ca_file)),
    FIELD("connections", FIELD_INT, AT(gateway.connections), .low = 1, .high = 4096),
};
static const struct schema schema = {"a gateway by HTTP", "HTTP 网关", fields,
                                     sizeof fields / sizeof *fields, true};

/* ---- success ------------------------------------------------------------- */

struct success_written {
    const struct yaml *status, *at, *retry;
    const char *equals, *id;
};
#define OF(member) offsetof(struct success_written, member)
static const struct field success_fields[] = {
    FIELD("status", FIELD_TEXTS, OF(status), .low = 1, .high = HTTP_STATUSES_MAX),
    FIELD("at", FIELD_TEXTS, OF(at), .low = 1, .high = LISTED_MAX),
    FIELD("equals", FIELD_TEXT, OF(equals)),
    FIELD("retry", FIELD_TEXTS, OF(retry), .low = 1, .high = LISTED_MAX),
    FIELD("id", FIELD_TEXT, OF(id)),
};
static const struct schema success_schema = {"success", "success", success_fields,
                                             sizeof success_fields / sizeof *success_fields, false};

static void check_pointer(struct gateway_reading *reading, const struct yaml *node)
{
    if (node && node->text && node->text[0] != '/')
        findings_add(
            reading->findings, SEV_ERROR, "D060", yaml_place(node),
            tr("such as /Response/SendStatusSet/0/Code", "例如 /Response/SendStatusSet/0/Code"),
            tr("a JSON pointer begins with a slash", "JSON 指针应以 / 开头"));
}

static void read_success(struct gateway_reading *reading, const struct yaml *node)
{
    struct http_success *success = &reading->gateway->success;
    struct success_written written = {0};
    if (!node || !schema_read(&success_schema, node, &written, reading->findings))
        return;
    schema_texts(reading->arena, written.at, &success->at, &success->at_count);
    schema_texts(reading->arena, written.retry, &success->retry, &success->retry_count);
    success->equals = written.equals;
    success->id = written.id;
    for (size_t i = 0; written.at && i < written.at->count; i++)
        check_pointer(reading, written.at->items[i]);
    check_pointer(reading, yaml_get(node, "id"));
    for (size_t i = 0; written.status && i < written.status->count; i++) {
        int64_t status;
        if (yaml_int(written.status->items[i], 200, 599, &status, reading->findings))
            success->statuses[success->status_count++] = (int)status;
    }
    if ((success->at_count > 0) != (success->equals != NULL))
        findings_add(reading->findings, SEV_ERROR, "D060", yaml_place(node), NULL,
                     tr("`at` and `equals` are given together", "at 与 equals 应同时填写"));
}

/* ---- templates ----------------------------------------------------------- */

bool http_gateway_is_late(const struct http_gateway *gateway, const char *name)
{
    for (int i = 0; i < gateway->secret_count; i++)
        if (str_equal(gateway->secrets[i].name, name))
            return true;
    return str_equal(name, "timestamp") || str_equal(name, "sign");
}

static size_t add_names(const char **known, size_t count, const char *const *names)
{
    for (; *names; names++)
        known[count++] = *names;
    return count;
}

/* All that may be filled in: of the letter or of what is sent, and what is late. */
static void check_template(struct gateway_reading *reading, const char *text,
                           const struct yaml *node, const char *const *names)
{
    const char *known[KNOWN_MAX];
    size_t count = add_names(known, 0, names);
    for (int i = 0; i < reading->gateway->secret_count; i++)
        known[count++] = reading->gateway->secrets[i].name;
    known[count++] = "timestamp";
    known[count++] = "sign";
    template_check(text, known, count, yaml_place(node), reading->findings);
}

/* The place of a late name becomes a mark that the letter's own text cannot contain. */
static const char *mark_late(struct gateway_reading *reading, const char *text)
{
    struct buf marked = {0};
    while (*text) {
        size_t size = *text == '{' ? strcspn(text, "}") : 0;
        char *name = arena_strndup(reading->arena, text + 1, size > 0 ? size - 1 : 0);
        name[strcspn(name, ":")] = 0; /* it is escaped for its place anyway */
        if (size > 0 && text[size] == '}' && http_gateway_is_late(reading->gateway, name)) {
            buf_printf(&marked, "%c%s%c", LATE_BEGIN, name, LATE_END);
            text += size + 1;
        } else {
            buf_putc(&marked, *text++);
        }
    }
    const char *kept = arena_strdup(reading->arena, buf_str(&marked));
    buf_release(&marked);
    return kept;
}

static void read_secrets(struct gateway_reading *reading, const struct yaml *map)
{
    struct http_gateway *gateway = reading->gateway;
    for (size_t i = 0; map && i < map->count; i++) {
        const char *name = map->keys[i]->text;
        const char *file = schema_text(map->items[i], name, reading->findings);
        bool good = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name) &&
                    schema_word(letter_names, name) < 0;
        if (!good || i >= HTTP_SECRETS_MAX)
            findings_add(reading->findings, SEV_ERROR, "D057", yaml_place(map->keys[i]),
                         tr("a-z, 0-9, _; not a name of the letter's; eight at most",
                            "只用 a-z、0-9、_，不与信件字段重名，最多八个"),
                         tr("a secret cannot have the name “%s”", "密钥不能命名为“%s”"), name);
        else if (file)
            gateway->secrets[gateway->secret_count++] =
                (struct http_pair){name, conf_beside(reading->arena, reading->conf_path, file)};
    }
}

static bool is_token(const char *name)
{
    return *name &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
               strlen(name);
}

static void read_headers(struct gateway_reading *reading, const struct yaml *map)
{
    struct http_gateway *gateway = reading->gateway;
    for (size_t i = 0; map && i < map->count; i++) {
        const char *name = map->keys[i]->text;
        const char *text = schema_text(map->items[i], name, reading->findings);
        if (!is_token(name) || i >= HTTP_HEADERS_MAX)
            findings_add(reading->findings, SEV_ERROR, "D058", yaml_place(map->keys[i]), NULL,
                         tr("“%s” is no name of a header, or they are more than %d",
                            "“%s”不是合法的请求头名称，或请求头超过 %d 个"),
                         name, HTTP_HEADERS_MAX);
        else if (text && strcasecmp(name, "Content-Type") == 0)
            gateway->content_type = text;
        else if (text) {
            check_template(reading, text, map->items[i], sent_names);
            gateway->headers[gateway->header_count++] = (struct http_pair){name, text};
        }
    }
}

/* ---- content ------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct http_pair *)a)->name, ((const struct http_pair *)b)->name);
}

/* In order of the names, as signatures want them. */
static void read_form(struct gateway_reading *reading, const struct yaml *map)
{
    struct http_gateway *gateway = reading->gateway;
    struct http_pair *form = arena_alloc(reading->arena, (map->count + 1) * sizeof *form);
    for (size_t i = 0; i < map->count && i < FORM_MAX; i++) {
        const char *text = schema_text(map->items[i], map->keys[i]->text, reading->findings);
        if (!text)
            continue;
        check_template(reading, text, map->items[i], letter_names);
        gateway->signs_itself |= strstr(text, "{signature") != NULL;
        form[gateway->form_count++] =
            (struct http_pair){map->keys[i]->text, mark_late(reading, text)};
    }
    qsort(form, (size_t)gateway->form_count, sizeof *form, by_name);
    gateway->form = form;
}

static const char *default_type(const struct http_gateway *gateway)
{
    if (gateway->content == HTTP_BODY)
        return "application/json; charset=utf-8";
    return gateway->content == HTTP_FORM ? "application/x-www-form-urlencoded" : NULL;
}

static void read_content(struct gateway_reading *reading, const struct written *written,
                         const struct yaml *node)
{
    struct http_gateway *gateway = reading->gateway;
    int given = (gateway->body != NULL) + (written->form != NULL) + (written->query != NULL);
    gateway->content = gateway->body ? HTTP_BODY : written->form ? HTTP_FORM : HTTP_QUERY;
    if (given != 1) {
        findings_add(
            reading->findings, SEV_ERROR, "D057", yaml_place(node),
            tr("exactly one of body, form, query", "body、form、query 三者填且只填一个"),
            tr("what is to be sent is not said, or said twice", "发送内容未填写或重复填写"));
        return;
    }
    if (!gateway->content_type)
        gateway->content_type = default_type(gateway);
    if (gateway->content != HTTP_BODY) {
        gateway->escape = TEMPLATE_URL;
        read_form(reading, written->form ? written->form : written->query);
        return;
    }
    bool whole = str_equal(gateway->body, "{body}"); /* the letter's JSON as it is */
    gateway->escape =
        strstr(gateway->content_type, "json") && !whole ? TEMPLATE_JSON : TEMPLATE_PLAIN;
    check_template(reading, gateway->body, yaml_get(node, "body"), letter_names);
    gateway->signs_itself = strstr(gateway->body, "{signature") != NULL;
    gateway->body = mark_late(reading, gateway->body);
}

/* ---- the rest ------------------------------------------------------------ */

/* The part up to the path is fixed: nobody's text chooses where we connect to. */
static void check_url(struct gateway_reading *reading, const struct yaml *node)
{
    const char *url = reading->gateway->url;
    size_t scheme = str_starts(url, "https://") ? 8 : str_starts(url, "http://") ? 7 : 0;
    size_t host = scheme + strcspn(url + scheme, "/?#");
    bool fixed = scheme > 0 && host > scheme;
    for (size_t i = 0; i < host; i++)
        fixed &= url[i] > ' ' && !strchr("{}@\\", url[i]);
    if (!fixed)
        findings_add(reading->findings, SEV_ERROR, "D056", yaml_place(node),
                     tr("https://HOST/PATH; placeholders only behind the host",
                        "形如 https://主机/路径，占位符只能出现在主机之后"),
                     tr("this is no address of a gateway", "不是可用的网关地址"));
    check_template(reading, url, node, sent_names);
}

static void check_sign(struct gateway_reading *reading, const struct yaml *node)
{
    const struct http_gateway *gateway = reading->gateway;
    bool cloud = gateway->sign == SIGN_ALIYUN || gateway->sign == SIGN_TENCENT;
    bool complete = gateway->sign == SIGN_NONE || gateway->secret_file;
    if (cloud)
        complete &= gateway->key_id_file && gateway->action && gateway->version;
    if (gateway->sign == SIGN_TENCENT)
        complete &= gateway->service && gateway->content == HTTP_BODY;
    if (gateway->sign == SIGN_ALIYUN)
        complete &= gateway->content == HTTP_QUERY && !strchr(gateway->url, '?');
    if (!complete)
        findings_add(
            reading->findings, SEV_ERROR, "D059", yaml_place(yaml_get(node, "sign")),
            tr("aliyun: query, action, version; tencent: body, action, version, service; both: "
               "key_id_file; all: secret_file",
               "aliyun 需 query、action、version；tencent 需 body、action、version、service；"
               "二者均需 key_id_file；各种签名都需 secret_file"),
            tr("something is missing for this signature", "该签名方式缺少必要配置"));
}

int http_gateway_read(struct http_gateway **ret_gateway, struct arena *arena,
                      const struct yaml *node, const char *conf_path, struct findings *findings)
{
    struct http_gateway *gateway = arena_alloc(arena, sizeof *gateway);
    struct gateway_reading reading = {gateway, arena, conf_path, findings};
    struct written written = {.gateway.connections = 16};
    const char *kind = yaml_text(node, "kind");
    size_t errors = findings->errors;
    *ret_gateway = gateway;
    if (!schema_read(&schema, node, &written, findings))
        return ERR_INVALID;
    *gateway = written.gateway;
    gateway->kind = kind ? (enum http_kind)schema_word(kind_words, kind) : HTTP_ANY;
    gateway->method = methods[written.method];
    read_secrets(&reading, written.secrets);
    read_headers(&reading, written.headers);
    read_content(&reading, &written, node);
    read_success(&reading, written.success);
    check_url(&reading, yaml_get(node, "url"));
    check_sign(&reading, node);
    gateway->key_id_file = conf_beside(arena, conf_path, gateway->key_id_file);
    gateway->secret_file = conf_beside(arena, conf_path, gateway->secret_file);
    gateway->ca_file = conf_beside(arena, conf_path, gateway->ca_file);
    return findings->errors > errors ? ERR_INVALID : 0;
}
