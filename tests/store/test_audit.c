/* The audit: sound stores pass, and every kind of damage is found, named and told apart. */
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "store/audit.h"
#include "store/journal.h"
#include "store/ledger.h"
#include "store/letters.h"
#include "store/snapshot.h"
#include "store_box.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FACTS = 12 };
static struct store_box box;
static struct anchor kept[16]; /* as a file elsewhere would */
static size_t kept_count;

static void append(const char *id, int64_t hours, micro value)
{
    struct store_tx *tx = NULL;
    cr_assert_eq(store_begin(box.store, hours * HOUR_MS, &tx), 0);
    struct fact fact = box_reading(id, hours * HOUR_MS, value);
    int64_t seq;
    cr_assert_eq(journal_append(tx, &fact, &seq), 0, "%s", store_message(box.store));
    if (seq % 4 == 0) {
        char *letter = xasprintf("letter-%s", id);
        struct ledger_row row = {.seq = seq, .kind = "order", .line = "{\"a\":1}", .text = "停产"};
        struct letter_row order = {.id = letter,
                                   .kind = "order",
                                   .recipient = "210106-0001",
                                   .seq = seq,
                                   .body = "stop the furnace",
                                   .size = 16};
        cr_assert_eq(ledger_put(tx, &row), 0);
        row.number = 1;
        row.kind = "alarm";
        cr_assert_eq(ledger_put(tx, &row), 0);
        cr_assert_eq(letter_put(tx, &order), 0);
        free(letter);
    }
    cr_assert_eq(store_commit(tx), 0, "%s", store_message(box.store));
    if (anchor_written(box.store))
        kept[kept_count++] = *anchor_written(box.store);
}

/* Twelve facts at five hours' distance: three days, three anchors, at facts 1, 5 and 10. */
static void make(void)
{
    box_make(&box);
    box_open(&box);
    kept_count = 0;
    for (int i = 1; i <= FACTS; i++) {
        char *id = xasprintf("r%d", i);
        append(id, 5 * i, i * MICRO);
        free(id);
    }
}

static void away(void)
{
    box_remove(&box);
}

TestSuite(audit, .init = make, .fini = away);

static struct audit_report report;

static int verify(const struct audit_options *options)
{
    struct findings *findings = &box.findings;
    findings_release(findings);
    *findings = (struct findings){0};
    int answer = audit_verify(box.store, options, &report, findings);
    cr_assert_geq(answer, 0, "%s", store_message(box.store));
    return answer;
}

static bool told(const char *code, const char *words)
{
    for (size_t i = 0; i < box.findings.count; i++)
        if (str_equal(box.findings.items[i].code, code) &&
            strstr(box.findings.items[i].message, words))
            return true;
    return false;
}

static const char *all_told(void)
{
    static char text[2048];
    text[0] = 0;
    for (size_t i = 0; i < box.findings.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "[%s] %s\n",
                 box.findings.items[i].code, box.findings.items[i].message);
    return text;
}

static void meddle(const char *sql)
{
    box_close(&box);
    box_meddle(&box, "DROP TRIGGER journal_is_not_changed; DROP TRIGGER journal_is_not_deleted;"
                     "DROP TRIGGER seal_is_not_changed; DROP TRIGGER seal_is_not_deleted;"
                     "DROP TRIGGER decision_is_not_changed; DROP TRIGGER decision_is_not_deleted;"
                     "DROP TRIGGER anchor_is_not_changed; DROP TRIGGER anchor_is_not_deleted");
    box_meddle(&box, sql);
    box_open(&box);
}

static void expect_told(const char *sql, const char *code, const char *words)
{
    meddle(sql);
    cr_expect_eq(verify(&(struct audit_options){0}), 1, "%s", sql);
    cr_expect(told(code, words), "%s\nwanted %s %s, told:\n%s", sql, code, words, all_told());
}

Test(audit, a_sound_store_is_said_to_be_sound)
{
    cr_expect_eq(verify(&(struct audit_options){0}), 0, "%s", all_told());
    cr_expect_eq(report.facts, FACTS);
    cr_expect_eq(report.rows, 9, "two decisions and a letter beside facts 4, 8 and 12");
    cr_expect_eq(report.anchors, 3);
    cr_expect_eq(kept_count, 3);
    struct audit_options with = {.anchors = kept, .anchor_count = kept_count};
    cr_expect_eq(verify(&with), 0);
    cr_expect_eq(report.anchors, 6);
}

Test(audit, a_start_verifies_from_the_last_anchor_on)
{
    cr_expect_eq(audit_tail(box.store, &report, &box.findings), 0);
    cr_expect_eq(report.first, 10);
    cr_expect_eq(report.last, FACTS);
    meddle("UPDATE journal SET body = replace(body, ':11}', ':99}') WHERE seq = 11");
    cr_expect_eq(audit_tail(box.store, &report, &box.findings), 1);
    cr_expect(told("D110", "row 11"), "%s", all_told());
}

Test(audit, from_a_day_on)
{
    int64_t seq = audit_seq_before(box.store, DAY_MS);
    cr_expect_eq(seq, 4, "fact 5 is of hour 25");
    cr_expect_eq(verify(&(struct audit_options){.from = seq}), 0, "%s", all_told());
    cr_expect_eq(report.first, 5);
}

/* Whatever column was changed, the row is named. */
static const char *const changes[] = {
    "kind = 'forecast'",
    "arrival = arrival + 1",
    "recorded = recorded + 1",
    "conflict = 1",
    "body = replace(body, ':6}', ':9}')",
    "chain = zeroblob(32)",
    "chain = x'00'",
};

Test(audit, a_changed_fact_is_named_whatever_was_changed)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char *sql = xasprintf("UPDATE journal SET %s WHERE seq = 6", changes[i]);
        expect_told(sql, "D110", "table journal, row 6");
        cr_expect_eq(report.damages, 1, "only that one (%s): %s", changes[i], all_told());
        free(sql);
        away();
        make();
    }
}

Test(audit, a_changed_decision_is_named)
{
    expect_told("UPDATE decision SET line = '{\"a\":2}' WHERE seq = 8 AND number = 1", "D110",
                "table decision, row 8/1");
    cr_expect_eq(report.damages, 1, "%s", all_told());
}

Test(audit, a_changed_letter_is_named_also_when_its_hash_was_changed_with_it)
{
    expect_told("UPDATE letter SET recipient = '210106-0002' WHERE id = 'letter-r8'", "D110",
                "table letter, row letter-r8");
    away();
    make();
    expect_told("UPDATE letter SET body = CAST('run the furnace!' AS BLOB) WHERE id = 'letter-r4'",
                "D110", "table letter, row letter-r4");
}

Test(audit, a_deleted_row_is_named)
{
    expect_told("DELETE FROM journal WHERE seq = 7", "D111", "table journal: row 7 is gone");
    away();
    make();
    expect_told("DELETE FROM journal WHERE seq BETWEEN 2 AND 3", "D111", "rows 2 to 3 are gone");
    away();
    make();
    expect_told("DELETE FROM letter WHERE id = 'letter-r8'", "D111", "row letter-r8 is gone");
    away();
    make();
    expect_told("DELETE FROM letter WHERE seq = 8; DELETE FROM decision WHERE seq = 8;"
                "DELETE FROM seal WHERE seq = 8",
                "D110", "table journal, row 9");
}

Test(audit, an_added_row_is_named)
{
    expect_told("INSERT INTO decision SELECT 7, 0, at, kind, rule, episode, level, order_id, line,"
                " text FROM decision WHERE seq = 8 AND number = 0",
                "D112", "row 7/0");
}

#define SWAP(a, b, columns)                                                             \
    "CREATE TEMP TABLE x AS SELECT * FROM journal WHERE seq IN (" #a ", " #b ");"       \
    "UPDATE journal SET (" columns ") = (SELECT " columns " FROM x WHERE x.seq = CASE " \
    "journal.seq WHEN " #a " THEN " #b " ELSE " #a " END) WHERE seq IN (" #a ", " #b ")"

Test(audit, moved_rows_are_told_apart_from_changed_ones)
{
    expect_told(SWAP(6, 7, "body, kind, arrival, recorded, chain"), "D113",
                "row 6 stands in the place of row 7");
    away();
    make();
    expect_told(SWAP(3, 9, "body, kind, arrival, recorded, chain"), "D113",
                "row 3 stands in the place of row 9");
    away();
    make();
    expect_told(SWAP(3, 9, "body, kind, arrival, recorded"), "D113",
                "row 3 stands in the place of row 9");
}

#define CUT(after)                                                                            \
    "DELETE FROM letter WHERE seq > " #after "; DELETE FROM decision WHERE seq > " #after ";" \
    "DELETE FROM seal WHERE seq > " #after "; DELETE FROM journal WHERE seq > " #after ";"

/* The day's anchor stands at fact 10; the twelve facts are followed by a busy hour. */
Test(audit, a_busy_day_has_more_anchors_so_that_a_start_is_short)
{
    int written = 0;
    for (int i = 0; i < ANCHOR_FACTS; i += 1000) {
        struct store_tx *tx = NULL;
        cr_assert_eq(store_begin(box.store, 61 * HOUR_MS, &tx), 0);
        for (int j = i; j < i + 1000; j++) {
            char id[20];
            int64_t seq;
            snprintf(id, sizeof id, "busy-%d", j);
            struct fact fact = box_reading(id, 61 * HOUR_MS, MICRO);
            cr_assert_eq(journal_append(tx, &fact, &seq), 0);
        }
        cr_assert_eq(store_commit(tx), 0);
        written += anchor_written(box.store) != NULL;
    }
    cr_expect_eq(written, 1);
    cr_assert_eq(audit_tail(box.store, &report, &box.findings), 0);
    cr_expect_leq(report.facts, 1000, "%lld facts verified", (long long)report.facts);
}

Test(audit, a_cut_tail_is_missed_by_an_anchor)
{
    expect_told(CUT(8), "D114", "it ends at row 8");
    cr_expect(told("D114", "row 10"), "%s", all_told());
}

Test(audit, a_cut_tail_of_after_the_last_anchor_is_missed_by_a_snapshot)
{
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(snapshot_put(tx, "00", "state", 5), 0);
    box_commit(tx);
    expect_told(CUT(11), "D114", "it ends at row 11");
}

/* The one that only the file elsewhere can find; without it the audit has to be content. */
Test(audit, a_rewritten_end_is_found_by_the_anchors_kept_elsewhere)
{
    meddle(CUT(8) "DELETE FROM anchor WHERE seq > 8");
    for (int i = 9; i <= 14; i++) {
        char *id = xasprintf("x%d", i);
        append(id, 5 * i, 7 * MICRO);
        free(id);
    }
    kept_count = 3;
    cr_expect_eq(verify(&(struct audit_options){0}), 0, "%s", all_told());
    struct audit_options with = {.anchors = kept, .anchor_count = kept_count};
    cr_expect_eq(verify(&with), 1);
    cr_expect(told("D115", "row 10"), "%s", all_told());
}

Test(audit, a_changed_anchor_is_named)
{
    expect_told("UPDATE anchor SET chain = randomblob(32) WHERE seq = 5", "D115", "row 5");
}

Test(audit, a_changed_index_of_identities_is_found)
{
    struct store_tx *tx = box_begin(&box);
    box_commit(tx);
    expect_told("INSERT INTO identity VALUES (5, 3)", "D110", "row 3 of the journal");
}

/* ---- the file itself -------------------------------------------------------- */

static void flip(long offset, unsigned char mask)
{
    FILE *file = fopen(box.path, "r+b");
    cr_assert_not_null(file);
    fseek(file, offset, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, offset, SEEK_SET);
    fputc(byte ^ mask, file);
    fclose(file);
}

/* False when so much is damaged that the store cannot be opened, which then is told. */
static bool open_to_audit(void)
{
    struct store_options options = {.reader = true, .audit = true};
    findings_release(&box.findings);
    box.findings = (struct findings){0};
    box.store = NULL;
    return store_open(&box.store, box.path, &options, &box.trouble, &box.findings) == 0;
}

static long size_of_file(void)
{
    FILE *file = fopen(box.path, "rb");
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    fclose(file);
    return size;
}

Test(audit, one_flipped_bit_anywhere_is_found_and_its_page_named)
{
    box_close(&box);
    long size = size_of_file();
    for (long page = 0; page < size / 4096; page++) {
        long offset = page * 4096 + 200 + (page * 977) % 3896;
        flip(offset, 1);
        char *words = xasprintf("page %ld ", page + 1);
        bool open = open_to_audit();
        if (open)
            cr_expect_eq(verify(&(struct audit_options){0}), 1, "page %ld", page + 1);
        cr_expect(told(open ? "D116" : "D003", words), "%s: %s", words, all_told());
        box_close(&box);
        flip(offset, 1);
        free(words);
    }
    cr_assert(open_to_audit());
    cr_expect_eq(verify(&(struct audit_options){0}), 0, "%s", all_told());
}

Test(audit, a_damaged_page_is_refused_before_it_is_used)
{
    box_close(&box);
    long size = size_of_file();
    for (long page = 1; page < size / 4096; page++)
        flip(page * 4096 + 4000, 4);
    struct store_options options = {.reader = true};
    int err = store_open(&box.store, box.path, &options, &box.trouble, &box.findings);
    struct ledger_row row;
    if (err == 0)
        err = ledger_read(box.store, 0, NULL, &row);
    else
        box.store = NULL;
    cr_expect_eq(err, ERR_STORE);
    const char *message = box.store ? store_message(box.store) : box.findings.items[0].message;
    cr_expect_not_null(strstr(message, "page "), "%s", message);
    cr_expect_not_null(strstr(message, "is damaged"), "%s", message);
}
