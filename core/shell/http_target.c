/* The target of a request: a path and a query, each of which can be read in one way only.
 *
 * What a proxy before us and we might read differently is refused, not repaired: a guard that looks
 * at "/api/x" must not be passed by "/./api/x", "//api/x" or "/api%2Fx". */
#include "base/lang.h"
#include "base/str.h"
#include "shell/http_inner.h"
#include <string.h>

static int refuse(int status, const char *why, const char **ret_why)
{
    *ret_why = why;
    return status;
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The byte at *at, which moves behind it, or -1: a broken escape, a control character, or one of
 * `forbidden` that was escaped. */
static int next_byte(const char *text, size_t size, size_t *at, const char *forbidden)
{
    unsigned char c = (unsigned char)text[*at];
    *at += 1;
    if (c != '%')
        return c;
    if (size - *at < 2 || hex(text[*at]) < 0 || hex(text[*at + 1]) < 0)
        return -1;
    c = (unsigned char)(hex(text[*at]) << 4 | hex(text[*at + 1]));
    *at += 2;
    return c < 0x20 || c == 0x7f || strchr(forbidden, c) ? -1 : c;
}

/* In the arena; NULL when a byte is no good or the whole is not UTF-8. */
static char *decode(struct arena *arena, const char *text, size_t size, const char *forbidden)
{
    char *decoded = arena_alloc(arena, size + 1);
    size_t length = 0;
    for (size_t at = 0; at < size;) {
        int c = next_byte(text, size, &at, forbidden);
        if (c < 0)
            return NULL;
        decoded[length++] = (char)c;
    }
    return str_utf8_bad(decoded, length) == length ? decoded : NULL;
}

/* No empty segment but the last, no "." and no "..". */
static bool segments_are_good(const char *path)
{
    for (const char *at = path; *at == '/';) {
        const char *segment = at + 1, *end = strchrnul(segment, '/');
        size_t size = (size_t)(end - segment);
        if ((size == 0 && *end == '/') || (size == 1 && segment[0] == '.') ||
            (size == 2 && segment[0] == '.' && segment[1] == '.'))
            return false;
        at = end;
    }
    return true;
}

static bool read_path(struct http_exchange *exchange, const char *text, size_t size)
{
    const char *path = decode(&exchange->arena, text, size, "/\\");
    if (!path || path[0] != '/' || !segments_are_good(path))
        return false;
    exchange->request.path = path;
    return true;
}

static bool add_pair(struct arena *arena, struct http_field *field, const char *text, size_t size)
{
    char *pair = arena_strndup(arena, text, size);
    for (char *c = pair; *c; c++) {
        if (*c == '+')
            *c = ' ';
    }
    const char *equals = strchrnul(pair, '=');
    size_t name_size = (size_t)(equals - pair);
    size_t value_size = *equals ? size - name_size - 1 : 0;
    field->name = decode(arena, pair, name_size, "");
    field->value = decode(arena, *equals ? equals + 1 : equals, value_size, "");
    return field->name && field->value;
}

static bool read_query(struct http_exchange *exchange, const char *text)
{
    size_t count = 0;
    exchange->query =
        arena_alloc(&exchange->arena, (HTTP_QUERY_FIELDS_MAX + 1) * sizeof *exchange->query);
    while (*text) {
        size_t size = strcspn(text, "&");
        if (count == HTTP_QUERY_FIELDS_MAX ||
            (size > 0 && !add_pair(&exchange->arena, &exchange->query[count], text, size)))
            return false;
        count += size > 0;
        text += size + (text[size] == '&');
    }
    return true;
}

/* Only what RFC 3986 lets stand in a path or a query. */
static bool characters_are_good(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c <= 0x20 || *c >= 0x7f || strchr("\"#<>\\^`{|}", *c))
            return false;
    }
    return true;
}

int http_target_read(struct http_exchange *exchange, const char **ret_why)
{
    const char *target = exchange->target;
    size_t path = strcspn(target, "?");
    if (strlen(target) > HTTP_TARGET_BYTES_MAX)
        return refuse(414, tr("the address is too long", "请求地址过长"), ret_why);
    if (target[0] != '/')
        return refuse(400, tr("the target must be a path", "请求目标应为路径"), ret_why);
    if (!characters_are_good(target) || !read_path(exchange, target, path))
        return refuse(400, tr("the path is not written plainly", "请求路径书写不规范"), ret_why);
    if (target[path] == '?' && !read_query(exchange, target + path + 1))
        return refuse(400, tr("the query cannot be read", "无法读取查询参数"), ret_why);
    return 0;
}

const char *http_query(struct http_request *request, const char *name)
{
    const struct http_field *field = http_exchange_of(request)->query;
    while (field && field->name && strcmp(field->name, name) != 0)
        field++;
    return field && field->name ? field->value : NULL;
}
