/* Retirement: into a file first, then out of the store, and the chain goes on. */
#include "base/file.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "store/audit.h"
#include "store/chases.h"
#include "store/db.h"
#include "store/journal.h"
#include "store/ledger.h"
#include "store/letters.h"
#include "store/outbox.h"
#include "store/retire.h"
#include "store/snapshot.h"
#include "store_box.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FACTS = 60 };
static struct store_box box;
static struct retirement gone;

static void append(int number, instant_ms recorded)
{
    struct store_tx *tx = NULL;
    cr_assert_eq(store_begin(box.store, recorded, &tx), 0);
    char *id = xasprintf("r%d", number);
    struct fact fact = box_reading(id, recorded, number * MICRO);
    int64_t seq;
    cr_assert_eq(journal_append(tx, &fact, &seq), 0, "%s", store_message(box.store));
    if (seq % 10 == 0) {
        struct ledger_row row = {.seq = seq, .kind = "order", .line = "{}"};
        struct letter_row letter = {
            .id = id, .kind = "order", .recipient = "x", .seq = seq, .body = "{}", .size = 2};
        cr_assert_eq(ledger_put(tx, &row), 0);
        cr_assert_eq(letter_put(tx, &letter), 0);
    }
    cr_assert_eq(store_commit(tx), 0);
    free(id);
}

static void take_snapshot(void)
{
    struct store_tx *tx = NULL;
    cr_assert_eq(store_begin(box.store, 6 * FACTS * HOUR_MS, &tx), 0);
    cr_assert_eq(snapshot_put(tx, "abc", "state", 5), 0);
    box_commit(tx);
}

/* A fact every six hours, so an anchor at every fourth: 1 (hour 6), 4, 8, … */
static void make(void)
{
    box_make(&box);
    box_open(&box);
    for (int i = 1; i <= FACTS; i++)
        append(i, 6 * i * HOUR_MS);
    take_snapshot();
}

static void away(void)
{
    retirement_release(&gone);
    box_remove(&box);
}

TestSuite(retire, .init = make, .fini = away);

static int retire(instant_ms cutoff)
{
    retirement_release(&gone);
    return store_retire(box.store, cutoff, 400 * HOUR_MS, box.folder, &gone, &box.findings);
}

static int audit(struct audit_report *report)
{
    int answer = audit_verify(box.store, &(struct audit_options){0}, report, &box.findings);
    cr_expect_eq(answer, 0, "%s", box.findings.count ? box.findings.items[0].message : "");
    return answer;
}

Test(retire, the_oldest_go_up_to_an_anchor_and_the_chain_goes_on)
{
    struct audit_report report;
    cr_assert_eq(retire(5 * DAY_MS), 0);
    cr_expect_eq(gone.first, 1);
    cr_expect_eq(gone.last, 16, "the anchor of day 4 is at fact 16");
    cr_expect_eq(gone.facts, 16);
    cr_expect_eq(gone.rows, 2, "a decision and a letter of fact 10");
    audit(&report);
    cr_expect_eq(report.first, 17);
    cr_expect_eq(report.last, FACTS);
    append(99, 401 * HOUR_MS);
    box_crash(&box);
    append(100, 402 * HOUR_MS);
    audit(&report);
    cr_expect_eq(report.last, FACTS + 2);
    cr_assert_eq(retire(10 * DAY_MS), 0);
    cr_expect_eq(gone.first, 17);
    audit(&report);
    cr_expect_eq(report.first, gone.last + 1);
}

static int64_t last_retired_with_a_chase(instant_ms due)
{
    struct store_tx *tx = box_begin(&box);
    struct chase_row row = {.letter = "r10", .deadline = 1, .due = due, .fired = "1"};
    cr_assert_eq(chase_put(tx, &row), 0);
    box_commit(tx);
    cr_assert_geq(retire(5 * DAY_MS), 0);
    return gone.last;
}

Test(retire, who_is_still_to_be_reminded_holds_back_what_is_about_it)
{
    cr_expect_lt(last_retired_with_a_chase(700 * (instant_ms)DAY_MS), 10);
}

Test(retire, who_has_been_reported_and_stays_silent_holds_nothing_back)
{
    cr_expect_eq(last_retired_with_a_chase(INSTANT_NONE), 16);
}

Test(retire, the_file_bears_its_hash_and_every_row)
{
    char *text, hex[HASH_HEX];
    size_t size;
    unsigned char hash[HASH_BYTES];
    cr_assert_eq(retire(5 * DAY_MS), 0);
    cr_assert_eq(file_read(gone.file, 1 << 20, &text, &size, &box.findings), 0);
    hash_of(text, size, hash);
    hash_hex(hash, hex);
    cr_expect_not_null(strstr(gone.file, hex), "%s", gone.file);
    int lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    cr_expect_eq(lines, 18);
    cr_expect_not_null(strstr(text, "{\"fact\":16,"));
    cr_expect_not_null(strstr(text, "{\"letter\":\"r10\","));
    free(text);
}

Test(retire, the_file_is_its_owners_alone)
{
    umask(022);
    cr_assert_eq(retire(5 * DAY_MS), 0);
    cr_expect_eq(box_mode(gone.file, NULL), 0600, "%o", box_mode(gone.file, NULL));
}

Test(retire, nothing_goes_that_lies_after_every_snapshot)
{
    box_close(&box);
    box_meddle(&box, "UPDATE snapshot SET seq = 9");
    box_open(&box);
    cr_assert_eq(retire(5 * DAY_MS), 0);
    cr_expect_eq(gone.last, 8);
}

Test(retire, nothing_goes_without_a_snapshot)
{
    box_close(&box);
    box_meddle(&box, "DELETE FROM snapshot");
    box_open(&box);
    cr_assert_eq(retire(5 * DAY_MS), 0);
    cr_expect_null(gone.file);
    cr_expect_lt(gone.last, gone.first);
}

Test(retire, damage_does_not_go_into_a_file)
{
    box_close(&box);
    box_meddle(&box, "DROP TRIGGER journal_is_not_changed;"
                     "UPDATE journal SET body = replace(body, ':7}', ':8}') WHERE seq = 7");
    box_open(&box);
    cr_expect_lt(retire(5 * DAY_MS), 0);
    cr_expect_str_eq(box.findings.items[0].code, "D110");
}

Test(retire, a_folder_that_cannot_be_written_changes_nothing)
{
    struct audit_report report;
    struct retirement none = {0};
    cr_expect_lt(store_retire(box.store, 5 * DAY_MS, 400 * HOUR_MS, "/nonexistent/folder", &none,
                              &box.findings),
                 0);
    cr_assert_eq(box.findings.count, 1);
    cr_expect_str_eq(box.findings.items[0].code, "D042");
    findings_release(&box.findings);
    box.findings = (struct findings){0};
    audit(&report);
    cr_expect_eq(report.first, 1);
}

Test(retire, only_this_path_lets_rows_go)
{
    cr_assert_eq(retire(5 * DAY_MS), 0);
    box_close(&box);
    cr_expect_str_eq(box_refusal(&box, "DELETE FROM journal WHERE seq = 20"),
                     "the journal is only ever added to");
    cr_expect_str_eq(box_refusal(&box, "DELETE FROM decision WHERE seq = 20"),
                     "a decision goes with its fact");
    cr_expect_str_eq(box_refusal(&box, "DELETE FROM seal"), "a link goes with its fact");
    cr_expect_str_eq(box_refusal(&box, "DELETE FROM anchor"), "an anchor is never deleted");
    cr_expect_str_eq(box_refusal(&box, "UPDATE retired SET seq = 40"),
                     "what was retired stays retired");
    cr_expect_str_eq(box_refusal(&box,
                                 "INSERT INTO retired SELECT 50, chain, 'x', chain, 1 FROM journal"
                                 " WHERE seq = 50"),
                     "what is retired must end at an anchor and lie before a snapshot");
    box_open(&box);
}

/* Killed between the mark and the end of the sweep, the rest goes later. */
Test(retire, an_interrupted_sweep_goes_on)
{
    struct audit_report report;
    struct retirement half = {0};
    cr_assert_eq(retire_plan(box.store, 5 * DAY_MS, &half), 0);
    cr_assert_eq(retire_write(box.store, box.folder, &half, &box.findings), 0);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(retire_mark(tx, &half), 0);
    cr_assert_eq(retire_sweep(tx, 5), 5);
    box_commit(tx);
    box_crash(&box);
    audit(&report);
    cr_expect_eq(report.first, 17);
    tx = box_begin(&box);
    cr_expect_eq(retire_sweep(tx, 100), 11);
    cr_expect_eq(retire_sweep(tx, 100), 0);
    box_commit(tx);
    audit(&report);
    retirement_release(&half);
}

Test(retire, a_letter_under_way_holds_back_what_it_came_from)
{
    box_close(&box);
    box_meddle(
        &box,
        "INSERT INTO outbox (letter, gateway, address, host, rung, priority, state, attempts,"
        " not_before, changed, told) VALUES ('r10', 'g', '', '', 0, 1, 'waiting', 0, 0, 0, 0)");
    box_open(&box);
    cr_assert_eq(retire(5 * DAY_MS), 0);
    cr_expect_eq(gone.last, 8);
}

Test(retire, what_was_rendered_goes_with_its_letter)
{
    box_close(&box);
    box_meddle(&box, "INSERT INTO outbox (letter, gateway, address, host, rung, priority, state,"
                     " attempts, not_before, changed, told)"
                     " SELECT id, 'g', '', '', 0, 1, 'delivered', 1, 0, 0, 0 FROM letter;"
                     "INSERT INTO rendering SELECT serial, x'00', x'00' FROM outbox");
    box_open(&box);
    cr_assert_eq(retire(5 * DAY_MS), 0);
    sqlite3_stmt *statement = db_prepare_own(
        box.store, "SELECT (SELECT count(*) FROM rendering), (SELECT count(*) FROM outbox),"
                   " (SELECT count(*) FROM rendering r LEFT JOIN outbox o USING (serial)"
                   " WHERE o.serial IS NULL)");
    cr_assert_eq(db_row(box.store, statement), 1);
    cr_expect_eq(sqlite3_column_int(statement, 0), sqlite3_column_int(statement, 1));
    cr_expect_gt(sqlite3_column_int(statement, 0), 0);
    cr_expect_eq(sqlite3_column_int(statement, 2), 0);
    sqlite3_finalize(statement);
}
