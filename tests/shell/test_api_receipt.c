/* The receipt page, and answers by SMS. */
#include "api_box.h"
#include "base/xalloc.h"
#include "shell/api_inner.h"
#include "store/db.h"
#include "store/letters.h"
#include "store/outbox.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct api_box box;
static char letter[RECEIPT_LETTER_SIZE];

static void release_one(void)
{
    char *path = xasprintf("/api/v1/proposals/%s/approve", api_propose(&box));
    cr_assert_eq(
        api_ask(&box, "POST", path, api_session_of(&box, "approver"), "{\"note\":\"x\"}").status,
        200);
    struct asked asked =
        api_ask(&box, "GET", "/api/v1/letters?kind=order", api_token(&box, "auditor"), NULL);
    json_t *json = api_json(&asked);
    snprintf(letter, sizeof letter, "%s",
             json_string_value(
                 json_object_get(json_array_get(json_object_get(json, "letters"), 0), "letter")));
    json_decref(json);
    free(path);
}

static void make(void)
{
    api_make(&box, NULL, NULL);
    release_one();
}

static void away(void)
{
    api_remove(&box);
}
TestSuite(api_receipt, .init = make, .fini = away, .timeout = 60);

/* "/r/TOKEN", as the letter's message has it behind the public address. */
static const char *page(void)
{
    static char path[128];
    struct ack_links *links = api_links(box.api);
    char *url = links->link(links->arg, letter, "210102-0001");
    cr_assert(strncmp(url, "https://warn.example.cn/r/", 26) == 0, "%s", url);
    snprintf(path, sizeof path, "%s", url + 23);
    free(url);
    return path;
}

static int64_t receipts(void)
{
    return shell_count(&box.shell, "SELECT count(*) FROM journal WHERE kind = 'receipt'");
}

static struct asked tap(const char *form)
{
    return api_ask(&box, "POST", page(), NULL, form);
}

Test(api_receipt, looking_at_the_page_changes_nothing_and_needs_no_script)
{
    struct asked asked = api_ask(&box, "GET", page(), NULL, NULL);
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_not_null(strstr(asked.body, "示例铸造有限公司"));
    cr_expect_not_null(strstr(asked.body, "停止生产"));
    cr_expect_not_null(strstr(asked.body, ">收到</button>"));
    cr_expect_not_null(strstr(asked.body, "无法执行"));
    cr_expect_null(strstr(asked.body, "<script"));
    cr_expect_null(strstr(asked.body, "style=\""));
    cr_expect_null(strstr(asked.body, "演练"));
    cr_expect_not_null(strstr(asked.head, "Content-Security-Policy: default-src 'self'"));
    cr_expect_not_null(strstr(asked.head, "Cache-Control: no-store"));
    cr_expect_eq(receipts(), 0, "mail scanners follow links");
    asked = api_ask(&box, "GET", "/r/style.css", NULL, NULL);
    cr_expect_eq(asked.status, 200);
    cr_expect_not_null(strstr(asked.body, "button"));
    char tag[64] = "";
    const char *given = strstr(asked.head, "ETag: ");
    cr_assert(given && sscanf(given, "ETag: %40s", tag) == 1);
    char *known = xasprintf("If-None-Match: %s\r\n", tag);
    asked = api_ask_from(&box, "127.0.0.1", "GET", "/r/style.css", NULL, known, NULL);
    cr_expect_eq(asked.status, 304, "a phone that has it is not sent it again");
    free(known);
}

Test(api_receipt, a_tap_is_a_receipt_and_a_double_tap_the_same_one)
{
    struct http_client clients[2];
    const char *path = page();
    for (int i = 0; i < 2; i++)
        api_say(&box, &clients[i], "POST", path, NULL, "answer=acknowledged");
    int first = api_hear(&box, &clients[0], "POST", path).status;
    int second = api_hear(&box, &clients[1], "POST", path).status;
    cr_expect_eq(first, 303);
    cr_expect(second == 303 || second == 409, "%d", second);
    cr_expect_eq(tap("answer=acknowledged").status, 303);
    cr_expect_eq(receipts(), 1);
    cr_expect_eq(shell_count(&box.shell, "SELECT count(*) FROM journal WHERE conflict"), 0);
    struct asked asked = api_ask(&box, "GET", path, NULL, NULL);
    cr_expect_not_null(strstr(asked.body, "已确认收到"));
    cr_expect_null(strstr(asked.body, ">收到</button>"));
    cr_expect_not_null(strstr(asked.body, ">已完成</button>"));
    cr_expect_eq(tap("answer=done").status, 303);
    asked = api_ask(&box, "GET", path, NULL, NULL);
    cr_expect_not_null(strstr(asked.body, "已反馈执行完成"));
    cr_expect_null(strstr(asked.body, "<form"), "nothing is left to say");
}

Test(api_receipt, who_cannot_comply_says_why_and_it_is_shown_as_text)
{
    cr_expect_eq(tap("answer=refused").status, 400);
    cr_expect_eq(tap("answer=refused&reason=%20%0A").status, 400);
    cr_expect_eq(tap("answer=refused&reason=%ff").status, 400);
    cr_expect_eq(tap("answer=maybe").status, 400);
    cr_expect_eq(tap("").status, 400);
    cr_expect_eq(receipts(), 0);
    cr_expect_eq(tap("reason=%E5%81%9C%E7%82%89+%3Cb%3E&answer=refused").status, 303);
    cr_expect_eq(receipts(), 1);
    struct asked asked = api_ask(&box, "GET", page(), NULL, NULL);
    cr_expect_not_null(strstr(asked.body, "停炉 &lt;b&gt;"), "%s", asked.body);
    cr_expect(api_said(&box, "order.refused"), "a person must look");
}

Test(api_receipt, a_link_that_ended_or_is_anothers_opens_nothing)
{
    char path[128];
    snprintf(path, sizeof path, "%s", page());
    char *last = path + strlen(path) - 1;
    *last = *last == 'A' ? 'B' : 'A';
    int64_t before = api_rows(&box);
    struct asked asked = api_ask(&box, "GET", path, NULL, NULL);
    cr_expect_eq(asked.status, 404);
    cr_expect_not_null(strstr(asked.head, "Content-Type: text/html"), "a page, not JSON");
    cr_expect_eq(api_ask(&box, "POST", path, NULL, "answer=acknowledged").status, 404);
    snprintf(path, sizeof path, "%s", page());
    box.shell.now += 31 * (instant_ms)DAY_MS;
    cr_expect_eq(api_ask(&box, "GET", path, NULL, NULL).status, 410);
    cr_expect_eq(api_ask(&box, "POST", path, NULL, "answer=acknowledged").status, 410);
    cr_expect_eq(api_rows(&box), before);
    cr_expect(!api_said(&box, path + 3), "the address is a secret");
}

Test(api_receipt, a_drills_link_is_refused_by_the_living)
{
    char token[RECEIPT_TOKEN_SIZE], path[64];
    struct receipt_key drill = box.api->key;
    drill.drill = true;
    receipt_token(&drill, letter, box.shell.now + DAY_MS, token);
    snprintf(path, sizeof path, "/r/%s", token);
    int64_t before = api_rows(&box);
    cr_expect_eq(api_ask(&box, "GET", path, NULL, NULL).status, 404);
    cr_expect_eq(api_ask(&box, "POST", path, NULL, "answer=acknowledged").status, 404);
    cr_expect_eq(api_rows(&box), before);
}

Test(api_receipt, what_was_withdrawn_is_not_answered_any_more)
{
    char *path = xasprintf("/api/v1/letters/%s/withdraw", letter);
    cr_assert_eq(
        api_ask(&box, "POST", path, api_session_of(&box, "dispatcher"), "{\"note\":\"x\"}").status,
        200);
    struct asked asked = api_ask(&box, "GET", page(), NULL, NULL);
    cr_expect_not_null(strstr(asked.body, "本通知已撤回"));
    cr_expect_null(strstr(asked.body, "<form"));
    cr_expect_eq(tap("answer=acknowledged").status, 409);
    cr_expect_eq(receipts(), 0);
    free(path);
}

Test(api_receipt, what_was_corrected_is_answered_all_the_same)
{
    char *path = xasprintf("/api/v1/letters/%s/correct", letter);
    cr_assert_eq(api_ask(&box, "POST", path, api_session_of(&box, "dispatcher"),
                         "{\"note\":\"x\",\"text\":\"联系电话更正\"}")
                     .status,
                 200);
    struct asked asked = api_ask(&box, "GET", page(), NULL, NULL);
    cr_expect_not_null(strstr(asked.body, "本通知已更正"));
    cr_expect_not_null(strstr(asked.body, ">收到</button>"));
    cr_expect_eq(tap("answer=acknowledged").status, 303);
    cr_expect_eq(receipts(), 1);
    asked = api_ask(&box, "GET", page(), NULL, NULL);
    cr_expect_not_null(strstr(asked.body, "本通知已更正"), "still");
    cr_expect_not_null(strstr(asked.body, "已确认收到"));
    free(path);
}

Test(api_receipt, a_correction_is_read_where_its_letter_was_answered)
{
    char *path = xasprintf("/api/v1/letters/%s/correct", letter);
    cr_expect_eq(tap("answer=acknowledged").status, 303);
    struct asked asked = api_ask(&box, "GET", page(), NULL, NULL);
    cr_expect_null(strstr(asked.body, "更正"));
    cr_assert_eq(api_ask(&box, "POST", path, api_session_of(&box, "dispatcher"),
                         "{\"note\":\"x\",\"text\":\"联系电话更正\"}")
                     .status,
                 200);
    asked = api_ask(&box, "GET", page(), NULL, NULL);
    cr_expect_not_null(strstr(asked.body, "本通知已更正"));
    const char *correction = strstr(asked.body, "联系电话更正");
    cr_assert_not_null(correction);
    cr_expect_not_null(strstr(correction, "<section class=\"text\">"), "before the letter's own");
    cr_expect_not_null(strstr(asked.body, "已确认收到"));
    free(path);
}

Test(api_receipt, what_was_answered_and_then_withdrawn_says_so)
{
    char *path = xasprintf("/api/v1/letters/%s/withdraw", letter);
    cr_expect_eq(tap("answer=acknowledged").status, 303);
    cr_assert_eq(
        api_ask(&box, "POST", path, api_session_of(&box, "dispatcher"), "{\"note\":\"x\"}").status,
        200);
    struct asked asked = api_ask(&box, "GET", page(), NULL, NULL);
    cr_expect_not_null(strstr(asked.body, "本通知已撤回"));
    cr_expect_not_null(strstr(asked.body, "已确认收到"));
    cr_expect_null(strstr(asked.body, "<form"));
    cr_expect_eq(tap("answer=done").status, 409);
    free(path);
}

/* Another order of the same rule, episode and recipient. */
static void order_anew(void)
{
    char *sql = xasprintf("INSERT INTO letter (id, seq, kind, recipient, rule, episode, at, made,"
                          " body, sha256) SELECT 'newer', seq, kind, recipient, rule, episode, at,"
                          " made, body, sha256 FROM letter WHERE id = '%s'",
                          letter);
    cr_assert_eq(sqlite3_exec(box.shell.box.store->db, sql, NULL, NULL, NULL), SQLITE_OK);
    free(sql);
}

Test(api_receipt, what_was_answered_and_then_superseded_says_so)
{
    cr_expect_eq(tap("answer=acknowledged").status, 303);
    order_anew();
    struct asked asked = api_ask(&box, "GET", page(), NULL, NULL);
    cr_expect_not_null(strstr(asked.body, "已有新的通知"));
    cr_expect_null(strstr(asked.body, "<form"));
}

/* ---- on the shift's sheet ------------------------------------------------------------ */

static const char *sheet(const char *form)
{
    char path[64];
    snprintf(path, sizeof path, "/api/v1/hand-over?hours=168%s", form);
    return api_ask(&box, "GET", path, api_token(&box, "auditor"), NULL).body;
}

static void enter(const char *bearer, const char *receipt, const char *reason)
{
    char *body = xasprintf("{\"letter\":\"%s\",\"receipt\":\"%s\",\"reason\":\"%s\"}", letter,
                           receipt, reason);
    struct asked asked = api_ask(&box, "POST", "/api/v1/receipts", bearer, body);
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    free(body);
}

Test(api_receipt, who_cannot_obey_stands_on_the_sheet_until_it_is_done)
{
    cr_expect_not_null(strstr(sheet(""), "\"refused\":[],\"refused_total\":0"));
    cr_expect_eq(tap("answer=refused&reason=boiler").status, 303);
    const char *text = sheet("");
    cr_expect_not_null(strstr(text, "\"refused_total\":1"), "%s", text);
    cr_expect_not_null(strstr(text, "\"name\":\"示例铸造有限公司\""), "%s", text);
    cr_expect_not_null(strstr(text, "\"reason\":\"boiler\",\"by\":null"), "%s", text);
    cr_expect_not_null(strstr(text, "\"acts_total\":1"), "its own answer is no officer's act");
    text = sheet("&form=html");
    cr_expect_not_null(strstr(text, "无法执行 1 件"));
    cr_expect_not_null(strstr(text, "<td>boiler</td>"));
    cr_expect_not_null(strstr(text, "<td>本单位</td>"));
    cr_expect_eq(tap("answer=done").status, 303);
    cr_expect_not_null(strstr(sheet(""), "\"refused_total\":0"));
}

Test(api_receipt, what_an_officer_entered_for_another_is_an_act_of_the_shift)
{
    enter(api_session_of(&box, "dispatcher"), "refused", "窑炉不能停");
    enter(api_token(&box, "enterprise"), "read", "x");
    const char *text = sheet("");
    cr_expect_not_null(strstr(text, "\"reason\":\"窑炉不能停\",\"by\":\"dispatcher\""), "%s", text);
    cr_expect_not_null(strstr(text, "entered as refused: letter "), "%s", text);
    cr_expect_not_null(strstr(text, "\"acts_total\":2"), "%s", text);
    cr_expect_null(strstr(text, "entered as read"), "what an enterprise says itself is no act");
    text = sheet("&form=html");
    cr_expect_not_null(strstr(text, "代录无法执行：信件 "));
    cr_expect_not_null(strstr(text, "<td>dispatcher</td>"));
}

static void give_up(const char *id, const char *kind, const char *recipient)
{
    struct store_tx *tx = box_begin(&box.shell.box);
    struct letter_row row = {
        .id = id, .kind = kind, .recipient = recipient, .number = -1, .body = "{}", .size = 2};
    cr_assert_eq(letter_put(tx, &row), 0);
    for (int way = 0; way < 2; way++) {
        struct consignment consignment = {
            .key = {id, way ? "hook" : "mail", "x"}, .host = "x", .state = OUTBOX_WAITING};
        cr_assert_eq(outbox_put(tx, &consignment), 0);
    }
    box_commit(tx);
    cr_assert_eq(sqlite3_exec(box.shell.box.store->db,
                              "UPDATE outbox SET state = 'dead' WHERE letter LIKE 'lost%'", NULL,
                              NULL, NULL),
                 SQLITE_OK);
}

Test(api_receipt, a_letter_that_was_lost_by_two_ways_is_one_letter_and_names_its_reader)
{
    give_up("lost1", "order", "210102-0001");
    give_up("lost2", "page", NULL);
    const char *text = sheet("");
    cr_expect_not_null(strstr(text, "\"dead_total\":2"), "%s", text);
    cr_expect_not_null(strstr(text, "\"name\":\"the officers on duty\""), "%s", text);
    const char *first = strstr(text, "\"letter\":\"lost1\"");
    cr_assert_not_null(first);
    cr_expect_null(strstr(first + 1, "\"letter\":\"lost1\""), "once");
    text = sheet("&form=html");
    cr_expect_not_null(strstr(text, "未送达 2 件"));
    cr_expect_not_null(strstr(text, "<td>值班人员</td><td>lost2</td>"), "%s", text);
}

/* ---- SMS ---------------------------------------------------------------------------- */

static struct asked reply(const char *body)
{
    return api_ask(&box, "POST", "/api/v1/sms-reply", api_token(&box, "source"), body);
}

Test(api_receipt, an_answer_by_sms_is_the_recipients_to_its_last_order)
{
    struct asked asked =
        reply("[{\"phone_number\":\"024-00000000\",\"content\":\" 1 \",\"sequence_id\":1}]");
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_not_null(strstr(asked.body, "\"taken\":1"), "%s", asked.body);
    cr_expect_eq(receipts(), 1);
    reply("{\"phone_number\":\"02400000000\",\"content\":\"收到\"}");
    cr_expect_eq(receipts(), 1, "said again");
    asked = reply("[{\"phone_number\":\"02400000000\",\"content\":\"2 设备检修\"},"
                  "{\"phone_number\":\"02400000000\",\"content\":\"完成\"}]");
    cr_expect_not_null(strstr(asked.body, "\"taken\":2"), "%s", asked.body);
    cr_expect_eq(receipts(), 3);
    char *path = xasprintf("/api/v1/letters/%s", letter);
    asked = api_ask(&box, "GET", path, api_token(&box, "auditor"), NULL);
    cr_expect_not_null(strstr(asked.body, "\"reason\":\"设备检修\""), "%s", asked.body);
    cr_expect_not_null(strstr(asked.body, "\"channel\":\"sms-reply\""));
    free(path);
}

Test(api_receipt, an_sms_that_means_nothing_is_counted_and_a_person_told)
{
    struct asked asked = reply("[{\"phone_number\":\"13800000000\",\"content\":\"1\"},"
                               "{\"phone_number\":\"02400000000\",\"content\":\"10\"},"
                               "{\"phone_number\":\"02400000000\",\"content\":\"在吗\"}]");
    cr_expect_eq(asked.status, 200);
    cr_expect_not_null(strstr(asked.body, "\"unknown\":3"), "%s", asked.body);
    cr_expect_eq(receipts(), 0);
    cr_expect(api_said(&box, "sms.unknown"));
    cr_expect_eq(reply("{\"phone\":\"1\"}").status, 400);
    cr_expect_eq(reply("[]").status, 400);
    cr_expect_eq(reply("x").status, 400);
}

/* ---- the drill's side ------------------------------------------------------------------ */

static void make_drill(void)
{
    api_make_drill(&box);
    release_one();
}
TestSuite(api_receipt_drill, .init = make_drill, .fini = away, .timeout = 60);

Test(api_receipt_drill, the_page_of_a_drill_says_so_and_the_livings_links_are_refused)
{
    char token[RECEIPT_TOKEN_SIZE], path[64];
    struct receipt_key live = box.api->key;
    live.drill = false;
    receipt_token(&live, letter, box.shell.now + DAY_MS, token);
    snprintf(path, sizeof path, "/r/%s", token);
    cr_expect_eq(api_ask(&box, "GET", path, NULL, NULL).status, 404);
    struct asked asked = api_ask(&box, "GET", page(), NULL, NULL);
    cr_expect_eq(asked.status, 200);
    cr_expect_not_null(strstr(asked.body, "class=\"exercise\""));
    cr_expect_not_null(strstr(asked.body, "<title>【演练】"));
    box.drill = false;
    cr_expect_eq(api_ask(&box, "GET", "/api/v1/status", api_token(&box, "dispatcher"), NULL).status,
                 401, "a token of the living");
    box.drill = true;
    cr_expect_eq(api_ask(&box, "GET", "/api/v1/status", api_token(&box, "planner"), NULL).status,
                 200, "a planner has rights in a drill");
}

/* ---- by telephone ---------------------------------------------------------------------- */

/* Who enters what another has said is named wherever the receipt is shown, with how it was learnt.
 */
Test(api_receipt, a_receipt_entered_for_another_names_who_entered_it)
{
    const char *session = api_session_of(&box, "dispatcher");
    char *body = xasprintf(
        "{\"letter\":\"%s\",\"receipt\":\"refused\",\"reason\":\"电话告知设备检修\"}", letter);
    char *path = xasprintf("/api/v1/letters/%s", letter);
    struct asked asked = api_ask(&box, "POST", "/api/v1/receipts", session, body);
    cr_expect_eq(asked.status, 200, "%s", asked.body);
    cr_expect_not_null(strstr(asked.body, "\"by\":\"dispatcher\""), "%s", asked.body);
    asked = api_ask(&box, "GET", path, session, NULL);
    cr_expect_not_null(strstr(asked.body, "\"by\":\"dispatcher\""), "%s", asked.body);
    cr_expect_not_null(strstr(asked.body, "电话告知设备检修"), "%s", asked.body);
    cr_expect(api_said(&box, "entered by dispatcher"), "and in the alarm");
    free(path);
    free(body);
}
