/* The API's description against the API: the same routes, the same rights, and refusals that the
 * server really gives. */
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
TestSuite(api_described, .init = make, .fini = away, .timeout = 60);

/* ---- the description ------------------------------------------------------------------ */

/* "/a/{b}/c" → "/a/ * /c", without the blanks. */
static void pattern_of(const char *described, char ret[256])
{
    size_t filled = 0;
    for (; *described && filled < 255; described++) {
        if (*described == '{') {
            ret[filled++] = '*';
            described += strcspn(described, "}");
        } else {
            ret[filled++] = *described;
        }
    }
    ret[filled] = 0;
}

static const struct route *route_of(const char *method, const char *described)
{
    char pattern[256];
    pattern_of(described, pattern);
    for (const struct route *route = api_routes; route->handle; route++)
        if (strcmp(route->path, pattern) == 0 &&
            strcasecmp(http_method_name(route->method), method) == 0)
            return route;
    return NULL;
}

static const char *word_of(int right)
{
    return right == RIGHT_ANY ? "any" : right_name((enum right)right);
}

static void check_operation(const char *path, const char *method, const json_t *operation)
{
    const json_t *responses = json_object_get(operation, "responses");
    const struct route *route = route_of(method, path);
    const char *right = json_string_value(json_object_get(operation, "x-right"));
    const char *also = json_string_value(json_object_get(operation, "x-right-also"));
    cr_assert_not_null(route, "%s %s is described and does not exist", method, path);
    cr_expect_str_eq(right, word_of(route->right), "%s %s", method, path);
    cr_expect_str_eq(also ? also : right, word_of(route->other), "%s %s", method, path);
    bool open = route->right == RIGHT_NONE;
    cr_expect_eq(open, json_array_size(json_object_get(operation, "security")) == 0, "%s", path);
    cr_expect(open || json_object_get(responses, "401"), "%s %s", method, path);
    bool roles = !open && route->right != RIGHT_ANY;
    cr_expect_eq(roles, json_object_get(responses, "403") != NULL, "%s %s", method, path);
}

Test(api_described, the_description_and_the_routes_name_the_same)
{
    const char *path, *method;
    json_t *operations, *operation;
    size_t described = 0, routes = 0;
    struct asked asked = api_ask(&box, "GET", "/api/v1/openapi.json", NULL, NULL);
    cr_assert_eq(asked.status, 200);
    json_t *json = api_json(&asked);
    json_object_foreach(json_object_get(json, "paths"), path, operations)
        json_object_foreach(operations, method, operation)
    {
        check_operation(path, method, operation);
        described++;
    }
    for (const struct route *route = api_routes; route->handle; route++)
        routes++;
    cr_expect_eq(described, routes);
    json_decref(json);
}

Test(api_described, what_is_not_there_is_not_there)
{
    cr_expect_eq(api_ask(&box, "GET", "/", NULL, NULL).status, 404);
    cr_expect_eq(api_ask(&box, "GET", "/api/v1/nothing", NULL, NULL).status, 404);
    cr_expect_eq(api_ask(&box, "DELETE", "/api/v1/status", NULL, NULL).status, 405);
    cr_expect_eq(api_ask(&box, "GET", "/api/v1/proposals//approve", NULL, NULL).status, 400);
    cr_expect(!api_said(&box, "/api/v1/nothing"), "a mistyped secret is not logged");
}

/* ---- refusals ------------------------------------------------------------------------- */

struct operation {
    const struct route *route;
    char path[256]; /* to be asked for */
    const json_t *responses;
    bool takes_json;
};

static bool describes(const struct operation *operation, const char *status)
{
    return json_object_get(operation->responses, status) != NULL;
}

static void each_operation(void (*each)(const struct operation *operation))
{
    const char *path, *method;
    json_t *operations, *found, *json;
    struct asked asked = api_ask(&box, "GET", "/api/v1/openapi.json", NULL, NULL);
    json = api_json(&asked);
    json_object_foreach(json_object_get(json, "paths"), path, operations)
        json_object_foreach(operations, method, found)
    {
        const json_t *body = json_object_get(found, "requestBody");
        struct operation operation = {
            .route = route_of(method, path),
            .responses = json_object_get(found, "responses"),
            .takes_json =
                json_object_get(json_object_get(body, "content"), "application/json") != NULL};
        pattern_of(path, operation.path);
        for (char *star = operation.path; (star = strchr(star, '*'));)
            *star = '7';
        each(&operation);
    }
    json_decref(json);
}

static const char *head_of(size_t announced)
{
    static char head[64];
    snprintf(head, sizeof head, "Content-Length: %zu\r\n", announced);
    return head;
}

/* Who may: a session where a code is needed. */
static const char *sessions[2];
static const char *somebody(const struct route *route)
{
    if (route->right == RIGHT_NONE)
        return NULL;
    if (route->right == RIGHT_DISPATCH || route->right == RIGHT_HOLD)
        return sessions[0];
    if (route->right == RIGHT_APPROVE || route->right == RIGHT_RELOAD || route->right == RIGHT_ANY)
        return sessions[1];
    for (enum role role = 0; role < ROLES; role++)
        if (role_may(role, (enum right)route->right, false))
            return api_token(&box, role_name(role));
    return NULL;
}

static void ask_locked(const struct operation *operation)
{
    if (operation->route->right == RIGHT_NONE)
        return;
    struct asked asked = api_ask_from(&box, "127.9.9.9", http_method_name(operation->route->method),
                                      operation->path, "yj_guess", NULL, NULL);
    cr_expect_eq(asked.status, 429, "%s", operation->path);
    cr_expect_not_null(strstr(asked.head, "Retry-After"), "%s", operation->path);
}

Test(api_described, from_a_locked_address_guesses_are_put_off)
{
    for (int i = 0; i < LOGIN_FAILURES_MAX; i++)
        api_ask_from(&box, "127.9.9.9", "GET", "/api/v1/status", "yj_guess", NULL, NULL);
    each_operation(ask_locked);
}

static void ask_too_much(const struct operation *operation)
{
    if (!describes(operation, "413") || strcmp(operation->path, "/api/v1/facts") == 0)
        return;
    struct asked asked = api_ask_from(&box, "127.0.0.1", "POST", operation->path,
                                      somebody(operation->route), head_of(2u << 20), NULL);
    cr_expect_eq(asked.status, 413, "%s: %d", operation->path, asked.status);
}

static void ask_nonsense(const struct operation *operation)
{
    if (!operation->takes_json || !describes(operation, "400"))
        return;
    struct asked asked =
        api_ask_from(&box, "127.0.0.1", "POST", operation->path, somebody(operation->route),
                     "Content-Type: application/json\r\n", "[");
    cr_expect_eq(asked.status, 400, "%s: %d %s", operation->path, asked.status, asked.body);
}

static void ask_early(const struct operation *operation)
{
    if (operation->route->method != HTTP_GET || operation->route->right == RIGHT_NONE ||
        !describes(operation, "503") || strcmp(operation->path, "/api/v1/events") == 0)
        return;
    struct asked asked = api_ask(&box, "GET", operation->path, somebody(operation->route), NULL);
    cr_expect_eq(asked.status, 503, "%s: %d", operation->path, asked.status);
}

Test(api_described, what_is_described_as_refused_is_refused)
{
    sessions[0] = api_session_of(&box, "dispatcher");
    sessions[1] = api_session_of(&box, "approver");
    each_operation(ask_early);
    api_feed(&box, 0, 4);
    int64_t before = api_rows(&box);
    each_operation(ask_too_much);
    each_operation(ask_nonsense);
    cr_expect_eq(api_rows(&box), before);
    cr_expect_gt(box.requests, 60, "only %d requests", box.requests);
}
