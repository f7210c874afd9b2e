/* Answers: a status, a body, and the headers that keep browsers from doing harm with either. */
#include "base/hash.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "shell/http_inner.h"
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum { GZIP_BYTES_MIN = 512 }; /* below, the packet is not smaller */

static const struct http_field defaults[] = {
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; "
                                "frame-ancestors 'none'; object-src 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {NULL, NULL},
};

const char *http_method_name(enum http_method method)
{
    static const char *const names[HTTP_METHODS] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    return names[method];
}

const char *http_status_text(int status)
{
    return MHD_get_reason_phrase_for((unsigned)status);
}

/* ---- what came with the request ------------------------------------------ */

const char *http_header(struct http_request *request, const char *name)
{
    struct http_exchange *exchange = http_exchange_of(request);
    const char *value =
        exchange->connection
            ? MHD_lookup_connection_value(exchange->connection->mhd, MHD_HEADER_KIND, name)
            : NULL;
    size_t size = value ? strlen(value) : 0;
    if (size == 0 || (value[size - 1] != ' ' && value[size - 1] != '\t'))
        return value;
    while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
        size--;
    return arena_strndup(&exchange->arena, value, size); /* MHD leaves blanks behind it */
}

struct each_header {
    void (*each)(void *arg, const char *name, const char *value);
    void *arg;
};

static enum MHD_Result hand_on(void *arg, enum MHD_ValueKind kind, const char *name,
                               const char *value)
{
    const struct each_header *each = arg;
    (void)kind;
    each->each(each->arg, name, value ? value : "");
    return MHD_YES;
}

void http_headers(struct http_request *request,
                  void (*each)(void *arg, const char *name, const char *value), void *arg)
{
    struct http_exchange *exchange = http_exchange_of(request);
    struct each_header all = {each, arg};
    if (exchange->connection)
        MHD_get_connection_values(exchange->connection->mhd, MHD_HEADER_KIND, hand_on, &all);
}

/* ---- answering ----------------------------------------------------------- */

static const char *field_value(const struct http_field *fields, const char *name)
{
    while (fields && fields->name && strcasecmp(fields->name, name) != 0)
        fields++;
    return fields && fields->name ? fields->value : NULL;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    enum MHD_Result added = MHD_add_response_header(response, name, value);
    assert(added == MHD_YES); /* a value with a line end is our own mistake */
    (void)added;
}

void http_answer_with(struct http_request *request, int status, const char *type,
                      struct MHD_Response *response, size_t size, const struct http_field *fields)
{
    struct http_exchange *exchange = http_exchange_of(request);
    assert(exchange->status == 0 && status >= 200 && status <= 599 && response);
    if (type)
        add_header(response, "Content-Type", type);
    for (const struct http_field *field = fields; field && field->name; field++) {
        if (field->value[0])
            add_header(response, field->name, field->value);
    }
    for (const struct http_field *field = defaults; field->name; field++) {
        if (!field_value(fields, field->name))
            add_header(response, field->name, field->value);
    }
    add_header(response, "X-Request-Id", request->id);
    exchange->response = response;
    exchange->response_size = size;
    exchange->status = status;
    http_exchange_answered(exchange);
}

void http_answer_buf(struct http_request *request, int status, const char *type, struct buf *body,
                     const struct http_field *fields)
{
    size_t size = body->size;
    void *bytes = buf_detach(body);
    http_answer_with(request, status, type,
                     MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_MUST_FREE), size,
                     fields);
}

void http_answer(struct http_request *request, int status, const char *type, const void *body,
                 size_t size, const struct http_field *fields)
{
    struct buf copy = {0};
    buf_add(&copy, body, size);
    http_answer_buf(request, status, type, &copy, fields);
}

void http_problem(struct http_request *request, int status, const struct http_field *fields,
                  const char *format, ...)
{
    struct buf body = {0};
    struct json_writer writer = {.buf = &body};
    char *detail;
    va_list args;
    va_start(args, format);
    if (vasprintf(&detail, format, args) < 0)
        detail = NULL;
    va_end(args);
    jw_begin(&writer, '{');
    jw_key(&writer, "status");
    jw_int(&writer, status);
    jw_key(&writer, "title");
    jw_text(&writer, http_status_text(status));
    jw_key(&writer, "detail");
    jw_text(&writer, detail);
    jw_end(&writer, '}');
    http_answer_buf(request, status, "application/problem+json", &body, fields);
    free(detail);
}

/* ---- bytes that do not change -------------------------------------------- */

static void compress_asset(struct http_asset *asset)
{
    enum { WINDOW_GZIP = 15 + 16, MEMORY_LEVEL = 9 };
    z_stream stream = {0};
    if (asset->size < GZIP_BYTES_MIN ||
        deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW_GZIP, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return;
    size_t room = deflateBound(&stream, asset->size);
    asset->gzip = xmalloc(room);
    union {
        const void *bytes;
        Bytef *input; /* zlib takes it so and does not write there */
    } source = {asset->bytes};
    stream.next_in = source.input;
    stream.avail_in = (unsigned)asset->size;
    stream.next_out = asset->gzip;
    stream.avail_out = (unsigned)room;
    int result = deflate(&stream, Z_FINISH);
    asset->gzip_size = stream.total_out;
    deflateEnd(&stream);
    if (result != Z_STREAM_END || asset->gzip_size >= asset->size) {
        free(asset->gzip);
        asset->gzip = NULL;
    }
}

void http_asset_init(struct http_asset *asset)
{
    unsigned char hash[HASH_BYTES];
    char text[HASH_HEX];
    hash_of(asset->bytes, asset->size, hash);
    hash_hex(hash, text);
    snprintf(asset->tag, sizeof asset->tag, "\"%.16s\"", text);
    asset->gzip = NULL;
    asset->gzip_size = 0;
    compress_asset(asset);
}

void http_asset_release(struct http_asset *asset)
{
    free(asset->gzip);
    asset->gzip = NULL;
}

/* "gzip" stands there and is not forbidden by q=0. */
static bool takes_gzip(struct http_request *request)
{
    const char *accepted = http_header(request, "Accept-Encoding");
    const char *gzip = accepted ? strcasestr(accepted, "gzip") : NULL;
    if (!gzip)
        return false;
    const char *rest = gzip + strlen("gzip");
    rest += strspn(rest, " \t");
    if (*rest != ';')
        return true;
    rest += strspn(rest, "; \t");
    return strncasecmp(rest, "q=", 2) != 0 || strtod(rest + 2, NULL) > 0;
}

/* Weakly, as RFC 9110 §13.1.2 wants it: the tag alone counts. */
static bool has_it_already(struct http_request *request, const char *tag)
{
    const char *known = http_header(request, "If-None-Match");
    return known && (strstr(known, tag) || strcmp(known, "*") == 0);
}

enum { ASSET_FIELDS = 4 };

/* The owner's fields first, so that his word counts; then ours. */
static struct http_field *asset_fields(const struct http_asset *asset, bool gzip,
                                       const struct http_field *own)
{
    size_t count = 0;
    while (own && own[count].name)
        count++;
    struct http_field *fields = xcalloc(count + ASSET_FIELDS + 1, sizeof *fields);
    if (count > 0)
        memcpy(fields, own, count * sizeof *fields);
    fields[count++] = (struct http_field){"ETag", asset->tag};
    fields[count++] = (struct http_field){"Vary", "Accept-Encoding"};
    if (!field_value(own, "Cache-Control"))
        fields[count++] = (struct http_field){"Cache-Control", "no-cache"};
    if (gzip)
        fields[count++] = (struct http_field){"Content-Encoding", "gzip"};
    return fields;
}

void http_answer_asset(struct http_request *request, const struct http_asset *asset,
                       const struct http_field *own)
{
    bool known = has_it_already(request, asset->tag);
    bool gzip = !known && asset->gzip && takes_gzip(request);
    size_t size = known ? 0 : gzip ? asset->gzip_size : asset->size;
    union {
        const void *bytes;
        void *memory; /* MHD takes it so and does not write there */
    } body = {gzip ? asset->gzip : asset->bytes};
    struct http_field *fields = asset_fields(asset, gzip, own);
    http_answer_with(request, known ? 304 : 200, known ? NULL : asset->type,
                     MHD_create_response_from_buffer(size, body.memory, MHD_RESPMEM_PERSISTENT),
                     size, fields);
    free(fields);
}
