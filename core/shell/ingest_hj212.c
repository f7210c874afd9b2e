/* The server: who may come in, when a connection is read, how it ends. */
#include "shell/ingest_hj212.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/policy.h"
#include "shell/ingest_hj212_inner.h"
#include "shell/metrics.h"
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    BACKLOG = 1024,
    USER_TIMEOUT_MS_MAX = 30000, /* what was sent and never acknowledged: the peer is gone */
    /* Uploads of one connection that wait for their commit: so many that a logger which makes up
     * for a night shares commits with itself. */
    ANSWERS_MAX = 4096,
};

/* ---- a connection's end ------------------------------------------------ */

void hj212_connection_free(struct connection *connection)
{
    if (connection->handles > 0 || connection->deliveries > 0)
        return;
    hj212_session_free(connection->session);
    free(connection->writing);
    free(connection);
}

static void handle_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    connection->handles--;
    hj212_connection_free(connection);
}

static void count_connections(struct ingest_hj212 *server)
{
    metrics_set(server->metrics, "yujing_ingest_connections", "source=\"hj212\"", server->count);
}

static void stop_waiting(struct connection *connection)
{
    struct ingest_hj212 *server = connection->server;
    struct connection **link = &server->waiting;
    if (!connection->waiting)
        return;
    while (*link != connection)
        link = &(*link)->waiting_next;
    *link = connection->waiting_next;
    if (!*link)
        server->waiting_end = link;
    connection->waiting = false;
}

static void wait_for_room(struct connection *connection)
{
    struct ingest_hj212 *server = connection->server;
    if (connection->waiting)
        return;
    connection->waiting = true;
    connection->waiting_next = NULL;
    *server->waiting_end = connection;
    server->waiting_end = &connection->waiting_next;
    if (server->started)
        metrics_add(server->metrics, "yujing_inbox_full_total", NULL, 1);
}

void hj212_connection_hang_up(struct connection *connection)
{
    struct ingest_hj212 *server = connection->server;
    if (connection->closing)
        return;
    connection->closing = true;
    *connection->self = connection->next;
    if (connection->next)
        connection->next->self = connection->self;
    stop_waiting(connection);
    hj212_leave_places(connection);
    hj212_askers_leave(connection);
    if (connection->crowd)
        http_limits_closed(server->addresses, connection->crowd);
    server->count--;
    count_connections(server);
    uv_close((uv_handle_t *)&connection->timer, handle_closed);
    uv_close((uv_handle_t *)&connection->socket, handle_closed);
}

/* ---- answers out ------------------------------------------------------- */

static void written(uv_write_t *write, int status)
{
    struct connection *connection = write->data;
    free(connection->writing);
    connection->writing = NULL;
    if (status < 0) {
        hj212_connection_hang_up(connection);
        return;
    }
    if (connection->closing)
        return;
    hj212_session_sent(connection->session, connection->writing_size);
    hj212_connection_go_on(connection);
}

static void write_rest(struct connection *connection, const struct buf *out)
{
    connection->writing_size = out->size;
    connection->writing = xmalloc(out->size);
    memcpy(connection->writing, out->data, out->size);
    uv_buf_t rest = uv_buf_init(connection->writing, (unsigned)out->size);
    connection->write.data = connection;
    if (uv_write(&connection->write, (uv_stream_t *)&connection->socket, &rest, 1, written) < 0)
        hj212_connection_hang_up(connection);
}

static void flush(struct connection *connection)
{
    const struct buf *out = hj212_session_out(connection->session);
    if (connection->writing || out->size == 0)
        return;
    uv_buf_t now = uv_buf_init(out->data, (unsigned)out->size);
    int sent = uv_try_write((uv_stream_t *)&connection->socket, &now, 1);
    if (sent > 0)
        hj212_session_sent(connection->session, (size_t)sent);
    if (hj212_session_out(connection->session)->size > 0)
        write_rest(connection, hj212_session_out(connection->session));
}

/* ---- reading ----------------------------------------------------------- */

/* Time between two frames is a matter of the loop's steady clock, not of the day's. */
static instant_ms steady(const struct ingest_hj212 *server)
{
    return (instant_ms)uv_now(server->around.loop);
}

static void tell_time(struct connection *connection)
{
    const struct ingest_hj212 *server = connection->server;
    hj212_session_tell_time(connection->session,
                            clock_now(&server->around.log->clock) - steady(server));
}

static void on_timer(uv_timer_t *timer)
{
    struct connection *connection = timer->data;
    connection->timer_due = 0;
    tell_time(connection);
    hj212_session_tick(connection->session, steady(connection->server));
    hj212_connection_go_on(connection);
}

/* Mostly the deadline only moves on: then the timer may ring early, and is set anew. */
static void set_timer(struct connection *connection)
{
    instant_ms due = hj212_session_due(connection->session);
    uint64_t now = uv_now(connection->server->around.loop);
    if (due == INT64_MAX) {
        uv_timer_stop(&connection->timer);
        connection->timer_due = 0;
    } else if (connection->timer_due == 0 || (uint64_t)due < connection->timer_due) {
        connection->timer_due = (uint64_t)due;
        uv_timer_start(&connection->timer, on_timer, (uint64_t)due > now ? (uint64_t)due - now : 0,
                       0);
    }
}

static void give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *ret_buffer)
{
    (void)wanted;
    struct connection *connection = handle->data;
    *ret_buffer = uv_buf_init(connection->server->buffer, HJ212_READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct connection *connection = stream->data;
    if (size < 0) {
        hj212_connection_hang_up(connection);
        return;
    }
    connection->server->bytes_counted += (uint64_t)size;
    tell_time(connection);
    hj212_session_receive(connection->session, buffer->base, (size_t)size,
                          steady(connection->server));
    hj212_offer(connection);
    hj212_connection_go_on(connection);
}

/* Reads exactly when there is room for what would come. */
static void pace(struct connection *connection)
{
    const struct ingest_hj212 *server = connection->server;
    bool room = server->started && inbox_has_room(server->around.inbox);
    bool may = room && !hj212_session_is_full(connection->session);
    if (may && !connection->reading)
        uv_read_start((uv_stream_t *)&connection->socket, give_buffer, on_read);
    else if (!may && connection->reading)
        uv_read_stop((uv_stream_t *)&connection->socket);
    connection->reading = may;
    if (room)
        stop_waiting(connection);
    else
        wait_for_room(connection);
}

void hj212_connection_go_on(struct connection *connection)
{
    if (!connection->closing)
        flush(connection);
    if (connection->closing)
        return;
    set_timer(connection);
    pace(connection);
}

int64_t hj212_connection_ask(struct connection *connection, const char *mn, int command,
                             const char *cp)
{
    tell_time(connection);
    return hj212_session_ask(connection->session, mn, command, cp, steady(connection->server));
}

/* ---- connections ------------------------------------------------------- */

static void learn_peer(struct connection *connection, struct sockaddr_storage *from)
{
    int size = sizeof *from;
    memset(from, 0, sizeof *from);
    if (uv_tcp_getpeername(&connection->socket, (struct sockaddr *)from, &size) == 0 &&
        address_of(&connection->peer, (struct sockaddr *)from) == 0)
        uv_ip_name((struct sockaddr *)from, connection->peer_name, sizeof connection->peer_name);
}

static void set_option(uv_os_fd_t fd, int option, int value)
{
    setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
}

/* A peer that is silent is asked by TCP after a third of the time, then three times more. */
static void harden(struct connection *connection)
{
    span_ms dead_after = connection->server->conf.dead_after;
    uv_os_fd_t fd;
    uv_tcp_nodelay(&connection->socket, 1);
    uv_tcp_keepalive(&connection->socket, 1, (unsigned)(dead_after / 3 / SECOND_MS));
    if (uv_fileno((uv_handle_t *)&connection->socket, &fd) != 0)
        return;
    span_ms between = dead_after / 5 / SECOND_MS;
    set_option(fd, TCP_KEEPINTVL, between > 0 ? (int)between : 1);
    set_option(fd, TCP_KEEPCNT, 3);
    set_option(fd, TCP_USER_TIMEOUT,
               (int)(dead_after < USER_TIMEOUT_MS_MAX ? dead_after : USER_TIMEOUT_MS_MAX));
}

static void start_session(struct connection *connection)
{
    struct hj212_session_options options = connection->server->options;
    options.arg = connection;
    connection->session = hj212_session_new(&options, steady(connection->server));
    hj212_connection_go_on(connection);
}

static struct connection *connection_new(struct ingest_hj212 *server)
{
    struct connection *connection = xcalloc(1, sizeof *connection);
    connection->server = server;
    connection->handles = 2;
    connection->socket.data = connection->timer.data = connection;
    uv_tcp_init(server->around.loop, &connection->socket);
    uv_timer_init(server->around.loop, &connection->timer);
    connection->self = &server->connections;
    connection->next = server->connections;
    if (connection->next)
        connection->next->self = &connection->next;
    server->connections = connection;
    server->count++;
    return connection;
}

static bool is_crowded(struct ingest_hj212 *server, const struct sockaddr_storage *from)
{
    bool crowded = server->count > server->conf.connections_max ||
                   !http_limits_admit(server->addresses, (const struct sockaddr *)from);
    if (crowded)
        metrics_add(server->metrics, "yujing_ingest_refused_total",
                    "source=\"hj212\",reason=\"crowded\"", 1);
    return crowded;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct ingest_hj212 *server = listener->data;
    struct sockaddr_storage from;
    if (status < 0)
        return;
    struct connection *connection = connection_new(server);
    bool accepted = uv_accept(listener, (uv_stream_t *)&connection->socket) == 0;
    if (accepted)
        learn_peer(connection, &from);
    if (!accepted || is_crowded(server, &from)) {
        hj212_connection_hang_up(connection);
        return;
    }
    connection->crowd =
        http_limits_opened(server->addresses, (struct sockaddr *)&from, steady(server));
    harden(connection);
    count_connections(server);
    start_session(connection);
}

/* ---- the server -------------------------------------------------------- */

static int open_listener(struct ingest_hj212 *server, const struct sockaddr_storage *address,
                         struct findings *findings)
{
    uv_tcp_init(server->around.loop, &server->listener);
    server->listener.data = server;
    int code = uv_tcp_bind(&server->listener, (const struct sockaddr *)address, 0);
    if (code == 0)
        code = uv_listen((uv_stream_t *)&server->listener, BACKLOG, on_connection);
    if (code == 0)
        return 0;
    findings_add(findings, SEV_ERROR, "O009", (struct place){.file = server->conf.listen},
                 tr("is another process listening there?", "端口是否已被占用？"),
                 tr("cannot listen for data loggers: %s", "无法监听数采仪端口：%s"),
                 uv_strerror(code));
    return ERR_IO;
}

static void set_options(struct ingest_hj212 *server)
{
    server->options = hj212_session_defaults();
    server->options.find = hj212_find_source;
    server->options.event = hj212_on_event;
    server->options.zone = server->around.policy->zone;
    server->options.answer_within = server->conf.answer_within;
    server->options.resends = server->conf.resends;
    server->options.frame_within = server->conf.frame_within;
    server->options.silent_at_most = server->conf.silent_at_most;
    server->options.sets_clocks = server->conf.sets_clocks;
    server->options.answers_max = ANSWERS_MAX;
}

static void know(struct ingest_hj212 *server, struct monitors *monitors)
{
    monitors_free(server->monitors);
    free(server->places);
    server->monitors = monitors;
    server->places = xcalloc(monitors_count(monitors) + 1, sizeof *server->places);
    set_options(server);
}

static void listener_closed(uv_handle_t *handle)
{
    ingest_hj212_free(handle->data);
}

int ingest_hj212_new(struct ingest_hj212 **ret_server, const struct surroundings *around,
                     const struct hj212_conf *conf, struct metrics *metrics,
                     struct findings *findings)
{
    struct monitors *monitors = NULL;
    struct sockaddr_storage address;
    int err = monitors_read(&monitors, conf->monitors, around->policy, findings);
    if (err == 0)
        err = hj212_listen_address(conf->listen, &address, findings);
    if (err < 0) {
        monitors_free(monitors);
        return err;
    }
    struct ingest_hj212 *server = xcalloc(1, sizeof *server);
    server->around = *around;
    server->conf = *conf;
    server->metrics = metrics;
    server->addresses = http_limits_new(conf->per_address_max, HTTP_PER_IP_PER_SECOND);
    server->waiting_end = &server->waiting;
    know(server, monitors);
    err = open_listener(server, &address, findings);
    if (err < 0)
        uv_close((uv_handle_t *)&server->listener, listener_closed);
    else
        *ret_server = server;
    return err;
}

int ingest_hj212_port(const struct ingest_hj212 *server)
{
    struct sockaddr_storage address;
    int size = sizeof address;
    uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &size);
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

int ingest_hj212_connections(const struct ingest_hj212 *server)
{
    return server->count;
}

void ingest_hj212_resume(struct ingest_hj212 *server)
{
    server->started = true;
    hj212_tell_counts(server);
    while (server->waiting && inbox_has_room(server->around.inbox))
        pace(server->waiting);
}

void ingest_hj212_read_by(struct ingest_hj212 *server, bool *reads)
{
    free(server->reads);
    server->reads = reads;
}

static void hang_up_all(struct ingest_hj212 *server)
{
    while (server->connections)
        hj212_connection_hang_up(server->connections);
}

int ingest_hj212_change(struct ingest_hj212 *server, const struct policy *policy, bool *reads,
                        struct findings *findings)
{
    struct monitors *monitors = NULL;
    int err = monitors_read(&monitors, server->conf.monitors, policy, findings);
    if (err < 0) {
        free(reads);
        return err;
    }
    hang_up_all(server); /* sessions hold on to sources: they begin anew */
    server->around.policy = policy;
    know(server, monitors);
    ingest_hj212_read_by(server, reads);
    return 0;
}

void ingest_hj212_stop(struct ingest_hj212 *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    hj212_tell_counts(server);
    uv_close((uv_handle_t *)&server->listener, NULL);
    hang_up_all(server);
}

void ingest_hj212_free(struct ingest_hj212 *server)
{
    if (!server)
        return;
    monitors_free(server->monitors);
    http_limits_free(server->addresses);
    hj212_free_spare(server);
    free(server->places);
    free(server->reads);
    free(server);
}
