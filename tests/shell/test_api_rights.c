/* Who may do what: every route with every wrong right, and no trace of it in the journal. */
#include "api_box.h"
#include "base/xalloc.h"
#include "shell/api_inner.h"
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
TestSuite(api_rights, .init = make, .fini = away, .timeout = 60);

/* A path that the route takes. */
static void fill(const char *pattern, char ret[256])
{
    size_t filled = 0;
    for (; *pattern && filled < 200; pattern++) {
        if (*pattern == '*')
            filled += (size_t)snprintf(ret + filled, 256 - filled, "%032d", 7);
        else
            ret[filled++] = *pattern;
    }
    ret[filled] = 0;
}

/* Each from an address of its own: guessing would lock one. */
static const char *next_address(void)
{
    static char address[32];
    static int number;
    number++;
    snprintf(address, sizeof address, "127.1.%d.%d", number / 200, number % 200 + 1);
    return address;
}

static int ask_as(const struct route *route, const char *bearer)
{
    char path[256];
    fill(route->path, path);
    const char *body = route->method == HTTP_POST ? "{\"note\":\"x\"}" : NULL;
    return api_ask_from(&box, next_address(), http_method_name(route->method), path, bearer, NULL,
                        body)
        .status;
}

static bool may_ever(enum role role, const struct route *route)
{
    return route->right == RIGHT_ANY || role_may(role, (enum right)route->right, false) ||
           role_may(role, (enum right)route->other, false);
}

static bool needs_code(const struct route *route)
{
    return route->right < RIGHTS && right_needs_code((enum right)route->right) &&
           route->other < RIGHTS && right_needs_code((enum right)route->other);
}

static int refusals_in_log(void)
{
    int count = 0;
    fflush(box.log.stream);
    for (const char *at = box.said; at && (at = strstr(at, "warning refused: ")); at++)
        count++;
    return count;
}

Test(api_rights, every_route_refuses_every_wrong_right_and_leaves_no_trace)
{
    struct api_box *b = &box;
    int64_t before = api_rows(b);
    int asked = 0;
    for (const struct route *route = api_routes; route->handle; route++) {
        if (route->right == RIGHT_NONE)
            continue;
        cr_expect_eq(ask_as(route, NULL), 401, "%s: nobody", route->path);
        cr_expect_eq(ask_as(route, "yj_guess"), 401, "%s: a guess", route->path);
        cr_expect_eq(ask_as(route, api_token(b, "late")), 401, "%s: expired", route->path);
        cr_expect_eq(ask_as(route, api_token(b, "gone")), 401, "%s: disabled", route->path);
        b->drill = true;
        cr_expect_eq(ask_as(route, api_token(b, "dispatcher")), 401, "%s: a drill's", route->path);
        b->drill = false;
        asked += 5;
        for (enum role role = 0; role < ROLES; role++) {
            if (may_ever(role, route) && !needs_code(route))
                continue; /* what he may do is for other tests */
            cr_expect_eq(ask_as(route, api_token(b, role_name(role))), 403, "%s: %s", route->path,
                         role_name(role));
            asked++;
        }
    }
    cr_expect_gt(asked, 400, "the matrix shrank to %d", asked);
    cr_expect_eq(refusals_in_log(), asked, "every refusal is told");
    cr_expect_eq(api_rows(b), before, "and none is journaled");
    cr_expect_gt(metrics_value(b->metrics, "yujing_http_refused_total", "reason=\"forbidden\""), 0);
}

Test(api_rights, tokens_never_sign_not_even_an_approvers)
{
    const char *hash = api_propose(&box);
    char *path = xasprintf("/api/v1/proposals/%s/approve", hash);
    int64_t before = api_rows(&box);
    struct asked asked =
        api_ask(&box, "POST", path, api_token(&box, "approver"), "{\"note\":\"x\"}");
    cr_expect_eq(asked.status, 403);
    cr_expect_str_eq(api_detail(&asked),
                     "this needs a log-in with a one-time code; tokens do not do");
    cr_expect_eq(api_rows(&box), before);
    asked = api_ask(&box, "POST", path, api_session_of(&box, "approver"), "{\"note\":\"x\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    free(path);
}

/* The first letter there is. */
static const char *release_one(void)
{
    static char letter[40];
    char *path = xasprintf("/api/v1/proposals/%s/approve", api_propose(&box));
    struct asked asked =
        api_ask(&box, "POST", path, api_session_of(&box, "approver"), "{\"note\":\"x\"}");
    cr_assert_eq(asked.status, 200, "%s", asked.body);
    free(path);
    asked = api_ask(&box, "GET", "/api/v1/letters?kind=order", api_token(&box, "auditor"), NULL);
    json_t *json = api_json(&asked);
    const json_t *first = json_array_get(json_object_get(json, "letters"), 0);
    cr_assert_not_null(first, "%s", asked.body);
    snprintf(letter, sizeof letter, "%s", json_string_value(json_object_get(first, "letter")));
    json_decref(json);
    return letter;
}

Test(api_rights, an_enterprise_sees_and_answers_its_own_and_finds_no_others)
{
    const char *letter = release_one();
    char *path = xasprintf("/api/v1/letters/%s", letter);
    char *body = xasprintf("{\"letter\":\"%s\",\"receipt\":\"acknowledged\"}", letter);
    int64_t before = api_rows(&box);
    cr_expect_eq(api_ask(&box, "GET", path, api_token(&box, "enterprise2"), NULL).status, 404);
    cr_expect_eq(
        api_ask(&box, "POST", "/api/v1/receipts", api_token(&box, "enterprise2"), body).status,
        404);
    struct asked asked = api_ask(&box, "GET", "/api/v1/letters?recipient=210102-0001",
                                 api_token(&box, "enterprise2"), NULL);
    cr_expect_eq(asked.status, 200);
    cr_expect_null(strstr(asked.body, letter), "a filter does not widen what is one's own");
    cr_expect_eq(api_rows(&box), before);

    asked = api_ask(&box, "GET", path, api_token(&box, "enterprise"), NULL);
    cr_expect_eq(asked.status, 200);
    cr_expect_not_null(strstr(asked.body, letter));
    cr_expect_null(strstr(asked.body, "consignments"), "how it travels is not for it to see");
    cr_expect_eq(
        api_ask(&box, "POST", "/api/v1/receipts", api_token(&box, "enterprise"), body).status, 200);
    cr_expect_eq(
        api_ask(&box, "POST", "/api/v1/receipts", api_token(&box, "enterprise"), body).status, 200);
    cr_expect_eq(api_rows(&box), before + 1, "a repeated answer is one fact");
    free(path);
    free(body);
}

static int log_in(const char *address, const char *name, const char *password, const char *code,
                  char ret_detail[256])
{
    char *body =
        xasprintf("{\"name\":\"%s\",\"password\":\"%s\",\"code\":\"%s\"}", name, password, code);
    struct asked asked = api_ask_from(&box, address, "POST", "/api/v1/login", NULL, NULL, body);
    snprintf(ret_detail, 256, "%s", api_detail(&asked));
    free(body);
    return asked.status;
}

Test(api_rights, guessing_is_locked_out_and_learns_nothing)
{
    char detail[256], unknown[256], code[7];
    api_code(&box, "approver", code);
    cr_expect_eq(log_in("127.0.0.9", "nobody", "x", "000000", unknown), 401);
    cr_expect_eq(log_in("127.0.0.9", "approver", "wrong", code, detail), 401);
    cr_expect_str_eq(detail, unknown, "an unknown name is answered like a wrong password");
    for (int i = 0; i < 8; i++)
        cr_expect_eq(log_in("127.0.0.9", "approver", "wrong", code, detail), 401);
    cr_expect_eq(log_in("127.0.0.9", "approver", api_password("approver"), code, detail), 429);
    cr_expect_eq(log_in("127.0.0.9", "dispatcher", "x", code, detail), 429, "the address");
    box.shell.now += LOGIN_LOCK_MS;
    api_code(&box, "approver", code);
    cr_expect_eq(log_in("127.0.0.9", "approver", api_password("approver"), code, detail), 200);
    cr_expect_eq(log_in("127.0.0.10", "approver", api_password("approver"), code, detail), 401,
                 "a code counts once");
    cr_expect_gt(metrics_value(box.metrics, "yujing_login_failures_total", "reason=\"locked\""), 0);
}

Test(api_rights, who_fails_on_purpose_keeps_no_officer_out)
{
    char detail[256], code[7];
    const char *session = api_session_of(&box, "approver");
    for (int i = 0; i < LOGIN_FAILURES_MAX; i++)
        cr_expect_eq(log_in("127.0.0.9", "approver", "wrong", "000000", detail), 401);
    api_code(&box, "approver", code);
    cr_expect_eq(log_in("127.0.0.8", "approver", api_password("approver"), code, detail), 429);
    api_restart(&box);
    for (int i = 0; i < LOGIN_FAILURES_MAX; i++)
        cr_expect_eq(log_in("127.0.0.9", "approver", "wrong", "000000", detail), 401);
    cr_expect_eq(log_in("127.0.0.8", "approver", api_password("approver"), code, detail), 429);
    cr_expect_eq(log_in("127.0.0.1", "approver", api_password("approver"), code, detail), 200,
                 "logged in from here before, and that outlives a restart");
    cr_expect_eq(api_ask(&box, "GET", "/api/v1/session", session, NULL).status, 401,
                 "sessions do not");
}

Test(api_rights, a_code_counts_once_also_across_a_restart)
{
    char detail[256], code[7];
    api_code(&box, "approver", code);
    cr_assert_eq(log_in("127.0.0.1", "approver", api_password("approver"), code, detail), 200);
    api_restart(&box);
    cr_expect_eq(log_in("127.0.0.1", "approver", api_password("approver"), code, detail), 401);
    api_code(&box, "approver", code);
    cr_expect_eq(log_in("127.0.0.1", "approver", api_password("approver"), code, detail), 200);
}

Test(api_rights, a_session_ends_and_a_disabled_account_loses_it_at_once)
{
    const char *session = api_session_of(&box, "dispatcher");
    cr_expect_eq(api_ask(&box, "GET", "/api/v1/session", session, NULL).status, 200);
    cr_expect_eq(api_ask(&box, "POST", "/api/v1/logout", session, NULL).status, 200);
    cr_expect_eq(api_ask(&box, "GET", "/api/v1/session", session, NULL).status, 401);

    session = api_session_of(&box, "dispatcher");
    char *command = xasprintf("sed -i '/name: \"dispatcher\"/a\\    disabled: true' "
                              "%s/accounts.yaml",
                              box.folder);
    cr_assert_eq(system(command), 0);
    free(command);
    box.shell.now += 2 * SECOND_MS;
    cr_expect_eq(api_ask(&box, "GET", "/api/v1/session", session, NULL).status, 401);
    cr_expect(api_said(&box, "accounts are read"));
}

Test(api_rights, secrets_are_in_no_answer_no_log_and_no_metric)
{
    struct buf metrics = {0};
    const char *letter = release_one();
    char *path = xasprintf("/api/v1/letters/%s", letter);
    api_ask(&box, "GET", path, api_token(&box, "auditor"), NULL);
    api_ask(&box, "GET", "/api/v1/status", api_token(&box, "auditor"), NULL);
    api_ask(&box, "GET", "/api/v1/journal?max=500", api_token(&box, "auditor"), NULL);
    api_ask(&box, "GET", "/api/v1/hand-over", api_token(&box, "auditor"), NULL);
    api_ask(&box, "GET", "/metrics", api_token(&box, "monitor"), NULL);
    api_ask(&box, "POST", "/api/v1/login", NULL,
            "{\"name\":\"canary-name\",\"password\":\"canary-password-x\"}");
    api_ask(&box, "GET", "/api/v1/status", "canary-token", NULL);
    metrics_print(box.metrics, &metrics);
    fflush(box.log.stream);
    cr_assert_gt(box.secret_count, 15);
    for (int i = 0; i < box.secret_count; i++) {
        cr_expect_null(strstr(buf_str(&box.seen), box.secrets[i]), "answered: %s", box.secrets[i]);
        cr_expect_null(strstr(box.said, box.secrets[i]), "logged: %s", box.secrets[i]);
        cr_expect_null(strstr(buf_str(&metrics), box.secrets[i]), "counted: %s", box.secrets[i]);
    }
    cr_expect_null(strstr(box.said, "canary"), "nor what was tried");
    buf_release(&metrics);
    free(path);
}

/* ---- behind a proxy ------------------------------------------------------------------------ */

static void make_proxied(void)
{
    api_make(&box, NULL, ", trusted_proxies: [127.0.0.1]");
}
TestSuite(api_rights_proxied, .init = make_proxied, .fini = away, .timeout = 60);

static int guess_as(const char *proxy, const char *forwarded)
{
    char *header = xasprintf("X-Forwarded-For: %s\r\n", forwarded);
    int status =
        api_ask_from(&box, proxy, "GET", "/api/v1/status", "yj_guess", header, NULL).status;
    free(header);
    return status;
}

Test(api_rights_proxied, whom_the_proxy_saw_is_locked_and_nobody_else)
{
    for (int i = 0; i < LOGIN_FAILURES_MAX; i++)
        cr_expect_eq(guess_as("127.0.0.1", "10.9.9.9, 192.0.2.7"), 401);
    cr_expect_eq(guess_as("127.0.0.1", "192.0.2.7"), 429);
    cr_expect_eq(guess_as("127.0.0.1", "192.0.2.8"), 401);
    cr_expect_eq(guess_as("127.0.0.1", "192.0.2.7, 10.9.9.9"), 401,
                 "what the client says of itself");
    cr_expect_eq(guess_as("127.0.0.2", "192.0.2.7"), 401, "not from a proxy of ours");
}
