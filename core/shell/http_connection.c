/* Connections: who may come in, how long each may take, who gives way.
 *
 * All stand in one list by age.  A deadline is kept by shutting the socket down: MHD then finds the
 * end of its input, or a broken pipe, and closes as it would for a client that has gone. */
#include "base/xalloc.h"
#include "shell/http_inner.h"
#include <stdlib.h>
#include <sys/ioctl.h>

static void cut(struct http_connection *connection)
{
    connection->cut = true;
    shutdown(connection->fd, SHUT_RDWR);
}

/* ---- coming and going ---------------------------------------------------- */

/* The idle connection that has been idle longest is closed; false when none is. */
static bool make_room(struct http *http)
{
    struct http_connection *best = NULL;
    if (http->counters.connections_idle == 0)
        return false;
    for (struct http_connection *at = http->oldest; at; at = at->younger) {
        if (at->phase == PHASE_IDLE && !at->cut && (!best || at->since < best->since))
            best = at;
    }
    if (best)
        cut(best);
    return best != NULL;
}

enum MHD_Result http_connection_admit(void *arg, const struct sockaddr *peer, socklen_t size)
{
    struct http *http = arg;
    (void)size;
    if (!http_limits_admit(http->limits, peer)) {
        http_refused(http, HTTP_REFUSED_ADDRESS);
        return MHD_NO;
    }
    if (http->counters.connections_open >= http->options.connections_max && !make_room(http)) {
        http_refused(http, HTTP_REFUSED_FULL);
        return MHD_NO;
    }
    return MHD_YES;
}

static void opened(struct http *http, struct MHD_Connection *mhd, void **context)
{
    struct http_connection *connection = xcalloc(1, sizeof *connection);
    connection->http = http;
    connection->mhd = mhd;
    connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    connection->since = http_now(http);
    connection->came_before = SIZE_MAX;
    connection->address = http_limits_opened(
        http->limits, MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
        connection->since);
    connection->older = http->youngest;
    *(http->youngest ? &http->youngest->younger : &http->oldest) = connection;
    http->youngest = connection;
    http->counters.connections++;
    http->counters.connections_open++;
    if (http->tls) {
        connection->tls = http_tls_keep(http->tls);
        http_tls_attach(
            connection->tls,
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session);
    }
    *context = connection;
}

static void closed(struct http_connection *connection)
{
    struct http *http = connection->http;
    *(connection->younger ? &connection->younger->older : &http->youngest) = connection->older;
    *(connection->older ? &connection->older->younger : &http->oldest) = connection->younger;
    http->counters.connections_open--;
    /* Where MHD had stopped to listen, for want of descriptors or at its bound, it may listen
     * again; but it does so only when it is run once more. */
    http->kick = true;
    http->counters.connections_idle -= connection->phase == PHASE_IDLE;
    http_limits_closed(http->limits, connection->address);
    http_tls_drop(connection->tls);
    free(connection->subject);
    free(connection);
}

void http_connection_notify(void *arg, struct MHD_Connection *mhd, void **context,
                            enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        opened(arg, mhd, context);
    else
        closed(*context);
}

/* ---- time ---------------------------------------------------------------- */

void http_connection_enter(struct http_connection *connection, enum http_phase phase)
{
    connection->http->counters.connections_idle +=
        (phase == PHASE_IDLE) - (connection->phase == PHASE_IDLE);
    connection->phase = phase;
    connection->since = http_now(connection->http);
}

/* How long the phase may last, in milliseconds; -1: for ever. */
static int64_t patience(const struct http_connection *connection)
{
    const struct http_options *options = &connection->http->options;
    switch (connection->phase) {
    case PHASE_HEAD:
        return options->header_ms;
    case PHASE_IDLE:
        return options->idle_ms;
    case PHASE_BODY:
        return options->body_ms;
    case PHASE_ANSWER:
        return options->answer_ms;
    default:
        return -1;
    }
}

static void count_late(struct http *http, enum http_phase phase)
{
    if (phase == PHASE_HEAD)
        http_refused(http, HTTP_REFUSED_LATE_HEAD);
    else if (phase == PHASE_BODY)
        http_refused(http, HTTP_REFUSED_LATE_BODY);
    else if (phase == PHASE_ANSWER)
        http_refused(http, HTTP_REFUSED_LATE_ANSWER);
}

void http_connections_sweep(struct http *http, int64_t now)
{
    for (struct http_connection *at = http->oldest; at; at = at->younger) {
        int64_t most = patience(at);
        if (at->cut || most < 0 || now - at->since < most)
            continue;
        count_late(http, at->phase);
        cut(at);
    }
}

/* Bytes that have come and MHD has not taken. */
static bool has_unread(const struct http_connection *connection)
{
    int waiting = 0;
    if (ioctl(connection->fd, FIONREAD, &waiting) == 0 && waiting > 0)
        return true;
    if (!connection->tls)
        return false;
    gnutls_session_t session =
        MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
    return gnutls_record_check_pending(session) > 0;
}

/* MHD cannot answer any more, and has begun no answer: so we write one past it. */
static void refuse_past_mhd(struct http_connection *connection)
{
    static const char text[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
                               "Content-Length: 0\r\n\r\n";
    ssize_t sent;
    if (connection->tls)
        sent = gnutls_record_send(
            MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)
                ->tls_session,
            text, sizeof text - 1);
    else
        sent = send(connection->fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    connection->http->counters.answers[sent > 0 ? 4 : 0]++;
}

/* When the size line of a chunk is longer than the connection's memory, MHD neither reads on nor
 * gives up, and wants to be called again at once, for ever.  Such a connection has bytes waiting
 * and hands on none of them, from one look to the next. */
void http_connections_unstick(struct http *http)
{
    for (struct http_connection *at = http->oldest; at; at = at->younger) {
        bool stuck = at->phase == PHASE_BODY && !at->cut && has_unread(at);
        if (stuck && at->came == at->came_before) {
            http_refused(http, HTTP_REFUSED_MALFORMED);
            refuse_past_mhd(at);
            cut(at);
        }
        at->came_before = stuck ? at->came : SIZE_MAX;
    }
}
