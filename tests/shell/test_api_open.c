/* The API looked at and followed, and the life of a policy through it. */
#include "api_box.h"
#include "base/xalloc.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct api_box box;

static void make(void)
{
    api_make(&box, NULL, NULL);
}

static void away(void)
{
    api_remove(&box);
}
TestSuite(api_open, .init = make, .fini = away, .timeout = 60);

/* ---- looking ----------------------------------------------------------------------------- */

Test(api_open, before_there_is_a_policy_it_says_so)
{
    struct asked asked = api_ask(&box, "GET", "/api/v1/status", api_token(&box, "auditor"), NULL);
    cr_expect_eq(asked.status, 503);
    cr_expect_not_null(strstr(asked.head, "Retry-After"));
}

Test(api_open, every_look_is_answered)
{
    static const char *const paths[] = {"/healthz",
                                        "/-/healthy",
                                        "/readyz",
                                        "/-/ready",
                                        "/metrics",
                                        "/api/v1/session",
                                        "/api/v1/status",
                                        "/api/v1/proposals",
                                        "/api/v1/decisions",
                                        "/api/v1/journal",
                                        "/api/v1/hand-over",
                                        "/api/v1/hand-over?form=html&hours=24",
                                        "/api/v1/letters",
                                        "/api/v1/letters?state=dead&max=1",
                                        "/api/v1/policy/generations",
                                        "/api/v1/policy/shadow",
                                        "/r/style.css?print=1"};
    static const char *const wrong[] = {
        "/api/v1/decisions?after=x",  "/api/v1/journal?max=0",   "/api/v1/hand-over?hours=1000",
        "/api/v1/letters?state=lost", "/api/v1/letters?max=501", "/api/v1/policy/shadow?after=-1"};
    char *plan = xasprintf("/api/v1/proposals/%s?max=1", api_propose(&box));
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        cr_expect_eq(api_ask(&box, "GET", paths[i], api_token(&box, "auditor"), NULL).status, 200,
                     "%s", paths[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(api_ask(&box, "GET", wrong[i], api_token(&box, "auditor"), NULL).status, 400,
                     "%s", wrong[i]);
    struct asked asked = api_ask(&box, "GET", plan, api_token(&box, "author"), NULL);
    cr_expect_eq(asked.status, 200);
    cr_expect_not_null(strstr(asked.body, "\"letters\":1"), "the gateway's load: %s", asked.body);
    cr_expect_not_null(strstr(asked.body, "停止生产"), "the words that would be sent");
    asked = api_ask(&box, "GET", "/api/v1/proposals/000000000000", api_token(&box, "author"), NULL);
    cr_expect_eq(asked.status, 404);
    free(plan);
}

Test(api_open, rows_come_in_pages_that_neither_overlap_nor_leave_out)
{
    int64_t after = 0, seen = 0, last = 0;
    api_feed(&box, 0, 40);
    for (int turn = 0; turn < 100 && after >= 0; turn++) {
        char *path = xasprintf("/api/v1/journal?max=7&after=%lld", (long long)after);
        struct asked asked = api_ask(&box, "GET", path, api_token(&box, "auditor"), NULL);
        json_t *json = api_json(&asked), *row;
        size_t i;
        json_array_foreach(json_object_get(json, "facts"), i, row)
        {
            int64_t seq = json_integer_value(json_object_get(row, "seq"));
            cr_expect_eq(seq, last + 1);
            last = seq;
            seen++;
        }
        const json_t *next = json_object_get(json, "next");
        after = json_is_integer(next) ? json_integer_value(next) : -1;
        json_decref(json);
        free(path);
    }
    cr_expect_eq(seen, api_rows(&box));
}

/* ---- following ---------------------------------------------------------------------------- */

static void follow(struct http_client *client, const char *after)
{
    char *text = xasprintf("GET /api/v1/events HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer "
                           "%s\r\n%s%s%s\r\n",
                           api_token(&box, "auditor"), after ? "Last-Event-ID: " : "",
                           after ? after : "", after ? "\r\n" : "");
    client_connect(client, api_port(box.api));
    client_say(client, text);
    free(text);
}

Test(api_open, who_follows_sees_what_happens_and_misses_nothing_when_away)
{
    struct http_client client;
    char *path = xasprintf("/api/v1/proposals/%s/approve", api_propose(&box));
    follow(&client, NULL);
    client_wait_for(&client, "event: hello");
    cr_assert_eq(
        api_ask(&box, "POST", path, api_session_of(&box, "approver"), "{\"note\":\"x\"}").status,
        200);
    const char *seen = client_wait_for(&client, "event: act");
    cr_expect_not_null(strstr(seen, "\"kind\":\"issue\""), "%s", seen);
    cr_expect_null(strstr(seen, "\"kind\":\"order\""), "orders are for letters to show");
    client_leave(&client);
    client_run_some();

    follow(&client, "0");
    seen = client_wait_for(&client, "event: act");
    cr_expect_not_null(strstr(seen, "\"kind\":\"issue\""), "%s", seen);
    cr_expect_not_null(strstr(seen, "\r\n\r\n"));
    client_leave(&client);
    client_run_some();
    free(path);
}

/* ---- the policy ------------------------------------------------------------------------------ */

static void edit_policy(const char *sed, const char *file)
{
    char *command = xasprintf("sed -i '%s' %s/policy/%s", sed, box.folder, file);
    cr_assert_eq(system(command), 0, "%s", command);
    free(command);
}

static const char *in_force(void)
{
    static char hash[HASH_HEX];
    snprintf(hash, sizeof hash, "%s", generation_hash(pipeline_generation(box.shell.pipeline)));
    return hash;
}

Test(api_open, a_policy_is_tried_before_it_comes_into_force_and_rolled_back_after)
{
    const char *session = api_session_of(&box, "approver");
    api_feed(&box, 0, 60);
    char *old = xstrdup(in_force());
    struct asked asked =
        api_ask(&box, "POST", "/api/v1/policy/check", api_token(&box, "author"), "{}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_not_null(strstr(asked.body, old));

    edit_policy("s/above = 150/above = 90/", "rule.lua");
    int64_t before = api_rows(&box);
    asked = api_ask(&box, "POST", "/api/v1/policy/check", api_token(&box, "author"), "{}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_not_null(strstr(asked.body, "\"before\":"));
    cr_expect_eq(api_rows(&box), before, "trying writes nothing");
    cr_expect_str_eq(in_force(), old);

    asked = api_ask(&box, "POST", "/api/v1/policy/reload", session, "{\"note\":\"收紧\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_str_neq(in_force(), old);
    char *body = xasprintf("{\"note\":\"回退\",\"hash\":\"%.16s\"}", old);
    asked = api_ask(&box, "POST", "/api/v1/policy/rollback", session, body);
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_str_eq(in_force(), old);
    cr_expect_eq(api_ask(&box, "POST", "/api/v1/policy/rollback", session,
                         "{\"note\":\"x\",\"hash\":\"000000000000\"}")
                     .status,
                 404);
    asked = api_ask_from(&box, "127.0.0.1", "POST", "/api/v1/policy/rollback", session,
                         "Accept-Language: zh-CN,en\r\n", "{\"note\":\"x\",\"hash\":\"abc\"}");
    cr_expect_eq(asked.status, 400);
    cr_expect_str_eq(api_detail(&asked), "预案版本号至少须写 12 位");
    asked = api_ask(&box, "GET", "/api/v1/policy/generations", session, NULL);
    json_t *json = api_json(&asked);
    cr_expect_eq(json_array_size(json_object_get(json, "generations")), 3, "%s", asked.body);
    json_decref(json);
    free(body);
    free(old);
}

Test(api_open, a_broken_policy_is_refused_with_file_and_line_and_the_old_one_stays)
{
    const char *session = api_session_of(&box, "approver");
    api_feed(&box, 0, 10);
    char *old = xstrdup(in_force());
    edit_policy("s/lift_when/lift_whem/", "rule.lua");
    int64_t before = api_rows(&box);
    struct asked asked =
        api_ask(&box, "POST", "/api/v1/policy/reload", session, "{\"note\":\"x\"}");
    cr_expect_eq(asked.status, 422, "%s", asked.body);
    cr_expect_not_null(strstr(asked.body, "rule.lua\",\"line\":"), "%s", asked.body);
    cr_expect_eq(api_ask(&box, "POST", "/api/v1/policy/check", session, "{}").status, 422);
    cr_expect_eq(api_ask(&box, "POST", "/api/v1/policy/shadow", session, "{\"note\":\"x\"}").status,
                 422);
    cr_expect_str_eq(in_force(), old);
    cr_expect_eq(api_rows(&box), before);
    free(old);
}

Test(api_open, a_shadow_decides_beside_and_ends)
{
    const char *session = api_session_of(&box, "approver");
    api_feed(&box, 0, 10);
    edit_policy("s/above = 150/above = 90/", "rule.lua");
    struct asked asked =
        api_ask(&box, "POST", "/api/v1/policy/shadow", session, "{\"note\":\"试算\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    asked = api_ask(&box, "GET", "/api/v1/policy/generations", session, NULL);
    cr_expect_null(strstr(asked.body, "\"shadow\":null"), "%s", asked.body);
    asked = api_ask(&box, "POST", "/api/v1/policy/shadow", session,
                    "{\"note\":\"止\",\"hash\":\"none\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    asked = api_ask(&box, "GET", "/api/v1/policy/generations", session, NULL);
    cr_expect_not_null(strstr(asked.body, "\"shadow\":null"), "%s", asked.body);
}

/* ---- facts -------------------------------------------------------------------------------------
 */

Test(api_open, facts_come_in_by_a_sources_token_and_no_others)
{
    static const char event[] =
        "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"x\",\"id\":\"1\",\"subject\":"
        "\"s1\",\"time\":\"2015-11-01T00:00:00+08:00\",\"data\":{\"values\":{\"pm25\":60},"
        "\"period\":\"PT1H\"}}";
    const char *head = "Content-Type: application/cloudevents+json\r\n";
    struct asked asked = api_ask_from(&box, "127.0.0.1", "POST", "/api/v1/facts",
                                      api_token(&box, "source"), head, event);
    cr_expect_eq(asked.status, 202, "%s", asked.body);
    int64_t before = api_rows(&box);
    asked = api_ask_from(&box, "127.0.0.1", "POST", "/api/v1/facts", api_token(&box, "source"),
                         head, event);
    cr_expect_eq(asked.status, 202, "%s", asked.body);
    asked = api_ask_from(&box, "127.0.0.1", "POST", "/api/v1/facts", api_token(&box, "auditor"),
                         head, event);
    cr_expect_eq(asked.status, 403);
    cr_expect_eq(api_rows(&box), before);
}
