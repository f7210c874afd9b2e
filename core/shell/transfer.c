/* One easy handle for each transfer, from a pool; one set of sockets for all of them. */
#include "shell/transfer.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "shell/worker.h"
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum {
    CONNECT_MS_MAX = 10000,
    ORIGINS = 4096,  /* seen lately */
    POOL_MAX = 256,  /* kept for the next transfer, with all that does not change */
    READY_MAX = 128, /* sockets looked at in one go */
    HANDLES = 2,     /* of the loop */
};

struct running;
struct transfers {
    uv_loop_t *loop;
    uv_timer_t timer;
    /* What curl waits for is in an epoll set of its own, and the loop waits for the set: a poll
     * handle for each socket would cost two system calls more whenever curl changes its mind. */
    int sockets;
    uv_poll_t ready;
    CURLM *multi;
    struct transfers_options options;
    struct running *pool;
    uint64_t origins[ORIGINS]; /* hashes of scheme, host and port; a collision costs a connection */
    int pool_count, under_way;
    /* Those for whom there is no connection yet.  Curl would keep them too, and then read freed
     * memory when the time of one runs out (7.88). */
    struct running *waiting, **waiting_end;
    int waiting_count;
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
    struct running *next; /* in the pool, or of those that wait */
    bool guarded, secure, forbidden;
    bool cut; /* the answer was longer than anyone needs */
    char trouble[CURL_ERROR_SIZE];
    char answer[ANSWER_BYTES_MAX + 1];
    size_t answer_size, answer_read;
    void (*done)(void *arg, const struct transfer_answer *answer);
    void *arg;
};

/* ---- the loop ---------------------------------------------------------- */

static void reap(struct transfers *transfers);

/* Errors are for curl to find when it reads or writes: what is known of a socket here may be of the
 * one that had its number before, a moment ago. */
static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct transfers *transfers = poll->data;
    struct epoll_event ready[READY_MAX];
    int count = epoll_wait(transfers->sockets, ready, READY_MAX, 0), running;
    for (int i = 0; i < count; i++) {
        bool broken = ready[i].events & (EPOLLERR | EPOLLHUP);
        int flags = broken || ready[i].events & EPOLLIN ? CURL_CSELECT_IN : 0;
        flags |= broken || ready[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0;
        curl_multi_socket_action(transfers->multi, ready[i].data.fd, flags, &running);
    }
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

/* `known`: the socket is in the set.  One that cannot be watched ends alone, at its time-out; were
 * curl told, it would abort them all. */
static int want_socket(CURL *easy, curl_socket_t socket, int what, void *arg, void *known)
{
    (void)easy;
    struct transfers *transfers = arg;
    struct epoll_event event = {.data.fd = socket};
    event.events |= what & CURL_POLL_IN ? EPOLLIN : 0;
    event.events |= what & CURL_POLL_OUT ? EPOLLOUT : 0;
    if (what == CURL_POLL_REMOVE && known)
        epoll_ctl(transfers->sockets, EPOLL_CTL_DEL, socket, NULL);
    else if (what != CURL_POLL_REMOVE &&
             epoll_ctl(transfers->sockets, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) ==
                 0)
        curl_multi_assign(transfers->multi, socket, transfers);
    return 0;
}

static void open_handles(struct transfers *transfers)
{
    transfers->sockets = epoll_create1(EPOLL_CLOEXEC);
    worker_need(transfers->sockets < 0 ? uv_translate_sys_error(errno) : 0, "epoll_create1");
    worker_need(uv_poll_init(transfers->loop, &transfers->ready, transfers->sockets),
                "uv_poll_init");
    uv_timer_init(transfers->loop, &transfers->timer);
    transfers->timer.data = transfers->ready.data = transfers;
    transfers->handles = HANDLES;
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
    transfers->waiting_end = &transfers->waiting;
    open_handles(transfers);
    CURLM *multi = transfers->multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, transfers);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, transfers);
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)options->host_connections);
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)options->connections);
    /* Curl counts idle connections and those in use against one bound: with a lower one it would
     * close at once what the next letter to the same host could have used. */
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)options->connections);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    uv_poll_start(&transfers->ready, UV_READABLE, on_ready);
    return transfers;
}

int transfers_under_way(const struct transfers *transfers)
{
    return transfers->under_way + transfers->waiting_count;
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

/* What is the same for every transfer. */
static void set_constants(struct running *running)
{
    CURL *easy = running->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, running);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, running->trouble);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
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
    /* Answers are short.  Curl asks for this room anew for each transfer, and gives it back: so
     * much comes without going to the heap's middle. */
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 1024L);
    /* HTTP/2 of this libcurl fails on connections that are used again. */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    /* Curl walks all of its name cache for each connection, so ten thousand hosts would cost a
     * hundred million steps; connections are kept, names need not be. */
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    /* Without a folder of authorities curl keeps the parsed bundle from one connection to the next;
     * with one it reads all of it again each time. */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (running->transfers->options.ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, running->transfers->options.ca_file);
}

static struct running *running_new(struct transfers *transfers)
{
    struct running *running = transfers->pool;
    if (running) {
        transfers->pool = running->next;
        transfers->pool_count--;
        return running;
    }
    running = xcalloc(1, sizeof *running);
    running->transfers = transfers;
    running->easy = curl_easy_init();
    if (!running->easy)
        abort(); /* only for want of memory */
    set_constants(running);
    return running;
}

static void running_free(struct running *running)
{
    curl_easy_cleanup(running->easy);
    free(running);
}

/* Into the pool, as new but for what set_request sets each time. */
static void running_done(struct running *running)
{
    struct transfers *transfers = running->transfers;
    curl_slist_free_all(running->headers);
    if (transfers->pool_count == POOL_MAX) {
        running_free(running);
        return;
    }
    running->next = transfers->pool;
    transfers->pool = running;
    transfers->pool_count++;
}

static void set_method(struct running *running, const struct transfer *transfer)
{
    CURL *easy = running->easy;
    const char *method = transfer->method ? transfer->method : "POST";
    if (strcmp(method, "GET") == 0) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->size > 0 ? transfer->body : "");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->size);
}

static void set_request(struct running *running, const struct transfer *transfer)
{
    CURL *easy = running->easy;
    long timeout = (long)transfer->timeout_ms;
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    for (int i = 0; i < TRANSFER_HEADERS_MAX && transfer->headers[i]; i++)
        headers = curl_slist_append(headers, transfer->headers[i]);
    running->headers = headers;
    set_method(running, transfer);
    curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     timeout < CONNECT_MS_MAX ? timeout : (long)CONNECT_MS_MAX);
}

/* Curl begins a transfer when its timer says so.  We say so at once: the letter leaves before
 * anything else is done.  What is over already is told from the loop all the same. */
static void set_off(struct transfers *transfers)
{
    int running;
    curl_multi_socket_action(transfers->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    if (running < transfers->under_way)
        uv_timer_start(&transfers->timer, on_timer, 0, 0);
}

static void begin(struct running *running)
{
    struct transfers *transfers = running->transfers;
    transfers->under_way++;
    if (curl_multi_add_handle(transfers->multi, running->easy) != CURLM_OK)
        abort(); /* likewise: nobody would ever hear of this one */
    set_off(transfers);
}

static void put_waiting(struct running *running)
{
    struct transfers *transfers = running->transfers;
    running->next = NULL;
    *transfers->waiting_end = running;
    transfers->waiting_end = &running->next;
    transfers->waiting_count++;
}

static bool has_connection(const struct transfers *transfers)
{
    return transfers->under_way < transfers->options.connections;
}

static void begin_waiting(struct transfers *transfers)
{
    while (transfers->waiting && has_connection(transfers)) {
        struct running *first = transfers->waiting;
        transfers->waiting = first->next;
        if (!transfers->waiting)
            transfers->waiting_end = &transfers->waiting;
        transfers->waiting_count--;
        begin(first);
    }
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
    running_done(running);
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
    if (!transfers->closing)
        begin_waiting(transfers);
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
    struct running *running = running_new(transfers);
    running->done = done;
    running->arg = arg;
    running->guarded = !transfer->trusted;
    running->secure = strncasecmp(transfer->url, "https:", 6) == 0;
    running->forbidden = running->cut = false;
    running->answer_size = running->answer_read = 0;
    running->trouble[0] = 0;
    set_request(running, transfer);
    curl_easy_setopt(running->easy, CURLOPT_FORBID_REUSE,
                     (long)is_first_to(transfers, transfer->url));
    if (has_connection(transfers))
        begin(running);
    else
        put_waiting(running);
}

/* ---- the end ----------------------------------------------------------- */

static void handle_closed(struct transfers *transfers)
{
    if (--transfers->handles > 0)
        return;
    close(transfers->sockets);
    transfers->closed(transfers->closed_arg);
    free(transfers);
}

static void on_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

/* Curl lets go of its idle connections here. */
static void timer_closed(uv_handle_t *handle)
{
    struct transfers *transfers = handle->data;
    while (transfers->pool)
        running_free(running_new(transfers));
    curl_multi_cleanup(transfers->multi);
    handle_closed(transfers);
}

void transfers_close(struct transfers *transfers, void (*closed)(void *arg), void *arg)
{
    transfers->closing = true;
    transfers->closed = closed;
    transfers->closed_arg = arg;
    uv_close((uv_handle_t *)&transfers->ready, on_closed);
    uv_close((uv_handle_t *)&transfers->timer, timer_closed);
}
