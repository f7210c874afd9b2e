/* The chase: reminders that stop, a ladder that is climbed once, and nobody chased who has
 * answered. */
#include "base/xalloc.h"
#include "post_box.h"
#include "store/db.h"
#include "store/letters.h"
#include "store/lookup.h"
#include "store/receipts.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTES                                                                  \
    "routes: [{letters: [order, release, reminder, escalation], by: [hook]}]\n" \
    "duty: [{name: 甲, phone: \"110-1\"}]\n"
#define LADDER                                                                              \
    "{\"acknowledge\":{\"yellow\":\"2h\",\"orange\":\"1h\"},\"escalation\":["               \
    "{\"after\":\"0m\",\"to\":\"second_contact\",\"kind\":\"reminder\",\"repeat\":\"30m\"," \
    "\"times\":2},{\"after\":\"30m\",\"to\":\"district\"},"                                 \
    "{\"after\":\"1h\",\"to\":\"enforcement\",\"hours\":\"working\"}],"                     \
    "\"working_hours\":\"08:30 .. 17:00\"}"

static struct post_box box;

static void make(void)
{
    post_make(&box, ROUTES, LADDER);
}

static void away(void)
{
    post_remove(&box);
}

TestSuite(chase, .init = make, .fini = away, .timeout = 120);

/* Orders of the ladder's own policy are chased; this makes one as the engine does. */
static void order(const char *id)
{
    post_order(&box, id, "orange", NULL);
}

#define REMINDERS() post_count(&box, "reminder hook https://plant.example/boss")
#define DISTRICT() post_count(&box, "escalation hook https://duty.example/in")
#define ENFORCEMENT() post_count(&box, "escalation hook https://team.example/in")

Test(chase, who_is_silent_is_reminded_twice_and_escalated_once_each)
{
    instant_ms from = box.shell.now;
    order("one");
    post_run(&box, from + HOUR_MS - 1);
    cr_expect_eq(REMINDERS(), 0);
    post_run(&box, from + HOUR_MS + MINUTE_MS);
    cr_expect_eq(REMINDERS(), 1, "the second contact, when the time is over");
    post_run(&box, from + HOUR_MS + 31 * MINUTE_MS);
    cr_expect_eq(REMINDERS(), 2);
    cr_expect_eq(DISTRICT(), 1);
    cr_expect_eq(ENFORCEMENT(), 0);
    post_run(&box, from + 5 * (instant_ms)DAY_MS);
    cr_expect_eq(REMINDERS(), 2, "reminders stop");
    cr_expect_eq(DISTRICT(), 1);
    cr_expect_eq(ENFORCEMENT(), 1);
}

Test(chase, a_clock_set_at_the_very_deadline_brings_nothing_forward)
{
    order("one");
    post_run(&box, box.shell.now + HOUR_MS - 1);
    box.steady += 1;
    box.shell.now += 1 + 2 * (instant_ms)HOUR_MS;
    post_turn(&box, NULL, 0);
    cr_expect_eq(REMINDERS(), 1, "it is due");
    cr_expect_eq(DISTRICT(), 0, "half an hour later, not at once");
    post_run(&box, box.shell.now + 31 * MINUTE_MS);
    cr_expect_eq(REMINDERS(), 2);
    cr_expect_eq(DISTRICT(), 1);
}

Test(chase, working_hours_are_waited_for)
{
    /* 2015-11-01 was a Sunday: the facts begin at its midnight, Shanghai. */
    instant_ms from = box.shell.now;
    order("one");
    post_run(&box, from + 20 * (instant_ms)HOUR_MS);
    cr_expect_eq(DISTRICT(), 1, "at any hour");
    cr_expect_eq(ENFORCEMENT(), 0, "not on a Sunday");
    post_run(&box, from + 36 * (instant_ms)HOUR_MS);
    cr_expect_eq(ENFORCEMENT(), 1, "on Monday morning");
}

static int count_one(void *arg, const struct chase_row *row)
{
    (void)row;
    ++*(int64_t *)arg;
    return 0;
}

/* As the list has them. */
static int64_t awaited(void)
{
    int64_t count = 0;
    cr_assert_eq(lookup_awaited(box.shell.box.store, 1000, count_one, &count), 0);
    return count;
}

static int64_t overdue(void)
{
    int64_t chased = -1, count = -1;
    cr_assert_eq(chase_count(box.shell.box.store, box.shell.now, &chased, &count), 0);
    cr_expect_eq(chased, awaited());
    return count;
}

Test(chase, who_stays_silent_is_overdue_for_good)
{
    instant_ms from = box.shell.now;
    order("one");
    post_run(&box, from + HOUR_MS - 1);
    cr_expect_eq(overdue(), 0);
    post_run(&box, from + HOUR_MS + MINUTE_MS);
    cr_expect_eq(overdue(), 1);
    post_run(&box, from + 5 * (instant_ms)DAY_MS);
    cr_expect_eq(ENFORCEMENT(), 1, "the last rung");
    cr_expect_eq(overdue(), 1);
    cr_expect_eq(awaited(), 1);
    box.shell.now += 365 * (instant_ms)DAY_MS; /* the clock alone */
    post_turn(&box, NULL, 0);
    post_crash(&box);
    post_turn(&box, NULL, 0);
    cr_expect_eq(overdue(), 1);
    instant_ms due;
    cr_assert_eq(chase_next(box.shell.box.store, &due), 0);
    cr_expect_eq(due, INSTANT_NONE, "nothing more is sent");
    const struct fact *receipt = post_receipt(&box, "one", "acknowledged");
    post_turn(&box, &receipt, 1);
    cr_expect_eq(overdue(), 0);
    cr_expect_eq(awaited(), 0);
}

Test(chase, a_store_of_an_older_version_counts_the_silent_and_nobody_else)
{
    instant_ms from = box.shell.now;
    order("one");
    order("two");
    post_run(&box, from + 5 * (instant_ms)DAY_MS);
    const struct fact *receipt = post_receipt(&box, "two", "acknowledged");
    post_turn(&box, &receipt, 1);
    cr_assert_eq(
        sqlite3_exec(box.shell.box.store->db, "UPDATE chase SET due = NULL", NULL, NULL, NULL),
        SQLITE_OK);
    post_crash(&box);
    post_turn(&box, NULL, 0);
    cr_expect_eq(overdue(), 1);
}

static void act(const char *name, const char *text)
{
    char *more = xasprintf("\"text\":\"%s\"", text);
    const struct fact *fact = post_act(&box, name, "one", more);
    post_turn(&box, &fact, 1);
    free(more);
}

Test(chase, a_correction_leaves_the_duty_to_answer)
{
    instant_ms from = box.shell.now;
    order("one");
    post_run(&box, from + MINUTE_MS);
    act("correct", "联系电话更正");
    cr_expect_eq(awaited(), 1);
    post_run(&box, from + 5 * (instant_ms)DAY_MS);
    cr_expect_eq(post_count(&box, "correction"), 1);
    cr_expect_eq(REMINDERS(), 2);
    cr_expect_eq(DISTRICT(), 1);
    cr_expect_eq(ENFORCEMENT(), 1);
    cr_expect_eq(overdue(), 1);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'reminder'"
                                 " AND instr(CAST(body AS TEXT), '联系电话更正')"),
                 2, "a second contact has not read the correction");
    const struct fact *receipt = post_receipt(&box, "one", "acknowledged");
    post_turn(&box, &receipt, 1);
    cr_expect_eq(overdue(), 0);
    cr_expect_eq(awaited(), 0);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE id = 'one'"
                                 " AND closed = 'corrected'"),
                 1, "its page says so still");
}

Test(chase, what_was_reminded_of_before_it_was_corrected_is_reminded_of_after_it)
{
    instant_ms from = box.shell.now;
    order("one");
    post_run(&box, from + HOUR_MS + MINUTE_MS);
    act("correct", "联系电话更正");
    post_run(&box, from + 5 * (instant_ms)DAY_MS);
    cr_expect_eq(REMINDERS(), 2);
    cr_expect_eq(DISTRICT(), 1);
}

Test(chase, a_correction_is_answered_in_its_orders_place)
{
    instant_ms from = box.shell.now;
    order("one");
    post_run(&box, from + MINUTE_MS);
    act("correct", "联系电话更正");
    post_run(&box, from + 2 * MINUTE_MS);
    const char *line = strstr(buf_str(&box.sent_log), "correction ");
    cr_assert_not_null(line);
    char *id = xstrndup(strchr(line, '\n') - 32, 32);
    const struct fact *receipt = post_receipt(&box, id, "read");
    post_turn(&box, &receipt, 1);
    cr_expect_eq(awaited(), 1, "reading is no answer");
    receipt = post_receipt(&box, id, "acknowledged");
    post_turn(&box, &receipt, 1);
    int state;
    cr_assert_eq(receipt_state(box.shell.box.store, "one", &state), 0);
    cr_expect_eq(state, RECEIPT_ACKNOWLEDGED);
    cr_expect_eq(awaited(), 0);
    post_run(&box, from + 5 * (instant_ms)DAY_MS);
    cr_expect_eq(REMINDERS(), 0);
    free(id);
}

Test(chase, what_is_withdrawn_after_it_was_corrected_is_not_chased)
{
    instant_ms from = box.shell.now;
    order("one");
    post_run(&box, from + MINUTE_MS);
    act("correct", "联系电话更正");
    act("withdraw", "误发");
    cr_expect_eq(awaited(), 0);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE id = 'one'"
                                 " AND closed = 'withdrawn'"),
                 1);
    post_run(&box, from + 5 * (instant_ms)DAY_MS);
    cr_expect_eq(REMINDERS(), 0);
}

Test(chase, what_is_superseded_after_it_was_corrected_is_not_chased)
{
    order("one");
    post_run(&box, box.shell.now + MINUTE_MS);
    act("correct", "联系电话更正");
    struct store_tx *tx = box_begin(&box.shell.box);
    struct letter_row newest = {
        .id = "two", .episode = "one", .recipient = "210102-0001", .rule = "haze"};
    cr_assert_eq(letter_supersede(tx, &newest), 0);
    box_commit(tx);
    cr_expect_eq(awaited(), 0);
}

static bool uses_index(const char *sql)
{
    sqlite3_stmt *plan;
    cr_assert_eq(sqlite3_prepare_v2(box.shell.box.store->db, sql, -1, &plan, NULL), SQLITE_OK);
    bool all = true;
    while (sqlite3_step(plan) == SQLITE_ROW)
        all &= strstr((const char *)sqlite3_column_text(plan, 3), "INDEX chase_due") != NULL;
    sqlite3_finalize(plan);
    return all;
}

/* Counted at every pulse, beside millions of letters that were answered. */
Test(chase, what_is_waited_for_is_found_without_reading_what_was_answered)
{
    cr_expect(uses_index("EXPLAIN QUERY PLAN SELECT count(*), sum(deadline < 5) FROM chase"
                         " WHERE due IS NOT NULL"));
    cr_expect(uses_index("EXPLAIN QUERY PLAN SELECT due FROM chase WHERE due < " CHASE_NEVER
                         " ORDER BY due LIMIT 1"));
}

static void expect_no_more_after(const char *kind)
{
    instant_ms from = box.shell.now;
    order("one");
    post_run(&box, from + HOUR_MS + MINUTE_MS);
    const struct fact *receipt = post_receipt(&box, "one", kind);
    cr_expect_eq(awaited(), 1);
    post_turn(&box, &receipt, 1);
    post_run(&box, from + 3 * (instant_ms)DAY_MS);
    cr_expect_eq(post_count(&box, "escalation"), 0);
    cr_expect_eq(REMINDERS(), 1);
    cr_expect_eq(awaited(), 0, "status and hand-over sheet say so too");
}

Test(chase, who_acknowledges_is_left_alone)
{
    expect_no_more_after("acknowledged");
}

Test(chase, who_has_done_it_is_left_alone)
{
    expect_no_more_after("done");
}

Test(chase, who_refuses_is_not_chased_but_somebody_is_called)
{
    expect_no_more_after("refused");
    cr_expect_geq(post_count(&box, "page"), 0);
    cr_expect(post_told(&box, "order.refused"));
    cr_expect(post_told(&box, "检修中"));
}

Test(chase, reading_is_no_answer)
{
    instant_ms from = box.shell.now;
    order("one");
    const struct fact *receipt = post_receipt(&box, "one", "read");
    post_turn(&box, &receipt, 1);
    post_run(&box, from + HOUR_MS + MINUTE_MS);
    cr_expect_eq(REMINDERS(), 1);
}

Test(chase, acknowledging_a_reminder_acknowledges_its_order)
{
    instant_ms from = box.shell.now;
    order("one");
    post_run(&box, from + HOUR_MS + MINUTE_MS);
    const char *line = strstr(buf_str(&box.sent_log), "reminder ");
    cr_assert_not_null(line);
    char *id = xstrndup(strchr(line, '\n') - 32, 32);
    const struct fact *receipt = post_receipt(&box, id, "acknowledged");
    post_turn(&box, &receipt, 1);
    int state;
    cr_assert_eq(receipt_state(box.shell.box.store, "one", &state), 0);
    cr_expect_eq(state, RECEIPT_ACKNOWLEDGED);
    free(id);
}

/* SIGSTOP, a virtual machine that paused: true time has passed (F2). */
Test(chase, after_a_long_stop_each_rung_fires_once_and_only_its_newest)
{
    order("one");
    post_turn(&box, NULL, 0);
    box.steady += 5 * (instant_ms)DAY_MS;
    box.shell.now += 5 * (instant_ms)DAY_MS;
    post_run(&box, box.shell.now + HOUR_MS);
    cr_expect_eq(REMINDERS(), 1, "two were overdue; one is sent");
    cr_expect_eq(DISTRICT(), 1);
    cr_expect_not(post_told(&box, "clock.jump"), "a machine that slept has slept");
    post_run(&box, box.shell.now + 3 * (instant_ms)DAY_MS);
    cr_expect_eq(REMINDERS(), 1);
    cr_expect_eq(ENFORCEMENT(), 1);
}

/* The wall clock alone is set (F1). */
static void expect_same_after_jump(span_ms by)
{
    instant_ms from = box.steady;
    order("one");
    post_run(&box, box.shell.now + 10 * MINUTE_MS);
    box.shell.now += by;
    post_run(&box, box.shell.now + MINUTE_MS);
    cr_expect(post_told(&box, "clock.jump"));
    cr_expect_eq(post_count(&box, "reminder"), 0, "an hour is still an hour");
    post_run(&box, box.shell.now + (from + HOUR_MS - box.steady) + MINUTE_MS);
    cr_expect_eq(REMINDERS(), 1);
    post_run(&box, box.shell.now + 2 * (instant_ms)HOUR_MS);
    cr_expect_eq(REMINDERS(), 2, "no double escalation");
    cr_expect_eq(DISTRICT(), 1);
    const char *first = strstr(buf_str(&box.events), "clock.jump");
    cr_expect_null(strstr(first + 1, "clock.jump"), "told once");
}

Test(chase, a_clock_set_forward_by_two_hours_changes_no_span)
{
    expect_same_after_jump(2 * (span_ms)HOUR_MS);
}

Test(chase, a_clock_set_back_by_two_hours_changes_no_span)
{
    expect_same_after_jump(-2 * (span_ms)HOUR_MS);
}

Test(chase, a_clock_set_forward_by_a_year_changes_no_span)
{
    expect_same_after_jump(365 * (span_ms)DAY_MS);
}

Test(chase, a_clock_set_back_by_a_year_changes_no_span)
{
    expect_same_after_jump(-365 * (span_ms)DAY_MS);
}

Test(chase, a_crash_sends_no_rung_twice)
{
    instant_ms from = box.shell.now;
    order("one");
    for (int i = 0; i < 40; i++) {
        post_run(&box, from + i * 5 * (instant_ms)MINUTE_MS);
        post_crash(&box);
    }
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'reminder'"), 2);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'escalation'"), 1);
}

/* Acknowledgement and escalation at the same moment, in every order (E5), out of SCHEDULE_SEED. */
Test(chase, no_message_to_one_who_has_acknowledged)
{
    uint64_t seed = (uint64_t)number_from("SCHEDULE_SEED", 1);
    int reminded = 0, spared = 0;
    for (int i = 0; i < 1000; i++) {
        char *id = xasprintf("race-%04d", i);
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        instant_ms from = box.shell.now;
        order(id);
        post_run(&box, from + HOUR_MS - 40 + (instant_ms)(seed >> 33) % 80);
        const struct fact *receipt = post_receipt(&box, id, "acknowledged");
        post_turn(&box, &receipt, 1);
        int before = box.sent;
        post_run(&box, box.shell.now + 10 * MINUTE_MS);
        cr_assert_eq(box.sent, before, "schedule %d: sent after the answer was on the disk", i);
        char *sql = xasprintf("SELECT count(*) FROM letter WHERE about = '%s'", id);
        int64_t letters = post_rows(&box, sql);
        reminded += letters > 0;
        spared += letters == 0;
        free(sql);
        free(id);
    }
    cr_expect_gt(reminded, 100, "the race was run both ways");
    cr_expect_gt(spared, 100);
}
