/* Questions and gates: who asks is answered after the commit; who is refused leaves no trace. */
#include "post_box.h"
#include "store/db.h"
#include "store/letters.h"
#include <criterion/criterion.h>
#include <string.h>

#define ROUTES                                      \
    "routes:\n"                                     \
    "  - {letters: [order, release], by: [hook]}\n" \
    "  - {letters: [public], by: [file]}\n"         \
    "duty: [{name: 甲, phone: \"110-1\"}]\n"

static struct post_box box;

static void make(void)
{
    post_make(&box, ROUTES, NULL);
}

static void away(void)
{
    post_remove(&box);
}

TestSuite(asking, .init = make, .fini = away, .timeout = 60);

struct seen {
    int64_t rows;
    bool live, paused;
    int asked;
};

static void look(void *arg, const struct view *view)
{
    struct seen *seen = arg;
    sqlite3_stmt *statement = db_prepare(view->store, "SELECT count(*) FROM journal"
                                                      " WHERE kind = 'reading'");
    cr_assert_eq(db_row(view->store, statement), 1);
    seen->rows = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    seen->live = view->live != NULL;
    seen->paused = view->paused;
    seen->asked++;
}

Test(asking, the_answer_knows_what_the_same_turn_took_in)
{
    struct seen seen = {0};
    struct question question = {.answer = look, .arg = &seen};
    struct delivery delivery = {.facts = box.shell.facts, .count = 2};
    struct turn turn = {.questions = &question, .deliveries = &delivery};
    cr_assert_eq(pipeline_turn(box.shell.pipeline, &turn), 0);
    cr_expect_eq(seen.rows, 2);
    cr_expect(seen.live);
    cr_expect_eq(seen.asked, 1);
    turn_release(&turn);
}

Test(asking, looking_needs_no_room_to_write)
{
    struct seen seen = {0};
    struct question question = {.answer = look, .arg = &seen};
    struct turn turn = {.questions = &question, .look = true};
    cr_assert_eq(db_exec(box.shell.box.store, "PRAGMA max_page_count = 1"), 0);
    cr_assert_eq(pipeline_turn(box.shell.pipeline, &turn), 0);
    cr_expect_eq(seen.asked, 1);
    cr_expect_null(turn.parcels);
    turn_release(&turn);
}

Test(asking, a_turn_that_fails_answers_nothing)
{
    struct seen seen = {0};
    struct question question = {.answer = look, .arg = &seen};
    struct delivery delivery = {.facts = box.shell.facts, .count = 100};
    struct turn turn = {.questions = &question, .deliveries = &delivery};
    cr_assert_eq(db_exec(box.shell.box.store, "PRAGMA max_page_count = 1"), 0);
    cr_assert_lt(pipeline_turn(box.shell.pipeline, &turn), 0);
    cr_expect_eq(seen.asked, 0);
    turn_release(&turn);
    cr_assert_eq(db_exec(box.shell.box.store, "PRAGMA max_page_count = 1000000"), 0);
    cr_assert_eq(pipeline_turn(box.shell.pipeline, &turn), 0);
    cr_expect_eq(seen.asked, 1);
    turn_release(&turn);
}

static int refuse_second(void *arg, const struct view *view, const struct fact *fact)
{
    int *seen = arg;
    cr_expect_not_null(view->live);
    cr_expect_eq(fact->kind, FACT_READING);
    return ++*seen == 2 ? -1 : 0;
}

Test(asking, what_the_gate_refuses_is_not_journaled)
{
    int seen = 0;
    struct delivery delivery = {
        .facts = box.shell.facts, .count = 3, .gate = refuse_second, .arg = &seen};
    struct turn turn = {.deliveries = &delivery};
    cr_assert_eq(pipeline_turn(box.shell.pipeline, &turn), 0);
    cr_expect_eq(delivery.tally.taken, 2);
    cr_expect_eq(delivery.tally.refused, 1);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM journal WHERE kind = 'reading'"), 2);
    turn_release(&turn);
    struct turn again = {.deliveries = &delivery};
    cr_assert_eq(pipeline_turn(box.shell.pipeline, &again), 0);
    cr_expect_eq(delivery.tally.repeats, 2, "a repeat is not asked again");
    cr_expect_eq(delivery.tally.taken, 1, "and what was refused may be said again");
    turn_release(&again);
}

/* ---- what the pipeline makes of decisions ------------------------------------------ */

static void feed(size_t to)
{
    for (size_t i = 0; i < to; i++) {
        if (box.shell.now < box.shell.facts[i]->arrival) {
            box.steady += box.shell.facts[i]->arrival - box.shell.now;
            box.shell.now = box.shell.facts[i]->arrival;
        }
        post_turn(&box, &box.shell.facts[i], 1);
    }
}

Test(asking, a_proposal_pages_the_duty_officer_with_its_hash)
{
    post_remove(&box);
    post_make(&box, ROUTES, NULL);
    box.shell.options.approvals = APPROVALS_BY_FACT;
    pipeline_free(box.shell.pipeline);
    shell_open(&box.shell);
    feed(60);
    cr_expect_geq(post_count(&box, "page sms 110-1"), 1);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'page' AND plan IS NOT"
                                 " NULL AND instr(CAST(body AS TEXT), plan) = 0"),
                 0);
    cr_expect_geq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'page'"
                                  " AND plan IS NOT NULL"),
                  1);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'order'"), 0);
}

Test(asking, what_the_public_reads_is_chained_and_corrected_in_the_same_place)
{
    feed(SHELL_FACTS);
    post_run(&box, box.shell.now + MINUTE_MS);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM outbox JOIN rendering USING (serial) WHERE"
                                 " gateway = 'file' AND"
                                 " CAST(body AS TEXT) LIKE 'public/issue after none: 关于启动%'"),
                 1);
    cr_expect_eq(post_rows(&box,
                           "SELECT count(*) FROM outbox o JOIN rendering r USING (serial), letter l"
                           " WHERE o.gateway = 'file' AND l.kind = 'public' AND"
                           " CAST(r.body AS TEXT) LIKE 'public/lift after %' AND"
                           " instr(CAST(r.body AS TEXT), l.id || ',2015-11-01T') > 0"),
                 1, "the lift names the issue and when it was sent");
    sqlite3_stmt *statement;
    sqlite3_prepare_v2(box.shell.box.store->db,
                       "SELECT id FROM letter WHERE kind = 'public' ORDER BY serial LIMIT 1", -1,
                       &statement, NULL);
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    const struct fact *withdraw =
        post_act(&box, "withdraw", (const char *)sqlite3_column_text(statement, 0), NULL);
    sqlite3_finalize(statement);
    post_turn(&box, &withdraw, 1);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM outbox JOIN rendering USING (serial) WHERE"
                                 " gateway = 'file' AND"
                                 " CAST(body AS TEXT) LIKE 'withdrawal/- after %,2015%,2015%'"),
                 1);
}

static int count_letter(void *arg, const struct letter_row *row)
{
    (void)row;
    ++*(int *)arg;
    return 0;
}

Test(asking, orders_carry_the_hash_of_the_plan_that_released_them)
{
    feed(100);
    int count = 0;
    struct letter_query query = {.kind = "order"};
    cr_assert_eq(letter_find(box.shell.box.store, &query, count_letter, &count), 0);
    cr_expect_gt(count, 0);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'order'"
                                 " AND plan IS NULL"),
                 0);
}
