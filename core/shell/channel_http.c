/* Gateways by HTTP: short messages, voice, robots, and whatever else takes a request.
 *
 * The content is made when the letter is; secrets, time and signature are filled into it at each
 * attempt, between marks that no text can contain.  The URL is the configuration's, so the guard of
 * transfer.h lets it pass; of an address nothing reaches the host. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "shell/channel.h"
#include "shell/http_content.h"
#include "shell/http_gateway.h"
#include "shell/http_verdict.h"
#include "shell/log.h"
#include "shell/metrics.h"
#include "shell/secret_file.h"
#include "shell/status.h"
#include "shell/transfer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = HTTP_HEADERS_MAX + SIGN_LINES_MAX + 1, NUMBER_SIZE = 24 };

struct http {
    const struct gateway *gateway;
    const struct http_gateway *conf;
    struct transfers *transfers;
    struct sign_key key;
    char *key_id, *secret, *secrets[HTTP_SECRETS_MAX];
    struct clock clock;
    const struct log *log;
    struct metrics *metrics;
    enum effects effects;
    uv_loop_t *loop;
};

static int http_read(void **ret_conf, struct arena *arena, const struct yaml *node,
                     const char *conf_path, struct findings *findings)
{
    struct http_gateway *gateway;
    int err = http_gateway_read(&gateway, arena, node, conf_path, findings);
    *ret_conf = gateway;
    return err;
}

/* ---- opening and closing ---------------------------------------------------- */

static void http_free(struct http *http)
{
    secret_file_free(http->key_id);
    secret_file_free(http->secret);
    for (int i = 0; i < HTTP_SECRETS_MAX; i++)
        secret_file_free(http->secrets[i]);
    free(http);
}

static int read_secrets(struct http *http, struct findings *findings)
{
    const struct http_gateway *conf = http->conf;
    int err = 0;
    for (int i = 0; i < conf->secret_count; i++)
        if (secret_file_read(&http->secrets[i], conf->secrets[i].text, findings) < 0)
            err = ERR_INVALID;
    if (conf->key_id_file && secret_file_read(&http->key_id, conf->key_id_file, findings) < 0)
        err = ERR_INVALID;
    if (conf->secret_file && secret_file_read(&http->secret, conf->secret_file, findings) < 0)
        err = ERR_INVALID;
    http->key = (struct sign_key){http->key_id, http->secret};
    return err;
}

static int http_open(void **ret_self, uv_loop_t *loop, const void *conf_,
                     const struct channel_options *options, struct findings *findings)
{
    const struct http_gateway *conf = conf_;
    struct http *http = xcalloc(1, sizeof *http);
    *http = (struct http){.gateway = options->gateway,
                          .conf = conf,
                          .clock = options->clock,
                          .log = options->log,
                          .metrics = options->metrics,
                          .effects = options->effects,
                          .loop = loop};
    if (read_secrets(http, findings) < 0) {
        http_free(http);
        return ERR_INVALID;
    }
    struct transfers_options transfers = {.connections = conf->connections,
                                          .ca_file = conf->ca_file};
    http->transfers = transfers_new(loop, &transfers);
    *ret_self = http;
    return 0;
}

static void http_close(void *self, void (*closed)(void *arg), void *arg)
{
    struct http *http = self;
    if (!http) {
        closed(arg);
        return;
    }
    transfers_close(http->transfers, closed, arg);
    http_free(http);
}

/* ---- one attempt ------------------------------------------------------------ */

struct attempt {
    struct http *http;
    const struct parcel *parcel;
    char timestamp[NUMBER_SIZE];
    struct buf url, content, sign;
    char *lines[LINES_MAX];
    int line_count, units;
    channel_done *done;
    void *arg;
};

static void attempt_free(struct attempt *attempt)
{
    buf_release(&attempt->url);
    buf_release(&attempt->content);
    buf_release(&attempt->sign);
    for (int i = 0; i < attempt->line_count; i++)
        free(attempt->lines[i]);
    free(attempt);
}

/* What is filled in now. */
static const char *lookup_late(void *arg, const char *name)
{
    struct attempt *attempt = arg;
    const struct http *http = attempt->http;
    const struct parcel *parcel = attempt->parcel;
    for (int i = 0; i < http->conf->secret_count; i++)
        if (str_equal(http->conf->secrets[i].name, name))
            return http->secrets[i];
    return str_equal(name, "timestamp") ? attempt->timestamp
           : str_equal(name, "sign")    ? buf_str(&attempt->sign)
           : str_equal(name, "id")      ? parcel->id
           : str_equal(name, "kind")    ? parcel->kind
           : str_equal(name, "address") ? parcel->address
           : parcel->recipient          ? parcel->recipient
                                        : "";
}

static void fill_mark(struct attempt *attempt, const char *name, size_t size)
{
    char *text = xasprintf("%.*s", (int)size, name);
    if (str_starts(text, HTTP_UNITS)) {
        attempt->units = atoi(text + strlen(HTTP_UNITS));
    } else {
        char *value = xstrdup(lookup_late(attempt, text));
        http_content_put(&attempt->content, value, attempt->http->conf->escape);
        secret_file_free(value);
    }
    free(text);
}

static void fill_content(struct attempt *attempt)
{
    const char *at = attempt->parcel->bytes, *end = at + attempt->parcel->size;
    while (at < end) {
        const char *mark = memchr(at, LATE_BEGIN, (size_t)(end - at));
        const char *close = mark ? memchr(mark, LATE_END, (size_t)(end - mark)) : NULL;
        if (!close)
            break;
        buf_add(&attempt->content, at, (size_t)(mark - at));
        fill_mark(attempt, mark + 1, (size_t)(close - mark - 1));
        at = close + 1;
    }
    buf_add(&attempt->content, at, (size_t)(end - at));
}

/* The robots' signatures are values; those of the clouds are headers, and come last. */
static void sign_value(struct attempt *attempt, int64_t now_ms)
{
    const struct http *http = attempt->http;
    bool in_ms = http->conf->sign == SIGN_DINGTALK;
    snprintf(attempt->timestamp, sizeof attempt->timestamp, "%lld",
             (long long)(in_ms ? now_ms : now_ms / 1000));
    if (in_ms)
        sign_dingtalk(&attempt->sign, http->secret, now_ms);
    else if (http->conf->sign == SIGN_FEISHU)
        sign_feishu(&attempt->sign, http->secret, now_ms / 1000);
}

static char *make_nonce(const struct attempt *attempt, int64_t now_ms)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX];
    char *text = xasprintf("%s %s %d %lld", attempt->parcel->id, attempt->parcel->address,
                           attempt->parcel->attempts, (long long)now_ms);
    hash_of(text, strlen(text), hash);
    hash_hex(hash, hex);
    free(text);
    return xasprintf("%.32s", hex);
}

static void sign_request(struct attempt *attempt, int64_t now_ms)
{
    const struct http_gateway *conf = attempt->http->conf;
    const char *url = buf_str(&attempt->url), *host = strstr(url, "//") + 2;
    size_t host_size = strcspn(host, "/?");
    size_t path_size = strcspn(host + host_size, "?");
    bool query = conf->content == HTTP_QUERY;
    char *nonce = make_nonce(attempt, now_ms);
    char *name = xasprintf("%.*s", (int)host_size, host);
    char *path = path_size > 0 ? xasprintf("%.*s", (int)path_size, host + host_size) : xstrdup("/");
    struct sign_request request = {
        .method = conf->method,
        .host = name,
        .path = path,
        .query = query ? buf_str(&attempt->content) : "",
        .content_type = conf->content_type,
        .body = query ? "" : buf_str(&attempt->content),
        .size = query ? 0 : attempt->content.size,
        .action = conf->action,
        .version = conf->version,
        .region = conf->region,
        .service = conf->service,
        .nonce = nonce,
        .now_s = now_ms / 1000,
    };
    struct sign_lines lines = {0};
    if (conf->sign == SIGN_ALIYUN)
        sign_aliyun(&lines, &attempt->http->key, &request);
    else if (conf->sign == SIGN_TENCENT)
        sign_tencent(&lines, &attempt->http->key, &request);
    for (int i = 0; i < lines.count; i++)
        attempt->lines[attempt->line_count++] = lines.items[i];
    free(name);
    free(path);
    free(nonce);
}

static void put_headers(struct attempt *attempt)
{
    const struct http_gateway *conf = attempt->http->conf;
    if (conf->content_type)
        attempt->lines[attempt->line_count++] = xasprintf("Content-Type: %s", conf->content_type);
    for (int i = 0; i < conf->header_count; i++) {
        struct buf line = {0};
        buf_printf(&line, "%s: ", conf->headers[i].name);
        template_expand(&line, conf->headers[i].text, TEMPLATE_HEADER, lookup_late, attempt);
        attempt->lines[attempt->line_count++] = buf_detach(&line);
    }
}

static void make_request(struct attempt *attempt)
{
    const struct http_gateway *conf = attempt->http->conf;
    int64_t now_ms = clock_now(&attempt->http->clock);
    sign_value(attempt, now_ms);
    template_expand(&attempt->url, conf->url, TEMPLATE_URL, lookup_late, attempt);
    fill_content(attempt);
    put_headers(attempt);
    sign_request(attempt, now_ms);
    if (conf->content == HTTP_QUERY)
        buf_printf(&attempt->url, "%c%s", strchr(conf->url, '?') ? '&' : '?',
                   buf_str(&attempt->content));
}

static void count_units(const struct attempt *attempt)
{
    char *labels = xasprintf("gateway=\"%s\"", attempt->http->gateway->name);
    if (attempt->units > 0)
        metrics_add(attempt->http->metrics, "yujing_sms_segments_total", labels, attempt->units);
    free(labels);
}

static void answered(void *arg, const struct transfer_answer *answer)
{
    struct attempt *attempt = arg;
    const struct http *http = attempt->http;
    struct buf trouble = {0}, id = {0};
    enum outcome outcome = http_verdict(&http->conf->success, answer, &trouble, &id);
    if (outcome == OUTCOME_DELIVERED)
        count_units(attempt);
    if (id.size > 0 && http->log)
        log_event(http->log, LOG_INFO, "gateway.accepted",
                  tr("%s has taken letter %s as %s", "%s 已受理信件 %s，编号 %s"),
                  http->gateway->name, attempt->parcel->id, buf_str(&id));
    attempt->done(attempt->arg, outcome, outcome == OUTCOME_DELIVERED ? NULL : buf_str(&trouble),
                  answer->retry_after_ms);
    buf_release(&trouble);
    buf_release(&id);
    attempt_free(attempt);
}

static void decode(struct buf *buf, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned value;
        if (bytes[i] == '%' && i + 2 < size && sscanf(bytes + i + 1, "%2x", &value) == 1) {
            buf_putc(buf, (char)value);
            i += 2;
        } else {
            buf_putc(buf, bytes[i]);
        }
    }
}

/* People read what was encoded, so that is what must carry the banner, or must not. */
static const char *refusal(const struct http *http, const struct parcel *parcel)
{
    struct buf text = {0};
    struct parcel shown = *parcel;
    if (http->conf->escape == TEMPLATE_URL) {
        decode(&text, parcel->bytes, parcel->size);
        shown.bytes = text.data;
        shown.size = text.size;
    }
    const char *refused = parcel_refused(&shown, http->effects);
    buf_release(&text);
    return refused;
}

static void http_send(void *self, const struct parcel *parcel, channel_done *done, void *arg)
{
    struct http *http = self;
    const char *refused = refusal(http, parcel);
    if (refused) {
        channel_refuse(http->loop, refused, done, arg);
        return;
    }
    struct attempt *attempt = xcalloc(1, sizeof *attempt);
    *attempt = (struct attempt){.http = http, .parcel = parcel, .done = done, .arg = arg};
    make_request(attempt);
    struct transfer transfer = {
        .url = buf_str(&attempt->url),
        .method = http->conf->method,
        .timeout_ms = http->gateway->timeout,
        .trusted = true,
    };
    for (int i = 0; i < attempt->line_count; i++)
        transfer.headers[i] = attempt->lines[i];
    if (http->conf->content != HTTP_QUERY) {
        transfer.body = buf_str(&attempt->content);
        transfer.size = attempt->content.size;
    }
    transfer_start(http->transfers, &transfer, answered, attempt);
}

#define HTTP_CHANNEL(kind_, address_)                                                          \
    {                                                                                          \
        .kind = kind_, .address = address_, .read = http_read, .render = http_content_render,  \
        .units = http_content_units, .open = http_open, .send = http_send, .close = http_close \
    }
const struct channel channel_http = HTTP_CHANNEL("http", ADDRESS_RECIPIENT);
const struct channel channel_sms = HTTP_CHANNEL("sms", ADDRESS_PHONE);
const struct channel channel_voice = HTTP_CHANNEL("voice", ADDRESS_PHONE);
const struct channel channel_robot = HTTP_CHANNEL("robot", ADDRESS_NONE);
