/* Transfers against a server in the same loop: what is sent, what is kept of an answer, when it is
 * given up, where it may not go. */
#include "base/xalloc.h"
#include "outlet.h"
#include "peer.h"
#include "shell/transfer.h"
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(transfer, .timeout = 60);

static uv_loop_t loop;
static struct peer peer;
static struct transfers *transfers;
static struct address_rule rule;
static struct transfers_options options;
static char url[128];
static int answers;
static bool closed;
static struct heard {
    bool forbidden, certificate;
    long status;
    int64_t retry_after_ms;
    size_t size;
    char trouble[300], body[64];
} heard;

static void open_peer(void (*hear)(struct caller *caller), const char *script)
{
    const char *problem;
    if (options.connections == 0)
        options = (struct transfers_options){.host_connections = 2, .connections = 64};
    cr_assert_eq(uv_loop_init(&loop), 0);
    peer.script = script;
    peer_open(&peer, &loop, hear);
    cr_assert_eq(address_rule_parse(&rule, "127.0.0.0/8", &problem), 0);
    options.allowed = (struct address_rules){&rule, 1};
    transfers = transfers_new(&loop, &options);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/hook", peer.port);
}

static void note(void *arg)
{
    *(bool *)arg = true;
}

static void close_all(void)
{
    cr_expect_eq(transfers_under_way(transfers), 0);
    transfers_close(transfers, note, &closed);
    cr_expect_not(closed, "closing is told from the loop");
    peer_close(&peer);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect(closed);
    cr_expect_eq(uv_loop_close(&loop), 0);
}

static void hear_answer(void *arg, const struct transfer_answer *answer)
{
    int *expected = arg;
    answers++;
    heard = (struct heard){.forbidden = answer->forbidden,
                           .certificate = answer->certificate,
                           .status = answer->status,
                           .retry_after_ms = answer->retry_after_ms,
                           .size = answer->size};
    snprintf(heard.trouble, sizeof heard.trouble, "%s", answer->trouble ? answer->trouble : "");
    snprintf(heard.body, sizeof heard.body, "%s", answer->body);
    if (answers == *expected)
        uv_stop(&loop);
}

static void post(struct transfer *transfer, int count)
{
    int expected = answers + count;
    for (int i = 0; i < count; i++)
        transfer_start(transfers, transfer, hear_answer, &expected);
    cr_expect_eq(transfers_under_way(transfers), count);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(answers, expected);
}

static struct transfer a_post(void)
{
    return (struct transfer){.url = url, .body = "{}", .size = 2, .timeout_ms = 10000};
}

Test(transfer, what_is_sent_and_what_comes_back)
{
    struct transfer transfer = a_post();
    open_peer(peer_http, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    transfer.headers[0] = "X-Letter: 7";
    post(&transfer, 1);
    const char *request = buf_str(&peer.requested);
    cr_expect(strncmp(request, "POST /hook HTTP/1.1\r\n", 21) == 0, "%s", request);
    cr_expect_str_eq(header_of(request, "X-Letter"), "7");
    cr_expect_str_eq(header_of(request, "User-Agent"), "yujing");
    cr_expect_str_eq(header_of(request, "Expect"), "");
    cr_expect_str_eq(body_of(request), "{}");
    cr_expect_eq(heard.status, 200);
    cr_expect_str_eq(heard.trouble, "");
    cr_expect_str_eq(heard.body, "ok");
    cr_expect_eq(heard.retry_after_ms, -1);
    close_all();
}

Test(transfer, a_get_has_no_body_and_a_put_is_one)
{
    struct transfer transfer = a_post();
    open_peer(peer_http, "HTTP/1.1 204 No Content\r\n\r\n");
    transfer.method = "GET";
    post(&transfer, 1);
    cr_expect(strncmp(buf_str(&peer.requested), "GET /hook", 9) == 0);
    cr_expect_str_eq(body_of(buf_str(&peer.requested)), "");
    buf_clear(&peer.requested);
    transfer.method = "PUT";
    post(&transfer, 1);
    cr_expect(strncmp(buf_str(&peer.requested), "PUT /hook", 9) == 0);
    cr_expect_str_eq(body_of(buf_str(&peer.requested)), "{}");
    buf_clear(&peer.requested);
    transfer.method = "GET";
    post(&transfer, 1);
    cr_expect(strncmp(buf_str(&peer.requested), "GET /hook", 9) == 0);
    cr_expect_str_eq(body_of(buf_str(&peer.requested)), "");
    cr_expect_str_eq(header_of(buf_str(&peer.requested), "Content-Length"), "");
    close_all();
}

Test(transfer, connections_are_used_again_and_bounded_per_host)
{
    struct transfer transfer = a_post();
    open_peer(peer_http, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    for (int i = 0; i < 5; i++)
        post(&transfer, 8);
    cr_expect_eq(peer.requests, 40);
    cr_expect_leq(peer.callers, 3, "%d connections; the first closes behind it", peer.callers);
    close_all();
}

Test(transfer, as_many_connections_are_kept_as_may_be_in_use)
{
    struct transfer transfer = a_post();
    options = (struct transfers_options){.host_connections = 100, .connections = 100};
    open_peer(peer_http, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    for (int i = 0; i < 5; i++)
        post(&transfer, 100);
    cr_expect_eq(peer.requests, 500);
    cr_expect_leq(peer.callers, 101, "%d connections; the first closes behind it", peer.callers);
    close_all();
}

Test(transfer, a_transfer_remembers_nothing_of_the_one_before)
{
    static const char busy[] =
        "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy";
    struct transfer transfer = a_post();
    open_peer(peer_http, busy);
    post(&transfer, 1);
    cr_expect_eq(heard.status, 503);
    cr_expect_eq(heard.retry_after_ms, 7000);
    cr_expect_eq(heard.size, 4);
    peer.script = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    post(&transfer, 1);
    cr_expect_eq(heard.status, 200);
    cr_expect_eq(heard.retry_after_ms, -1);
    cr_expect_eq(heard.size, 0);
    peer.script = busy;
    post(&transfer, 1);
    transfer.url = "http://127.0.0.1:1/";
    post(&transfer, 1);
    cr_expect_eq(heard.status, 0);
    cr_expect_eq(heard.retry_after_ms, -1);
    cr_expect_neq(heard.trouble[0], 0);
    transfer.url = url;
    peer.script = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    post(&transfer, 1);
    cr_expect_eq(heard.status, 200);
    cr_expect_str_eq(heard.trouble, "");
    close_all();
}

static bool has_come;

static void note_coming(struct caller *caller)
{
    has_come = true;
    peer_http(caller);
}

/* The loop is not given the time to do anything but what is ready already. */
Test(transfer, a_letter_leaves_at_once_on_a_connection_that_is_open)
{
    struct transfer transfer = a_post();
    int expected = 3;
    open_peer(note_coming, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    post(&transfer, 2);
    has_come = false;
    transfer_start(transfers, &transfer, hear_answer, &expected);
    cr_expect_eq(answers, 2, "told from the loop, not within the call");
    struct pollfd arrived = {.events = POLLIN};
    cr_assert_eq(uv_fileno((uv_handle_t *)&peer.first->tcp, &arrived.fd), 0);
    cr_expect_eq(poll(&arrived, 1, 1000), 1, "it is at the peer's before the loop goes on");
    cr_expect_not(has_come);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(answers, 3);
    close_all();
}

static void say_slowly(struct caller *caller)
{
    (void)caller; /* hears and says nothing: the worst of tarpits */
}

Test(transfer, a_tarpit_is_given_up_and_delays_no_one)
{
    struct transfer transfer = a_post();
    open_peer(say_slowly, NULL);
    transfer.timeout_ms = 200;
    uint64_t begun = uv_hrtime();
    post(&transfer, 2);
    cr_expect_lt(uv_hrtime() - begun, UINT64_C(8000000000));
    cr_expect_eq(heard.status, 0);
    cr_expect_neq(heard.trouble[0], 0);
    cr_expect_not(heard.forbidden);
    close_all();
}

enum { CROWD = 16, CROWD_ALL = 160 };
static int crowd_begun, crowd_over;

static void begin_one_of_crowd(void);

static void hear_crowd(void *arg, const struct transfer_answer *answer)
{
    (void)arg;
    cr_expect_eq(answer->status, 0);
    if (++crowd_over == CROWD_ALL)
        uv_stop(&loop);
    else if (crowd_begun < CROWD_ALL)
        begin_one_of_crowd();
}

static void begin_one_of_crowd(void)
{
    struct transfer transfer = a_post();
    transfer.timeout_ms = 10 + crowd_begun++ % 7 * 5;
    transfer_start(transfers, &transfer, hear_crowd, NULL);
}

/* Curl's own list of those that wait for a connection crashes when the time of one runs out. */
Test(transfer, more_than_there_are_connections_may_run_out_of_time)
{
    options = (struct transfers_options){.connections = 2};
    open_peer(say_slowly, NULL);
    for (int i = 0; i < CROWD; i++)
        begin_one_of_crowd();
    cr_expect_eq(transfers_under_way(transfers), CROWD);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(crowd_over, CROWD_ALL);
    close_all();
}

static void say_for_ever(struct caller *caller)
{
    static char much[65536];
    if (caller_request(caller) == 0)
        return;
    memset(much, 'x', sizeof much - 1);
    caller_take(caller, caller_request(caller));
    caller_say(caller, caller->peer->script);
    for (int i = 0; i < 64; i++)
        caller_say(caller, much);
}

Test(transfer, an_answer_without_end_is_cut_off_and_its_status_counts)
{
    struct transfer transfer = a_post();
    open_peer(say_for_ever, "HTTP/1.1 200 OK\r\n\r\n");
    post(&transfer, 1);
    cr_expect_eq(heard.status, 200);
    cr_expect_str_eq(heard.trouble, "");
    cr_expect_eq(heard.size, ANSWER_BYTES_MAX);
    close_all();
}

Test(transfer, headers_without_end_are_trouble)
{
    struct transfer transfer = a_post();
    open_peer(say_for_ever, "HTTP/1.1 200 OK\r\nX: ");
    post(&transfer, 1);
    cr_expect_neq(heard.trouble[0], 0);
    close_all();
}

Test(transfer, nobody_there)
{
    struct transfer transfer = a_post();
    struct peer gone;
    open_peer(peer_http, NULL);
    peer_open(&gone, &loop, peer_http);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", gone.port);
    peer_close(&gone);
    uv_run(&loop, UV_RUN_NOWAIT);
    post(&transfer, 1);
    cr_expect_eq(heard.status, 0);
    cr_expect_neq(heard.trouble[0], 0);
    cr_expect_not(heard.forbidden, "it may come back");
    close_all();
}

Test(transfer, other_protocols_and_bad_urls_are_forbidden)
{
    static const char *const bad[] = {"file:///etc/passwd",     "gopher://127.0.0.1/",
                                      "ftp://127.0.0.1/x",      "dict://127.0.0.1/",
                                      "telnet://127.0.0.1:23/", "http://exa mple/"};
    struct transfer transfer = a_post();
    open_peer(peer_http, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        transfer.url = bad[i];
        post(&transfer, 1);
        cr_expect(heard.forbidden, "%s: %s", bad[i], heard.trouble);
    }
    cr_expect_eq(peer.callers, 0);
    close_all();
}

Test(transfer, the_proxy_of_the_environment_is_not_used)
{
    struct transfer transfer = a_post();
    setenv("http_proxy", "http://127.0.0.1:1/", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
    open_peer(peer_http, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    post(&transfer, 1);
    cr_expect_eq(heard.status, 200, "%s", heard.trouble);
    close_all();
}

struct closing {
    int told;
};

static void close_within(void *arg, const struct transfer_answer *answer)
{
    struct closing *closing = arg;
    closing->told += answer->status == 200;
    transfers_close(transfers, note, &closed);
    peer_close(&peer);
}

Test(transfer, closing_from_the_last_answer_is_safe)
{
    struct transfer transfer = a_post();
    struct closing closing = {0};
    open_peer(peer_http, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    transfer_start(transfers, &transfer, close_within, &closing);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(closing.told, 1);
    cr_expect(closed);
    cr_expect_eq(uv_loop_close(&loop), 0);
}
