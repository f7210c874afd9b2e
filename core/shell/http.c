/* A listener: its socket, MHD inside of the loop, and their end.
 *
 * MHD waits on an epoll descriptor of its own, which the loop polls; before each sleep of the loop
 * we ask MHD whether it wants to go on at once, look at the deadlines when a second has gone by,
 * and run MHD when something was resumed. */
#include "base/address.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "shell/http_inner.h"
#include "shell/worker.h"
#include <assert.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    HANDLES = 3,
    BUSY_LOOKS = 64,
    SLACK = 64, /* MHD may briefly hold this many more than connections_max: those we have cut */
};

const char *const http_refusal_names[HTTP_REFUSALS] = {
    "full",   "address", "rate",      "malformed", "method",      "body",
    "memory", "streams", "late_head", "late_body", "late_answer",
};

int64_t http_now(const struct http *http)
{
    return http->options.now ? http->options.now(http->options.clock) : (int64_t)uv_now(http->loop);
}

void http_refused(struct http *http, enum http_refusal why)
{
    http->counters.refused[why]++;
}

const struct http_counters *http_counters(const struct http *http)
{
    return &http->counters;
}

int http_port(const struct http *http)
{
    return http->port;
}

/* ---- MHD in the loop ----------------------------------------------------- */

static void run(struct http *http)
{
    assert(!http->running);
    http->kick = false;
    http->running = true;
    MHD_run(http->mhd);
    http->running = false;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct http *http = prepare->data;
    int64_t now = http_now(http);
    if (now >= http->sweep_at) {
        http->sweep_at = now + HTTP_SWEEP_MS;
        http_connections_sweep(http, now);
        http_streams_beat(http, now);
    }
    if (http->kick)
        run(http);
    http_streams_reap(http);
    MHD_UNSIGNED_LONG_LONG wanted;
    bool busy = MHD_get_timeout(http->mhd, &wanted) == MHD_YES && wanted == 0;
    http->busy = busy ? http->busy + 1 : 0;
    if (busy && http->busy % BUSY_LOOKS == 0)
        http_connections_unstick(http);
    if (http->kick || busy)
        uv_timer_start(&http->timer, on_timer, 0, 0);
    else if (http->counters.connections_open > 0)
        uv_timer_start(&http->timer, on_timer, HTTP_SWEEP_MS, 0);
    else
        uv_timer_stop(&http->timer);
}

/* ---- the socket ---------------------------------------------------------- */

static void set_option(int fd, int level, int name, int value)
{
    setsockopt(fd, level, name, &value, sizeof value);
}

/* Connections inherit what is set here.  Half-open peers are noticed, when we have something to say
 * to them and when not. */
static void set_options(int fd, const struct sockaddr *address)
{
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, HTTP_SILENT_PEER_MS / 1000);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, HTTP_SILENT_PEER_MS / 3000);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, HTTP_SILENT_PEER_MS);
    if (address->sa_family == AF_INET6)
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
}

static int refuse_address(const struct http_options *options, int error, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "W002", (struct place){.file = ""},
                 error == EADDRINUSE ? tr("another program listens there; choose another port",
                                          "该端口已被其他程序占用，请改用其他端口")
                                     : NULL,
                 tr("cannot listen on %s port %d: %s", "无法监听 %s 端口 %d：%s"), options->address,
                 options->port, strerrordesc_np(error));
    return ERR_IO;
}

static int port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } bound = {0};
    socklen_t size = sizeof bound;
    getsockname(fd, &bound.any, &size);
    return ntohs(bound.any.sa_family == AF_INET6 ? bound.in6.sin6_port : bound.in.sin_port);
}

/* The socket, or an error with a finding. */
static int listen_there(const struct http_options *options, struct findings *findings)
{
    struct address where;
    if (address_parse(&where, options->address, (uint16_t)options->port) < 0) {
        findings_add(findings, SEV_ERROR, "W003", (struct place){.file = ""},
                     tr("write it as 127.0.0.1, 0.0.0.0 or ::", "请写成 127.0.0.1、0.0.0.0 或 ::"),
                     tr("%s is no numeric address", "%s 不是数字形式的地址"), options->address);
        return ERR_INVALID;
    }
    struct sockaddr_storage address;
    address_to(&where, &address);
    const struct sockaddr *any = (const struct sockaddr *)&address;
    socklen_t size =
        any->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int fd = socket(any->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return refuse_address(options, errno, findings);
    set_options(fd, any);
    if (bind(fd, any, size) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    return refuse_address(options, error, findings);
}

/* ---- opening ------------------------------------------------------------- */

static void or_else(int *option, int otherwise)
{
    if (*option == 0)
        *option = otherwise;
}

static void fill_in(struct http_options *options)
{
    if (options->body_max == 0)
        options->body_max = HTTP_BODY_MAX;
    if (options->bodies_max == 0)
        options->bodies_max = HTTP_BODIES_MAX;
    or_else(&options->header_ms, HTTP_HEADER_MS);
    or_else(&options->body_ms, HTTP_BODY_MS);
    or_else(&options->answer_ms, HTTP_ANSWER_MS);
    or_else(&options->idle_ms, HTTP_IDLE_MS);
    or_else(&options->connections_max, HTTP_CONNECTIONS_MAX);
    or_else(&options->per_ip_max, HTTP_PER_IP_MAX);
    or_else(&options->per_ip_per_second, HTTP_PER_IP_PER_SECOND);
    or_else(&options->streams_max, HTTP_STREAMS_MAX);
    options->address = options->certificate = options->key =
        NULL; /* the caller's, who is through */
    options->client_ca = options->client_revoked = NULL;
}

/* MHD's complaints about broken clients are counted by us already. */
static void keep_silent(void *arg, const char *format, va_list args)
{
    (void)arg;
    (void)format;
    (void)args;
}

static struct MHD_Daemon *start(struct http *http, const struct http_options *texts, int fd)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    union {
        const char *text;
        void *memory; /* MHD_OptionItem takes it so and does not write there */
    } certificate = {texts->certificate}, key = {texts->key}, priorities = {http_tls_priorities};
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, certificate.memory},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, key.memory},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, priorities.memory},
        {MHD_OPTION_END, 0, NULL},
    };
    if (http->tls)
        flags |= MHD_USE_TLS;
    return MHD_start_daemon(
        flags, 0, http_connection_admit, http, http_exchange_go_on, http,
        MHD_OPTION_EXTERNAL_LOGGER, keep_silent, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)http->options.connections_max + SLACK,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_CONNECTION_BYTES,
        MHD_OPTION_NOTIFY_CONNECTION, http_connection_notify, http, MHD_OPTION_URI_LOG_CALLBACK,
        http_exchange_begin, http, MHD_OPTION_NOTIFY_COMPLETED, http_exchange_completed, http,
        MHD_OPTION_ARRAY, http->tls ? tls : tls + 3, MHD_OPTION_END);
}

/* Each connection is a descriptor; better told at the start than at the ten thousandth. */
static void warn_of_descriptors(const struct http *http, struct findings *findings)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
        limit.rlim_cur >= (rlim_t)http->options.connections_max + SLACK)
        return;
    findings_add(findings, SEV_WARNING, "W004", (struct place){.file = ""},
                 tr("raise LimitNOFILE, or lower the number of connections",
                    "请调高 LimitNOFILE，或调低最大连接数"),
                 tr("%d connections are configured, but only %llu files may be open",
                    "配置的最大连接数为 %d，但进程只能打开 %llu 个文件"),
                 http->options.connections_max, (unsigned long long)limit.rlim_cur);
}

static void open_handles(struct http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    worker_need(uv_poll_init(http->loop, &http->poll, info->epoll_fd), "uv_poll_init");
    uv_prepare_init(http->loop, &http->prepare);
    uv_timer_init(http->loop, &http->timer);
    http->poll.data = http->prepare.data = http->timer.data = http;
    http->holders = HANDLES;
    uv_poll_start(&http->poll, UV_READABLE, on_poll);
    uv_prepare_start(&http->prepare, on_prepare);
    run(http); /* MHD begins to watch its socket only when it runs */
}

static void free_http(struct http *http)
{
    http_tls_drop(http->tls);
    http_limits_free(http->limits);
    free(http);
}

int http_open(struct http **ret_http, struct uv_loop_s *loop, const struct http_options *options,
              const struct http_handler *handler, struct findings *findings)
{
    struct http *http = xcalloc(1, sizeof *http);
    http->loop = loop;
    http->handler = *handler;
    http->options = *options;
    fill_in(&http->options);
    int err = 0, fd = -1;
    if (options->certificate)
        err = http_tls_new(&http->tls, options->certificate, options->key, options->client_ca,
                           options->client_revoked, options->client_required, findings);
    if (err == 0)
        fd = err = listen_there(options, findings);
    if (err >= 0) {
        http->port = port_of(fd);
        http->limits = http_limits_new(http->options.per_ip_max, http->options.per_ip_per_second);
        if (getrandom(&http->ids, sizeof http->ids, 0) < 0)
            http->ids = (uint64_t)fd;
        http->mhd = start(http, options, fd);
        err = http->mhd ? 0 : refuse_address(options, ENOMEM, findings);
    }
    if (err < 0) {
        free_http(http);
        return err;
    }
    warn_of_descriptors(http, findings);
    open_handles(http);
    *ret_http = http;
    return 0;
}

int http_renew(struct http *http, const char *certificate, const char *key, const char *client_ca,
               const char *client_revoked, struct findings *findings)
{
    struct http_tls *tls;
    assert(http->tls);
    int err = http_tls_new(&tls, certificate, key, client_ca, client_revoked,
                           http->options.client_required, findings);
    if (err < 0)
        return err;
    http_tls_drop(http->tls);
    http->tls = tls;
    return 0;
}

/* ---- closing ------------------------------------------------------------- */

void http_let_go(struct http *http)
{
    if (--http->holders == 0)
        free_http(http);
}

static void handle_closed(uv_handle_t *handle)
{
    http_let_go(handle->data);
}

void http_close(struct http *http)
{
    if (!http)
        return;
    assert(!http->running && !http->closing);
    http->closing = true;
    uv_close((uv_handle_t *)&http->poll, handle_closed);
    uv_close((uv_handle_t *)&http->prepare, handle_closed);
    uv_close((uv_handle_t *)&http->timer, handle_closed);
    http_streams_close(http);
    for (struct http_exchange *exchange = http->exchanges; exchange; exchange = exchange->next) {
        if (exchange->suspended)
            MHD_resume_connection(exchange->connection->mhd);
        exchange->suspended = false;
    }
    MHD_stop_daemon(http->mhd);
    http->mhd = NULL;
    http_streams_reap(http);
}
