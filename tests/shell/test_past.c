/* The past: the record replayed gives the record. */
#include "base/buf.h"
#include "base/err.h"
#include "model/feed.h"
#include "shell/past.h"
#include "shell/replay.h"
#include "shell_box.h"
#include "store/ledger.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static struct shell_box shell;
static struct past past;

static void make(void)
{
    shell_make(&shell, NULL);
}

static void away(void)
{
    past_release(&past);
    shell_remove(&shell);
}

TestSuite(past, .init = make, .fini = away);

static int tell_decision(void *arg, const struct fact *cause, const struct decision *decision)
{
    (void)cause;
    decision_print(arg, decision, 8 * HOUR_MS);
    buf_putc(arg, '\n');
    return 0;
}

static int tell_row(void *arg, const struct ledger_row *row)
{
    buf_puts(arg, row->line);
    buf_putc(arg, '\n');
    return 0;
}

Test(past, replayed_it_gives_the_decisions_on_record)
{
    for (size_t i = 0; i < SHELL_FACTS; i += 7)
        cr_assert_eq(shell_turn(&shell, i, i + 7 <= SHELL_FACTS ? 7 : SHELL_FACTS - i), 0);
    cr_assert_eq(past_read(&past, shell.box.path, &shell.box.findings), 0);
    cr_expect_str_eq(past.bundle->hash, shell.bundle->hash);
    cr_expect_eq(feed_count(past.feed), SHELL_FACTS);

    struct generation *again = NULL;
    struct engine_options options = {.approvals = APPROVALS_ALL}; /* as the box runs its pipeline */
    struct findings findings = {0};
    struct buf record = {0}, replayed = {0};
    cr_assert_eq(generation_new(&again, past.bundle, &options, &findings), 0);
    past.bundle = NULL;
    struct replay_observer observer = {.decided = tell_decision, .arg = &replayed};
    cr_assert_eq(replay_run(again->engine, past.feed, INSTANT_NONE, &observer), 0);
    cr_assert_eq(ledger_read(shell.box.store, 0, tell_row, &record), 0);
    cr_expect_gt(record.size, 0);
    cr_expect_str_eq(buf_str(&replayed), buf_str(&record));
    buf_release(&record);
    buf_release(&replayed);
    feed_free(past.feed);
    past.feed = NULL;
    generation_free(again);
    findings_release(&findings);
}

Test(past, an_empty_store_has_none)
{
    cr_expect_eq(past_read(&past, shell.box.path, &shell.box.findings), ERR_NOT_FOUND);
    cr_assert_eq(shell.box.findings.count, 1);
    cr_expect_str_eq(shell.box.findings.items[0].code, "D011");
}

Test(past, it_knows_how_the_store_was_run)
{
    cr_assert_eq(shell_turn(&shell, 0, 1), 0);
    cr_assert_eq(past_read(&past, shell.box.path, &shell.box.findings), 0);
    cr_expect_eq(past.approvals, APPROVALS_BY_FACT);
    cr_expect_not(past.drill);
}
