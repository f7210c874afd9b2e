/* Acts through HTTP: races, plans that changed, one person for two, asking again. */
#include "api_box.h"
#include "base/xalloc.h"
#include "store/ledger.h"
#include "store/letters.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct api_box box;

static const char two_rule[] =
    "return warning \"heavy-pollution\" {\n"
    "  title = \"重污染天气预警\", basis = doc \"plan\", area = \"210100\",\n"
    "  levels = {\n"
    "    { \"yellow\", approve = \"two\", issue_when = { timeline = \"aqi_day\", above = 150, "
    "lasting = \"24h\" } },\n"
    "    { \"orange\", approve = \"two\", issue_when = { timeline = \"aqi_day\", above = 200, "
    "lasting = \"48h\" } } },\n"
    "  lift_when = all { { observed = \"aqi_24h\", at_most = 150 },\n"
    "                    { forecast = \"aqi_day\", at_most = 150, lasting = \"48h\" } },\n"
    "}\n";

static void make(void)
{
    api_make(&box, NULL, NULL);
}

static void make_two(void)
{
    api_make(&box, two_rule, NULL);
}

static void away(void)
{
    api_remove(&box);
}
TestSuite(api_acts, .init = make, .fini = away, .timeout = 60);
TestSuite(api_acts_two, .init = make_two, .fini = away, .timeout = 60);

static int64_t decided(const char *kind)
{
    char *sql = xasprintf("SELECT count(*) FROM decision WHERE kind = '%s'", kind);
    int64_t count = shell_count(&box.shell, sql);
    free(sql);
    return count;
}

static char *about(const char *hash, const char *act)
{
    return xasprintf("/api/v1/proposals/%s/%s", hash, act);
}

static const char *result_of(const struct asked *asked)
{
    static char result[64];
    json_t *json = api_json(asked);
    const char *text = json_string_value(json_object_get(json, "result"));
    snprintf(result, sizeof result, "%s", text ? text : "");
    json_decref(json);
    return result;
}

/* ---- W1 --------------------------------------------------------------------------- */

Test(api_acts, of_two_who_sign_at_once_one_releases_and_the_other_is_told_who_and_when)
{
    struct http_client clients[2];
    struct asked asked[2];
    const char *who[2] = {"approver", "approver2"}, *sessions[2];
    char *path = about(api_propose(&box), "approve");
    for (int i = 0; i < 2; i++)
        sessions[i] = api_session_of(&box, who[i]);
    for (int i = 0; i < 2; i++)
        api_say(&box, &clients[i], "POST", path, sessions[i], "{\"note\":\"会商同意\"}");
    for (int i = 0; i < 2; i++)
        asked[i] = api_hear(&box, &clients[i], "POST", path);
    int won = asked[0].status == 200 ? 0 : 1;
    cr_expect_eq(asked[won].status, 200, "%s", asked[won].body);
    cr_expect_str_eq(result_of(&asked[won]), "approved");
    cr_expect_eq(asked[!won].status, 409, "%s", asked[!won].body);
    cr_expect_not_null(strstr(api_detail(&asked[!won]), who[won]), "%s", asked[!won].body);
    cr_expect_not_null(strstr(api_detail(&asked[!won]), "2015-11-0"), "%s", asked[!won].body);
    cr_expect_eq(decided("issue"), 1);
    cr_expect_eq(decided("order"), 1);
    cr_expect_eq(shell_count(&box.shell, "SELECT count(*) FROM letter WHERE kind = 'order'"), 1);
    free(path);
}

Test(api_acts_two, two_different_persons_sign_and_one_alone_does_not)
{
    char *path = about(api_propose(&box), "approve");
    const char *one = api_session_of(&box, "approver"), *other = api_session_of(&box, "approver2");
    struct asked asked = api_ask(&box, "POST", path, one, "{\"note\":\"同意\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_str_eq(result_of(&asked), "first_signed");
    cr_expect_eq(decided("order"), 0);
    asked = api_ask(&box, "POST", path, one, "{\"note\":\"再签\"}");
    cr_expect_eq(asked.status, 409);
    cr_expect_not_null(strstr(api_detail(&asked), "two different persons"), "%s", asked.body);
    asked = api_ask(&box, "POST", path, other, "{\"note\":\"同意\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_str_eq(result_of(&asked), "approved");
    cr_expect_eq(decided("order"), 1);
    free(path);
}

/* ---- W2 --------------------------------------------------------------------------- */

Test(api_acts, a_plan_that_changed_after_it_was_seen_is_not_approved)
{
    char *seen = xstrdup(api_propose(&box)), *path = about(seen, "approve"),
         *look = about(seen, "");
    look[strlen(look) - 1] = 0;
    const char *session = api_session_of(&box, "approver");
    struct asked asked = api_ask(&box, "GET", look, session, NULL);
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    for (size_t i = 0; i < SHELL_FACTS && strcmp(api_waiting(&box), seen) == 0; i++)
        api_feed(&box, i, 1); /* repeats, then what is new */
    cr_assert(*api_waiting(&box) && strcmp(api_waiting(&box), seen) != 0, "another plan waits");
    int64_t before = api_rows(&box);
    asked = api_ask(&box, "POST", path, session, "{\"note\":\"同意\"}");
    cr_expect_eq(asked.status, 409);
    char waiting[16];
    snprintf(waiting, sizeof waiting, "%.12s", api_waiting(&box));
    cr_expect_not_null(strstr(api_detail(&asked), waiting), "which waits now: %s", asked.body);
    cr_expect_eq(api_rows(&box), before, "what is refused is not journaled");
    cr_expect_eq(decided("order"), 0);
    free(look);
    free(path);
    free(seen);
}

/* ---- W3 --------------------------------------------------------------------------- */

Test(api_acts_two, one_person_breaks_the_glass_loudly_and_says_why)
{
    const char *hash = api_propose(&box);
    char *silent = xasprintf("{\"plan\":\"%s\"}", hash);
    char *body = xasprintf("{\"plan\":\"%s\",\"note\":\"联系不上第二签发人\"}", hash);
    const char *session = api_session_of(&box, "dispatcher");
    cr_expect_eq(api_ask(&box, "POST", "/api/v1/break_glass", session, silent).status, 400);
    struct asked asked = api_ask(&box, "POST", "/api/v1/break_glass", session, body);
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_str_eq(result_of(&asked), "approved");
    cr_expect_eq(decided("order"), 1);
    cr_expect(api_said(&box, "alarm decision: "), "everybody hears of it");
    cr_expect(api_said(&box, "联系不上第二签发人"));
    asked = api_ask(&box, "GET", "/api/v1/hand-over?hours=168", api_token(&box, "auditor"), NULL);
    cr_expect_not_null(strstr(asked.body, "联系不上第二签发人"), "and it stays in the record");
    free(silent);
    free(body);
}

/* ---- asking again -------------------------------------------------------------------- */

static struct asked keyed(const char *path, const char *session, const char *key, const char *body)
{
    char *header = xasprintf("Idempotency-Key: %s\r\n", key);
    struct asked asked = api_ask_from(&box, "127.0.0.1", "POST", path, session, header, body);
    free(header);
    return asked;
}

Test(api_acts, an_act_asked_for_again_is_answered_as_before_and_done_once)
{
    char *path = about(api_propose(&box), "approve");
    const char *session = api_session_of(&box, "approver");
    struct asked first = keyed(path, session, "k1", "{\"note\":\"同意\"}");
    cr_expect_eq(first.status, 200, "%s", first.body);
    int64_t rows = api_rows(&box);
    box.shell.now += HOUR_MS / 4;
    struct asked again = keyed(path, session, "k1", "{\"note\":\"同意\"}");
    cr_expect_eq(again.status, 200, "%s", again.body);
    cr_expect_str_eq(first.body, again.body);
    cr_expect_eq(api_rows(&box), rows);
    cr_expect_eq(decided("order"), 1);
    again = keyed(path, session, "k1", "{\"note\":\"另一事由\"}");
    cr_expect_eq(again.status, 409, "another act under the key: %s", again.body);
    cr_expect_eq(keyed(path, session, "", "{\"note\":\"x\"}").status, 400);
    free(path);
}

Test(api_acts, the_same_key_twice_at_once_is_one_act)
{
    struct http_client clients[2];
    const char *session = api_session_of(&box, "dispatcher"), *path = "/api/v1/dispatch/pause";
    int fine = 0, later = 0;
    api_feed(&box, 0, 1);
    int64_t before = api_rows(&box);
    for (int i = 0; i < 2; i++) {
        client_connect(&clients[i], api_port(box.api));
        char *text = xasprintf("POST %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: "
                               "Bearer %s\r\nIdempotency-Key: both\r\nContent-Length: "
                               "12\r\n\r\n{\"note\":\"x\"}",
                               path, session);
        client_say(&clients[i], text);
        free(text);
    }
    for (int i = 0; i < 2; i++) {
        int status = api_hear(&box, &clients[i], "POST", path).status;
        fine += status == 200;
        later += status == 409;
    }
    cr_expect_geq(fine, 1);
    cr_expect_eq(fine + later, 2);
    cr_expect_eq(api_rows(&box), before + 1);
}

/* ---- every act -------------------------------------------------------------------------- */

Test(api_acts, acts_without_a_note_or_with_strange_members_are_not_understood)
{
    static const struct {
        const char *path, *body;
    } rows[] = {
        {"/api/v1/dispatch/pause", "{}"},
        {"/api/v1/dispatch/pause", "{\"note\":\"\"}"},
        {"/api/v1/dispatch/pause", "{\"note\":\"  \"}"},
        {"/api/v1/dispatch/pause", "{\"note\":7}"},
        {"/api/v1/dispatch/pause", "{\"note\":\"x\",\"nota\":\"y\"}"},
        {"/api/v1/dispatch/pause", "[]"},
        {"/api/v1/dispatch/pause", "{\"note\":\"x\""},
        {"/api/v1/dispatch/pause", "{\"note\":\"x\",\"note\":\"y\"}"},
        {"/api/v1/warnings/heavy-pollution/210100/issue", "{\"note\":\"x\"}"},
        {"/api/v1/break_glass", "{\"note\":\"x\"}"},
        {"/api/v1/break_glass", "{\"note\":\"x\",\"plan\":\"y\",\"level\":\"red\"}"},
        {"/api/v1/letters/00000000000000000000000000000000/correct", "{\"note\":\"x\"}"},
    };
    const char *session = api_session_of(&box, "dispatcher");
    api_feed(&box, 0, 1);
    int64_t before = api_rows(&box);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(api_ask(&box, "POST", rows[i].path, session, rows[i].body).status, 400, "%s",
                     rows[i].body);
    cr_expect_eq(api_rows(&box), before);
}

Test(api_acts, hold_and_file_say_until_when_and_why)
{
    char *hold = about(api_propose(&box), "hold"), *file = about(api_waiting(&box), "file");
    const char *session = api_session_of(&box, "dispatcher");
    cr_expect_eq(
        api_ask(&box, "POST", hold, session, "{\"note\":\"x\",\"until\":\"2001-01-01\"}").status,
        400, "the past");
    struct asked asked =
        api_ask(&box, "POST", hold, session, "{\"note\":\"x\",\"until\":\"99999h\"}");
    cr_expect_eq(asked.status, 400);
    cr_expect_not_null(strstr(api_detail(&asked), "ten years ahead at most"), "%s", asked.body);
    asked = api_ask(&box, "POST", hold, session, "{\"note\":\"待会商\",\"until\":\"2h\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_str_eq(result_of(&asked), "held");
    asked = api_ask(&box, "GET", "/api/v1/proposals", session, NULL);
    cr_expect_not_null(strstr(asked.body, "\"state\":\"held\""), "%s", asked.body);
    asked = api_ask(&box, "POST", file, session, "{\"note\":\"会商不启动\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_str_eq(result_of(&asked), "filed");
    asked = api_ask(&box, "POST", file, session, "{\"note\":\"再次\"}");
    cr_expect_eq(asked.status, 409, "%s", asked.body);
    free(hold);
    free(file);
}

/* Of a plan that ended otherwise than by a signature. */
static void expect_fate(const char *hash, const char *words, const char *chinese)
{
    char *path = about(hash, "approve"), *look = about(hash, "");
    const char *session = api_session_of(&box, "approver");
    look[strlen(look) - 1] = 0;
    int64_t before = api_rows(&box);
    struct asked asked = api_ask(&box, "POST", path, session, "{\"note\":\"同意\"}");
    cr_expect_eq(asked.status, 409);
    cr_expect_not_null(strstr(api_detail(&asked), words), "%s: %s", words, asked.body);
    asked = api_ask(&box, "GET", look, session, NULL);
    cr_expect_eq(asked.status, 404);
    cr_expect_not_null(strstr(api_detail(&asked), words), "%s: %s", words, asked.body);
    asked = api_ask_from(&box, "127.0.0.1", "POST", path, session, "Accept-Language: zh-CN,en\r\n",
                         "{\"note\":\"同意\"}");
    cr_expect_not_null(strstr(asked.body, chinese), "%s: %s", chinese, asked.body);
    cr_expect_eq(api_rows(&box), before);
    free(path);
    free(look);
}

Test(api_acts, who_signs_a_plan_that_was_filed_is_told_by_whom_and_why)
{
    char *hash = xstrdup(api_propose(&box)), *file = about(hash, "file");
    struct asked asked = api_ask(&box, "POST", file, api_session_of(&box, "dispatcher"),
                                 "{\"note\":\"会商不启动\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    char words[80];
    snprintf(words, sizeof words, "plan %.12s was filed by dispatcher at 2015-", hash);
    expect_fate(hash, words, "归档，理由：会商不启动");
    free(hash);
    free(file);
}

Test(api_acts, who_signs_a_plan_that_expired_is_told_so)
{
    const char *hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    char *line = xasprintf("{\"about\":\"%s\",\"result\":\"expired\"}", hash);
    api_propose(&box); /* another waits */
    struct store_tx *tx = box_begin(&box.shell.box);
    struct ledger_row row = {
        .seq = api_rows(&box), .number = 99, .at = box.shell.now, .kind = "act", .line = line};
    cr_assert_eq(ledger_put(tx, &row), 0);
    box_commit(tx);
    expect_fate(hash, "plan 0123456789ab expired", "方案 0123456789ab 逾期无人签发，已于 2015-");
    free(line);
}

static void call_for_signature(struct store_tx *tx, const char *id, const char *hash)
{
    struct letter_row page = {.id = id,
                              .kind = "page",
                              .rule = "heavy-pollution",
                              .episode = "heavy-pollution/210100/2015-11-01T08:00",
                              .plan = hash,
                              .at = box.shell.now,
                              .number = -1,
                              .body = "{}",
                              .size = 2};
    cr_assert_eq(letter_put(tx, &page), 0);
}

Test(api_acts, who_signs_a_plan_that_another_has_replaced_is_told_which)
{
    const char *hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    char *next = xstrdup(api_propose(&box)), words[80];
    struct store_tx *tx = box_begin(&box.shell.box);
    call_for_signature(tx, "page1", hash);
    call_for_signature(tx, "page2", next);
    box_commit(tx);
    snprintf(words, sizeof words, "plan 0123456789ab waits no more: plan %.12s came after", next);
    expect_fate(hash, words, "方案 0123456789ab 已被取代：其后的方案是 ");
    free(next);
}

static const char *episode(void)
{
    static char id[128];
    struct asked asked = api_ask(&box, "GET", "/api/v1/status", api_token(&box, "auditor"), NULL);
    json_t *json = api_json(&asked);
    const json_t *warnings = json_object_get(json_object_get(json, "engine"), "warnings");
    const char *found = json_string_value(json_object_get(json_array_get(warnings, 0), "episode"));
    snprintf(id, sizeof id, "%s", found ? found : "");
    json_decref(json);
    return id;
}

Test(api_acts, a_warning_is_issued_and_lifted_by_hand)
{
    const char *session = api_session_of(&box, "dispatcher");
    api_feed(&box, 0, 4);
    struct asked asked = api_ask(&box, "POST", "/api/v1/warnings/heavy-pollution/210100/issue",
                                 session, "{\"note\":\"省厅要求\",\"level\":\"orange\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_str_eq(result_of(&asked), "overridden");
    cr_assert(*episode());
    asked = api_ask(&box, "GET", "/api/v1/status", session, NULL);
    cr_expect(strstr(asked.body, "\"under_way\":true"), "it begins at once: %s", asked.body);
    char *lift = xasprintf("/api/v1/episodes/%s/lift", episode());
    asked = api_ask(&box, "POST", lift, session, "{\"note\":\"省厅解除\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_str_eq(result_of(&asked), "lifted");
    asked = api_ask(&box, "POST", lift, session, "{\"note\":\"再次\"}");
    cr_expect_eq(asked.status, 409, "%s", asked.body);
    asked = api_ask(&box, "POST", "/api/v1/warnings/heavy-pollution/210100/issue", session,
                    "{\"note\":\"x\",\"level\":\"purple\"}");
    cr_expect_eq(asked.status, 409, "%s", asked.body);
    asked = api_ask(&box, "POST", "/api/v1/warnings/heavy-polution/210100/issue", session,
                    "{\"note\":\"x\",\"level\":\"orange\"}");
    cr_expect_eq(asked.status, 409, "%s", asked.body);
    cr_expect(strstr(asked.body, "there is no warning heavy-polution/210100; "
                                 "there is heavy-pollution/210100"),
              "%s", asked.body);
    free(lift);
}

/* The proposal that was made by hand, out of the answer of any route that lists proposals. */
static json_t *by_hand_in(const char *path, const char *session)
{
    struct asked asked = api_ask(&box, "GET", path, session, NULL);
    cr_assert_eq(asked.status, 200, "%s", asked.body);
    json_t *answer = api_json(&asked), *found = NULL, *one;
    size_t i;
    json_array_foreach(json_object_get(answer, "proposals"), i,
                       one) if (json_is_true(json_object_get(one, "by_hand"))) found =
        json_incref(one);
    json_decref(answer);
    return found;
}

/* A dispatcher orders orange by hand, an approver sees it everywhere and completes it. */
Test(api_acts_two, a_hand_with_one_signature_is_shown_and_completed_by_an_approver)
{
    static const char *const lists[] = {"/api/v1/proposals", "/api/v1/status", "/api/v1/hand-over"};
    const char *duty = api_session_of(&box, "dispatcher");
    char *approver = xstrdup(api_session_of(&box, "approver"));
    api_feed(&box, 0, 4);
    struct asked asked = api_ask(&box, "POST", "/api/v1/warnings/heavy-pollution/210100/issue",
                                 duty, "{\"note\":\"省厅要求\",\"level\":\"orange\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_str_eq(result_of(&asked), "first_signed");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        json_t *one = by_hand_in(lists[i], approver);
        cr_assert_not_null(one, "%s", lists[i]);
        cr_expect_str_eq(json_string_value(json_object_get(one, "signed_by")), "dispatcher");
        cr_expect_eq(json_integer_value(json_object_get(one, "missing")), 1);
        cr_expect_str_eq(json_string_value(json_object_get(one, "title")), "重污染天气预警");
        json_decref(one);
    }
    asked = api_ask(&box, "GET", "/api/v1/hand-over", duty, NULL);
    cr_expect_not_null(strstr(asked.body, "first of two signatures: act override by dispatcher"),
                       "it does not read like a release: %s", asked.body);
    cr_expect_not_null(strstr(asked.body, "\"overdue_total\":0"), "%s", asked.body);
    json_t *one = by_hand_in(lists[0], approver);
    char *hash = xstrdup(json_string_value(json_object_get(one, "hash")));
    char *look = about(hash, ""), *approve = about(hash, "approve"), *hold = about(hash, "hold");
    look[strlen(look) - 1] = 0;
    asked = api_ask(&box, "GET", look, approver, NULL);
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_not_null(strstr(asked.body, "\"orders\":[{"), "%s", asked.body);
    asked = api_ask(&box, "GET", "/api/v1/hand-over?form=html", duty, NULL);
    cr_expect_not_null(strstr(asked.body, "人工发起。dispatcher已签发，尚缺第二人签发。"), "%s",
                       asked.body);
    asked = api_ask(&box, "POST", hold, duty, "{\"note\":\"待会商\",\"until\":\"2h\"}");
    cr_expect_str_eq(result_of(&asked), "held");
    asked = api_ask(&box, "GET", "/api/v1/hand-over?form=html", duty, NULL);
    cr_expect_not_null(strstr(asked.body, "已有签发在暂缓期间及期满后均有效"), "%s", asked.body);
    asked = api_ask(&box, "POST", approve, approver, "{\"note\":\"同意\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_str_eq(result_of(&asked), "approved");
    cr_expect_eq(decided("order"), 1);
    cr_expect_null(by_hand_in(lists[0], approver));
    json_decref(one);
    free(hash);
    free(look);
    free(approve);
    free(hold);
    free(approver);
}

Test(api_acts, a_correction_goes_to_exactly_those_it_was_sent_to)
{
    char *path = about(api_propose(&box), "approve"), *hash = xstrdup(api_waiting(&box));
    const char *session = api_session_of(&box, "dispatcher");
    cr_assert_eq(
        api_ask(&box, "POST", path, api_session_of(&box, "approver"), "{\"note\":\"x\"}").status,
        200);
    char *plan = xasprintf("/api/v1/plans/%s/correct", hash);
    char *gone = xasprintf("/api/v1/plans/%064d/correct", 0);
    char *episodes = xasprintf("/api/v1/episodes/%s/withdraw", episode());
    cr_expect_eq(api_ask(&box, "POST", gone, session, "{\"note\":\"x\",\"text\":\"y\"}").status,
                 404);
    struct asked asked =
        api_ask(&box, "POST", plan, session, "{\"note\":\"录入有误\",\"text\":\"限产30%\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    json_t *json = api_json(&asked);
    cr_expect_eq(json_integer_value(json_object_get(json, "letters")), 1, "%s", asked.body);
    cr_expect_eq(json_integer_value(json_object_get(json, "cancelled")), 0, "%s", asked.body);
    json_decref(json);
    cr_expect_eq(shell_count(&box.shell,
                             "SELECT count(*) FROM letter WHERE kind = 'correction' AND "
                             "recipient = '210102-0001'"),
                 1);
    int64_t before = api_rows(&box);
    asked = api_ask(&box, "POST", plan, session, "{\"note\":\"再次\",\"text\":\"限产30%\"}");
    cr_expect_eq(asked.status, 409, "%s", asked.body);
    cr_expect_not_null(strstr(api_detail(&asked), "in these words by dispatcher at 2015-11-"), "%s",
                       asked.body);
    asked = api_ask(&box, "POST", episodes, session, "{\"note\":\"撤回\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    asked = api_ask(&box, "POST", episodes, session, "{\"note\":\"再撤回\"}");
    cr_expect_eq(asked.status, 409, "%s", asked.body);
    cr_expect_not_null(strstr(api_detail(&asked), "withdrawn by dispatcher at 2015-11-"), "%s",
                       asked.body);
    cr_expect_eq(api_rows(&box), before + 1, "what is refused is not journaled");
    cr_expect_eq(shell_count(&box.shell, "SELECT count(*) FROM letter WHERE kind = 'withdrawal'"),
                 1);
    free(plan);
    free(gone);
    free(episodes);
    free(path);
    free(hash);
}

static int64_t member(struct asked *asked, const char *name)
{
    json_t *json = api_json(asked);
    int64_t value = json_integer_value(json_object_get(json, name));
    json_decref(json);
    return value;
}

/* Paused, nothing of the plan has left: so nobody is told of its withdrawal, and that is answered.
 */
Test(api_acts, what_had_not_left_is_said_to_be_cancelled_and_by_whom_when_asked_again)
{
    char *path = about(api_propose(&box), "approve"), *hash = xstrdup(api_waiting(&box));
    const char *session = api_session_of(&box, "dispatcher");
    cr_assert_eq(
        api_ask(&box, "POST", "/api/v1/dispatch/pause", session, "{\"note\":\"x\"}").status, 200);
    cr_assert_eq(
        api_ask(&box, "POST", path, api_session_of(&box, "approver"), "{\"note\":\"x\"}").status,
        200);
    char *list = xasprintf("/api/v1/letters?plan=%.12s", hash);
    struct asked asked = api_ask(&box, "GET", list, session, NULL);
    json_t *json = api_json(&asked);
    char *letter = xasprintf("/api/v1/letters/%s/withdraw",
                             json_string_value(json_object_get(
                                 json_array_get(json_object_get(json, "letters"), 0), "letter")));
    json_decref(json);
    asked = keyed(letter, session, "k", "{\"note\":\"误发\"}");
    cr_assert_eq(asked.status, 200, "%s", asked.body);
    cr_expect_eq(member(&asked, "letters"), 0, "%s", asked.body);
    cr_expect_eq(member(&asked, "cancelled"), 1, "%s", asked.body);
    asked = keyed(letter, session, "k", "{\"note\":\"误发\"}");
    cr_expect_eq(member(&asked, "cancelled"), 1, "the same act, as it was answered: %s",
                 asked.body);
    asked = api_ask(&box, "POST", letter, session, "{\"note\":\"再撤回\"}");
    cr_expect_eq(asked.status, 409, "%s", asked.body);
    cr_expect_not_null(strstr(api_detail(&asked), "withdrawn by dispatcher at 2015-11-"), "%s",
                       asked.body);
    free(letter);
    free(list);
    free(path);
    free(hash);
}

/* What people see of it, and all they see once it has left. */
Test(api_acts, a_plan_that_has_left_is_named_by_its_first_digits)
{
    static const char body[] = "{\"note\":\"x\",\"text\":\"y\"}";
    char *path = about(api_propose(&box), "approve"), *hash = xstrdup(api_waiting(&box));
    const char *session = api_session_of(&box, "dispatcher");
    cr_assert_eq(
        api_ask(&box, "POST", path, api_session_of(&box, "approver"), "{\"note\":\"x\"}").status,
        200);
    char *list = xasprintf("/api/v1/letters?plan=%.12s", hash);
    char *shorter = xasprintf("/api/v1/plans/%.11s/correct", hash);
    char *plan = xasprintf("/api/v1/plans/%.12s/correct", hash);
    char *whole = xasprintf("/api/v1/plans/%s/correct", hash);
    struct asked asked = api_ask(&box, "GET", list, session, NULL);
    cr_expect_not_null(strstr(asked.body, "\"kind\":\"order\""), "%s", asked.body);
    asked = api_ask(&box, "GET", "/api/v1/letters?plan=4f88", session, NULL);
    cr_expect_eq(asked.status, 400, "%s", asked.body);
    asked = api_ask(&box, "POST", shorter, session, body);
    cr_expect_eq(asked.status, 400, "%s", asked.body);
    asked = api_ask(&box, "POST", "/api/v1/plans/000000000000/correct", session, body);
    cr_expect_eq(asked.status, 404, "%s", asked.body);
    cr_expect_not_null(strstr(api_detail(&asked), "no letter of plan 000000000000 was sent"), "%s",
                       asked.body);
    asked = api_ask(&box, "POST", "/api/v1/letters/0000/correct", session, body);
    cr_expect_not_null(strstr(api_detail(&asked), "no letter 0000 was sent"), "%s", asked.body);
    asked = keyed(plan, session, "k", body);
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_not_null(strstr(asked.body, hash), "the journal has it whole: %s", asked.body);
    cr_expect_eq(keyed(whole, session, "k", body).status, 200, "the same act");
    cr_expect_eq(shell_count(&box.shell, "SELECT count(*) FROM letter WHERE kind = 'correction'"),
                 1);
    free(whole);
    free(plan);
    free(shorter);
    free(list);
    free(hash);
    free(path);
}

/* As if a gateway had said that it is gone. */
static void suspend(const char *address)
{
    char *sql = xasprintf("INSERT INTO setting (name, value, changed) VALUES "
                          "('suspended/%s', '410', 0) RETURNING 1",
                          address);
    cr_assert_eq(shell_count(&box.shell, sql), 1);
    free(sql);
    api_restart(&box);
}

/* What leaves no line among the engine's own stands on the shift's sheet all the same. */
Test(api_acts, the_hand_over_sheet_tells_what_people_did_about_the_daemon)
{
    static const char *const told[] = {
        "\"act\":\"start\"",
        "dispatch paused",
        "address hook/https://plant.example/in taken up again",
        "BREAK-GLASS, one person for two: heavy-pollution/210100 yellow",
        "withdrawn: episode heavy-pollution/210100/",
        "sent after it to 1",
        "\"note\":\"撤回\"",
        "\"by\":\"dispatcher\"",
    };
    suspend("hook/https://plant.example/in");
    const char *session = api_session_of(&box, "dispatcher");
    api_feed(&box, 0, 4);
    struct asked asked = api_ask(&box, "GET", "/api/v1/hand-over", session, NULL);
    cr_expect_not_null(strstr(asked.body, "\"suspended\":[{\"address\":\"hook/https://"
                                          "plant.example/in\",\"why\":\"410\"}]"));
    asked = api_ask(&box, "GET", "/api/v1/hand-over?form=html", session, NULL);
    cr_expect_not_null(strstr(asked.body, "<td>hook/https://plant.example/in</td><td>410</td>"));
    asked = api_ask(&box, "POST", "/api/v1/break_glass", session,
                    "{\"note\":\"联系不上\",\"rule\":\"heavy-pollution\",\"area\":\"210100\","
                    "\"level\":\"yellow\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    api_ask(&box, "POST", "/api/v1/dispatch/pause", session, "{\"note\":\"核对\"}");
    api_ask(&box, "POST", "/api/v1/dispatch/resume", session,
            "{\"note\":\"已修复\",\"address\":\"hook/https://plant.example/in\"}");
    char *withdraw = xasprintf("/api/v1/episodes/%s/withdraw", episode());
    asked = api_ask(&box, "POST", withdraw, session, "{\"note\":\"撤回\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    asked = api_ask(&box, "GET", "/api/v1/hand-over?hours=168", session, NULL);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        cr_expect_not_null(strstr(asked.body, told[i]), "%s: %s", told[i], asked.body);
    cr_expect_not_null(strstr(asked.body, "\"suspended\":[]"), "%s", asked.body);
    cr_expect_not_null(strstr(asked.body, "\"anchor\":{\"day\":\""), "%s", asked.body);
    asked = api_ask(&box, "GET", "/api/v1/hand-over?hours=168&form=html", session, NULL);
    cr_expect_not_null(strstr(asked.body, "七、本班操作"));
    cr_expect_not_null(strstr(asked.body, "恢复地址 hook/https://plant.example/in"));
    cr_expect_not_null(strstr(asked.body, "日志锚点（请留存备查）："));
    free(withdraw);
}

/* Refused on the loop, on the worker and in the turn; and the next reader has the daemon's again.
 */
Test(api_acts, who_asks_is_answered_in_his_language)
{
    const char *session = api_session_of(&box, "approver"), *zh = "Accept-Language: zh-CN,en\r\n";
    static const char *const paths[] = {"/api/v1/proposals/000000000000/approve",
                                        "/api/v1/warnings/none/210100/issue"};
    api_feed(&box, 0, 1);
    struct asked asked =
        api_ask_from(&box, "127.0.0.1", "POST", paths[0], session, zh, "{\"none\":1}");
    cr_expect_not_null(strstr(asked.body, "请求中不应有 none"), "%s", asked.body);
    asked = api_ask_from(&box, "127.0.0.1", "POST", paths[0], session, zh, "{\"note\":\"x\"}");
    cr_expect_not_null(strstr(asked.body, "没有待批的方案"), "%s", asked.body);
    session = api_session_of(&box, "dispatcher");
    asked = api_ask_from(&box, "127.0.0.1", "POST", paths[1], session, zh,
                         "{\"note\":\"x\",\"level\":\"orange\"}");
    cr_expect_not_null(strstr(asked.body, "没有 none/210100 这一预警"), "%s", asked.body);
    asked = api_ask_from(&box, "127.0.0.1", "GET", "/api/v1/nothing", NULL, zh, NULL);
    cr_expect_not_null(strstr(asked.body, "无此地址"), "%s", asked.body);
    asked = api_ask(&box, "GET", "/api/v1/nothing", NULL, NULL);
    cr_expect_not_null(strstr(asked.body, "there is nothing here"), "%s", asked.body);
}

/* A word that is none of those that are asked for, as a sentence in both languages. */
static void expect_sentences(const char *method, const char *path, const char *body,
                             const char *english, const char *chinese)
{
    const char *session = api_session_of(&box, "dispatcher");
    struct asked asked = api_ask(&box, method, path, session, body);
    cr_expect_eq(asked.status, 400, "%s", asked.body);
    cr_expect_str_eq(api_detail(&asked), english);
    asked = api_ask_from(&box, "127.0.0.1", method, path, session, "Accept-Language: zh-CN,en\r\n",
                         body);
    cr_expect_str_eq(api_detail(&asked), chinese);
}

Test(api_acts, a_word_that_is_none_is_refused_in_a_sentence)
{
    api_feed(&box, 0, 1);
    expect_sentences(
        "GET", "/api/v1/letters?state=foo", NULL,
        "the state of a letter is waiting, delivered or dead, not foo",
        "信件状态须为 waiting（待发）、delivered（已送达）、dead（未送达）之一，没有 foo");
    expect_sentences(
        "POST", "/api/v1/receipts", "{\"letter\":\"x\",\"receipt\":\"foo\"}",
        "an answer is delivered, read, acknowledged, refused or done, not foo",
        "回执须为 delivered（已送达）、read（已阅）、acknowledged（已签收）、refused（无法执行）、"
        "done（已落实）之一，没有 foo");
}

Test(api_acts, dispatch_is_paused_with_a_name_and_goes_on)
{
    const char *session = api_session_of(&box, "dispatcher");
    api_feed(&box, 0, 1);
    cr_expect_eq(
        api_ask(&box, "POST", "/api/v1/dispatch/pause", session, "{\"note\":\"核对\"}").status,
        200);
    struct asked asked = api_ask(&box, "GET", "/api/v1/status", session, NULL);
    cr_expect_not_null(strstr(asked.body, "\"paused\":\"dispatcher: 核对\""), "%s", asked.body);
    cr_expect_eq(
        api_ask(&box, "POST", "/api/v1/dispatch/resume", session, "{\"note\":\"完毕\"}").status,
        200);
    asked = api_ask(&box, "GET", "/api/v1/status", session, NULL);
    cr_expect_not_null(strstr(asked.body, "\"paused\":null"), "%s", asked.body);
    cr_expect_eq(api_ask(&box, "POST", "/api/v1/self-check", session,
                         "{\"note\":\"周检\",\"gateway\":\"none\"}")
                     .status,
                 404);
    asked = api_ask(&box, "POST", "/api/v1/self-check", api_token(&box, "sysadmin"),
                    "{\"note\":\"周检\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_not_null(strstr(asked.body, "\"letters\":1"), "%s", asked.body);
    cr_expect_eq(api_ask(&box, "POST", "/api/v1/backup", api_token(&box, "sysadmin"), "{}").status,
                 202);
    cr_expect_eq(api_ask(&box, "POST", "/api/v1/backup", api_token(&box, "sysadmin"), "{}").status,
                 409);
}

Test(api_acts, what_is_paused_is_not_paused_again_nor_resumed_twice)
{
    static const char pause[] = "/api/v1/dispatch/pause", resume[] = "/api/v1/dispatch/resume";
    const char *session = api_session_of(&box, "dispatcher");
    api_feed(&box, 0, 1);
    struct asked asked = api_ask(&box, "POST", resume, session, "{\"note\":\"x\"}");
    cr_expect_eq(asked.status, 409, "%s", asked.body);
    cr_expect_not_null(strstr(api_detail(&asked), "is not paused"), "%s", asked.body);
    asked = keyed(pause, session, "k", "{\"note\":\"核对\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    asked = keyed(pause, session, "k", "{\"note\":\"核对\"}");
    cr_expect_eq(asked.status, 200, "the same, asked for again: %s", asked.body);
    int64_t before = api_rows(&box);
    asked = api_ask(&box, "POST", pause, session, "{\"note\":\"再停\"}");
    cr_expect_eq(asked.status, 409, "%s", asked.body);
    cr_expect_not_null(strstr(api_detail(&asked), "paused already by dispatcher: 核对"), "%s",
                       asked.body);
    cr_expect_eq(api_rows(&box), before, "what is refused is not journaled");
    cr_expect_eq(api_ask(&box, "POST", resume, session, "{\"note\":\"完毕\"}").status, 200);
    cr_expect_eq(api_ask(&box, "POST", resume, session, "{\"note\":\"完毕\"}").status, 409);
}

/* A slip in the address would let everything go that was paused. */
Test(api_acts, who_resumes_one_address_does_not_resume_dispatch)
{
    static const char *const slips[] = {"hook/https://plant.example/on", "hook", ""};
    suspend("hook/https://plant.example/in");
    const char *session = api_session_of(&box, "dispatcher");
    api_feed(&box, 0, 1);
    api_ask(&box, "POST", "/api/v1/dispatch/pause", session, "{\"note\":\"核对\"}");
    struct asked asked;
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        char *body = xasprintf("{\"note\":\"x\",\"address\":\"%s\"}", slips[i]);
        asked = api_ask(&box, "POST", "/api/v1/dispatch/resume", session, body);
        cr_expect(asked.status == 404 || asked.status == 400, "%s: %d", slips[i], asked.status);
        free(body);
    }
    asked = api_ask(&box, "POST", "/api/v1/dispatch/resume", session,
                    "{\"note\":\"已修复\",\"address\":\"hook/https://plant.example/in\"}");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_eq(
        shell_count(&box.shell, "SELECT count(*) FROM setting WHERE name LIKE 'suspended/%'"), 0);
    asked = api_ask(&box, "GET", "/api/v1/status", session, NULL);
    cr_expect_not_null(strstr(asked.body, "\"paused\":\"dispatcher: 核对\""), "%s", asked.body);
}

/* What is in the journal can be read again: the pipeline is thrown away and starts anew. */
Test(api_acts, everything_that_was_done_survives_a_restart)
{
    char *path = about(api_propose(&box), "approve");
    const char *session = api_session_of(&box, "dispatcher");
    cr_assert_eq(
        api_ask(&box, "POST", path, api_session_of(&box, "approver"), "{\"note\":\"x\"}").status,
        200);
    api_ask(&box, "POST", "/api/v1/dispatch/pause", session, "{\"note\":\"a\"}");
    api_ask(&box, "POST", "/api/v1/dispatch/resume", session, "{\"note\":\"b\"}");
    char *before = xstrdup(episode());
    api_restart(&box);
    cr_expect_str_eq(episode(), before);
    cr_expect(!api_said(&box, "recovered.differs"));
    free(before);
    free(path);
}
