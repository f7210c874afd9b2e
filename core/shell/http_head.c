/* The head of a request, held against RFC 9112 to the byte.
 *
 * MHD has read it already, but tolerantly: it lets bare line feeds, folded lines, a second length
 * and much else pass, and leaves no trace of it in what it tells.  It reads in place, however:
 * names and values are where the client's bytes were, and each byte it took for a separator has
 * become a NUL.  So we walk over that memory once more.  Every byte between the method and the end
 * of the head must be accounted for by what a strict reader would have found: one space, one space,
 * CR LF; name, colon, blanks, value, CR LF; CR LF.  Whatever else stood there leaves a byte too few
 * or too many.
 *
 * Two things cannot be seen this way, as they leave the very NULs that CR LF would have left: a NUL
 * that the client itself sent beside a line end, and a line of a colon and a bare line feed, at
 * which MHD 0.9.75 believes the head to end.  Who speaks for himself alone deceives nobody by them.
 * A connection that people share, behind a proxy that lets them through against RFC 9110 §5.5 and
 * RFC 9112 §5.1, is closed after each answer, so that nothing behind such an end is ever taken for
 * a request (http_exchange.c). */
#include "base/lang.h"
#include "shell/http_inner.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct walk {
    const char *at, *end;
    bool exact;
    int fields;
    int hosts, lengths, encodings;
    const char *host, *length, *encoding, *expect;
};

/* `text` stands at the cursor and is followed by so many NULs, which were separators. */
static void step(struct walk *walk, const char *text, size_t size, size_t separators)
{
    static const char nuls[2];
    if (walk->exact && text == walk->at && size + separators <= (size_t)(walk->end - walk->at) &&
        memcmp(text + size, nuls, separators) == 0)
        walk->at += size + separators;
    else
        walk->exact = false;
}

static bool is_token(const char *text, size_t size)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == 0 || !strchr(others, c)))
            return false;
    }
    return size > 0;
}

static bool is_field_value(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static void note(struct walk *walk, const char *name, const char *value)
{
    if (strcasecmp(name, "Host") == 0) {
        walk->host = value;
        walk->hosts++;
    } else if (strcasecmp(name, "Content-Length") == 0) {
        walk->length = value;
        walk->lengths++;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        walk->encoding = value;
        walk->encodings++;
    } else if (strcasecmp(name, "Expect") == 0) {
        walk->expect = value;
    }
}

static enum MHD_Result step_over_field(void *arg, enum MHD_ValueKind kind, const char *name,
                                       size_t name_size, const char *value, size_t value_size)
{
    struct walk *walk = arg;
    (void)kind;
    walk->fields++;
#if MHD_VERSION < \
    0x01000000 /* later ones can be told to be strict, and keep their memory otherwise */
    step(walk, name, name_size, 1);
    while (walk->exact && walk->at < walk->end && (*walk->at == ' ' || *walk->at == '\t'))
        walk->at++;
    step(walk, value, value_size, 2);
#endif
    if (!is_token(name, name_size) || !is_field_value(value, value_size))
        walk->exact = false;
    else
        note(walk, name, value);
    return MHD_YES;
}

static struct walk walk_over(struct http_exchange *exchange, const char *method,
                             const char *version)
{
    struct MHD_Connection *mhd = exchange->connection->mhd;
    size_t size =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    struct walk walk = {.at = method, .end = method + size, .exact = true};
    step(&walk, method, strlen(method), 1);
    /* What MHD made of the target has NULs elsewhere; it ends where the version begins. */
    size_t target = strlen(exchange->target);
    if (walk.at == exchange->target_at && version == walk.at + target + 1)
        walk.at = version;
    step(&walk, version, strlen(version), 2);
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, step_over_field, &walk);
    step(&walk, walk.at, 0, 2);
    if (walk.at != walk.end)
        walk.exact = false;
    return walk;
}

/* ---- what it says -------------------------------------------------------- */

static int refuse(int status, const char *why, const char **ret_why)
{
    *ret_why = why;
    return status;
}

static int read_method(struct http_exchange *exchange, const char *method, const char **ret_why)
{
    static const char *const known[] = {"OPTIONS", "TRACE", "CONNECT"};
    if (strcmp(method, "HEAD") == 0)
        return 0; /* HTTP_GET */
    for (int i = 0; i < HTTP_METHODS; i++) {
        if (strcmp(method, http_method_name((enum http_method)i)) == 0) {
            exchange->request.method = (enum http_method)i;
            return 0;
        }
    }
    *ret_why = tr("this method is not served", "不支持该请求方法");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(method, known[i]) == 0)
            return 405;
    }
    return 501;
}

static bool is_host(const char *host)
{
    static const char others[] = "-._:[]%~";
    size_t size = strlen(host);
    while (size > 0 && (host[size - 1] == ' ' || host[size - 1] == '\t'))
        size--; /* blanks behind a value are no part of it */
    for (size_t i = 0; i < size; i++) {
        char c = host[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && !strchr(others, c))
            return false;
    }
    return size > 0 && size < 256;
}

/* Where the body ends must be said once, in one way. */
static int read_framing(struct http_exchange *exchange, const struct walk *walk, bool old,
                        const char **ret_why)
{
    if (walk->lengths + walk->encodings > 1)
        return refuse(400,
                      tr("the end of the body is stated more than once", "请求内容长度声明重复"),
                      ret_why);
    if (walk->encoding && old)
        return refuse(400, tr("HTTP/1.0 knows no chunks", "HTTP/1.0 不支持分块传输"), ret_why);
    if (walk->encoding && strcasecmp(walk->encoding, "chunked") != 0)
        return refuse(501,
                      tr("the only transfer encoding served is chunked", "传输编码仅支持 chunked"),
                      ret_why);
    exchange->chunked = walk->encoding != NULL;
    exchange->request.body_announced = exchange->chunked ? -1 : 0;
    if (!walk->length)
        return 0;
    size_t digits = strspn(walk->length, "0123456789");
    if (digits == 0 || walk->length[digits] != 0)
        return refuse(400, tr("Content-Length is no number", "Content-Length 不是数字"), ret_why);
    exchange->request.body_announced = digits > 18 ? INT64_MAX : strtoll(walk->length, NULL, 10);
    return 0;
}

int http_head_read(struct http_exchange *exchange, const char *method, const char *version,
                   const char **ret_why)
{
    struct walk walk = walk_over(exchange, method, version);
    bool old = strcmp(version, "HTTP/1.0") == 0;
    if (!walk.exact || !is_token(method, strlen(method)))
        return refuse(400, tr("the head is not exactly HTTP/1.1", "请求头不符合 HTTP/1.1 格式"),
                      ret_why);
    if (walk.fields > HTTP_HEAD_FIELDS_MAX)
        return refuse(431, tr("the head has too many fields", "请求头字段过多"), ret_why);
    if (!old && strcmp(version, "HTTP/1.1") != 0)
        return refuse(505, tr("only HTTP/1.1 is served", "仅支持 HTTP/1.1"), ret_why);
    if (walk.hosts > 1 || (!old && walk.hosts == 0) || (walk.host && !is_host(walk.host)))
        return refuse(400, tr("there must be exactly one Host", "必须有且仅有一个 Host"), ret_why);
    int status = read_framing(exchange, &walk, old, ret_why);
    if (status != 0)
        return status;
    if (walk.expect && strcasecmp(walk.expect, "100-continue") != 0)
        return refuse(417, tr("this expectation is not served", "不支持该 Expect 要求"), ret_why);
    return read_method(exchange, method, ret_why);
}
