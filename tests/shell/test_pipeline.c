/* The pipeline: remember, decide, promise, commit; and start again as if nothing had happened. */
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "shell_box.h"
#include "store/db.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct shell_box shell;

static void make(void)
{
    shell_make(&shell, NULL);
}

static void away(void)
{
    shell_remove(&shell);
}

TestSuite(pipeline, .init = make, .fini = away);

/* What an undisturbed run tells; the other box is gone afterwards. */
static char *undisturbed(void)
{
    struct shell_box quiet;
    shell_make(&quiet, NULL);
    for (size_t i = 0; i < SHELL_FACTS; i += 10)
        cr_assert_eq(shell_turn(&quiet, i, 10), 0);
    char *story = shell_story(&quiet);
    shell_remove(&quiet);
    return story;
}

static void expect_undisturbed(void)
{
    char *expected = undisturbed(), *story = shell_story(&shell);
    cr_expect_str_eq(story, expected);
    free(expected);
    free(story);
}

Test(pipeline, three_days_of_haze_bring_orders)
{
    char *story = undisturbed();
    cr_expect_not_null(strstr(story, "\"kind\":\"issue\""), "%s", story);
    cr_expect_not_null(strstr(story, "\"kind\":\"order\""));
    cr_expect_not_null(strstr(story, "\"kind\":\"release\""));
    cr_expect_not_null(strstr(story, " delivered {\"order\":"));
    free(story);
}

Test(pipeline, the_size_of_a_turn_changes_nothing)
{
    for (size_t i = 0; i < SHELL_FACTS; i++)
        cr_assert_eq(shell_turn(&shell, i, 1), 0);
    expect_undisturbed();
}

Test(pipeline, killed_after_every_turn_it_goes_on_where_it_was)
{
    for (size_t i = 0; i < SHELL_FACTS; i += 5) {
        cr_assert_eq(shell_turn(&shell, i, 5), 0);
        shell_crash(&shell);
    }
    cr_assert_eq(shell_turn(&shell, 0, 0), 0);
    expect_undisturbed();
}

Test(pipeline, stopped_in_order_it_goes_on_where_it_was)
{
    for (size_t i = 0; i < SHELL_FACTS; i += 15) {
        cr_assert_eq(shell_turn(&shell, i, 15), 0);
        shell_stop(&shell);
        pipeline_free(shell.pipeline);
        shell_open(&shell);
    }
    expect_undisturbed();
}

Test(pipeline, what_is_sent_again_steps_nothing)
{
    for (size_t i = 0; i + 10 <= SHELL_FACTS; i += 5)
        cr_assert_eq(shell_turn(&shell, i, 10), 0);
    cr_expect_eq(shell.tally.taken, SHELL_FACTS);
    cr_expect_eq(shell.tally.repeats, SHELL_FACTS - 10);
    cr_expect_eq(shell.tally.conflicts, 0);
    expect_undisturbed();
}

Test(pipeline, every_order_is_handed_out_once_when_nothing_fails)
{
    for (size_t i = 0; i < SHELL_FACTS; i += 10)
        cr_assert_eq(shell_turn(&shell, i, 10), 0);
    cr_expect_gt(shell.under_way, 1);
    cr_expect_eq(shell.under_way, shell_count(&shell, "SELECT count(*) FROM letter"));
    cr_expect_eq(shell_count(&shell, "SELECT max(attempts) FROM outbox"), 1);
}

Test(pipeline, a_conflict_is_kept_alarmed_and_not_used)
{
    struct fact other = *shell.facts[0];
    struct reading_value value = {.series = "pm25", .value = 900 * MICRO};
    other.reading.values = &value;
    cr_assert_eq(shell_turn(&shell, 0, 1), 0);
    const struct fact *kept = shell.facts[1];
    shell.facts[1] = &other;
    cr_assert_eq(shell_turn(&shell, 1, 1), 0);
    cr_expect_eq(shell.tally.conflicts, 1);
    cr_expect_eq(shell_count(&shell, "SELECT count(*) FROM journal WHERE conflict"), 1);
    cr_expect_eq(shell_count(&shell, "SELECT count(*) FROM decision WHERE kind = 'alarm'"), 1);
    cr_assert_eq(shell_turn(&shell, 1, 1), 0);
    cr_expect_eq(shell.tally.repeats, 1, "the conflict itself is answered as before");
    shell.facts[1] = kept;
}

Test(pipeline, in_shadow_nothing_leaves)
{
    shell.options.effects = EFFECTS_NONE;
    pipeline_free(shell.pipeline);
    shell_open(&shell);
    for (size_t i = 0; i < SHELL_FACTS; i += 10)
        cr_assert_eq(shell_turn(&shell, i, 10), 0);
    cr_expect_eq(shell.under_way, 0);
    cr_expect_gt(shell_count(&shell, "SELECT count(*) FROM outbox WHERE state = 'shadow'"), 0);
    cr_expect_eq(shell_count(&shell, "SELECT count(*) FROM outbox WHERE state <> 'shadow'"), 0);
}

Test(pipeline, a_drill_says_so_in_every_text)
{
    shell.options.drill = true;
    shell.options.effects = EFFECTS_PAPER;
    pipeline_free(shell.pipeline);
    shell_open(&shell);
    for (size_t i = 0; i < SHELL_FACTS; i += 10)
        cr_assert_eq(shell_turn(&shell, i, 10), 0);
    cr_expect_gt(shell_count(&shell, "SELECT count(*) FROM letter"), 0);
    cr_expect_eq(shell_count(&shell, "SELECT count(*) FROM letter WHERE"
                                     " instr(CAST(body AS TEXT), '【演练】') = 0"),
                 0);
}

/* ---- failures ---------------------------------------------------------- */

static void limit_pages(const char *sql)
{
    cr_assert_eq(db_exec(shell.box.store, sql), 0);
}

Test(pipeline, after_a_failed_commit_it_is_as_if_nothing_had_happened)
{
    int failures = 0;
    for (size_t i = 0; i < SHELL_FACTS; i += 10) {
        limit_pages("PRAGMA max_page_count = 1");
        int err = shell_turn(&shell, i, 10);
        limit_pages("PRAGMA max_page_count = 1000000");
        if (err == 0)
            continue;
        failures++;
        cr_expect_eq(store_trouble(shell.box.store), STORE_FULL);
        cr_expect_null(pipeline_generation(shell.pipeline), "the engine was ahead and is dropped");
        cr_assert_eq(shell_turn(&shell, i, 10), 0);
    }
    cr_expect_gt(failures, 3, "the fault fired");
    expect_undisturbed();
}

Test(pipeline, a_damaged_journal_is_not_decided_upon)
{
    for (size_t i = 0; i < 30; i += 10)
        cr_assert_eq(shell_turn(&shell, i, 10), 0);
    box_close(&shell.box);
    box_meddle(&shell.box, "DROP TRIGGER journal_is_not_changed;"
                           "UPDATE journal SET body = replace(body, ':60}', ':61}') WHERE seq = 9");
    box_open(&shell.box);
    pipeline_free(shell.pipeline);
    shell_open(&shell);
    cr_expect_eq(shell_turn(&shell, 30, 10), ERR_STORE);
    cr_expect_not_null(strstr(store_message(shell.box.store), "row 9"));
}

Test(pipeline, other_decisions_on_record_are_alarmed_and_stand)
{
    for (size_t i = 0; i < 30; i += 10)
        cr_assert_eq(shell_turn(&shell, i, 10), 0);
    box_close(&shell.box);
    box_meddle(&shell.box, "DELETE FROM snapshot;"
                           "DROP TRIGGER IF EXISTS decision_is_not_changed;"
                           "UPDATE decision SET line = replace(line, 'yellow', 'orange')");
    box_open(&shell.box);
    pipeline_free(shell.pipeline);
    shell_open(&shell);
    struct turn turn = {0};
    cr_assert_eq(pipeline_turn(shell.pipeline, &turn), 0);
    bool told = false;
    for (size_t i = 0; i < turn.events.count; i++)
        told |= turn.events.items[i].level == LOG_ALARM &&
                str_equal(turn.events.items[i].name, "recovered.differs");
    cr_expect(told);
    turn_release(&turn);
}

Test(pipeline, a_rule_that_fails_loses_no_fact_and_is_on_record)
{
    struct shell_box failing;
    shell_make(&failing, "return watch \"broken\" {\n"
                         "  title = \"示例\", per = stations {}, on_unknown = \"hold\",\n"
                         "  when = { observed = \"pm25\", where = function(v)\n"
                         "    return v.value > (v.value > 100 and {} or 50) end },\n"
                         "  steps = { { to = \"district\", text = \"示例\" } } }\n");
    for (size_t i = 0; i < SHELL_FACTS; i += 10) {
        cr_assert_eq(shell_turn(&failing, i, 10), 0);
        shell_crash(&failing);
    }
    cr_expect_eq(
        shell_count(&failing, "SELECT count(*) FROM journal WHERE kind IN ('reading', 'forecast')"),
        SHELL_FACTS);
    cr_expect_gt(shell_count(&failing, "SELECT count(*) FROM journal WHERE kind = 'failure'"), 0);
    cr_expect_eq(shell_count(&failing,
                             "SELECT count(*) FROM journal f WHERE kind = 'failure' AND NOT"
                             " EXISTS (SELECT 1 FROM decision d WHERE d.seq = f.seq + 1"
                             " AND d.kind = 'alarm')"),
                 0, "each stands before its fact, and the fact has the alarm");
    cr_expect_eq(failing.differs, 0, "replay obeys the record");
    shell_remove(&failing);
}

/* ---- time -------------------------------------------------------------- */

static void by_clock(void)
{
    shell.options.timing = TIME_BY_CLOCK;
    pipeline_free(shell.pipeline);
    shell_open(&shell);
}

Test(pipeline, by_the_clock_facts_arrive_now_and_ticks_when_due)
{
    by_clock();
    shell.now = shell.facts[0]->arrival + 5 * MINUTE_MS;
    cr_assert_eq(shell_turn(&shell, 0, 2), 0);
    cr_expect_eq(shell_count(&shell, "SELECT max(arrival) FROM journal"), shell.now);
    struct turn turn = {0};
    cr_assert_eq(pipeline_turn(shell.pipeline, &turn), 0);
    cr_assert_neq(turn.tick_due, INSTANT_NONE);
    instant_ms due = turn.tick_due;
    cr_expect_gt(due, shell.now);
    cr_expect_eq(shell_count(&shell, "SELECT count(*) FROM journal WHERE kind = 'tick'"), 0);
    shell.now = due + 1234;
    cr_assert_eq(pipeline_turn(shell.pipeline, &turn), 0);
    cr_expect_eq(shell_count(&shell, "SELECT max(arrival) FROM journal WHERE kind = 'tick'"), due,
                 "a tick happens when it was due, not when we came to it");
    turn_release(&turn);
}

Test(pipeline, a_clock_set_back_does_not_turn_time_back)
{
    by_clock();
    shell.now = shell.facts[0]->arrival + DAY_MS;
    cr_assert_eq(shell_turn(&shell, 0, 2), 0);
    shell.now -= HOUR_MS;
    cr_assert_eq(shell_turn(&shell, 2, 2), 0);
    cr_expect_eq(shell_count(&shell, "SELECT min(arrival) = max(arrival) FROM journal"
                                     " WHERE kind = 'reading'"),
                 1);
}

Test(pipeline, a_long_silence_is_made_up_in_pieces)
{
    by_clock();
    shell.now = shell.facts[0]->arrival;
    cr_assert_eq(shell_turn(&shell, 0, 2), 0);
    shell.now += 90 * (instant_ms)DAY_MS;
    struct turn turn = {.more = true};
    int turns = 0;
    while (turn.more && turns++ < 100) {
        cr_assert_eq(pipeline_turn(shell.pipeline, &turn), 0);
        turn_release(&turn);
    }
    cr_expect_gt(turns, 1);
    cr_expect_lt(turns, 100);
    cr_expect_gt(turn.tick_due, shell.now);
}

/* ---- the policy -------------------------------------------------------- */

Test(pipeline, the_policy_in_force_stands_in_the_journal_and_the_store)
{
    cr_assert_eq(shell_turn(&shell, 0, 1), 0);
    char *sql = xasprintf("SELECT count(*) FROM journal WHERE seq = 1 AND kind = 'policy'"
                          " AND instr(body, '%s')",
                          shell.bundle->hash);
    cr_expect_eq(shell_count(&shell, sql), 1);
    free(sql);
    cr_expect_eq(shell_count(&shell, "SELECT count(*) FROM bundle"), 1);
    shell_crash(&shell);
    cr_assert_eq(shell_turn(&shell, 1, 1), 0);
    cr_expect_eq(shell_count(&shell, "SELECT count(*) FROM journal WHERE kind = 'policy'"), 1,
                 "the same policy is no change");
}

/* A city's list is large: it is there once, and its text not at all. */
Test(pipeline, the_folders_policy_is_shared_and_its_texts_may_be_forgotten)
{
    cr_expect_not(pipeline_has_considered(shell.pipeline));
    cr_assert_eq(shell_turn(&shell, 0, 1), 0);
    cr_expect_eq(pipeline_generation(shell.pipeline)->bundle, shell.bundle);
    cr_assert(pipeline_has_considered(shell.pipeline));
    cr_expect(bundle_forget_texts(shell.bundle));
    shell_crash(&shell);
    for (size_t i = 1; i < SHELL_FACTS; i++)
        cr_assert_eq(shell_turn(&shell, i, 1), 0);
    cr_expect_eq(pipeline_generation(shell.pipeline)->bundle, shell.bundle);
    expect_undisturbed();
}

Test(pipeline, a_changed_policy_takes_over_the_open_episode)
{
    for (size_t i = 0; i < 60; i += 10)
        cr_assert_eq(shell_turn(&shell, i, 10), 0);
    struct shell_box other;
    shell_make(&other, "return warning \"heavy-pollution\" {\n"
                       "  title = \"重污染天气预警\", basis = doc \"plan\", area = \"210100\",\n"
                       "  levels = {\n"
                       "    { \"yellow\", issue_when = "
                       "{ timeline = \"aqi_day\", above = 150, lasting = \"24h\" } },\n"
                       "    { \"orange\", issue_when = "
                       "{ timeline = \"aqi_day\", above = 400, lasting = \"48h\" } } },\n"
                       "  lift_when = { observed = \"aqi_24h\", at_most = 150 },\n}\n");
    struct bundle *old = shell.bundle;
    shell.bundle = other.bundle;
    pipeline_free(shell.pipeline);
    shell_open(&shell);
    for (size_t i = 60; i < SHELL_FACTS; i += 10) {
        cr_assert_eq(shell_turn(&shell, i, 10), 0);
        shell_crash(&shell);
    }
    cr_expect_eq(shell_count(&shell, "SELECT count(*) FROM journal WHERE kind = 'policy'"), 2);
    cr_expect_eq(shell_count(&shell, "SELECT count(*) FROM decision WHERE kind = 'issue'"), 1,
                 "the episode went on");
    cr_expect_eq(shell_count(&shell, "SELECT count(*) FROM decision WHERE kind = 'lift'"), 1);
    other.bundle = old;
    shell_remove(&other);
}

/* ---- what the log is told ---------------------------------------------- */

/* One turn; its events as text, one a line (caller frees). */
static char *told_by_turn(struct turn *turn)
{
    struct buf text = {0};
    cr_assert_eq(pipeline_turn(shell.pipeline, turn), 0);
    for (size_t i = 0; i < turn->events.count; i++)
        buf_printf(&text, "%s: %s\n", turn->events.items[i].name, turn->events.items[i].text);
    return buf_detach(&text);
}

static struct parcel *under_way;

static char *told_of_facts(size_t count)
{
    struct delivery delivery = {.facts = shell.facts, .count = count};
    struct turn turn = {.deliveries = &delivery};
    char *text = told_by_turn(&turn);
    under_way = turn.parcels;
    turn.parcels = NULL;
    turn_release(&turn);
    return text;
}

static void expect_line(const char *text, const char *line)
{
    cr_expect(strstr(text, line), "no “%s” in\n%s", line, text);
}

Test(pipeline, the_log_speaks_the_language_in_force)
{
    lang_set(LANG_ZH);
    char *text = told_of_facts(100);
    expect_line(text, "decision: 发布 heavy-pollution 黄色 heavy-pollution/210100/");
    expect_line(text, "日AQI > ");
    cr_expect_null(strstr(text, " for "), "%s", text);
    cr_expect_null(strstr(text, " from "), "%s", text);
    parcels_free(under_way);
    under_way = NULL;
    free(text);
}

static int count_of(const char *text, const char *words)
{
    int count = 0;
    for (; (text = strstr(text, words)) != NULL; text++)
        count++;
    return count;
}

/* Sends what waits; every attempt comes back with `trouble`. */
static char *told_of_attempts(const char *trouble)
{
    struct turn out = {.parcels = under_way};
    if (!under_way)
        cr_assert_eq(pipeline_turn(shell.pipeline, &out), 0);
    under_way = NULL;
    cr_assert_not_null(out.parcels, "something is sent");
    for (struct parcel *p = out.parcels; p; p = p->next) {
        p->outcome = trouble ? OUTCOME_RETRY : OUTCOME_DELIVERED;
        p->trouble = trouble ? xstrdup(trouble) : NULL;
    }
    struct turn back = {.returned = out.parcels};
    out.parcels = NULL;
    char *text = told_by_turn(&back);
    parcels_free(back.returned);
    turn_release(&back);
    turn_release(&out);
    return text;
}

Test(pipeline, a_way_that_is_closed_is_told_once_and_once_when_it_is_open_again)
{
    lang_set(LANG_EN);
    free(told_of_facts(100));
    int failures = 0;
    for (int i = 0; i < 5; i++) {
        char *text = told_of_attempts("no room");
        failures += count_of(text, "order.failed: ");
        free(text);
        shell.now += HOUR_MS;
    }
    cr_expect_eq(failures, 1);
    char *text = told_of_attempts(NULL);
    expect_line(text, "order.sent: ");
    free(text);
}

Test(pipeline, a_task_is_told_with_whom_it_concerns)
{
    static const char incident[] =
        "{\"specversion\":\"1.0\",\"type\":\"incident\",\"source\":\"t\",\"id\":\"f1\",\"subject\":"
        "\"210102\",\"time\":\"2015-11-01T09:00:00+08:00\",\"data\":{\"kind\":\"straw_fire\"}}";
    struct shell_box other;
    shell_make(&other, "return watch \"fire\" { title = \"火点\",\n"
                       "  per = event { kind = \"straw_fire\" },\n"
                       "  steps = { { to = \"enforcement\", text = \"核查\" } },\n"
                       "  clear_when = { receipt = \"done\" } }\n");
    struct findings findings = {0};
    struct fact fact;
    cr_assert_eq(fact_of_text(&fact, &other.arena, incident, strlen(incident), 8 * HOUR_MS,
                              (struct place){.file = "test"}, &findings),
                 0);
    const struct fact *facts[] = {&fact};
    struct delivery delivery = {.facts = facts, .count = 1};
    struct turn turn = {.deliveries = &delivery};
    lang_set(LANG_EN);
    cr_assert_eq(pipeline_turn(other.pipeline, &turn), 0);
    bool told = false;
    for (size_t i = 0; i < turn.events.count; i++)
        told = told || (str_equal(turn.events.items[i].name, "decision") &&
                        str_starts(turn.events.items[i].text, "task fire fire/") &&
                        strstr(turn.events.items[i].text, " → enforcement"));
    cr_expect(told);
    turn_release(&turn);
    shell_remove(&other);
}

/* What is told when the policy changes to one of that rule, an episode being open. */
static char *told_of_change(const char *rule)
{
    struct shell_box other;
    for (size_t i = 0; i < 60; i += 10)
        cr_assert_eq(shell_turn(&shell, i, 10), 0);
    shell_make(&other, rule);
    pipeline_free(shell.pipeline);
    struct bundle *old = shell.bundle;
    shell.bundle = other.bundle;
    shell_open(&shell);
    struct delivery delivery = {.facts = &shell.facts[60], .count = 1};
    struct turn turn = {.deliveries = &delivery};
    char *text = told_by_turn(&turn);
    turn_release(&turn);
    pipeline_free(shell.pipeline);
    shell.bundle = old;
    shell_open(&shell);
    shell_remove(&other);
    return text;
}

#define LIFTS_BY_ITSELF                                                                      \
    " { title = \"重污染天气预警\", basis = doc \"plan\", area = \"210100\",\n"       \
    "  levels = { { \"yellow\", issue_when = { timeline = \"aqi_day\", above = 150 } } },\n" \
    "  lift_when = { observed = \"aqi_24h\", at_most = 150 } }\n"

Test(pipeline, a_policy_that_knows_everything_drops_nothing)
{
    char *text = told_of_change("return warning \"heavy-pollution\"" LIFTS_BY_ITSELF);
    cr_expect_null(strstr(text, "policy.dropped"), "%s", text);
    free(text);
}

Test(pipeline, what_a_policy_does_not_know_is_named)
{
    lang_set(LANG_ZH);
    char *text = told_of_change("return warning \"smog\"" LIFTS_BY_ITSELF);
    expect_line(text, "policy.dropped: 新版本中不存在，其状态不再保留：预警规则 heavy-pollution");
    free(text);
}
