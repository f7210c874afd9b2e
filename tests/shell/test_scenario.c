/* Scenarios: what begins when, what is learnt, what is expected. */
#include "base/str.h"
#include "shell/scenario_case.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void check_transitions(const char *text, const char *wanted)
{
    struct played played;
    play_small(&played, text, NULL);
    char *got = played_transitions(&played);
    cr_assert_str_eq(got, wanted);
    free(got);
    played_release(&played);
}

Test(scenario, a_forecast_is_issued_when_it_says)
{
    check_transitions("forecast: {at: T+0h, aqi_day: [90, 210, 220, 90]}\n", "T+0h issue orange");
    check_transitions("forecast: {at: T+1d2h, aqi_day: [90, 210, 220, 90]}\n",
                      "T+1d2h issue orange");
    check_transitions("forecast: {at: T-2h, aqi_day: [90, 210, 220, 90]}\n", "T-2h issue orange");
}

Test(scenario, an_inject_begins_at_its_time)
{
    check_transitions("injects: [{id: f, at: T+3h, forecast: {aqi_day: [90, 210, 90]}}]\n",
                      "T+3h issue yellow");
}

Test(scenario, an_inject_begins_after_another)
{
    check_transitions("injects:\n"
                      "  - {id: b, after: a +30m, forecast: {aqi_day: [90, 210, 220, 90]}}\n"
                      "  - {id: a, at: T+1h, role: {to: x}, text: x}\n",
                      "T+1h30m issue orange");
}

Test(scenario, an_inject_begins_when_a_level_is_reached)
{
    check_transitions(
        "injects:\n"
        "  - {id: a, at: T+1h, forecast: {aqi_day: [90, 210, 90]}}\n"
        "  - {id: b, when: {level: yellow}, delay: 2h, forecast: {aqi_day: [90, 210, 220, 90]}}\n",
        "T+1h issue yellow, T+3h raise orange");
}

Test(scenario, an_inject_begins_when_an_expectation_fails)
{
    check_transitions(
        "injects:\n"
        "  - {id: a, when: {expect: x, is: failed}, forecast: {aqi_day: [90, 210, 90]}}\n"
        "  - {id: b, when: {expect: x, is: met}, forecast: {aqi_day: [90, 310, 320, 330]}}\n"
        "expect: [{id: x, kind: level, is: red, by: T+5h}]\n",
        "T+5h issue yellow");
}

Test(scenario, a_fault_silences_a_forecast)
{
    check_transitions("forecast:\n"
                      "  - {at: T+1h, aqi_day: [90, 210, 90]}\n"
                      "  - {at: T+5h, aqi_day: [90, 210, 220, 90]}\n"
                      "injects: [{id: f, at: T+0h, fault: {of: \"210100\", for: 3h}}]\n",
                      "T+5h issue orange");
}

Test(scenario, an_invalid_reading_is_no_recovery)
{
    struct played played;
    play_small(&played,
               "readings: {stations: all, from: T, pm25: 80x30}\n"
               "injects: [{id: f, at: T+4h, fault: {of: taiyuanjie, kind: invalid, for: 10h}}]\n",
               NULL);
    cr_assert_eq(played.run.silenced, 10);
    int unknown = 0;
    for (size_t i = 0; i < played.run.lines[CHART_HOUR].count; i++)
        unknown += played.run.lines[CHART_HOUR].items[i].value == AQI_UNKNOWN;
    cr_assert_eq(unknown, 10);
    played_release(&played);
}

Test(scenario, a_feed_is_rebased)
{
    struct played played;
    play_small(&played,
               "feed: [{file: ../../examples/2015-11-shenyang/bulletins.jsonl, rebase: "
               "2015-10-30T16:00}]\n"
               "clock: {stop_at: T+20h}\n",
               NULL);
    char *got = played_transitions(&played);
    cr_assert_str_eq(got, "T+0h issue orange");
    free(got);
    played_release(&played);
}

Test(scenario, expectations_are_met_or_not)
{
    struct played played;
    play_small(&played,
               "forecast:\n"
               "  - {at: T+0h, aqi_day: [90, 210, 220, 90]}\n"
               "  - {at: T+1h, aqi_day: [90, 310, 220, 230, 90]}\n"
               "expect:\n"
               "  - {id: at, kind: level, is: orange, at: T+0h}\n"
               "  - {id: at-not, kind: level, is: red, at: T+0h}\n"
               "  - {id: none-before, kind: level, is: none, at: T-1h}\n"
               "  - {id: by, kind: level, is: red, by: T+1h}\n"
               "  - {id: by-not, kind: level, is: red, by: T+59m}\n"
               "  - {id: through, kind: level, is: orange, throughout: [T, T+59m]}\n"
               "  - {id: through-not, kind: level, is: orange, throughout: [T, T+1h]}\n"
               "  - {id: never, kind: absence, is: lift}\n"
               "  - {id: never-not, kind: absence, is: raise}\n"
               "  - {id: raise, kind: decision, is: raise, level: red, from: orange, count: 1}\n"
               "  - {id: raise-not, kind: decision, is: raise, from: yellow}\n"
               "  - {id: because, kind: decision, is: raise, because: [aqi_day > 300]}\n"
               "  - {id: because-not, kind: decision, is: raise, because: [aqi_day > 400]}\n"
               "  - {id: all, kind: sequence, is: [T issue orange, raise red]}\n"
               "  - {id: all-not, kind: sequence, is: [issue orange]}\n"
               "  - {id: orders-not, kind: orders}\n"
               "  - {id: person, kind: manual, text: 记录完整}\n",
               NULL);
    for (size_t i = 0; i < played.scenario->expect_count; i++) {
        const char *id = played.scenario->expects[i].id;
        enum outcome wanted = str_ends(id, "-not")        ? OUTCOME_FAILED
                              : strcmp(id, "person") == 0 ? OUTCOME_MANUAL
                                                          : OUTCOME_MET;
        cr_assert_eq(played_outcome(&played, id), wanted, "%s: got %s", id,
                     played.run.results[i].got);
    }
    played_release(&played);
}

Test(scenario, a_failed_expectation_says_why)
{
    struct played played;
    play_small(&played,
               "forecast: {at: T+0h, aqi_day: [90, 210, 220, 90]}\n"
               "expect: [{id: x, kind: level, is: red, by: T+2h}]\n",
               NULL);
    const struct expect_result *result = &played.run.results[0];
    cr_assert_str_eq(result->expected, "level red by T+2h");
    cr_assert_str_eq(result->got, "T+0h issue orange");
    cr_assert_str_eq(result->because, "aqi_day > 200 for 48h from 2026-01-06");
    played_release(&played);
}

Test(scenario, a_reason_that_is_missed_is_told_with_the_one_there_was)
{
    struct played played;
    play_small(&played,
               "forecast: {at: T+0h, aqi_day: [90, 210, 220, 90]}\n"
               "expect:\n"
               "  - {id: x, kind: decision, is: issue, because: [aqi_day > 400]}\n"
               "  - {id: y, kind: decision, is: lift, because: [aqi_day > 400]}\n",
               NULL);
    cr_assert_str_eq(played.run.results[0].because, "aqi_day > 200 for 48h from 2026-01-06");
    cr_expect_null(played.run.results[1].because, "there was no lift at all");
    played_release(&played);
}

Test(scenario, with_overrides_the_bundle)
{
    check_transitions("with: {forecast_use: high}\n"
                      "forecast: {at: T+0h, aqi_day: [90, [150, 210], 90]}\n",
                      "T+0h issue yellow");
    check_transitions("with: {forecast_use: low}\n"
                      "forecast: {at: T+0h, aqi_day: [90, [150, 210], 90]}\n",
                      "no transition");
}

static char *run_print(const struct played *played)
{
    struct buf buf = {0};
    for (size_t i = 0; i < played->run.record_count; i++) {
        const struct record *record = &played->run.records[i];
        buf_printf(&buf, "%lld %d %s %s %s %lld\n", (long long)record->at, (int)record->kind,
                   record->level ? record->level : "-", record->order ? record->order : "-",
                   record->text ? record->text : "-", (long long)record->acknowledged);
    }
    buf_puts(&buf, played->run.facts_hash);
    return buf_detach(&buf);
}

static const char drill_text[] =
    "title: t\nstart: 2026-01-05 16:00\nbundle: ../../policies/shenyang\nseed: 5\n"
    "bots: [{match: {}, ack: {p: 0.9, delay: 2m..40m}, obey: {p: 0.8, delay: 30m..1h}}]\n"
    "forecast: {at: T+0h, aqi_day: [90, 210, 220, 90], primary: pm25}\n"
    "clock: {stop_at: T+3h}\n"
    "expect:\n"
    "  - {id: orders, kind: orders, at: T}\n"
    "  - {id: ack, kind: ack, of: orders, share: 0.8, by: T+1h}\n"
    "  - {id: ack-not, kind: ack, of: orders, share: 0.99, by: T+1h}\n"
    "  - {id: done, kind: evidence, of: orders, share: 0.5, by: T+3h}\n"
    "  - {id: shares, kind: shares, level: orange, at_least: 20}\n"
    "  - {id: banner, kind: text, is: order, has: 【演练】}\n";

Test(scenario, a_drill_is_answered_counted_and_says_that_it_is_one)
{
    struct played played;
    struct run_options options = {.drill = true, .fork_at = INSTANT_NONE};
    play(&played, drill_text, &options);
    cr_assert(played.ran);
    cr_assert(scenario_is_drill(played.scenario));
    for (size_t i = 0; i < played.scenario->expect_count; i++) {
        const char *id = played.scenario->expects[i].id;
        cr_assert_eq(played_outcome(&played, id),
                     str_ends(id, "-not") ? OUTCOME_FAILED : OUTCOME_MET, "%s: %s", id,
                     played.run.results[i].got);
    }
    for (size_t i = 0; i < played.run.record_count; i++) {
        const struct record *record = &played.run.records[i];
        if (record->kind == DECISION_ORDER)
            cr_assert(str_starts(record->text, "【演练】"), "%s", record->text);
    }
    played_release(&played);
}

/* Both report that they are done; the meters of one show it, those of the other do not. */
Test(scenario, a_meter_outweighs_a_receipt)
{
    struct played played;
    struct run_options options = {.fork_at = INSTANT_NONE};
    play(&played,
         "title: t\nstart: 2026-01-05 16:00\nbundle: ../../policies/shenyang\nseed: 5\n"
         "bots: [{match: {}, ack: {p: 1, delay: 2m..40m}, obey: {p: 1, delay: 30m..1h}}]\n"
         "forecast: {at: T+0h, aqi_day: [90, 210, 220, 90], primary: pm25}\n"
         "readings:\n"
         "  - {of: 210106-0002/L5, from: T+8h, production_kw: 0x240}\n"
         "  - {of: 210106-0006/L1, from: T+8h, production_kw: 900x240}\n"
         "clock: {stop_at: T+12h}\n"
         "expect:\n"
         "  - {id: stopped, kind: orders, where: {ids: [\"210106-0002\"]}, count: 1}\n"
         "  - {id: running, kind: orders, where: {ids: [\"210106-0006\"]}, count: 1}\n"
         "  - {id: unseen, kind: orders, where: {ids: [\"210106-0004\"]}, count: 1}\n"
         "  - {id: shown, kind: evidence, of: stopped, share: 1, by: T+12h}\n"
         "  - {id: shown-not, kind: evidence, of: running, share: 0.1, by: T+12h}\n"
         "  - {id: said, kind: evidence, of: unseen, share: 1, by: T+12h}\n"
         "  - {id: told, kind: decision, is: evidence, to: \"210106-0006\"}\n"
         "  - {id: sent, kind: task, to: enforcement-210106, has: 请立即现场核查, count: 1}\n",
         &options);
    cr_assert(played.ran);
    for (size_t i = 0; i < played.scenario->expect_count; i++) {
        const char *id = played.scenario->expects[i].id;
        cr_expect_eq(played_outcome(&played, id),
                     str_ends(id, "-not") ? OUTCOME_FAILED : OUTCOME_MET, "%s: %s", id,
                     played.run.results[i].got);
    }
    played_release(&played);
}

Test(scenario, equal_runs_are_equal)
{
    struct played first, second;
    struct run_options options = {.drill = true, .fork_at = INSTANT_NONE};
    play(&first, drill_text, &options);
    play(&second, drill_text, &options);
    char *a = run_print(&first), *b = run_print(&second);
    cr_assert_str_eq(a, b);
    free(a);
    free(b);
    played_release(&first);
    played_release(&second);
}

/* Saved, loaded into a fresh engine of the same program and gone on with: nothing must change. */
Test(scenario, a_fork_that_changes_nothing_changes_nothing)
{
    struct played straight, forked;
    struct bench bench = {0};
    struct findings findings = {0};
    struct run_options options = {.drill = true, .fork_at = INSTANT_NONE};
    play(&straight, drill_text, &options);
    cr_assert_eq(bench_load(&bench, "policies/shenyang", NULL, &findings), 0);
    options.fork_at = straight.scenario->start + 20 * MINUTE_MS;
    options.fork_program = bench.program;
    play(&forked, drill_text, &options);
    char *a = run_print(&straight), *b = run_print(&forked);
    cr_assert_str_eq(a, b);
    free(a);
    free(b);
    played_release(&straight);
    played_release(&forked);
    bench_release(&bench);
    findings_release(&findings);
}

Test(scenario, a_value_is_put_over_the_files_own)
{
    struct scenario *scenario;
    struct findings findings = {0};
    const struct scenario_set sets[] = {{"bots.0.ack.p", "0.25"}, {"seed", "9"}};
    cr_assert_eq(scenario_read_text(&scenario, "tests/scenarios/test.yaml", drill_text,
                                    strlen(drill_text), sets, 2, &findings),
                 0);
    cr_assert_eq(scenario->bots.items[0].ack.per_mille, 250);
    cr_assert_eq(scenario->seed, 9);
    scenario_free(scenario);
    const struct scenario_set wrong[] = {{"bots.3.ack.p", "0.25"}};
    scenario_read_text(&scenario, "tests/scenarios/test.yaml", drill_text, strlen(drill_text),
                       wrong, 1, &findings);
    cr_assert_eq(findings.errors, 1);
    cr_assert_str_eq(findings.items[0].code, "C080");
    scenario_free(scenario);
    findings_release(&findings);
}
