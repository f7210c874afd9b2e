/* Facts over HTTP: what is taken, all or nothing, and answered only after its commit. */
#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "shell/accounts.h"
#include "shell/http_client.h"
#include "shell/ingest_http.h"
#include "shell/metrics.h"
#include "store/store_box.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENT(id, source, type, data)                                                       \
    "{\"specversion\":\"1.0\",\"type\":\"" type "\",\"source\":\"" source "\",\"id\":\"" id \
    "\",\"subject\":\"s1\",\"time\":\"2015-11-01T00:00:00+08:00\",\"data\":" data "}"
#define READING(id) EVENT(id, "station/1", "reading", "{\"values\":{\"pm25\":1}}")
#define TABLE "time,subject,series,value,source\n"
#define ROW(hour, value) "2015-11-01T0" hour ":00:00+08:00,s1,pm25," value ",station/1\n"

static uv_loop_t loop;
static struct inbox inbox;
static struct bundle *bundle;
static struct log silent;
static struct intern told;
static struct metrics *metrics;
static struct http *http;
static struct ingest_http *ingest;
static struct http_client client;
static instant_ms never;

/* Who asks, as the caller is told. */
static int verdict;
static int asked;
static bool store_is_full;
static int readers;
static const char *const prefixes[] = {"station/"};
static const struct token bound = {.sources = prefixes, .source_count = 1};

static int authorise(void *arg, struct http_request *request, struct sender *ret_sender)
{
    (void)arg;
    const char *bearer = http_header(request, "Authorization");
    asked++;
    if (!bearer || strcmp(bearer, "Bearer secret") != 0)
        return 401;
    *ret_sender = (struct sender){"tester", &bound};
    return verdict;
}

static bool short_of_room(void *arg)
{
    (void)arg;
    return store_is_full;
}

static void make_waiting(int wait_ms)
{
    struct findings findings = {0};
    client_loop_open(&loop);
    bundle = box_bundle("rule.lua", "return nil\n");
    inbox_init(&inbox, 5, NULL, NULL);
    silent = (struct log){.clock = clock_fake(&never)};
    metrics = metrics_new();
    struct surroundings around = {&loop, &inbox, &silent, &bundle->policy, 2, &told, false};
    struct ingest_http_options options = {.authorise = authorise,
                                          .short_of_room = short_of_room,
                                          .metrics = metrics,
                                          .readers = &readers,
                                          .wait_ms = wait_ms};
    ingest = ingest_http_new(&around, &options);
    struct http_options listener = {.address = "127.0.0.1", .body_max = 1 << 20};
    struct http_handler handler = ingest_http_handler(ingest);
    cr_assert_eq(http_open(&http, &loop, &listener, &handler, &findings), 0);
    findings_release(&findings);
    client_connect(&client, http_port(http));
}

static void make(void)
{
    make_waiting(0);
}

static void make_impatient(void)
{
    make_waiting(5);
}

static void close_timer(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (handle->type == UV_TIMER && handle->data == ingest)
        uv_close(handle, NULL);
}

static void away(void)
{
    http_close(http);
    uv_walk(&loop, close_timer, NULL);
    client_leave(&client);
    client_loop_close(&loop);
    ingest_http_free(ingest);
    metrics_free(metrics);
    intern_release(&told);
    bundle_free(bundle);
}

TestSuite(ingest_http, .init = make, .fini = away);
TestSuite(ingest_http_impatient, .init = make_impatient, .fini = away);

static void post_with(const char *fields, const char *body, size_t size)
{
    char head[1024];
    snprintf(head, sizeof head,
             "POST /api/v1/facts HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer secret\r\n%s"
             "Content-Length: %zu\r\n\r\n",
             fields, size);
    client_say(&client, head);
    client_send(&client, body, size);
}

static void post(const char *type, const char *body)
{
    char fields[200];
    snprintf(fields, sizeof fields, "Content-Type: %s\r\n", type);
    post_with(fields, body, strlen(body));
}

static bool inbox_filled(void *arg)
{
    (void)arg;
    return inbox.first != NULL;
}

/* The next delivery, whose facts' ids are `expected`. */
static struct delivery *expect_delivery(const char *expected)
{
    char ids[512] = "";
    client_run_until(inbox_filled, NULL);
    struct delivery *delivery = inbox_take(&inbox, 1);
    for (size_t i = 0; i < delivery->count; i++)
        snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s ", delivery->facts[i]->id);
    cr_expect_str_eq(ids, expected);
    return delivery;
}

static void commit(struct delivery *delivery)
{
    delivery->tally = (struct tally){.taken = delivery->count};
    delivery->answered(delivery->arg, &delivery->tally);
}

static void expect_taken(const char *ids, const char *body)
{
    struct delivery *delivery = expect_delivery(ids);
    client_run_some();
    cr_expect_eq(client.got.size, client.answered, "answered before the commit");
    commit(delivery);
    const char *answer = client_answer(&client);
    cr_expect_eq(strncmp(answer, "HTTP/1.1 202 ", 13), 0, "%s", answer);
    cr_expect_str_eq(client_body(answer), body);
}

/* ---- what is taken ----------------------------------------------------- */

#define ONE "{\"accepted\":1,\"repeats\":0,\"conflicts\":0}\n"
#define TWO "{\"accepted\":2,\"repeats\":0,\"conflicts\":0}\n"

Test(ingest_http, every_form_is_taken)
{
    post("application/cloudevents+json; charset=utf-8", READING("a"));
    expect_taken("a ", ONE);
    post("application/cloudevents-batch+json", "[" READING("a") "," READING("b") "]");
    expect_taken("a b ", TWO);
    post_with("Content-Type: application/json\r\nce-specversion: 1.0\r\nce-type: reading\r\n"
              "ce-source: station/1\r\nCE-Id: c\r\nce-subject: s1\r\n"
              "ce-time: 2015-11-01T00:00:00+08:00\r\n",
              "{\"values\":{\"pm25\":1}}", 21);
    expect_taken("c ", ONE);
    post("application/json", "[" READING("d") "]");
    expect_taken("d ", ONE);
    post("application/x-ndjson", READING("e") "\n" READING("f") "\n");
    expect_taken("e f ", TWO);
    post("application/jsonl", READING("g"));
    expect_taken("g ", ONE);
    post("text/csv", TABLE ROW("1", "35") ROW("2", "36"));
    expect_taken("s1/pm25/2015-10-31T17:00:00Z s1/pm25/2015-10-31T18:00:00Z ", TWO);
    cr_expect_eq(
        metrics_value(metrics, "yujing_ingest_facts_total", "source=\"http\",result=\"taken\""),
        10);
}

Test(ingest_http, a_table_may_be_in_gbk)
{
    /* 沈阳 in GBK, as a source behind the prefix */
    post("text/csv", "time,subject,series,value,source\n"
                     "2015-11-01T01:00:00+08:00,s1,pm25,35,station/\xc9\xf2\xd1\xf4\n");
    client_run_until(inbox_filled, NULL);
    cr_expect_str_eq(inbox.first->facts[0]->source, "station/沈阳");
    commit(inbox_take(&inbox, 1));
    cr_expect_eq(client_status(&client), 202);
}

Test(ingest_http, repeats_and_conflicts_are_told)
{
    post("text/csv", TABLE ROW("1", "35") ROW("1", "35") ROW("2", "36"));
    client_run_until(inbox_filled, NULL);
    struct delivery *delivery = inbox_take(&inbox, 1);
    cr_expect_eq(delivery->count, 2);
    delivery->tally = (struct tally){.taken = 0, .repeats = 1, .conflicts = 1};
    delivery->answered(delivery->arg, &delivery->tally);
    cr_expect_str_eq(client_body(client_answer(&client)),
                     "{\"accepted\":0,\"repeats\":2,\"conflicts\":1}\n");
}

/* A bulletin for an area nobody has is kept, and its sender told that it counts for nothing; as
 * often as it is sent, though the log is told once. */
#define BULLETIN(id, area)                                                                       \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"station/1\",\"type\":\"forecast\"," \
    "\"subject\":\"" area "\",\"time\":\"2015-11-01T16:00:00+08:00\",\"data\":{\"series\":"      \
    "\"aqi_day\",\"issued\":\"2015-11-01T16:00:00+08:00\",\"start\":\"2015-11-01\",\"step\":"    \
    "\"P1D\",\"values\":[90,210]}}"

Test(ingest_http, what_counts_for_nothing_is_said_in_the_answer)
{
    for (int i = 0; i < 2; i++) {
        post("application/cloudevents-batch+json",
             "[" BULLETIN("x", "999999") "," BULLETIN("y", "999999") "]");
        commit(expect_delivery("x y "));
        const char *body = client_body(client_answer(&client));
        cr_expect_eq(strncmp(body, "{\"accepted\":2,", 14), 0, "%s", body);
        const char *first = strstr(body, "\"code\":\"N040\"");
        cr_expect_not_null(first, "%s", body);
        cr_expect_not_null(strstr(body, "the policy knows no `999999`: not used"), "%s", body);
        cr_expect(first && !strstr(first + 12, "N040"), "once an answer: %s", body);
    }
    post("text/csv", TABLE "2015-11-01T01:00:00+08:00,s9,pm25,35,station/1\n");
    client_run_until(inbox_filled, NULL);
    commit(inbox_take(&inbox, 1));
    cr_expect_not_null(strstr(client_body(client_answer(&client)), "knows no `s9`"));
}

Test(ingest_http, nothing_is_an_answer_too)
{
    post("application/cloudevents-batch+json", "[]");
    cr_expect_str_eq(client_body(client_answer(&client)),
                     "{\"accepted\":0,\"repeats\":0,\"conflicts\":0}\n");
    cr_expect_null(inbox.first);
}

/* ---- what is not ------------------------------------------------------- */

/* The status, and that the body says so; nothing has come in. */
static void expect_refused(int status, const char *part)
{
    const char *answer = client_answer(&client);
    cr_expect_eq(atoi(answer + 9), status, "%s", answer);
    cr_expect(strstr(answer, part), "no \"%s\" in %s", part, answer);
    cr_expect_null(inbox.first);
    if (strstr(answer, "\r\nConnection: close")) {
        client_leave(&client);
        client_connect(&client, http_port(http));
    }
}

Test(ingest_http, one_bad_fact_refuses_all_and_says_where)
{
    post("application/x-ndjson", READING("a") "\n" EVENT("b", "station/1", "reading", "{}") "\n");
    expect_refused(400, "\"findings\":[{\"line\":2,\"col\":");
    post("text/csv", TABLE ROW("1", "35") ROW("2", "much"));
    expect_refused(400, "\"line\":3,\"col\":");
    post("application/cloudevents-batch+json", "[" READING("a") ",\n" READING("b") ",\n{}]");
    expect_refused(400, "\"line\":3,\"col\":1,");
    post("application/cloudevents+json", "{\"specversion\"");
    expect_refused(400, "\"code\":\"J001\"");
    cr_expect_eq(
        metrics_value(metrics, "yujing_ingest_refused_total", "source=\"http\",reason=\"invalid\""),
        4);
}

Test(ingest_http, who_may_not_is_refused_before_the_body)
{
    client_say(&client, "POST /api/v1/facts HTTP/1.1\r\nHost: h\r\nContent-Length: 9999\r\n\r\n");
    expect_refused(401, "\r\nWWW-Authenticate: Bearer\r\n");
    verdict = 403;
    post("application/json", READING("a"));
    expect_refused(403, "problem+json");
    verdict = 429;
    post("application/json", READING("a"));
    expect_refused(429, "\r\nRetry-After: 10\r\n");
    cr_expect_eq(asked, 3);
}

/* Between head and body the token may have ended. */
Test(ingest_http, who_may_no_more_is_refused_after_the_body)
{
    char head[400];
    snprintf(head, sizeof head,
             "POST /api/v1/facts HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer secret\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
             strlen(READING("a")));
    client_say(&client, head);
    client_run_some();
    cr_expect_eq(asked, 1);
    verdict = 403;
    client_say(&client, READING("a"));
    expect_refused(403, "problem+json");
}

Test(ingest_http, a_token_speaks_for_its_sources_only)
{
    post("application/json",
         "[" READING("a") "," EVENT("b", "other/1", "reading", "{\"values\":{\"pm25\":1}}") "]");
    expect_refused(400, "\"code\":\"W006\"");
    post("text/csv", "time,subject,series,value\n2015-11-01T01:00:00+08:00,s1,pm25,35\n");
    expect_refused(400, "\"code\":\"W006\"");
    post_with("Content-Type: application/json\r\nce-specversion: 1.0\r\nce-type: reading\r\n"
              "ce-source: other\r\nce-id: c\r\nce-subject: s1\r\n"
              "ce-time: 2015-11-01T00:00:00+08:00\r\n",
              "{\"values\":{\"pm25\":1}}", 21);
    expect_refused(400, "\"code\":\"W006\"");
}

Test(ingest_http, nobody_decides_or_acknowledges_this_way)
{
    post("application/json",
         EVENT("a", "station/1", "decision", "{\"act\":\"hold\",\"by\":\"x\",\"note\":\"y\"}"));
    expect_refused(400, "\"code\":\"");
    post("application/json", EVENT("a", "station/1", "receipt", "{\"kind\":\"done\"}"));
    expect_refused(400, "\"code\":\"W005\"");
    post("application/json", EVENT("a", "station/1", "tick", "{}"));
    expect_refused(400, "\"code\":\"");
}

Test(ingest_http, forms_and_ways_that_are_not_served)
{
    post("application/xml", "<a/>");
    expect_refused(415, "\r\nAccept-Post: application/cloudevents+json");
    post_with("Content-Type: text/csv\r\nContent-Encoding: gzip\r\n", "x", 1);
    expect_refused(415, "problem+json");
    post_with("", READING("a"), strlen(READING("a")));
    expect_refused(415, "problem+json");
    client_say(&client, "GET /api/v1/facts HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_refused(405, "\r\nAllow: POST\r\n");
    client_say(&client, "GET /api/v1/other HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_refused(404, "problem+json");
}

Test(ingest_http, too_much_is_refused)
{
    client_say(&client,
               "POST /api/v1/facts HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n");
    expect_refused(413, "problem+json");
    struct buf table = {0};
    buf_puts(&table, TABLE);
    for (int i = 0; i <= 10000; i++)
        buf_printf(&table, "2015-11-%02dT%02d:00:00+08:00,s%d,pm25,1,station/1\n", i / 24 % 30 + 1,
                   i % 24, i / 720);
    post_with("Content-Type: text/csv\r\n", table.data, table.size);
    expect_refused(413, "\"code\":\"W007\"");
    buf_release(&table);
}

/* ---- pressure ---------------------------------------------------------- */

Test(ingest_http, a_full_inbox_puts_senders_off)
{
    struct http_client first;
    post("application/x-ndjson",
         READING("a") "\n" READING("b") "\n" READING("c") "\n" READING("d") "\n" READING("e") "\n");
    client_run_until(inbox_filled, NULL);
    cr_expect_not(inbox_has_room(&inbox));
    first = client;
    client_connect(&client, http_port(http));
    post("application/json", READING("f"));
    const char *answer = client_answer(&client);
    cr_expect_eq(atoi(answer + 9), 429);
    cr_expect(strstr(answer, "\r\nRetry-After: 1\r\n"));
    cr_expect_eq(inbox.first->count, 5);
    commit(inbox_take(&inbox, 10));
    cr_expect_eq(client_status(&first), 202);
    client_leave(&first);
    client_leave(&client);
    client_connect(&client, http_port(http));
    post("application/json", READING("f"));
    expect_taken("f ", ONE);
}

Test(ingest_http, without_room_in_the_store_nothing_is_taken)
{
    store_is_full = true;
    post("application/json", READING("a"));
    expect_refused(503, "\r\nRetry-After: 10\r\n");
    store_is_full = false;
    ingest_http_stop(ingest);
    post("application/json", READING("a"));
    expect_refused(503, "\r\nRetry-After: 10\r\n");
}

Test(ingest_http, a_delivery_that_is_given_up_is_not_accepted)
{
    post("application/json", READING("a"));
    struct delivery *delivery = expect_delivery("a ");
    delivery->answered(delivery->arg, NULL);
    expect_refused(503, "\r\nRetry-After: 10\r\n");
}

Test(ingest_http_impatient, a_commit_long_in_coming_is_no_promise)
{
    post("application/json", READING("a"));
    struct delivery *delivery = expect_delivery("a ");
    expect_refused(503, "\r\nRetry-After: 10\r\n");
    commit(delivery);
    client_run_some();
    cr_expect_eq(
        metrics_value(metrics, "yujing_ingest_facts_total", "source=\"http\",result=\"taken\""), 1,
        "taken all the same");
}

Test(ingest_http, a_sender_that_has_gone_has_delivered)
{
    post("application/json", READING("a"));
    struct delivery *delivery = expect_delivery("a ");
    client_leave(&client);
    client_run_some();
    commit(delivery);
    client_run_some();
    client_connect(&client, http_port(http));
    cr_expect_eq(
        metrics_value(metrics, "yujing_ingest_facts_total", "source=\"http\",result=\"taken\""), 1);
}

/* ---- large bodies ------------------------------------------------------ */

static void post_many(const char *prefix, int count)
{
    struct buf body = {0};
    for (int i = 0; i < count; i++)
        buf_printf(&body,
                   "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"station/1\","
                   "\"id\":\"%s%d\",\"subject\":\"s1\",\"time\":\"2015-11-01T00:00:00+08:00\","
                   "\"data\":{\"values\":{\"pm25\":1}}}\n",
                   prefix, i);
    post_with("Content-Type: application/x-ndjson\r\n", body.data, body.size);
    buf_release(&body);
}

static bool is_reading(void *arg)
{
    (void)arg;
    return readers > 0 || inbox.first;
}

static struct http_client another(void)
{
    struct http_client first = client;
    client_connect(&client, http_port(http));
    return first;
}

Test(ingest_http, nobody_waits_while_a_batch_is_read)
{
    post_many("b", 5000);
    client_run_until(is_reading, NULL);
    cr_assert_null(inbox.first, "it is read elsewhere");
    struct http_client first = another();
    client_say(&client, "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n");
    cr_expect_eq(client_status(&client), 404);
    cr_expect_null(inbox.first, "answered while the batch was read");
    cr_expect_eq(readers, 1);
    client_run_until(inbox_filled, NULL);
    cr_expect_eq(readers, 0);
    cr_expect_eq(inbox.first->count, 5000);
    commit(inbox_take(&inbox, 1));
    cr_expect_eq(client_status(&first), 202);
    client_leave(&first);
}

Test(ingest_http, what_came_later_is_stored_later)
{
    inbox.facts_max = 10000;
    post_many("b", 2000);
    client_run_until(is_reading, NULL);
    struct http_client first = another();
    post("application/json", READING("a"));
    client_run_until(inbox_filled, NULL);
    struct delivery *batch = inbox_take(&inbox, 1);
    cr_expect_eq(batch->count, 2000);
    commit(batch);
    expect_taken("a ", ONE);
    cr_expect_eq(client_status(&first), 202);
    client_leave(&first);
}

Test(ingest_http, who_waited_for_a_batch_may_find_the_inbox_full)
{
    post_many("b", 2000);
    client_run_until(is_reading, NULL);
    struct http_client first = another();
    post("application/json", READING("a"));
    cr_expect_eq(client_status(&client), 429);
    cr_expect_eq(inbox.first->count, 2000);
    commit(inbox_take(&inbox, 1));
    cr_expect_eq(client_status(&first), 202);
    client_leave(&first);
}

Test(ingest_http, a_batch_that_is_read_when_we_stop_is_not_taken)
{
    post_many("b", 2000);
    client_run_until(is_reading, NULL);
    struct http_client first = another();
    post_many("c", 2000);
    client_run_some();
    ingest_http_stop(ingest);
    expect_refused(503, "\r\nRetry-After: 10\r\n");
    cr_expect_eq(client_status(&first), 503);
    cr_expect_null(inbox.first);
    client_leave(&first);
}

Test(ingest_http, a_sender_may_go_while_its_batch_is_read)
{
    post_many("b", 2000);
    client_run_until(is_reading, NULL);
    client_leave(&client);
    client_run_until(inbox_filled, NULL);
    commit(inbox_take(&inbox, 1));
    client_run_some();
    client_connect(&client, http_port(http));
    cr_expect_eq(
        metrics_value(metrics, "yujing_ingest_facts_total", "source=\"http\",result=\"taken\""),
        2000);
}
