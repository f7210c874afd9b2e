/* The journal: identities, order, the chain. */
#include "base/xalloc.h"
#include "store/journal.h"
#include "store_box.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct store_box box;

static void make(void)
{
    box_make(&box);
    box_open(&box);
}

static void away(void)
{
    box_remove(&box);
}

TestSuite(journal, .init = make, .fini = away);

static void append(struct fact fact)
{
    struct store_tx *tx = box_begin(&box);
    int64_t seq;
    cr_assert_eq(journal_append(tx, &fact, &seq), 0, "%s", store_message(box.store));
    box_commit(tx);
}

static enum journal_answer look(struct fact fact)
{
    enum journal_answer answer = JOURNAL_NEW;
    cr_assert_eq(journal_look(box.store, &fact, &answer), 0);
    return answer;
}

Test(journal, an_identity_is_source_and_id)
{
    append(box_reading("a", HOUR_MS, 5 * MICRO));
    cr_expect_eq(look(box_reading("b", HOUR_MS, 5 * MICRO)), JOURNAL_NEW);
    struct fact other = box_reading("a", HOUR_MS, 5 * MICRO);
    other.source = "another";
    cr_expect_eq(look(other), JOURNAL_NEW);
}

Test(journal, equal_content_is_a_repeat_whenever_it_arrives)
{
    append(box_reading("a", HOUR_MS, 5 * MICRO));
    struct fact again = box_reading("a", HOUR_MS, 5 * MICRO);
    again.arrival += DAY_MS;
    cr_expect_eq(look(again), JOURNAL_REPEAT);
}

Test(journal, other_content_is_a_conflict_and_its_repeat_a_repeat)
{
    append(box_reading("a", HOUR_MS, 5 * MICRO));
    struct fact other = box_reading("a", HOUR_MS, 6 * MICRO);
    cr_expect_eq(look(other), JOURNAL_CONFLICT);
    other.conflict = true;
    append(other);
    cr_expect_eq(look(box_reading("a", HOUR_MS, 6 * MICRO)), JOURNAL_REPEAT);
    cr_expect_eq(look(box_reading("a", HOUR_MS, 5 * MICRO)), JOURNAL_REPEAT);
    cr_expect_eq(look(box_reading("a", HOUR_MS, 7 * MICRO)), JOURNAL_CONFLICT);
}

Test(journal, the_open_transaction_is_seen)
{
    struct store_tx *tx = box_begin(&box);
    struct fact fact = box_reading("a", HOUR_MS, MICRO);
    int64_t seq;
    cr_assert_eq(journal_append(tx, &fact, &seq), 0);
    cr_expect_eq(look(fact), JOURNAL_REPEAT);
    store_rollback(tx);
    cr_expect_eq(look(fact), JOURNAL_NEW);
}

Test(journal, a_repeat_is_not_appended)
{
    append(box_reading("a", HOUR_MS, MICRO));
    struct store_tx *tx = box_begin(&box);
    struct fact again = box_reading("a", HOUR_MS, MICRO);
    int64_t seq;
    cr_expect_eq(journal_append(tx, &again, &seq), ERR_INVALID);
    store_rollback(tx);
}

Test(journal, arrivals_never_fall)
{
    append(box_reading("a", DAY_MS, MICRO));
    struct store_tx *tx = box_begin(&box);
    struct fact early = box_reading("b", DAY_MS - 1, MICRO);
    int64_t seq;
    cr_expect_eq(journal_append(tx, &early, &seq), ERR_INVALID);
    store_rollback(tx);
}

struct heard {
    int count;
    int64_t last;
    char text[256];
};

static int hear(void *arg, int64_t seq, const struct fact *fact)
{
    struct heard *heard = arg;
    heard->count++;
    heard->last = seq;
    snprintf(heard->text + strlen(heard->text), sizeof heard->text - strlen(heard->text), "%s%s ",
             fact->id, fact->conflict ? "!" : "");
    return 0;
}

static void append_three(void)
{
    append(box_reading("a", HOUR_MS, 5 * MICRO));
    struct fact other = box_reading("a", HOUR_MS, 6 * MICRO);
    other.conflict = true;
    append(other);
    append(box_reading("c", 2 * HOUR_MS, MICRO));
}

Test(journal, it_is_read_in_order_from_anywhere)
{
    struct heard heard = {0};
    append_three();
    cr_assert_eq(journal_read(box.store, 0, hear, &heard), 0);
    cr_expect_str_eq(heard.text, "a a! c ");
    struct heard rest = {0};
    cr_assert_eq(journal_read(box.store, 2, hear, &rest), 0);
    cr_expect_str_eq(rest.text, "c ");
    cr_expect_eq(rest.last, 3);
}

static int hear_value(void *arg, int64_t seq, const struct fact *fact)
{
    (void)seq;
    *(struct reading_value *)arg = fact->reading.values[0];
    return 7;
}

Test(journal, a_fact_comes_back_as_it_was)
{
    struct reading_value value = {0};
    append(box_reading("a", HOUR_MS, 168250000));
    cr_expect_eq(journal_read(box.store, 0, hear_value, &value), 7, "the caller may stop it");
    cr_expect_eq(value.value, 168250000);
    cr_expect_eq(look(box_reading("a", HOUR_MS, 168250000)), JOURNAL_REPEAT);
}

/* Changes the file behind the store's back; the triggers that forbid it are taken away first. */
static void meddle(const char *sql)
{
    box_close(&box);
    box_meddle(&box, "DROP TRIGGER journal_is_not_changed; DROP TRIGGER journal_is_not_deleted");
    box_meddle(&box, sql);
    box_open(&box);
}

static void expect_damage(int64_t row)
{
    struct heard heard = {0};
    char *words = xasprintf("row %lld", (long long)row);
    cr_expect_eq(journal_read(box.store, 0, hear, &heard), ERR_STORE);
    cr_expect_eq(store_trouble(box.store), STORE_BROKEN);
    cr_expect_not_null(strstr(store_message(box.store), words), "%s", store_message(box.store));
    free(words);
}

Test(journal, a_changed_value_is_found_and_its_row_named)
{
    append_three();
    meddle("UPDATE journal SET body = replace(body, ':6}', ':9}') WHERE seq = 2");
    expect_damage(2);
}

Test(journal, a_changed_mark_is_found)
{
    append_three();
    meddle("UPDATE journal SET conflict = 0 WHERE seq = 2");
    expect_damage(2);
}

Test(journal, a_missing_row_is_found)
{
    append_three();
    meddle("DELETE FROM journal WHERE seq = 2");
    expect_damage(2);
}

Test(journal, a_made_up_row_is_found)
{
    append_three();
    meddle(
        "INSERT INTO journal SELECT 4, kind, arrival, recorded, conflict, body, chain FROM journal"
        " WHERE seq = 3");
    expect_damage(4);
}

Test(journal, rows_cannot_be_changed_or_deleted)
{
    append_three();
    box_close(&box);
    cr_expect_str_eq(box_refusal(&box, "UPDATE journal SET kind = 'tick'"),
                     "the journal is only ever added to");
    cr_expect_str_eq(box_refusal(&box, "DELETE FROM journal"), "the journal is only ever added to");
    box_open(&box);
}
