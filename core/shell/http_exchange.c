/* One request, from its first line to the end of its answer.
 *
 * MHD calls us when the target has come, when the head is whole, for each piece of the body, and
 * when all is there; then the owner is asked.  If he does not answer at once the connection is
 * suspended, and MHD calls once more after it was resumed.  An answer decided before the body has
 * come closes the connection, and so does every chunked body: how its chunks are framed is MHD's
 * reading, which is laxer than ours, and a connection that ends leaves nothing to be smuggled.  For
 * the same reason a connection that people share, behind a proxy, carries one request: where a head
 * ends is MHD's reading, too (http_head.c). */
#include "base/address.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "shell/http_inner.h"
#include <stdlib.h>
#include <string.h>

struct http_exchange *http_exchange_of(struct http_request *request)
{
    return (struct http_exchange *)(void *)request;
}

static struct http_connection *connection_of(struct MHD_Connection *mhd)
{
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* ---- beginning and end --------------------------------------------------- */

static void name_peer(struct http_exchange *exchange, const struct sockaddr *peer)
{
    struct http_request *request = &exchange->request;
    union {
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } address = {0};
    struct address numeric;
    memcpy(&address, peer, peer->sa_family == AF_INET6 ? sizeof address.in6 : sizeof address.in);
    memcpy(&exchange->peer, &address, sizeof address);
    request->peer = (const struct sockaddr *)&exchange->peer;
    if (address_of(&numeric, request->peer) == 0)
        address_print(&numeric, request->peer_name);
}

static void name_client(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    if (connection->tls && !connection->subject_known) {
        connection->subject_known = true;
        connection->subject = http_tls_subject(
            MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)
                ->tls_session);
    }
    exchange->request.secure = connection->tls != NULL;
    if (connection->subject)
        exchange->request.subject = arena_strdup(&exchange->arena, connection->subject);
}

void *http_exchange_begin(void *arg, const char *target, struct MHD_Connection *mhd)
{
    struct http *http = arg;
    struct http_exchange *exchange = xcalloc(1, sizeof *exchange);
    exchange->request.http = http;
    exchange->connection = connection_of(mhd);
    exchange->target = xstrdup(target ? target : "");
    exchange->target_at = target;
    exchange->next = http->exchanges;
    if (exchange->next)
        exchange->next->previous = exchange;
    http->exchanges = exchange;
    http->holders++;
    if (exchange->connection->phase == PHASE_IDLE)
        http_connection_enter(exchange->connection, PHASE_HEAD);
    return exchange;
}

static void drop_body(struct http_exchange *exchange)
{
    exchange->request.http->counters.body_bytes -= exchange->body.size;
    buf_release(&exchange->body);
    exchange->request.body = NULL;
    exchange->request.body_size = 0;
}

static void exchange_free(struct http_exchange *exchange)
{
    struct http *http = exchange->request.http;
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    *(exchange->previous ? &exchange->previous->next : &http->exchanges) = exchange->next;
    http->counters.requests_open -= exchange->begun;
    http->counters.answers[0] += exchange->begun && (exchange->status == 0 || exchange->response);
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    drop_body(exchange);
    arena_release(&exchange->arena);
    free(exchange->target);
    free(exchange);
    http_let_go(http);
}

/* MHD itself refuses what it cannot read at all. */
static void count_unread(struct http *http, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_HTTP_STATUS);
    if (!info || info->http_status < 400)
        return;
    http_refused(http, HTTP_REFUSED_MALFORMED);
    http->counters.answers[info->http_status / 100 % 6]++;
}

void http_exchange_completed(void *arg, struct MHD_Connection *mhd, void **context,
                             enum MHD_RequestTerminationCode code)
{
    struct http_exchange *exchange = *context;
    (void)code;
    if (!exchange)
        return;
    if (!exchange->begun)
        count_unread(arg, mhd);
    http_connection_enter(exchange->connection, PHASE_IDLE);
    exchange->connection = NULL;
    exchange->suspended = false;
    *context = NULL;
    if (!exchange->owned)
        exchange_free(exchange);
}

/* ---- answering ----------------------------------------------------------- */

static void close_after(struct http_exchange *exchange)
{
    if (exchange->closes)
        MHD_add_response_header(exchange->response, "Connection", "close");
}

static enum MHD_Result send_answer(struct http_exchange *exchange)
{
    struct http *http = exchange->request.http;
    struct http_connection *connection = exchange->connection;
    struct MHD_Response *response = exchange->response;
    exchange->response = NULL;
    http->counters.answers[exchange->status / 100]++;
    http->counters.bytes_out += exchange->response_size;
    drop_body(exchange);
    http_connection_enter(connection, exchange->stream ? PHASE_STREAM : PHASE_ANSWER);
    if (exchange->stream)
        http_stream_queued(exchange->stream, connection->mhd);
    enum MHD_Result result =
        MHD_queue_response(connection->mhd, (unsigned)exchange->status, response);
    MHD_destroy_response(response);
    return result;
}

void http_exchange_answered(struct http_exchange *exchange)
{
    struct http *http = exchange->request.http;
    exchange->owned = false;
    if (!exchange->connection) {
        exchange_free(exchange);
        return;
    }
    close_after(exchange);
    if (exchange->calling || !exchange->suspended)
        return; /* it is sent when we are back where we were called from */
    exchange->suspended = false;
    http->kick = true;
    MHD_resume_connection(exchange->connection->mhd);
}

/* Our own refusals. */
static enum MHD_Result refuse(struct http_exchange *exchange, int status, const char *why)
{
    static const struct http_field allowed[] = {{"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE"},
                                                {NULL, NULL}};
    static const struct http_field later[] = {{"Retry-After", "1"}, {NULL, NULL}};
    const struct http_field *fields = status == 405                    ? allowed
                                      : status == 429 || status == 503 ? later
                                                                       : NULL;
    exchange->closes = true;
    exchange->calling = true;
    http_problem(&exchange->request, status, fields, "%s", why);
    exchange->calling = false;
    return send_answer(exchange);
}

static void ask(struct http_exchange *exchange,
                void (*what)(void *arg, struct http_request *request))
{
    exchange->owned = exchange->calling = true;
    what(exchange->request.http->handler.arg, &exchange->request);
    exchange->calling = false;
}

static void screen(struct http_exchange *exchange)
{
    struct http *http = exchange->request.http;
    exchange->screened = true;
    if (http->handler.screen)
        ask(exchange, http->handler.screen);
    if (exchange->status == 0)
        exchange->owned = false; /* to look is not to take */
}

/* ---- the head ------------------------------------------------------------ */

static enum http_refusal refusal_of(int status)
{
    return status == 413                    ? HTTP_REFUSED_BODY
           : status == 429                  ? HTTP_REFUSED_RATE
           : status == 405 || status == 501 ? HTTP_REFUSED_METHOD
                                            : HTTP_REFUSED_MALFORMED;
}

/* What the head alone tells; 0 or a status. */
static int judge_head(struct http_exchange *exchange, const char *method, const char *version,
                      const char **ret_why)
{
    struct http *http = exchange->request.http;
    int status = http_head_read(exchange, method, version, ret_why);
    if (status == 0)
        status = http_target_read(exchange, ret_why);
    if (status != 0)
        return status;
    if (http_limits_wait(http->limits, exchange->connection->address, http_now(http)) > 0) {
        *ret_why = tr("too many requests in a short time", "短时间内请求过多");
        return 429;
    }
    if (exchange->request.body_announced > (int64_t)http->options.body_max) {
        *ret_why = tr("the body is too large", "请求内容过大");
        return 413;
    }
    return 0;
}

static void begin(struct http_exchange *exchange)
{
    struct http *http = exchange->request.http;
    exchange->begun = true;
    http->counters.requests++;
    http->counters.requests_open++;
    snprintf(exchange->request.id, sizeof exchange->request.id, "%016llx",
             (unsigned long long)http->ids++);
    name_peer(exchange,
              MHD_get_connection_info(exchange->connection->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
                  ->client_addr);
    name_client(exchange);
}

/* Whether the connection may carry other people's requests as well: a proxy's, as it says itself or
 * as the owner knows. */
static bool is_shared(struct http_exchange *exchange)
{
    static const char *const marks[] = {"Forwarded", "X-Forwarded-For", "Via"};
    bool shared = exchange->request.http->options.shared;
    for (size_t i = 0; i < sizeof marks / sizeof *marks && !shared; i++)
        shared = http_header(&exchange->request, marks[i]) != NULL;
    return shared;
}

/* The head is whole.  A request without a body is screened together with the rest, as MHD closes
 * the connection after every answer that is given here. */
static enum MHD_Result head_came(struct http_exchange *exchange, const char *method,
                                 const char *version)
{
    const char *why = NULL;
    begin(exchange);
    int status = judge_head(exchange, method, version, &why);
    if (status != 0) {
        http_refused(exchange->request.http, refusal_of(status));
        return refuse(exchange, status, why);
    }
    bool closes = exchange->closes = exchange->chunked || is_shared(exchange);
    if (!exchange->chunked && exchange->request.body_announced == 0)
        return MHD_YES;
    exchange->closes = true; /* should screen refuse */
    screen(exchange);
    if (exchange->status != 0)
        return send_answer(exchange);
    exchange->closes = closes;
    http_connection_enter(exchange->connection, PHASE_BODY);
    return MHD_YES;
}

/* ---- the body ------------------------------------------------------------ */

enum { PASSED_BYTES_MAX = 1 << 20 };

static void refuse_body(struct http_exchange *exchange, int status)
{
    exchange->refused = status;
    drop_body(exchange);
    http_refused(exchange->request.http, status == 413 ? HTTP_REFUSED_BODY : HTTP_REFUSED_MEMORY);
}

/* MHD can send no answer in the middle of a body; so the rest of a refused one is read and thrown
 * away, but not for ever. */
static enum MHD_Result pass_over(struct http_exchange *exchange, size_t size)
{
    exchange->body_passed += size;
    return exchange->body_passed <= PASSED_BYTES_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result body_came(struct http_exchange *exchange, const char *bytes, size_t size)
{
    struct http *http = exchange->request.http;
    http->counters.bytes_in += size;
    exchange->connection->came += size;
    if (exchange->refused == 0 && exchange->body.size + size > http->options.body_max)
        refuse_body(exchange, 413);
    else if (exchange->refused == 0 && http->counters.body_bytes + size > http->options.bodies_max)
        refuse_body(exchange, 503);
    if (exchange->refused != 0)
        return pass_over(exchange, size);
    buf_add(&exchange->body, bytes, size);
    http->counters.body_bytes += size;
    return MHD_YES;
}

/* ---- all is there -------------------------------------------------------- */

static void hand_over(struct http_exchange *exchange)
{
    if (!exchange->screened)
        screen(exchange);
    if (exchange->status != 0)
        return;
    exchange->request.body = exchange->body.data;
    exchange->request.body_size = exchange->body.size;
    ask(exchange, exchange->request.http->handler.handle);
}

static enum MHD_Result all_came(struct http_exchange *exchange)
{
    if (exchange->refused == 413)
        return refuse(exchange, 413, tr("the body is too large", "请求内容过大"));
    if (exchange->refused != 0)
        return refuse(exchange, exchange->refused,
                      tr("too much is coming in at once", "当前上传数据量过大"));
    if (exchange->status == 0)
        hand_over(exchange);
    if (exchange->status != 0)
        return send_answer(exchange);
    http_connection_enter(exchange->connection, PHASE_OWNER);
    exchange->suspended = true;
    MHD_suspend_connection(exchange->connection->mhd);
    return MHD_YES;
}

enum MHD_Result http_exchange_go_on(void *arg, struct MHD_Connection *mhd, const char *url,
                                    const char *method, const char *version, const char *bytes,
                                    size_t *size, void **context)
{
    struct http_exchange *exchange = *context;
    (void)arg;
    (void)mhd;
    (void)url;
    if (!exchange->begun)
        return head_came(exchange, method, version);
    if (*size == 0)
        return all_came(exchange);
    size_t came = *size;
    *size = 0;
    return body_came(exchange, bytes, came);
}
