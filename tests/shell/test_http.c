/* The HTTP server, at its socket: strict, patient with nobody, and safe to answer late. */
#include "base/err.h"
#include "base/xalloc.h"
#include "shell/http_client.h"
#include "shell/http_limits.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static uv_loop_t loop;
static struct http *http;
static struct http_options options;
static struct http_client client;

/* What the owner was asked, and how he is to answer. */
static struct {
    int screened, handled;
    int refuse; /* in screen, with this status */
    bool defer;
    struct http_request *held;
    char seen[512]; /* "POST /a body" */
    struct http_stream *stream;
    int streams_closed;
} owner;

static void screen(void *arg, struct http_request *request)
{
    (void)arg;
    owner.screened++;
    request->owner = &owner;
    if (owner.refuse)
        http_problem(request, owner.refuse, NULL, "not you");
}

static void stream_closed(void *arg)
{
    (void)arg;
    owner.streams_closed++;
    owner.stream = NULL;
}

static void handle(void *arg, struct http_request *request)
{
    (void)arg;
    owner.handled++;
    cr_expect_eq(request->owner, &owner, "what screen noted is there for handle");
    snprintf(owner.seen, sizeof owner.seen, "%s %s %.*s", http_method_name(request->method),
             request->path, (int)(request->body_size < 300 ? request->body_size : 300),
             request->body ? (const char *)request->body : "");
    if (owner.defer)
        owner.held = request;
    else if (strcmp(request->path, "/stream") == 0)
        owner.stream = http_stream_begin(request, stream_closed, NULL);
    else
        http_answer(request, 200, "text/plain", "fine", 4, NULL);
}

static const struct http_handler handler = {screen, handle, NULL};

static int64_t fake_ms;
static int64_t fake_now(void *clock)
{
    (void)clock;
    return fake_ms;
}

static void start(void)
{
    struct findings findings = {0};
    cr_assert_eq(http_open(&http, &loop, &options, &handler, &findings), 0);
    cr_expect_eq(findings.count, 0);
    findings_release(&findings);
}

static void make(void)
{
    client_loop_open(&loop);
    options =
        (struct http_options){.address = "127.0.0.1", .connections_max = 100, .now = fake_now};
}

static void make_and_start(void)
{
    make();
    start();
    client_connect(&client, http_port(http));
}

static void away(void)
{
    http_close(http);
    client_leave(&client);
    client_loop_close(&loop);
}

static const struct http_counters *counted(void)
{
    return http_counters(http);
}

TestSuite(http, .init = make_and_start, .fini = away);
TestSuite(http_bounds, .init = make, .fini = away);

/* ---- one request --------------------------------------------------------- */

Test(http, a_request_is_answered_and_the_connection_kept)
{
    for (int i = 0; i < 3; i++) {
        client_say(&client, "GET /a/b?x=1&y=%E6%B2%88%20+z HTTP/1.1\r\nHost: h\r\n\r\n");
        cr_expect_eq(client_status(&client), 200);
        cr_expect_str_eq(owner.seen, "GET /a/b ");
    }
    cr_expect_eq(counted()->connections, 1);
    cr_expect_eq(counted()->answers[2], 3);
    cr_expect_eq(counted()->bytes_out, 12);
}

static void answer_what_was_asked(void *arg, struct http_request *request)
{
    char text[512];
    (void)arg;
    snprintf(text, sizeof text, "%s|%s|%s|%s|%s|%s", http_query(request, "y"),
             http_query(request, "empty"), http_query(request, "none") ? "?" : "-",
             http_header(request, "x-kept"), request->peer_name, request->id[15] ? "id" : "?");
    http_answer(request, 200, "text/plain", text, strlen(text), NULL);
}

Test(http_bounds, what_came_can_be_asked_for)
{
    struct findings findings = {0};
    struct http_handler other = {NULL, answer_what_was_asked, NULL};
    cr_assert_eq(http_open(&http, &loop, &options, &other, &findings), 0);
    client_connect(&client, http_port(http));
    client_say(&client, "GET /a?x=1&y=%E6%B2%88%20+z&empty=&y=2 HTTP/1.1\r\nHost: h\r\n"
                        "X-Kept:  value \t\r\n\r\n");
    cr_expect_str_eq(client_body(client_answer(&client)), "沈  z||-|value|127.0.0.1|id");
}

Test(http, harm_is_forbidden_by_default)
{
    client_say(&client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    const char *answer = client_answer(&client);
    cr_expect(strstr(answer, "\r\nCache-Control: no-store\r\n"));
    cr_expect(strstr(answer, "\r\nContent-Security-Policy: default-src 'self'; "));
    cr_expect(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
    cr_expect(strstr(answer, "\r\nReferrer-Policy: no-referrer\r\n"));
    cr_expect(strstr(answer, "\r\nX-Request-Id: "));
}

Test(http, a_head_is_answered_without_its_body)
{
    client_say(&client, "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    client_wait_for(&client, "fine");
    cr_expect_eq(owner.handled, 2);
    const char *first = buf_str(&client.got), *second = strstr(first + 1, "HTTP/1.1 200");
    cr_assert_not_null(second);
    cr_expect(strstr(first, "Content-Length: 4\r\n") < second);
    cr_expect_eq(memcmp(second - 4, "\r\n\r\n", 4), 0);
}

Test(http, a_body_comes_whole_however_it_is_cut)
{
    const char *text = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
    for (size_t i = 0; i < strlen(text); i++) {
        client_send(&client, text + i, 1);
        client_run_some();
    }
    cr_expect_eq(client_status(&client), 200);
    cr_expect_str_eq(owner.seen, "POST /a hello");
    cr_expect_eq(counted()->body_bytes, 0);
    cr_expect_eq(counted()->refused[HTTP_REFUSED_MALFORMED], 0);
}

/* Each cut of a head in two; MHD moves its buffer about, and the strict reading must follow. */
Test(http, a_long_head_may_be_cut_anywhere)
{
    struct buf head = {0};
    buf_puts(&head, "GET /a/%E6%B2%88?q=%20&r HTTP/1.1\r\nHost: h\r\nAccept:\r\n");
    for (int i = 0; i < 40; i++)
        buf_printf(&head, "X-Field-%d: \t%0*d \r\n", i, 20 + i * 2, i);
    buf_puts(&head, "Cookie: a=\"b\"; c=d\r\n\r\n");
    for (size_t cut = 1; cut < head.size; cut += 1 + cut / 64) {
        client_send(&client, head.data, cut);
        client_run_some();
        client_send(&client, head.data + cut, head.size - cut);
        cr_assert_eq(client_status(&client), 200, "cut at %zu", cut);
    }
    buf_release(&head);
    cr_expect_gt(owner.handled, 80);
}

Test(http, a_chunked_body_is_taken_and_the_connection_closed)
{
    client_say(&client, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
                        "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&client), 200);
    cr_expect_str_eq(owner.seen, "POST /a hello");
    cr_expect(client_is_closed(&client));
    cr_expect_eq(owner.handled, 1);
}

Test(http, who_asks_for_leave_to_send_gets_it)
{
    client_say(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
                        "Expect: 100-continue\r\n\r\n");
    client_wait_for(&client, "HTTP/1.1 100 Continue\r\n\r\n");
    client.answered = client.got.size;
    client_say(&client, "ok");
    cr_expect_eq(client_status(&client), 200);
    cr_expect_str_eq(owner.seen, "POST /a ok");
}

/* ---- strictness ---------------------------------------------------------- */

struct strict_case {
    const char *name, *bytes;
    int status;
};
#define HOST "Host: h\r\n"
#define GET_WITH(fields) "GET / HTTP/1.1\r\n" fields "\r\n"
#define GET_OF(target) "GET " target " HTTP/1.1\r\n" HOST "\r\n"
#define POST_WITH(fields, body) "POST / HTTP/1.1\r\n" HOST fields "\r\n" body

static const struct strict_case strict_cases[] = {
    {"control: a plain GET", GET_WITH(HOST), 200},
    {"control: blanks round a value", GET_WITH("Host: \t h \t\r\n"), 200},
    {"control: blanks round another value", GET_WITH(HOST "X:  y \t\r\n"), 200},
    {"control: no blank before a value", GET_WITH("Host:h\r\n"), 200},
    {"control: an empty value", GET_WITH(HOST "X:\r\n"), 200},
    {"control: a blank line before", "\r\n" GET_WITH(HOST), 200},
    {"control: HTTP/1.0 needs no Host", "GET / HTTP/1.0\r\n\r\n", 200},
    {"length and chunks",
     POST_WITH("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
    {"chunks and length",
     POST_WITH("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
    {"two lengths", POST_WITH("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), 400},
    {"two equal lengths", POST_WITH("Content-Length: 1\r\nContent-Length: 1\r\n", "a"), 400},
    {"a list of lengths", POST_WITH("Content-Length: 1, 1\r\n", "a"), 400},
    {"a signed length", POST_WITH("Content-Length: +1\r\n", "a"), 400},
    {"a negative length", POST_WITH("Content-Length: -1\r\n", "a"), 400},
    {"a hexadecimal length", POST_WITH("Content-Length: 0x1\r\n", "a"), 400},
    {"an empty length", POST_WITH("Content-Length:\r\n", "a"), 400},
    {"a length beyond reason", POST_WITH("Content-Length: 99999999999999999999999\r\n", ""), 413},
    {"another coding", POST_WITH("Transfer-Encoding: gzip\r\n", ""), 501},
    {"two codings", POST_WITH("Transfer-Encoding: gzip, chunked\r\n", ""), 501},
    {"two coding fields",
     POST_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", ""), 400},
    {"chunked with a vertical tab", POST_WITH("Transfer-Encoding: \vchunked\r\n", ""), 400},
    {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"a chunk that is no number", POST_WITH("Transfer-Encoding: chunked\r\n", "zz\r\n"), 400},
    {"a chunk without its end", POST_WITH("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n"), 400},
    {"a bare line feed after the first line", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400},
    {"a bare line feed after a field", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
    {"a bare line feed before the end", "GET / HTTP/1.1\r\nHost: h\n\r\n", 400},
    {"a bare line feed as the end", "GET / HTTP/1.1\r\nHost: h\r\n\n", 400},
    {"bare line feeds only", "GET / HTTP/1.1\nHost: h\n\n", 400},
    {"a bare carriage return", "GET / HTTP/1.1\r\nHost: h\r\nX: a\rY: b\r\n\r\n", 400},
    {"a folded line", GET_WITH(HOST "X: a\r\n b\r\n"), 400},
    {"a folded Host", GET_WITH("Host: h\r\n\ti\r\n"), 400},
    {"a fold as the first line", GET_WITH(" X: a\r\n" HOST), 400},
    {"two Hosts", GET_WITH(HOST HOST), 400},
    {"no Host", GET_WITH(""), 400},
    {"an empty Host", GET_WITH("Host:\r\n"), 400},
    {"a Host with a path", GET_WITH("Host: h/a\r\n"), 400},
    {"a blank before the colon", GET_WITH("Host : h\r\n"), 400},
    {"a blank in a name", GET_WITH(HOST "X Y: z\r\n"), 400},
    {"a name that is none", GET_WITH(HOST "X(): z\r\n"), 400},
    {"no name", GET_WITH(HOST ": z\r\n"), 400},
    {"no colon", GET_WITH(HOST "X\r\n"), 400},
    {"a control character in a value", GET_WITH(HOST "X: a\x01z\r\n"), 400},
    {"the whole address", GET_OF("http://h/"), 400},
    {"an authority", "CONNECT h:443 HTTP/1.1\r\n" HOST "\r\n", 405},
    {"an asterisk", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 405},
    {"no slash", GET_OF("a"), 400},
    {"two dots", GET_OF("/a/../b"), 400},
    {"two escaped dots", GET_OF("/a/%2e%2E/b"), 400},
    {"one dot", GET_OF("/./b"), 400},
    {"two slashes", GET_OF("//b"), 400},
    {"an escaped slash", GET_OF("/a%2Fb"), 400},
    {"an escaped backslash", GET_OF("/a%5Cb"), 400},
    {"an escaped NUL", GET_OF("/a%00b"), 400},
    {"half an escape", GET_OF("/a%2"), 400},
    {"an escape that is none", GET_OF("/a%zz"), 400},
    {"a path that is not UTF-8", GET_OF("/a%ff"), 400},
    {"raw Chinese", GET_OF("/沈阳"), 400},
    {"a fragment", GET_OF("/a#b"), 400},
    {"a broken query", GET_OF("/a?x=%"), 400},
    {"a line end in a query", GET_OF("/a?x=%0d%0a"), 400},
    {"two blanks before the target", "GET  / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"two blanks before the version", "GET /  HTTP/1.1\r\n" HOST "\r\n", 400},
    {"a blank after the version", "GET / HTTP/1.1 \r\n" HOST "\r\n", 400},
    {"a blank in the target", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400},
    {"a tab for a blank", "GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400},
    {"no version", "GET /\r\n\r\n", 400},
    {"version 2", "GET / HTTP/2.0\r\n" HOST "\r\n", 505},
    {"version 1.2", "GET / HTTP/1.2\r\n" HOST "\r\n", 505},
    {"version 0.9", "GET / HTTP/0.9\r\n" HOST "\r\n", 505},
    {"a small version", "GET / http/1.1\r\n" HOST "\r\n", 400},
    {"an unknown method", "FETCH / HTTP/1.1\r\n" HOST "\r\n", 501},
    {"a small method", "get / HTTP/1.1\r\n" HOST "\r\n", 501},
    {"a method that is no word", "G@T / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"TRACE", "TRACE / HTTP/1.1\r\n" HOST "\r\n", 405},
    {"an unknown expectation", POST_WITH("Content-Length: 1\r\nExpect: more\r\n", "a"), 417},
};

Test(http, what_two_could_read_differently_is_refused)
{
    client_leave(&client);
    for (size_t i = 0; i < sizeof strict_cases / sizeof *strict_cases; i++) {
        const struct strict_case *c = &strict_cases[i];
        int handled = owner.handled;
        client_connect(&client, http_port(http));
        client_say(&client, c->bytes);
        int status = client_status(&client);
        cr_expect_eq(status, c->status, "%s: %d, not %d", c->name, status, c->status);
        if (c->status == 200)
            cr_expect_eq(owner.handled, handled + 1, "%s: not handled", c->name);
        else
            cr_expect(client_is_closed(&client) && owner.handled == handled, "%s: handled",
                      c->name);
        client_leave(&client);
    }
    client_connect(&client, http_port(http));
    cr_expect_gt(counted()->refused[HTTP_REFUSED_MALFORMED], 40);
    cr_expect_eq(counted()->refused[HTTP_REFUSED_METHOD], 7);
}

/* A raw NUL looks like a separator of MHD's making. */
#define NUL_CASE(text) text, sizeof text - 1
Test(http, a_nul_does_not_pass_for_a_line_end)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        {NUL_CASE("GET / HTTP/1.1\r\nHost: h\r\nX: a\0\0Y: b\r\n\r\n")},
        {NUL_CASE("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n")},
        {NUL_CASE("GET / HTTP/1.1\r\nHost: h\r\nX\0 a: b\r\n\r\n")},
        {NUL_CASE("GET / HTTP/1.1\r\nHost: h\r\n\0\r\n\r\n")},
        {NUL_CASE("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n")},
        {NUL_CASE("GET\0 / HTTP/1.1\r\nHost: h\r\n\r\n")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_client other;
        client_connect(&other, http_port(http));
        client_send(&other, cases[i].bytes, cases[i].size);
        cr_expect_eq(client_status(&other), 400, "case %zu", i);
        client_leave(&other);
    }
    cr_expect_eq(owner.handled, 0);
}

/* What MHD takes for the end of a head and others do not; behind it a request that must not be one.
 */
#define HIDDEN "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n"
static const struct {
    const char *bytes;
    size_t size;
} false_ends[] = {
    {NUL_CASE("GET /first HTTP/1.1\r\nHost: h\r\n:\n" HIDDEN)},
    {NUL_CASE("GET /first HTTP/1.1\r\nHost: h\r\n\0\n" HIDDEN)},
    {NUL_CASE("GET /first HTTP/1.1\r\nHost: h\0\n\0\n" HIDDEN)},
    {NUL_CASE("POST /first HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n:\nab" HIDDEN)},
};

static bool is_hidden_reached(const char *mark, size_t i)
{
    struct http_client other;
    struct buf bytes = {0};
    size_t line = strcspn(false_ends[i].bytes, "\r");
    owner.seen[0] = 0;
    buf_add(&bytes, false_ends[i].bytes, line);
    buf_puts(&bytes, mark);
    buf_add(&bytes, false_ends[i].bytes + line, false_ends[i].size - line);
    client_connect(&other, http_port(http));
    client_send(&other, bytes.data, bytes.size);
    int status = client_status(&other);
    cr_expect_eq(status, 200, "%zu: %d", i, status);
    client_run_some();
    bool reached = strstr(owner.seen, "/hidden");
    cr_expect(reached || client_is_closed(&other), "%zu: open", i);
    client_leave(&other);
    buf_release(&bytes);
    return reached;
}

Test(http, behind_a_proxy_nothing_hides_behind_a_false_end)
{
    static const char *const marks[] = {"\r\nX-Forwarded-For: 10.0.0.1", "\r\nVia: 1.1 front",
                                        "\r\nForwarded: for=10.0.0.1"};
    int control = 0;
    for (size_t i = 0; i < sizeof false_ends / sizeof *false_ends; i++) {
        control += is_hidden_reached("", i);
        for (size_t j = 0; j < sizeof marks / sizeof *marks; j++)
            cr_expect_not(is_hidden_reached(marks[j], i), "%s, case %zu", marks[j], i);
    }
    cr_expect_gt(control, 0, "control: who speaks for himself alone deceives nobody but himself");
}

static void make_shared(void)
{
    make();
    options.shared = true;
    start();
    client_connect(&client, http_port(http));
}
TestSuite(http_shared, .init = make_shared, .fini = away);

Test(http_shared, nothing_hides_behind_a_false_end)
{
    for (size_t i = 0; i < sizeof false_ends / sizeof *false_ends; i++)
        cr_expect_not(is_hidden_reached("", i), "case %zu", i);
}

static void expect_refused_flood(const char *head, const char *flood, size_t size, int status)
{
    struct http_client other;
    struct buf much = {0};
    while (much.size < size)
        buf_puts(&much, flood);
    client_connect(&other, http_port(http));
    client_say(&other, head);
    client_send(&other, much.data, much.size);
    int got = client_status(&other);
    cr_expect(got == status || got == 0, "%s: %d", head, got);
    cr_expect(client_is_closed(&other));
    client_leave(&other);
    buf_release(&much);
}

Test(http, a_flood_is_cut_off)
{
    expect_refused_flood("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;",
                         "extension", 1 << 20, 400);
    expect_refused_flood("GET /", "aaaaaaaa", 1 << 20, 414);
    expect_refused_flood("GET / HTTP/1.1\r\nHost: h\r\nX: ", "aaaaaaaa", 1 << 20, 431);
    expect_refused_flood("GET / HTTP/1.1\r\nHost: h\r\n", "X: aaaaaaaa\r\n", 1 << 20, 431);
    cr_expect_eq(owner.handled, 0);
    cr_expect_eq(counted()->body_bytes, 0);
}

Test(http, the_longest_target_is_taken_and_no_longer_one)
{
    struct buf text = {0};
    buf_printf(&text, "GET /%0*d HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_TARGET_BYTES_MAX - 1, 0);
    client_say(&client, text.data);
    cr_expect_eq(client_status(&client), 200);
    buf_clear(&text);
    buf_printf(&text, "GET /%0*d HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_TARGET_BYTES_MAX, 0);
    client_say(&client, text.data);
    cr_expect_eq(client_status(&client), 414);
    buf_release(&text);
}

/* ---- refusing early ------------------------------------------------------ */

Test(http, the_owner_may_refuse_before_the_body)
{
    owner.refuse = 401;
    client_say(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    cr_expect_eq(client_status(&client), 401);
    cr_expect(client_is_closed(&client));
    cr_expect_eq(owner.screened, 1);
    cr_expect_eq(owner.handled, 0);
}

Test(http, refused_without_a_body_the_connection_is_kept)
{
    owner.refuse = 403;
    client_say(&client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&client), 403);
    owner.refuse = 0;
    client_say(&client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&client), 200);
    cr_expect_eq(owner.screened, 2);
    cr_expect_eq(owner.handled, 1);
}

Test(http_bounds, a_body_too_large_is_refused_by_its_head)
{
    options.body_max = 10;
    start();
    client_connect(&client, http_port(http));
    client_say(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789");
    cr_expect_eq(client_status(&client), 200);
    client_say(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
    cr_expect_eq(client_status(&client), 413);
    cr_expect(client_is_closed(&client));
    cr_expect_eq(owner.screened, 1, "not even screened");
    cr_expect_eq(counted()->refused[HTTP_REFUSED_BODY], 1);
}

enum { MUCH = 4 << 20 };
#define CHUNKED "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"

Test(http_bounds, a_chunked_body_too_large_is_refused)
{
    options.body_max = 10;
    start();
    client_connect(&client, http_port(http));
    client_say(&client, CHUNKED "b\r\n0123456789a\r\n0\r\n\r\n");
    cr_expect_eq(client_status(&client), 413);
    client_leave(&client);
    client_connect(&client, http_port(http));
    client_say(&client, CHUNKED "fffffff\r\n");
    char *much = xcalloc(1, MUCH);
    client_send(&client, much, MUCH);
    free(much);
    cr_expect_eq(client_status(&client), 0, "and is not read for ever");
    cr_expect_eq(owner.handled, 0);
    cr_expect_eq(counted()->body_bytes, 0);
}

Test(http_bounds, all_bodies_together_are_bounded)
{
    struct http_client other;
    options.bodies_max = 15;
    start();
    client_connect(&client, http_port(http));
    client_connect(&other, http_port(http));
    client_say(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n0123456789");
    client_run_some();
    cr_expect_eq(counted()->body_bytes, 10);
    client_say(&other, "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789");
    cr_expect_eq(client_status(&other), 503);
    client_say(&client, "a");
    cr_expect_eq(client_status(&client), 200);
    cr_expect_eq(counted()->refused[HTTP_REFUSED_MEMORY], 1);
    client_leave(&other);
}

/* ---- answering later ----------------------------------------------------- */

Test(http, an_answer_may_come_later)
{
    owner.defer = true;
    client_say(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
                        "GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
    client_run_some();
    cr_assert_not_null(owner.held);
    cr_expect_eq(owner.handled, 1, "the next one waits for its turn");
    cr_expect_eq(client.got.size, 0);
    cr_expect_eq(memcmp(owner.held->body, "hi", 3), 0);
    owner.defer = false;
    http_answer(owner.held, 202, NULL, NULL, 0, NULL);
    cr_expect_eq(client_status(&client), 202);
    cr_expect_eq(client_status(&client), 200);
    cr_expect_str_eq(owner.seen, "GET /next ");
}

Test(http, a_client_that_has_gone_is_answered_into_the_void)
{
    owner.defer = true;
    client_say(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    client_run_some();
    client_leave(&client);
    client_run_some();
    cr_assert_not_null(owner.held);
    cr_expect_eq(memcmp(owner.held->body, "hi", 3), 0, "its body is still there");
    http_answer(owner.held, 202, NULL, NULL, 0, NULL);
    client_run_some();
    cr_expect_eq(counted()->connections_open, 0);
    cr_expect_eq(counted()->requests_open, 0);
    client_connect(&client, http_port(http));
}

Test(http, a_request_outlives_its_server)
{
    owner.defer = true;
    client_say(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    client_run_some();
    http_close(http);
    http = NULL;
    client_run_some();
    cr_expect_eq(client_status(&client), 0);
    cr_expect_null(http_header(owner.held, "Host"));
    cr_expect_eq(memcmp(owner.held->body, "hi", 3), 0);
    http_answer(owner.held, 202, NULL, NULL, 0, NULL);
}

Test(http, what_is_asked_while_another_waits_is_answered)
{
    struct http_client other;
    owner.defer = true;
    client_say(&client, "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    client_run_some();
    struct http_request *held = owner.held;
    owner.defer = false;
    client_connect(&other, http_port(http));
    client_say(&other, "GET /quick HTTP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&other), 200);
    http_answer(held, 200, NULL, NULL, 0, NULL);
    cr_expect_eq(client_status(&client), 200);
    client_leave(&other);
}

/* ---- deadlines ----------------------------------------------------------- */

/* Bytes that drip do not move a deadline. */
static void drip(const char *text, int64_t step_ms, int steps)
{
    for (int i = 0; i < steps; i++) {
        fake_ms += step_ms;
        client_send(&client, text + i, 1);
        client_run_some();
    }
}

Test(http, a_dripping_head_is_cut_at_its_deadline)
{
    drip("GET / HTTP/1.1", 1000, 9);
    cr_expect_eq(counted()->connections_open, 1);
    drip("TP/1.1", 1000, 2);
    cr_expect(client_is_closed(&client));
    cr_expect_eq(counted()->connections_open, 0);
    cr_expect_eq(counted()->refused[HTTP_REFUSED_LATE_HEAD], 1);
}

Test(http, a_dripping_second_head_is_cut_too)
{
    client_say(&client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&client), 200);
    fake_ms += 30000;
    client_say(&client, "GET / HTTP/1.1\r\nHos");
    client_run_some();
    drip("t: h", 4000, 2);
    cr_expect_eq(counted()->connections_open, 1);
    drip(" h", 4000, 1);
    cr_expect(client_is_closed(&client));
    cr_expect_eq(counted()->refused[HTTP_REFUSED_LATE_HEAD], 1);
}

Test(http, a_dripping_body_is_cut_at_its_deadline)
{
    client_say(&client, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
    client_run_some();
    drip("0123456789", 10000, 5);
    cr_expect_eq(counted()->connections_open, 1);
    drip("0123456789", 10000, 1);
    cr_expect(client_is_closed(&client));
    cr_expect_eq(counted()->refused[HTTP_REFUSED_LATE_BODY], 1);
    cr_expect_eq(counted()->body_bytes, 0);
}

Test(http, an_idle_connection_is_closed_in_time)
{
    client_say(&client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&client), 200);
    fake_ms += 59000;
    client_run_some();
    cr_expect_eq(counted()->connections_idle, 1);
    fake_ms += 1000;
    cr_expect(client_is_closed(&client));
    cr_expect_eq(counted()->connections_idle, 0);
}

Test(http, the_owner_has_all_the_time_he_needs)
{
    owner.defer = true;
    client_say(&client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client_run_some();
    fake_ms += 3600000;
    client_run_some();
    http_answer(owner.held, 200, NULL, NULL, 0, NULL);
    cr_expect_eq(client_status(&client), 200);
}

static void answer_much(void *arg, struct http_request *request)
{
    struct buf much = {0};
    (void)arg;
    while (much.size < 32 << 20)
        buf_puts(&much, "0123456789abcdef0123456789abcdef");
    http_answer_buf(request, 200, "text/plain", &much, NULL);
}

Test(http_bounds, who_does_not_read_his_answer_is_cut)
{
    struct findings findings = {0};
    struct http_handler other = {NULL, answer_much, NULL};
    cr_assert_eq(http_open(&http, &loop, &options, &other, &findings), 0);
    client_connect(&client, http_port(http));
    client_say(&client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client_run_some();
    cr_expect_eq(counted()->connections_open, 1);
    fake_ms += 60000;
    client_run_some();
    cr_expect_eq(counted()->connections_open, 0);
    cr_expect_eq(counted()->refused[HTTP_REFUSED_LATE_ANSWER], 1);
}

/* ---- how many, how often ------------------------------------------------- */

Test(http_bounds, one_address_has_its_share_and_no_more)
{
    struct http_client more[3], elsewhere;
    options.per_ip_max = 3;
    start();
    client_connect(&client, http_port(http));
    for (int i = 0; i < 3; i++)
        client_connect(&more[i], http_port(http));
    cr_expect(client_is_closed(&more[2]));
    cr_expect_eq(counted()->refused[HTTP_REFUSED_ADDRESS], 1);
    client_connect_from(&elsewhere, "127.0.0.2", http_port(http));
    client_say(&elsewhere, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&elsewhere), 200);
    for (int i = 0; i < 3; i++)
        client_leave(&more[i]);
    client_run_some();
    client_connect(&more[0], http_port(http));
    client_say(&more[0], "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&more[0]), 200, "a place that was given back");
    client_leave(&more[0]);
    client_leave(&elsewhere);
}

Test(http_bounds, when_all_places_are_taken_the_idle_give_way)
{
    struct http_client idle, busy, third, fourth;
    options.connections_max = 2;
    start();
    client_connect(&idle, http_port(http));
    client_connect(&busy, http_port(http));
    client_say(&idle, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&idle), 200);
    client_say(&busy, "GET / HT");
    client_run_some();
    client_connect(&third, http_port(http));
    client_say(&third, "GET / HT");
    client_run_some();
    cr_expect(client_is_closed(&idle));
    client_connect(&fourth, http_port(http));
    cr_expect(client_is_closed(&fourth), "nobody is idle");
    cr_expect_eq(counted()->refused[HTTP_REFUSED_FULL], 1);
    client_say(&third, "TP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&third), 200);
    client_leave(&idle);
    client_leave(&busy);
    client_leave(&third);
    client_leave(&fourth);
    client_connect(&client, http_port(http));
}

static int ask_often(int times)
{
    int answered = 0;
    for (int i = 0; i < times; i++) {
        client_say(&client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        int status = client_status(&client);
        cr_expect(status == 200 || status == 429);
        answered += status == 200;
        if (status == 429) {
            client_leave(&client);
            client_connect(&client, http_port(http));
        }
    }
    return answered;
}

Test(http_bounds, who_asks_too_often_is_put_off)
{
    options.per_ip_per_second = 5;
    start();
    client_connect(&client, http_port(http));
    cr_expect_eq(ask_often(20), 10, "a burst of two seconds' worth");
    fake_ms += 1000;
    cr_expect_eq(ask_often(20), 5);
    fake_ms += 3600000;
    client_run_some();
    client_leave(&client);
    client_connect(&client, http_port(http));
    cr_expect_eq(ask_often(20), 10);
    cr_expect_eq(counted()->refused[HTTP_REFUSED_RATE], 10 + 15 + 10);
}

/* ---- streams ------------------------------------------------------------- */

static void open_stream(void)
{
    client_say(&client, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    client_wait_for(&client, "retry: 3000");
    cr_assert_not_null(owner.stream);
}

static void set_room(int bytes)
{
    setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

static void read_slowly(void)
{
    set_room(4096);
}

static void read_fast(void)
{
    set_room(4 << 20);
}

Test(http, events_come_as_they_happen)
{
    open_stream();
    cr_expect(strstr(buf_str(&client.got), "\r\nContent-Type: text/event-stream\r\n"));
    http_stream_send(owner.stream, "decision", "7", "{\"a\":1}");
    client_wait_for(&client, "event: decision\nid: 7\ndata: {\"a\":1}\n\n");
    http_stream_send(owner.stream, NULL, NULL, "two\nlines\r\nand\r\rfour");
    client_wait_for(&client, "data: two\ndata: lines\ndata: and\ndata: \ndata: four\n\n");
    cr_expect_eq(counted()->streams_open, 1);
    http_stream_end(owner.stream);
    cr_expect(client_wait_for(&client, "\r\n0\r\n\r\n"));
    client_run_some();
    cr_expect_eq(counted()->streams_open, 0);
    cr_expect_eq(owner.streams_closed, 0, "he has closed it himself");
}

Test(http, the_owner_hears_that_a_reader_has_gone)
{
    open_stream();
    client_leave(&client);
    for (int i = 0; i < 10 && owner.stream; i++) {
        http_stream_send(owner.stream, "e", "1", "x");
        client_run_some();
    }
    cr_expect_eq(owner.streams_closed, 1);
    cr_expect_eq(counted()->streams_open, 0);
    client_connect(&client, http_port(http));
}

Test(http, a_silent_stream_beats_and_finds_out_who_is_gone)
{
    open_stream();
    fake_ms += HTTP_HEARTBEAT_MS;
    client_wait_for(&client, "\r\n:\n\n");
    client_leave(&client);
    for (int i = 0; i < 4; i++) {
        fake_ms += HTTP_HEARTBEAT_MS;
        client_run_some();
    }
    cr_expect_eq(owner.streams_closed, 1);
    client_connect(&client, http_port(http));
}

/* The reader sleeps; what he has missed is replaced by one word, and no event is torn. */
Test(http, a_slow_reader_is_told_to_fetch_anew)
{
    int sent = 0;
    char data[1001], id[16];
    read_slowly();
    open_stream();
    memset(data, 'x', 1000);
    data[1000] = 0;
    for (; counted()->stream_resyncs < 3 && sent < 100000; sent++) {
        snprintf(id, sizeof id, "%d", sent);
        http_stream_send(owner.stream, "e", id, data);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    cr_expect_eq(counted()->stream_resyncs, 3);
    read_fast();
    char *last = xasprintf("event: resync\nid: %s\ndata: {}\n\n", id);
    client_wait_for(&client, last);
    free(last);
    http_stream_send(owner.stream, "after", NULL, "it");
    client_wait_for(&client, "event: after\ndata: it\n\n");
}

Test(http_bounds, a_slow_readers_events_are_whole)
{
    char id[16], data[301];
    start();
    client_connect(&client, http_port(http));
    read_slowly();
    open_stream();
    memset(data, 'x', 300);
    data[300] = 0;
    for (int i = 0; counted()->stream_resyncs < 2; i++) {
        snprintf(id, sizeof id, "%d", i);
        http_stream_send(owner.stream, "e", id, data);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    read_fast();
    http_stream_end(owner.stream);
    client_wait_for(&client, "\r\n0\r\n\r\n");
    struct buf plain = {0}; /* without the chunks' frames */
    for (char *at = strstr(client.got.data, "\r\n\r\n") + 4;;) {
        size_t size = strtoul(at, &at, 16);
        if (size == 0)
            break;
        buf_add(&plain, at + 2, size);
        at += 2 + size + 2;
    }
    int events = 0, resyncs = 0;
    char expected[400];
    snprintf(expected, sizeof expected, "data: %s", data);
    for (char *event = strstr(plain.data, "event:"); event && *event; events++) {
        char *end = strstr(event, "\n\n");
        cr_assert_not_null(end);
        *end = 0;
        bool resync = strncmp(event, "event: resync\nid: ", 18) == 0;
        cr_assert(resync || (strncmp(event, "event: e\nid: ", 13) == 0 &&
                             strcmp(strstr(event, "data: "), expected) == 0),
                  "torn: %s", event);
        resyncs += resync;
        event = end + 2;
    }
    cr_expect_gt(events, 100);
    cr_expect_geq(resyncs, 1);
    buf_release(&plain);
}

Test(http_bounds, streams_are_bounded)
{
    struct http_client other;
    options.streams_max = 1;
    start();
    client_connect(&client, http_port(http));
    open_stream();
    client_connect(&other, http_port(http));
    client_say(&other, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&other), 503);
    cr_expect_eq(counted()->refused[HTTP_REFUSED_STREAMS], 1);
    client_leave(&other);
}

Test(http, a_server_that_closes_tells_its_streams)
{
    open_stream();
    http_close(http);
    http = NULL;
    cr_expect_eq(owner.streams_closed, 1);
    cr_expect(client_is_closed(&client));
}

/* ---- bytes that do not change -------------------------------------------- */

static struct http_asset asset;

static void answer_asset(void *arg, struct http_request *request)
{
    (void)arg;
    http_answer_asset(request, &asset, NULL);
}

Test(http_bounds, bytes_that_do_not_change_are_sent_once)
{
    struct findings findings = {0};
    struct http_handler other = {NULL, answer_asset, NULL};
    char text[4000], ask[200];
    memset(text, 'a', sizeof text);
    asset = (struct http_asset){.type = "text/css", .bytes = text, .size = sizeof text};
    http_asset_init(&asset);
    cr_assert_eq(http_open(&http, &loop, &options, &other, &findings), 0);
    client_connect(&client, http_port(http));
    client_say(&client, "GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: br, gzip;q=0\r\n\r\n");
    const char *answer = client_answer(&client);
    cr_expect(strstr(answer, "\r\nContent-Length: 4000\r\n"));
    cr_expect(strstr(answer, "\r\nCache-Control: no-cache\r\n"));
    cr_expect(strstr(answer, asset.tag));
    client_say(&client, "GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: br, gzip;q=0.5\r\n\r\n");
    answer = client_answer(&client);
    cr_expect(strstr(answer, "\r\nContent-Encoding: gzip\r\n"));
    cr_expect_eq(memcmp(client_body(answer), "\x1f\x8b", 2), 0);
    cr_expect_lt(asset.gzip_size, 100);
    client_leave(&client);
    client_connect(&client, http_port(http));
    snprintf(ask, sizeof ask, "GET / HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"x\", %s\r\n\r\n",
             asset.tag);
    client_say(&client, ask);
    cr_expect_eq(client_status(&client), 304);
    http_asset_release(&asset);
}

/* ---- opening ------------------------------------------------------------- */

static void expect_finding(struct http_options bad, int err, const char *code)
{
    struct findings findings = {0};
    struct http *none = NULL;
    cr_expect_eq(http_open(&none, &loop, &bad, &handler, &findings), err);
    cr_assert_eq(findings.count, 1);
    cr_expect_str_eq(findings.items[0].code, code);
    cr_expect_null(none);
    findings_release(&findings);
}

Test(http, what_cannot_be_opened_is_explained)
{
    struct http_options taken = {.address = "127.0.0.1", .port = http_port(http)};
    expect_finding(taken, ERR_IO, "W002");
    expect_finding((struct http_options){.address = "localhost"}, ERR_INVALID, "W003");
    expect_finding((struct http_options){.address = "::1", .certificate = "x", .key = "y"},
                   ERR_INVALID, "W001");
}

Test(http_bounds, more_connections_than_descriptors_is_a_warning)
{
    struct findings findings = {0};
    options.connections_max = 2000000000;
    cr_assert_eq(http_open(&http, &loop, &options, &handler, &findings), 0);
    cr_assert_eq(findings.warnings, 1);
    cr_expect_str_eq(findings.items[0].code, "W004");
    findings_release(&findings);
    client_connect(&client, http_port(http));
}

Test(http_bounds, both_families_are_listened_to)
{
    options.address = "::";
    start();
    client_connect(&client, http_port(http));
    client_say(&client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&client), 200);
}
