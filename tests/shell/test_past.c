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
#include <string.h>

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

static const char strict_rule[] =
    "return warning \"heavy-pollution\" {\n"
    "  title = \"重污染天气预警\", basis = doc \"plan\", area = \"210100\",\n"
    "  levels = {\n"
    "    { \"yellow\", issue_when = { timeline = \"aqi_day\", above = 150, lasting = \"24h\" } },\n"
    "    { \"orange\", issue_when = { timeline = \"aqi_day\", above = 400, lasting = \"48h\" } } "
    "},\n"
    "  lift_when = { observed = \"aqi_24h\", at_most = 150 },\n}\n";

/* The shell goes on under the bundle of `other`, which gets the old one. */
static void restart_under(struct shell_box *other)
{
    struct bundle *old = shell.bundle;
    shell.bundle = other->bundle;
    other->bundle = old;
    pipeline_free(shell.pipeline);
    shell_open(&shell);
}

static void run_turns(size_t from, size_t to)
{
    for (size_t i = from; i < to; i += 10)
        cr_assert_eq(shell_turn(&shell, i, 10), 0);
}

struct told {
    struct buf story, bundles; /* the hash in each trace, one a line */
};

static int tell_traced(void *arg, const struct fact *cause, const struct decision *decision)
{
    struct told *told = arg;
    const char *hash = decision->trace ? strstr(decision->trace, "\"bundle\":\"") : NULL;
    tell_decision(&told->story, cause, decision);
    if (hash)
        buf_printf(&told->bundles, "%.64s\n", hash + strlen("\"bundle\":\""));
    return 0;
}

Test(past, each_decision_is_told_under_the_policy_in_force_then)
{
    struct shell_box other;
    shell_make(&other, strict_rule);
    run_turns(0, 60);
    restart_under(&other);
    run_turns(60, 140);
    restart_under(&other); /* and back: the first one is in force once more */
    run_turns(140, SHELL_FACTS);

    struct engine *engine = NULL;
    struct engine_options options = {.trace = true};
    struct told told = {0};
    struct buf record = {0};
    struct replay_observer observer = {.decided = tell_traced, .arg = &told};
    cr_assert_eq(past_read(&past, shell.box.path, &shell.box.findings), 0);
    cr_assert_eq(past.change_count, 3);
    cr_expect_str_eq(past.changes[0].hash, shell.bundle->hash);
    cr_expect_str_eq(past.changes[1].hash, other.bundle->hash);
    cr_expect_str_eq(past.changes[2].hash, shell.bundle->hash);
    past.approvals = APPROVALS_ALL; /* as the box runs its pipeline */
    cr_assert_eq(
        past_replay(&past, &options, INSTANT_NONE, &observer, NULL, &engine, &shell.box.findings),
        0);
    cr_assert_eq(ledger_read(shell.box.store, 0, tell_row, &record), 0);
    cr_expect_gt(record.size, 0);
    cr_expect_str_eq(buf_str(&told.story), buf_str(&record));
    cr_expect_eq(strncmp(buf_str(&told.bundles), shell.bundle->hash, 64), 0,
                 "the first decision was the first policy's");
    cr_expect(strstr(buf_str(&told.bundles), other.bundle->hash), "and some were the second's");
    cr_expect_eq(past_policy_at(&past, past.changes[1].since),
                 program_policy(past.changes[1].generation->program));
    buf_release(&told.story);
    buf_release(&told.bundles);
    buf_release(&record);
    shell_remove(&other);
}

Test(past, until_before_the_beginning_gives_an_engine_to_ask)
{
    struct engine *engine = NULL;
    struct engine_options options = {0};
    struct buf story = {0};
    struct replay_observer observer = {.decided = tell_decision, .arg = &story};
    run_turns(0, 60);
    cr_assert_eq(past_read(&past, shell.box.path, &shell.box.findings), 0);
    cr_expect_eq(past_replay(&past, &options, past.changes[0].since - DAY_MS, &observer, NULL,
                             &engine, &shell.box.findings),
                 0);
    cr_expect(engine);
    cr_expect_eq(story.size, 0);
    buf_release(&story);
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
