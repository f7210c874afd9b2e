/* One easy handle for each transfer, from a pool; one poll handle for each socket. */
#include "shell/transfer.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <uv.h>

enum {
    CONNECT_MS_MAX = 10000,
    ORIGINS = 4096,        /* seen lately */
    KEPT_CONNECTIONS = 64, /* idle ones, for the next letter to the same host; curl walks them */
    POOL_MAX = 256,        /* easy handles kept */
};

struct transfers {
    uv_loop_t *loop;
    uv_timer_t timer;
    CURLM *multi;
    struct transfers_options options;
    CURL *pool[POOL_MAX];
    uint64_t origins[ORIGINS]; /* hashes of scheme, host and port; a collision costs a connection */
    int pool_count, under_way;
    int handles; /* of the loop, not closed yet */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
};
/* One request. */
struct running {
    struct transfers *transfers;
    CURL *easy;
    struct curl_slist *headers;
    bool guarded, secure, forbidden;
    bool cut; /* the answer was longer than anyone needs */
    char trouble[CURL_ERROR_SIZE];
    char answer[ANSWER_BYTES_MAX + 1];
    size_t answer_size, answer_read;
    void (*done)(void *arg, const struct transfer_answer *answer);
    void *arg;
};
/* One socket of curl's. */
struct watched {
    uv_poll_t poll;
    struct transfers *transfers;
    curl_socket_t socket;
};

/* ---- the loop ---------------------------------------------------------- */

static void reap(struct transfers *transfers);

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watched *watched = poll->data;
    struct transfers *transfers = watched->transfers;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;
    flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    curl_multi_socket_action(transfers->multi, watched->socket, flags, &running);
    reap(transfers);
}

static void on_timer(uv_timer_t *timer)
{
    struct transfers *transfers = timer->data;
    int running;
    curl_multi_socket_action(transfers->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    reap(transfers);
}

/* Never answers within the call: curl must not be entered again from its own callback. */
static int want_timer(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    struct transfers *transfers = arg;
    if (transfers->closing)
        return 0;
    if (ms < 0)
        uv_timer_stop(&transfers->timer);
    else
        uv_timer_start(&transfers->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

static void handle_closed(struct transfers *transfers)
{
    if (--transfers->handles > 0)
        return;
    transfers->closed(transfers->closed_arg);
    free(transfers);
}

static void free_watched(uv_handle_t *handle)
{
    struct watched *watched = handle->data;
    handle_closed(watched->transfers);
    free(watched);
}

/* Curl closes the socket as soon as this returns, and its number may be used again: so the handle
 * is closed, not merely stopped. */
static int want_socket(CURL *easy, curl_socket_t socket, int what, void *arg, void *known)
{
    (void)easy;
    struct transfers *transfers = arg;
    struct watched *watched = known;
    if (what == CURL_POLL_REMOVE) {
        if (watched) {
            curl_multi_assign(transfers->multi, socket, NULL);
            uv_poll_stop(&watched->poll);
            uv_close((uv_handle_t *)&watched->poll, free_watched);
        }
        return 0;
    }
    if (!watched) {
        watched = xcalloc(1, sizeof *watched);
        watched->transfers = transfers;
        watched->socket = socket;
        watched->poll.data = watched;
        if (uv_poll_init_socket(transfers->loop, &watched->poll, socket) < 0) {
            /* Unwatched it ends alone, at its time-out; were curl told, it would abort them all. */
            free(watched);
            return 0;
        }
        transfers->handles++;
        curl_multi_assign(transfers->multi, socket, watched);
    }
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    uv_poll_start(&watched->poll, events, on_ready);
    return 0;
}

struct transfers *transfers_new(uv_loop_t *loop, const struct transfers_options *options)
{
    static bool ready;
    if (!ready)
        curl_global_init(CURL_GLOBAL_DEFAULT);
    ready = true;
    struct transfers *transfers = xcalloc(1, sizeof *transfers);
    transfers->loop = loop;
    transfers->options = *options;
    uv_timer_init(loop, &transfers->timer);
    transfers->handles = 1;
    transfers->timer.data = transfers;
    CURLM *multi = transfers->multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, transfers);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, transfers);
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)options->host_connections);
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)options->connections);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return transfers;
}

/* Curl lets go of its idle connections here, and the poll handles of those are closed in turn. */
static void timer_closed(uv_handle_t *handle)
{
    struct transfers *transfers = handle->data;
    for (int i = 0; i < transfers->pool_count; i++)
        curl_easy_cleanup(transfers->pool[i]);
    curl_multi_cleanup(transfers->multi);
    handle_closed(transfers);
}

void transfers_close(struct transfers *transfers, void (*closed)(void *arg), void *arg)
{
    transfers->closing = true;
    transfers->closed = closed;
    transfers->closed_arg = arg;
    uv_timer_stop(&transfers->timer);
    uv_close((uv_handle_t *)&transfers->timer, timer_closed);
}

int transfers_under_way(const struct transfers *transfers)
{
    return transfers->under_way;
}

/* ---- one transfer ------------------------------------------------------ */

/* The last look: at the address that is connected to, after the name was resolved. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    (void)purpose;
    struct running *running = arg;
    struct address address;
    if (running->guarded &&
        (address_of(&address, &to->addr) < 0 ||
         !address_allowed(&address, running->secure, &running->transfers->options.allowed))) {
        running->forbidden = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t keep_answer(char *bytes, size_t one, size_t size, void *arg)
{
    (void)one;
    struct running *running = arg;
    size_t room = ANSWER_BYTES_MAX - running->answer_size;
    size_t taken = size < room ? size : room;
    memcpy(running->answer + running->answer_size, bytes, taken);
    running->answer_size += taken;
    running->answer_read += size;
    running->cut = running->answer_read > ANSWER_READ_MAX;
    /* The rest is read and forgotten, so that the connection can be used again; but not for ever.
     */
    return running->cut ? 0 : size;
}

/* Header lines without end are an attack. */
static size_t count_header(char *bytes, size_t one, size_t size, void *arg)
{
    (void)bytes;
    (void)one;
    struct running *running = arg;
    running->answer_read += size;
    return running->answer_read > ANSWER_READ_MAX ? 0 : size;
}

static void set_common(struct running *running, const struct transfer *transfer)
{
    CURL *easy = running->easy;
    long timeout = (long)transfer->timeout_ms;
    curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, running);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, running->trouble);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     timeout < CONNECT_MS_MAX ? timeout : (long)CONNECT_MS_MAX);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "yujing");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, running);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, count_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, running);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, running);
    /* Curl walks all of its name cache for each connection, so ten thousand hosts would cost a
     * hundred million steps; connections are kept, names need not be. */
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    /* Without a folder of authorities curl keeps the parsed bundle from one connection to the next;
     * with one it reads all of it again each time. */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (transfer->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, transfer->ca_file);
}

static void set_request(struct running *running, const struct transfer *transfer)
{
    CURL *easy = running->easy;
    const char *method = transfer->method ? transfer->method : "POST";
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    for (int i = 0; i < TRANSFER_HEADERS_MAX && transfer->headers[i]; i++)
        headers = curl_slist_append(headers, transfer->headers[i]);
    running->headers = headers;
    /* HTTP/2 of this libcurl fails on connections that are used again. */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (strcmp(method, "GET") == 0)
        return;
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->size > 0 ? transfer->body : "");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->size);
}

static void finish(struct running *running, CURLcode code)
{
    struct transfers *transfers = running->transfers;
    struct transfer_answer answer = {.retry_after_ms = -1, .forbidden = running->forbidden};
    curl_off_t retry_after = 0;
    curl_easy_getinfo(running->easy, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_easy_getinfo(running->easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > 0)
        answer.retry_after_ms = retry_after * 1000;
    if (running->cut && answer.status > 0)
        code = CURLE_OK; /* what it had to say stands before what was cut off */
    if (running->forbidden)
        answer.trouble = tr("this address may not be reached", "不允许访问该地址");
    else if (code != CURLE_OK)
        answer.trouble = running->trouble[0] ? running->trouble : curl_easy_strerror(code);
    answer.forbidden |= code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT;
    answer.certificate = code == CURLE_PEER_FAILED_VERIFICATION;
    running->answer[running->answer_size] = 0;
    answer.body = running->answer;
    answer.size = running->answer_size;
    curl_multi_remove_handle(transfers->multi, running->easy);
    transfers->under_way--;
    running->done(running->arg, &answer);
    if (transfers->pool_count < POOL_MAX)
        transfers->pool[transfers->pool_count++] = running->easy;
    else
        curl_easy_cleanup(running->easy);
    curl_slist_free_all(running->headers);
    free(running);
}

static void reap(struct transfers *transfers)
{
    CURLMsg *message;
    int left;
    while (!transfers->closing && (message = curl_multi_info_read(transfers->multi, &left))) {
        char *running = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &running);
        finish((struct running *)(void *)running, code);
    }
}

/* A connection to a host that is written to once is only in the way: curl walks all idle ones
 * whenever one is opened or closed.  So the first letter closes its connection behind it, and from
 * the second on they are kept. */
static bool is_first_to(struct transfers *transfers, const char *url)
{
    const char *host = strstr(url, "//");
    size_t size = host ? (size_t)(host + 2 - url) + strcspn(host + 2, "/?#") : strlen(url);
    uint64_t hash = str_hash(url, size), *slot = &transfers->origins[hash % ORIGINS];
    bool first = *slot != hash;
    *slot = hash;
    return first;
}

void transfer_start(struct transfers *transfers, const struct transfer *transfer,
                    void (*done)(void *arg, const struct transfer_answer *answer), void *arg)
{
    struct running *running = xcalloc(1, sizeof *running);
    running->transfers = transfers;
    running->done = done;
    running->arg = arg;
    running->easy =
        transfers->pool_count > 0 ? transfers->pool[--transfers->pool_count] : curl_easy_init();
    if (!running->easy)
        abort(); /* only for want of memory */
    curl_easy_reset(running->easy);
    running->guarded = !transfer->trusted;
    running->secure = strncasecmp(transfer->url, "https:", 6) == 0;
    set_common(running, transfer);
    curl_easy_setopt(running->easy, CURLOPT_FORBID_REUSE,
                     (long)is_first_to(transfers, transfer->url));
    set_request(running, transfer);
    transfers->under_way++;
    if (curl_multi_add_handle(transfers->multi, running->easy) != CURLM_OK)
        abort(); /* likewise: nobody would ever hear of this one */
}
