/* What people decide about the daemon: pause, correct, withdraw, test; reload, rollback, shadow. */
#include "base/xalloc.h"
#include "post_box.h"
#include "store/db.h"
#include "store/reigns.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTES                                                                   \
    "routes:\n"                                                                  \
    "  - {letters: [order, release, task], by: [hook, mail], fallback: [sms]}\n" \
    "  - {letters: [public], by: [file]}\n"                                      \
    "duty: [{name: 甲, phone: \"110-1\", email: a@duty.example}]\n"

static struct post_box box;

static void make(void)
{
    post_make(&box, ROUTES, NULL);
}

static void away(void)
{
    post_remove(&box);
}

TestSuite(acts, .init = make, .fini = away, .timeout = 60);

static void act(const char *name, const char *subject, const char *more)
{
    const struct fact *fact = post_act(&box, name, subject, more);
    post_turn(&box, &fact, 1);
}

static void run_on(span_ms span)
{
    post_run(&box, box.shell.now + span);
}

Test(acts, while_paused_only_pages_and_corrections_leave_and_it_survives_a_crash)
{
    post_order(&box, "before", "red", NULL);
    run_on(MINUTE_MS);
    act("pause", NULL, NULL);
    post_crash(&box);
    post_order(&box, "after", "red", NULL);
    run_on(HOUR_MS);
    cr_expect_eq(post_count(&box, "order"), 2, "both ways of the first");
    act("correct", "before", "\"text\":\"停产时间改为18时\"");
    run_on(HOUR_MS);
    cr_expect_eq(post_count(&box, "correction"), 2);
    act("resume", NULL, NULL);
    run_on(HOUR_MS);
    cr_expect_eq(post_count(&box, "order"), 4);
}

/* Two people take the same address up again: the second one finds nothing, and nothing else goes.
 */
Test(acts, an_address_that_is_not_suspended_resumes_nothing)
{
    act("pause", NULL, NULL);
    act("resume", "hook/https://plant.example/in", NULL);
    post_order(&box, "one", "red", NULL);
    run_on(HOUR_MS);
    cr_expect_eq(post_count(&box, "order"), 0);
    act("resume", NULL, NULL);
    run_on(HOUR_MS);
    cr_expect_eq(post_count(&box, "order"), 2);
}

static bool mail_fails;

static enum outcome mail_may_fail(struct post_box *self, const struct parcel *parcel)
{
    (void)self;
    return mail_fails && strcmp(parcel->gateway, "mail") == 0 ? OUTCOME_RETRY : OUTCOME_DELIVERED;
}

Test(acts, a_correction_follows_exactly_what_was_attempted)
{
    box.answer = mail_may_fail;
    mail_fails = true;
    post_order(&box, "one", "red", NULL);
    run_on(SECOND_MS);
    mail_fails = false;
    act("withdraw", "one", "\"text\":\"误发\"");
    run_on(DAY_MS);
    cr_expect_eq(post_count(&box, "order hook"), 1);
    cr_expect_eq(post_count(&box, "order mail"), 1, "not tried again after it was withdrawn");
    cr_expect_eq(post_count(&box, "withdrawal hook https://plant.example/in"), 1);
    cr_expect_eq(post_count(&box, "withdrawal mail duty@plant.example"), 1,
                 "tried, so it may have arrived");
    cr_expect_eq(post_count(&box, "sms"), 0, "what had not left is not followed");
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'withdrawal'"
                                 " AND about = 'one' AND instr(CAST(body AS TEXT), '【撤回】')"
                                 " AND instr(CAST(body AS TEXT), '误发')"),
                 1);
}

Test(acts, what_had_not_left_is_cancelled)
{
    act("pause", NULL, NULL);
    post_order(&box, "one", "red", NULL);
    act("withdraw", "one", NULL);
    act("resume", NULL, NULL);
    run_on(HOUR_MS);
    cr_expect_eq(box.sent, 0);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM outbox WHERE state = 'cancelled'"), 3);
}

Test(acts, the_same_act_sent_again_makes_nothing_new)
{
    post_order(&box, "one", "red", NULL);
    run_on(MINUTE_MS);
    const struct fact *fact = post_act(&box, "withdraw", "one", NULL);
    post_turn(&box, &fact, 1);
    post_turn(&box, &fact, 1);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'withdrawal'"), 1);
}

/* ---- in which words ---- */

static bool says(const char *about, const char *words)
{
    char *sql = xasprintf("SELECT count(*) FROM letter WHERE kind = 'withdrawal' AND about = '%s'"
                          " AND instr(CAST(body AS TEXT), '%s')",
                          about, words);
    bool said = post_rows(&box, sql) == 1;
    free(sql);
    return said;
}

/* Of a release the opposite of what an order's withdrawal says: the measures go on. */
Test(acts, each_kind_of_letter_is_withdrawn_with_what_follows_from_it)
{
    post_order(&box, "ordered", "red", NULL);
    post_other(&box, LETTER_RELEASE, "released", "episode");
    post_other(&box, LETTER_TASK, "asked", "episode");
    run_on(MINUTE_MS);
    act("withdraw", "ordered", NULL);
    act("withdraw", "released", NULL);
    act("withdraw", "asked", NULL);
    cr_expect(says("ordered", "已采取的措施可恢复"));
    cr_expect(says("released", "其措施继续执行"));
    cr_expect_not(says("released", "措施可恢复"));
    cr_expect(says("asked", "该项任务不再执行"));
    cr_expect_not(says("asked", "措施"));
}

/* The public is nobody by name, and has nothing to resume: a bundle's one text for all serves too.
 */
Test(acts, the_public_is_not_addressed_by_name_nor_told_to_resume)
{
    static struct notice general[] = {{"withdrawal", "撤回\n{name}：\n{name}:\n{text}\n"},
                                      {"correction", "更正\n{name}：\n{text}\n"}};
    post_other(&box, LETTER_PUBLIC, "plain", "episode");
    post_other(&box, LETTER_PUBLIC, "general", "other");
    run_on(MINUTE_MS);
    act("withdraw", "plain", NULL);
    box.shell.bundle->policy.notices = general;
    box.shell.bundle->policy.notice_count = 2;
    act("correct", "general", "\"text\":\"以此为准\"");
    act("withdraw", "general", "\"text\":\"误发\"");
    cr_expect(says("plain", "【撤回】\\n\\n此前发布的预警信息（编号：plain）现予撤回"));
    cr_expect_not(says("plain", "恢复"));
    cr_expect(says("general", "撤回\\n误发"));
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'correction'"
                                 " AND instr(CAST(body AS TEXT), '更正\\n以此为准')"),
                 1);
}

/* Why we did it is said among ourselves ("演示" is the note of every act here): who is to read a
 * reason is given it as the text. */
Test(acts, the_note_stays_inside_and_without_a_text_no_reason_is_given)
{
    static struct notice reasoned[] = {
        {"withdrawal", "撤回\n撤回原因：\n{text}\n内部：\n{note}\n署名：\n{authority}\n"},
        {"correction", "更正{note}\n{text}\n"}};
    post_order(&box, "plain", "red", NULL);
    post_order(&box, "silent", "red", NULL);
    post_order(&box, "told", "red", NULL);
    run_on(MINUTE_MS);
    act("withdraw", "plain", NULL);
    box.shell.bundle->policy.notices = reasoned;
    box.shell.bundle->policy.notice_count = 2;
    act("correct", "told", "\"text\":\"以此为准\"");
    act("withdraw", "silent", NULL);
    act("withdraw", "told", "\"text\":\"误发\"");
    cr_expect(says("plain", "【撤回】"));
    cr_expect(says("silent", "撤回\\n署名："));
    cr_expect(says("told", "撤回\\n撤回原因：\\n误发\\n署名："));
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE instr(CAST(body AS TEXT),"
                                 " '演示')"),
                 0);
}

static struct notice own[] = {{"withdrawal", "本厅撤回 {order}\n{text}\n"},
                              {"withdrawal_release", "解除令作废 {order}\n"}};

/* A bundle's own words for one kind stand before its words for all, and those before ours. */
Test(acts, a_bundle_has_its_own_words_for_all_kinds_or_for_one)
{
    box.shell.bundle->policy.notices = own;
    box.shell.bundle->policy.notice_count = 2;
    post_order(&box, "ordered", "red", NULL);
    post_other(&box, LETTER_RELEASE, "released", "episode");
    run_on(MINUTE_MS);
    act("withdraw", "ordered", NULL);
    act("withdraw", "released", NULL);
    cr_expect(says("ordered", "本厅撤回 ordered"));
    cr_expect(says("released", "解除令作废 released"));
}

/* A withdrawal's CAP Cancel names what was published; nobody has seen what was cancelled before. */
Test(acts, a_public_withdrawal_refers_to_what_was_published_alone)
{
    post_other(&box, LETTER_PUBLIC, "published", "episode");
    run_on(MINUTE_MS);
    act("pause", NULL, NULL);
    post_other(&box, LETTER_PUBLIC, "unseen", "episode");
    act("withdraw", "unseen", NULL);
    act("resume", NULL, NULL);
    run_on(MINUTE_MS);
    act("withdraw", "published", NULL);
    run_on(MINUTE_MS);
    cr_expect_eq(post_count(&box, "public file"), 1);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM rendering WHERE"
                                 " CAST(body AS TEXT) LIKE 'withdrawal/- after published,%'"
                                 " AND NOT instr(CAST(body AS TEXT), 'unseen,')"),
                 1);
}

/* ---- twice ---- */

static int64_t letters(const char *kind)
{
    char *sql = xasprintf("SELECT count(*) FROM letter WHERE kind = '%s'", kind);
    int64_t count = post_rows(&box, sql);
    free(sql);
    return count;
}

Test(acts, what_was_withdrawn_is_not_withdrawn_again_and_it_is_said_by_whom)
{
    post_order(&box, "one", "red", NULL);
    run_on(MINUTE_MS);
    act("withdraw", "one", NULL);
    run_on(MINUTE_MS);
    act("withdraw", "one", "\"text\":\"另一说法\"");
    run_on(MINUTE_MS);
    cr_expect_eq(letters("withdrawal"), 1);
    cr_expect_not_null(strstr(buf_str(&box.events), "it was withdrawn by 值班员 at "), "%s",
                       buf_str(&box.events));
}

Test(acts, the_same_words_correct_once_and_others_correct_again)
{
    post_order(&box, "one", "red", NULL);
    run_on(MINUTE_MS);
    act("correct", "one", "\"text\":\"以此为准\"");
    act("correct", "one", "\"text\":\"以此为准\"");
    cr_expect_eq(letters("correction"), 1);
    act("correct", "one", "\"text\":\"仍以原件为准\"");
    cr_expect_eq(letters("correction"), 2);
    act("correct", "one", "\"text\":\"以此为准\"");
    cr_expect_eq(letters("correction"), 2);
}

Test(acts, what_never_left_is_withdrawn_once_too)
{
    act("pause", NULL, NULL);
    post_order(&box, "one", "red", NULL);
    act("withdraw", "one", NULL);
    act("withdraw", "one", NULL);
    cr_expect_not_null(strstr(buf_str(&box.events), "it was withdrawn by 值班员 at "), "%s",
                       buf_str(&box.events));
}

Test(acts, a_whole_episode_is_corrected_by_its_name)
{
    post_order(&box, "one", "red", NULL);
    run_on(MINUTE_MS);
    /* post_order takes the letter's id for the episode's. */
    act("correct", "one", "\"text\":\"以此为准\"");
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'correction'"), 1);
}

Test(acts, a_test_goes_once_through_every_gateway)
{
    act("test", NULL, NULL);
    run_on(MINUTE_MS);
    cr_expect_eq(post_count(&box, "test mail a@duty.example"), 1);
    cr_expect_eq(post_count(&box, "test sms 110-1"), 1);
    cr_expect_eq(post_count(&box, "test file"), 1);
    cr_expect_eq(post_count(&box, "test hook"), 0);
    cr_expect(post_told(&box, "letter.undeliverable"), "nobody on duty has a webhook: said");
}

Test(acts, an_act_without_a_note_does_nothing)
{
    const struct fact *fact = shell_fact(
        &box.shell, "{\"specversion\":\"1.0\",\"type\":\"decision\",\"source\":\"people\","
                    "\"id\":\"x\",\"subject\":\"daemon\",\"time\":\"2015-11-01T00:00:00Z\","
                    "\"data\":{\"act\":\"pause\",\"by\":\"值班员\"}}");
    post_turn(&box, &fact, 1);
    cr_expect(post_told(&box, "act.refused"));
    post_order(&box, "one", "red", NULL);
    run_on(MINUTE_MS);
    cr_expect_gt(post_count(&box, "order"), 0);
}

Test(acts, break_glass_calls_everybody)
{
    act("break_glass", "210100", "\"level\":\"red\"");
    run_on(MINUTE_MS);
    cr_expect_geq(post_count(&box, "page sms 110-1"), 1);
}

/* Who is to reach them by hand must be told whom. */
Test(acts, a_page_without_a_way_names_the_officers)
{
    post_remove(&box);
    post_make(&box,
              "duty: [{name: 甲, webhook: https://jia.example/in}, {name: 乙, role: deputy}]\n"
              "routes: [{letters: [page], by: [sms]}]\n",
              NULL);
    act("break_glass", "210100", "\"level\":\"red\"");
    run_on(MINUTE_MS);
    cr_expect(strstr(buf_str(&box.events), "page.undeliverable: "));
    cr_expect(strstr(buf_str(&box.events), "(page) to 甲, 乙 has no address"), "%s",
              buf_str(&box.events));
}

/* ---- what is withdrawn is not inspected ----------------------------------------------- */

static void make_metered(void)
{
    post_remove(&box);
    post_make(&box,
              "routes: [{letters: [order, release, task, withdrawal], by: [hook]}]\n"
              "duty: [{name: 甲, phone: \"110-1\"}]\n",
              "{\"evidence\":{\"within\":\"2h\",\"above_for\":\"10m\","
              "\"series\":{\"power\":\"production_kw\"}}}");
}

/* The line works on for so many hours, a minute at a time. */
static void work_on(int hours)
{
    for (int minute = 0; minute < hours * 60; minute++) {
        struct buf text = {0};
        buf_printf(&text,
                   "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"meter\","
                   "\"id\":\"m%d\",\"subject\":\"210102-0001/L1\",\"time\":\"",
                   minute);
        instant_print(&text, box.shell.now / MINUTE_MS * MINUTE_MS, 8 * HOUR_MS);
        buf_puts(&text, "\",\"data\":{\"values\":{\"production_kw\":100},\"period\":\"PT1M\"}}");
        const struct fact *fact = shell_fact(&box.shell, buf_str(&text));
        buf_release(&text);
        post_turn(&box, &fact, 1);
        run_on(MINUTE_MS);
    }
}

static void order_by_hand(void)
{
    make_metered();
    act("break_glass", "210100", "\"level\":\"orange\"");
    run_on(MINUTE_MS);
    cr_assert_eq(post_count(&box, "order hook"), 1);
}

Test(acts, whoever_does_not_obey_is_inspected)
{
    order_by_hand();
    work_on(3);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM decision WHERE kind = 'task'"), 1);
    cr_expect_eq(post_count(&box, "task hook https://team.example/in"), 1);
}

Test(acts, but_not_for_an_order_that_was_withdrawn_also_after_it_was_acknowledged)
{
    char letter[LETTER_ID_SIZE] = "";
    order_by_hand();
    sscanf(buf_str(&box.sent_log), "order hook https://plant.example/in %32s", letter);
    const struct fact *answer = post_receipt(&box, letter, "acknowledged");
    post_turn(&box, &answer, 1);
    act("withdraw", letter, NULL);
    work_on(3);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM decision WHERE kind = 'task'"), 1);
    cr_expect_eq(post_count(&box, "task hook"), 0);
}

/* ---- nobody signs ---------------------------------------------------------------- */

static void feed_until_proposed(void)
{
    for (size_t i = 0; i < SHELL_FACTS; i++) {
        box.shell.now = box.shell.facts[i]->arrival;
        post_turn(&box, &box.shell.facts[i], 1);
        if (post_rows(&box, "SELECT count(*) FROM decision WHERE kind = 'propose'") > 0)
            return;
    }
    cr_assert_fail("three days of haze led to no proposal");
}

Test(acts, who_signs_is_called_again_and_then_everybody)
{
    post_remove(&box);
    post_make(&box,
              "routes: [{letters: [page], by: [sms]}]\n"
              "duty: [{name: 甲, phone: \"110-1\"}, {name: 乙, phone: \"110-2\", role: deputy}]\n",
              NULL);
    box.shell.options.approvals = APPROVALS_BY_FACT;
    post_crash(&box);
    feed_until_proposed();
    run_on(SECOND_MS);
    int called = post_count(&box, "page sms 110-1"), deputy = post_count(&box, "page sms 110-2");
    cr_expect_gt(called, 0);
    run_on(31 * MINUTE_MS);
    cr_expect_eq(post_count(&box, "page sms 110-1"), called + 1, "after half an hour");
    cr_expect_eq(post_count(&box, "page sms 110-2"), deputy);
    run_on(30 * MINUTE_MS);
    cr_expect_eq(post_count(&box, "page sms 110-1"), called + 2);
    cr_expect_eq(post_count(&box, "page sms 110-2"), deputy + 1, "the deputy's turn");
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'page' AND"
                                 " instr(CAST(body AS TEXT), '有预警方案待签发')"),
                 2);
}

/* ---- policies ------------------------------------------------------------------ */

static struct shell_box other;

static void make_other(const char *figure)
{
    char *rule = xasprintf("return warning \"heavy-pollution\" {\n"
                           "  title = \"重污染天气预警\", basis = doc \"plan\","
                           " area = \"210100\",\n"
                           "  levels = { { \"yellow\", issue_when ="
                           " { timeline = \"aqi_day\", above = %s, lasting = \"24h\" } } },\n"
                           "  lift_when = { observed = \"aqi_24h\", at_most = 150 },\n}\n",
                           figure);
    shell_make(&other, rule);
    free(rule);
}

static int add_reign(void *arg, const struct reign *reign)
{
    char *all = arg;
    strncat(all, reign->hash, 8);
    strcat(all, " ");
    return 0;
}

static const char *reigns(void)
{
    static char all[256];
    all[0] = 0;
    cr_assert_eq(reigns_read(box.shell.box.store, add_reign, all), 0);
    return all;
}

static void offer(const char *name, const char *hash, const char *text)
{
    char *more = xasprintf("\"plan\":\"%s\"%s%s%s", hash, text ? ",\"text\":\"" : "",
                           text ? text : "", text ? "\"" : "");
    const struct fact *fact = post_act(&box, name, NULL, more);
    struct delivery delivery = {.facts = &fact, .count = 1, .bundle = other.bundle};
    struct turn turn = {.deliveries = &delivery};
    cr_assert_eq(pipeline_turn(box.shell.pipeline, &turn), 0);
    for (size_t i = 0; i < turn.events.count; i++)
        buf_printf(&box.events, "%s: %s\n", turn.events.items[i].name, turn.events.items[i].text);
    turn_release(&turn);
    free(more);
}

Test(acts, reload_and_rollback_swap_whole_and_stand_in_the_journal)
{
    make_other("160");
    const char *old = box.shell.bundle->hash, *new = other.bundle->hash;
    offer("reload", new, NULL);
    cr_expect_str_eq(generation_hash(pipeline_generation(box.shell.pipeline)), new);
    offer("rollback", old, NULL);
    cr_expect_str_eq(generation_hash(pipeline_generation(box.shell.pipeline)), old);
    char *expected = xasprintf("%.8s %.8s %.8s ", old, new, old);
    cr_expect_str_eq(reigns(), expected);
    /* A restart with the folder that was rolled back from does not take it up again. */
    struct bundle *mine = box.shell.bundle;
    box.shell.bundle = other.bundle;
    post_crash(&box);
    post_turn(&box, NULL, 0);
    cr_expect_str_eq(generation_hash(pipeline_generation(box.shell.pipeline)), old);
    cr_expect(post_told(&box, "policy.kept"));
    box.shell.bundle = mine;
    free(expected);
    shell_remove(&other);
}

Test(acts, a_policy_nobody_has_is_refused_and_the_one_in_force_stays)
{
    make_other("160");
    offer("rollback", "00000000000000000000000000000000000000000000000000000000000000ff", NULL);
    cr_expect(post_told(&box, "policy.refused"));
    cr_expect_str_eq(generation_hash(pipeline_generation(box.shell.pipeline)),
                     box.shell.bundle->hash);
    shell_remove(&other);
}

static void feed(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (box.shell.now < box.shell.facts[i]->arrival) {
            box.steady += box.shell.facts[i]->arrival - box.shell.now;
            box.shell.now = box.shell.facts[i]->arrival;
        }
        post_turn(&box, &box.shell.facts[i], 1);
    }
}

/* What a run without a shadow puts into its letters. */
static char *letters_told(void)
{
    struct buf told = {0};
    sqlite3_stmt *statement;
    sqlite3_prepare_v2(box.shell.box.store->db,
                       "SELECT id, kind, at FROM letter WHERE number IS NOT NULL ORDER BY serial",
                       -1, &statement, NULL);
    while (sqlite3_step(statement) == SQLITE_ROW)
        buf_printf(&told, "%s %s %lld\n", (const char *)sqlite3_column_text(statement, 0),
                   (const char *)sqlite3_column_text(statement, 1),
                   (long long)sqlite3_column_int64(statement, 2));
    sqlite3_finalize(statement);
    return buf_detach(&told);
}

Test(acts, a_shadow_decides_beside_and_sends_nothing)
{
    feed(0, 60);
    char *alone = letters_told();
    cr_expect_gt(strlen(alone), 0);
    post_remove(&box);
    post_make(&box, ROUTES, NULL);
    make_other("90");
    offer("reload", other.bundle->hash, "shadow");
    cr_expect_str_eq(generation_hash(pipeline_generation(box.shell.pipeline)),
                     box.shell.bundle->hash, "the live one stays");
    feed(0, 40);
    post_crash(&box);
    feed(40, 60);
    char *beside = letters_told();
    cr_expect_str_eq(beside, alone, "the shadow changes no letter");
    cr_expect_gt(post_rows(&box, "SELECT count(*) FROM shadow_decision WHERE line LIKE"
                                 " '%\"kind\":\"issue\"%aqi_day > 90 %'"),
                 0, "it decided otherwise");
    offer("reload", "none", "shadow");
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM shadow_decision"), 0);
    free(alone);
    free(beside);
    shell_remove(&other);
}

static char *shadow_story(bool crash)
{
    struct buf story = {0};
    post_make(&box, ROUTES, NULL);
    make_other("90");
    offer("reload", other.bundle->hash, "shadow");
    for (size_t i = 0; i < 60; i += 10) {
        feed(i, i + 10);
        if (crash)
            post_crash(&box);
    }
    sqlite3_stmt *statement;
    sqlite3_prepare_v2(box.shell.box.store->db,
                       "SELECT line FROM shadow_decision ORDER BY seq, number", -1, &statement,
                       NULL);
    while (sqlite3_step(statement) == SQLITE_ROW)
        buf_printf(&story, "%s\n", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    shell_remove(&other);
    return buf_detach(&story);
}

Test(acts, a_shadow_survives_crashes_with_its_state)
{
    post_remove(&box);
    char *quiet = shadow_story(false);
    post_remove(&box);
    char *crashed = shadow_story(true);
    cr_expect_str_eq(crashed, quiet);
    cr_expect_gt(strlen(quiet), 100);
    free(quiet);
    free(crashed);
}
