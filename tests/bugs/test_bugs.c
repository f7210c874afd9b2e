/* Bugs that others shipped, as tests of ours: the numbers are those of README.md. */
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/rig.h"
#include "engine/stream.h"
#include "replay/course.h"
#include "shell/replay.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a small town: one boiler, one patrol grid ---- */

static const char REGISTRY[] =
    "- id: e1\n  name: 示例供热有限公司\n  district: \"210106\"\n  industry: other\n"
    "  emits: [nox]\n  grade: B\n  class: normal\n  day: {so2: 0, nox: 1, pm: 0, vocs: 0}\n"
    "  park: 示例园区\n"
    "  lines: [{id: L1, name: 1#锅炉, day: {so2: 0, nox: 1, pm: 0, vocs: 0}}]\n"
    "  outlets: [{id: A, kind: heating_boiler, mn: m1, limits: {nox: 200}}]\n"
    "  measures: {yellow: [], orange: [{do: stop}], red: [{do: stop}]}\n"
    "  contacts: [{name: 值班室, phone: \"1\"}]\n"
    "- {id: duty, kind: office, name: 值班室, district: \"210106\", role: district}\n"
    "- {id: police, kind: office, name: 执法队, district: \"210106\", role: enforcement}\n"
    "- {id: g1, kind: office, name: 一组, district: \"210181\", role: grid}\n"
    "- {id: v1, kind: office, name: 一村, district: \"210181\", role: grid}\n"
    "- {id: t1, kind: office, name: 一镇, district: \"210181\", role: grid}\n"
    "- {id: c1, kind: office, name: 一县, district: \"210181\", role: grid}\n";
static const char GRID[] =
    "cells:\n"
    "  - {id: c, name: 一县, level: county, lon: 122.8, lat: 42.0, office: c1}\n"
    "  - {id: t, name: 一镇, level: town, parent: c, lon: 122.8, lat: 42.0, office: t1}\n"
    "  - {id: v, name: 一村, level: village, parent: t, lon: 122.8, lat: 42.0, office: v1}\n"
    "  - {id: g, name: 一组, level: group, parent: v, lon: 122.8, lat: 42.0, office: g1}\n";
static const char MEASURES[] = "measures:\n"
                               "  stop: {kind: stop, text: \"{lines}停止生产\", proof: 用电监控, "
                               "reversible: true, scope: all}\n";
#define BOILER(limit)                                                                              \
    "return watch \"boiler\" { title = \"超标\", per = outlets { kind = \"heating_boiler\" },\n" \
    "  when = { observed = \"nox_zs\", above = " limit " },\n"                                     \
    "  steps = { { lasting = \"2h\", to = \"district\" },\n"                                       \
    "            { lasting = \"4h\", to = \"enforcement\" } },\n"                                  \
    "  clear_when = { observed = \"nox_zs\", at_most = " limit " } }\n"
#define STRAW(unless)                                                                       \
    "return watch \"straw\" { title = \"火点\", per = event { kind = \"straw_fire\" },\n" \
    "  steps = { { to = grid \"group\" },\n"                                                \
    "            { after = \"30m\", unless = \"" unless "\", to = grid \"village\" },\n"    \
    "            { after = \"1h\", unless = \"" unless "\", to = grid \"town\" },\n"        \
    "            { after = \"2h\", unless = \"" unless "\", to = grid \"county\" } },\n"    \
    "  clear_when = { receipt = \"done\" } }\n"
static const char ROTA[] =
    "return rota \"rota\" { title = \"错峰\", during = season \"05-01 .. 09-30\", hours = \"09:00 "
    ".. "
    "18:00\",\n  who = enterprises { park = \"示例园区\" }, measure = \"stop\" }\n";

static struct rig town(const char *rule)
{
    return (struct rig){.rule = rule, .registry = REGISTRY, .grid = GRID, .measures = MEASURES};
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        count++;
    return count;
}

/* ---- scripts ---- */

/* 3. Each call may spend nearly all of its budget; what others spent before does not count. */
Test(bugs, budget_03_is_not_used_up_by_earlier_calls)
{
    struct rig rig =
        town("return watch \"w\" { title = \"t\", per = outlets { kind = \"heating_boiler\" },\n"
             "  when = { observed = \"nox_zs\", where = function(v)\n"
             "    local n = 0 for i = 1, 20000 do n = n + i end return v.value > 200 end } }\n");
    rig_expect(&rig, "@2026-01-05T00:00 e1/A nox_zs 150x200 210 150\n",
               "01-13T09:00 alarm - -\n01-13T10:00 clear - -\n");
}

/* 10. What ran too long is named: file and line. */
Test(bugs, timeout_10_names_file_and_line)
{
    struct rig rig = town("return watch \"endless\" { title = \"t\",\n"
                          "  per = outlets { kind = \"heating_boiler\" },\n"
                          "  when = { observed = \"nox_zs\", where = function(v)\n"
                          "    while true do end\n"
                          "  end } }\n");
    rig.words = true;
    char *got = rig_play(&rig, "@2026-01-05T00:00 e1/A nox_zs 210\n");
    cr_expect(strstr(got, "rule.lua:4: the script takes more than"), "%s", got);
    free(got);
}

/* 11. The words of the vocabulary make rules while a script is loaded; a function that uses one
 * later is told so, by line. */
Test(bugs, words_11_in_the_wrong_place_are_named)
{
    struct rig rig =
        town("return watch \"w\" { title = \"t\", per = outlets { kind = \"heating_boiler\" },\n"
             "  when = { observed = \"nox_zs\", where = function(v)\n"
             "    return any { v.value > 200 } end } }\n");
    rig.words = true;
    char *got = rig_play(&rig, "@2026-01-05T00:00 e1/A nox_zs 250 150\n");
    cr_expect(strstr(got, "rule.lua:3:"), "%s", got);
    free(got);
}

/* ---- timers and changes of policy ---- */

/* Plays the facts; before fact `change_at` the state goes, `times` times in a row, into an engine
 * of the second rule. */
static char *play_across(const struct rig *before, const struct rig *after, const char *events,
                         size_t change_at, int times)
{
    const struct rig *rigs[] = {before, after};
    struct bundle *bundles[2];
    struct program *programs[2];
    struct engine_options options = {.approvals = APPROVALS_ALL};
    struct findings findings = {0};
    struct engine *engine;
    struct facts facts;
    struct buf text = {0};
    for (int i = 0; i < 2; i++) {
        bundles[i] = rig_bundle(rigs[i]);
        cr_assert_eq(program_new(&programs[i], bundles[i], &findings), 0);
    }
    facts_read(&facts, events, &bundles[0]->policy);
    engine_new(&engine, programs[0], &options);
    for (size_t i = 0; i < facts.count; i++) {
        for (int n = 0; i == change_at && n < times; n++) {
            struct buf state = {0};
            char *dropped = NULL;
            engine_save(engine, &state);
            engine_free(engine);
            engine_new(&engine, programs[1], &options);
            cr_assert_eq(engine_load(engine, state.data, state.size, &dropped), 0);
            free(dropped);
            buf_release(&state);
        }
        instant_ms due;
        do {
            due = engine_due_by(engine, facts.items[i].arrival);
            struct fact tick = {.kind = FACT_TICK, .arrival = due, .source = "t", .id = ""};
            struct step step;
            cr_assert_eq(engine_step(engine, due == INSTANT_NONE ? &facts.items[i] : &tick, &step),
                         0);
            for (size_t d = 0; d < step.count; d++) {
                buf_printf(&text, "%s ", decision_kind_name(step.decisions[d].kind));
                instant_print_minute(&text, step.decisions[d].at, 8 * (span_ms)HOUR_MS);
                buf_printf(&text, " %s\n", step.decisions[d].to ? step.decisions[d].to : "-");
            }
        } while (due != INSTANT_NONE);
    }
    engine_free(engine);
    facts_release(&facts);
    for (int i = 0; i < 2; i++) {
        program_free(programs[i]);
        bundle_free(bundles[i]);
    }
    return buf_detach(&text);
}

#define EVENT(type, subject, id, time, data)                                                  \
    "{\"specversion\":\"1.0\",\"source\":\"t\",\"id\":\"" id "\",\"type\":\"" type            \
    "\",\"subject\":\"" subject "\",\"time\":\"2026-03-25T" time ":00+08:00\",\"data\":" data \
    "}\n"
#define FIRE(id, time)              \
    EVENT("incident", id, id, time, \
          "{\"kind\":\"straw_fire\",\"lon\":122.8,\"lat\":42.0,\"confidence\":1}")
#define NOX(time, value)                     \
    EVENT("reading", "e1/A", "n" time, time, \
          "{\"values\":{\"nox_zs\":" value "},\"period\":\"PT1H\"}")

static const char CLIMB[] = "task 2026-03-25T10:00 g1\ntask 2026-03-25T10:30 v1\n"
                            "task 2026-03-25T11:00 t1\ntask 2026-03-25T12:00 c1\n";

/* 8 and 13. A new policy neither doubles a running timer nor starts it again, however often it
 * comes. */
Test(bugs, timers_08_13_survive_a_new_policy_once)
{
    struct rig before = town(STRAW("done")), after = town(STRAW("done") "-- a changed word\n");
    static const char events[] = FIRE("f", "10:00") NOX("10:00", "1") NOX("13:00", "1");
    for (int times = 0; times <= 6; times++) {
        char *got = play_across(&before, &after, events, 1 + (size_t)times % 2, times / 2 + 1);
        cr_expect_str_eq(got, CLIMB, "changed %d times:\n%s", times / 2 + 1, got);
        free(got);
    }
}

/* 14 and 15. What fell due while nobody was there comes first, each at its own instant and in its
 * order, before the news. */
Test(bugs, timers_14_15_that_expired_while_down_come_in_their_order)
{
    struct rig rig = town(STRAW("done"));
    static const char events[] = FIRE("f", "10:00") FIRE("g", "15:00");
    char *got = play_across(&rig, &rig, events, 1, 1);
    char *wanted = xasprintf("%stask 2026-03-25T15:00 g1\n", CLIMB);
    cr_expect_str_eq(got, wanted, "%s", got);
    free(wanted);
    free(got);
}

/* 13. A run that has lasted an hour under the old policy has lasted an hour under the new one. */
Test(bugs, runs_13_go_on_under_a_new_policy)
{
    struct rig before = town(BOILER("200")), after = town(BOILER("199.5"));
    static const char events[] = NOX("00:00", "250") NOX("01:00", "250") NOX("02:00", "100");
    char *got = play_across(&before, &after, events, 1, 1);
    cr_expect_str_eq(got, "task 2026-03-25T02:00 duty\nclear 2026-03-25T03:00 -\n", "%s", got);
    free(got);
}

/* 9. After the change only the new rule's figures are asked. */
Test(bugs, rules_09_of_the_old_policy_do_not_run_on)
{
    struct rig before = town(BOILER("200")), after = town(BOILER("300"));
    static const char events[] =
        NOX("00:00", "250") NOX("01:00", "250") NOX("02:00", "250") NOX("03:00", "250");
    char *got = play_across(&before, &after, events, 2, 1);
    cr_expect_str_eq(got, "task 2026-03-25T02:00 duty\nclear 2026-03-25T03:00 -\n", "%s", got);
    free(got);
}

/* 2. A script that does not load leaves no half of itself behind: there is no program, and the old
 * one works on. */
Test(bugs, reload_02_is_whole_or_not_at_all)
{
    struct rig good = town(BOILER("200")), bad = town(BOILER("200") "oops\n");
    struct findings findings = {0};
    struct program *program = NULL, *none = NULL;
    struct bundle *bundle = rig_bundle(&good), *broken = rig_bundle(&bad);
    cr_assert_eq(program_new(&program, bundle, &findings), 0);
    cr_assert_lt(program_new(&none, broken, &findings), 0);
    cr_expect_null(none);
    cr_assert_gt(findings.count, 0);
    cr_expect_str_eq(findings.items[0].file, "rule.lua");
    cr_expect_gt(findings.items[0].line, 0);
    findings_release(&findings);
    size_t rules;
    program_rules(program, &rules);
    cr_expect_eq(rules, 1);
    program_free(program);
    bundle_free(bundle);
    bundle_free(broken);
}

/* 16. A window that opens also ends, in whatever moment it was opened and however often the engine
 * was started again. */
Test(bugs, window_16_that_opens_also_closes)
{
    struct rig rig = town(ROTA);
    rig.kinds = "rota_start rota_end";
    for (int save = 0; save <= 1; save++) {
        rig.save_at = save;
        rig_expect(&rig,
                   "@2026-06-01T07:00 e1/A nox_zs 1x9\n"
                   "@2026-06-02T20:00 tick\n",
                   "06-01T09:00 rota_start - -\n06-01T18:00 rota_end - -\n"
                   "06-02T09:00 rota_start - -\n06-02T18:00 rota_end - -\n");
    }
}

/* 19. The finding for bounds by which the worst level can never come. */
Test(bugs, bounds_19_that_hide_the_worst_level_are_found)
{
    struct rig rig = town(
        "return warning \"w\" { title = \"t\", area = \"210100\", levels = {\n"
        "  { \"yellow\", issue_when = { timeline = \"aqi_day\", above = 150, below = 100 } },\n"
        "  { \"orange\", issue_when = { timeline = \"aqi_day\", above = 300 } },\n"
        "  { \"red\", issue_when = { timeline = \"aqi_day\", above = 200 } } } }\n");
    struct findings findings = {0};
    struct program *program = NULL;
    struct bundle *bundle = rig_bundle(&rig);
    program_new(&program, bundle, &findings);
    cr_expect_gt(findings.count, 0, "nothing was found");
    findings_release(&findings);
    program_free(program);
    bundle_free(bundle);
}

/* ---- reminding ---- */

/* 21. Nobody is asked again after the acknowledgement that the rule waits for. */
Test(bugs, escalation_21_stops_at_the_acknowledgement)
{
    struct rig rig = town(STRAW("acknowledged"));
    rig_expect(&rig,
               "@2026-03-25T10:00 incident straw_fire 122.8 42.0 1 f\n"
               "@2026-03-25T10:40 receipt acknowledged straw/f/2026-03-25T10:00\n"
               "@2026-03-25T18:00 tick\n",
               "03-25T10:00 task - - to g1\n03-25T10:30 task - - to v1\n");
}

/* 22. What was never settled does not climb again months later, nor does what is sent again then.
 */
Test(bugs, escalation_22_does_not_come_back_months_later)
{
    struct rig rig = town(STRAW("done"));
    char *got = rig_play(&rig, "@2026-03-25T10:00 incident straw_fire 122.8 42.0 1 f\n"
                               "@2026-07-25T10:00 e1/A nox_zs 1\n"
                               "@2026-09-25T10:00 tick\n");
    cr_expect_eq(count_of(got, "task"), 4, "%s", got);
    free(got);
}

/* ---- replay ---- */

/* 34. A replay asks the figures that were in force then, not today's. */
Test(bugs, replay_34_uses_the_figures_of_the_day)
{
    struct rig rig = town(BOILER("p.limit"));
    rig.policy = "figures:\n  limit:\n    - {valid_from: 2013-01-01, value: 300}\n"
                 "    - {valid_from: 2026-01-06, value: 200}\n";
    rig_expect(&rig, "@2026-01-05T16:00 e1/A nox_zs 250x7\n", "");
    rig_expect(&rig, "@2026-01-05T23:00 e1/A nox_zs 250x2\n", "01-06T01:00 task - - to duty\n");
}

/* 36. Nothing moves a replay's instants: decisions bear the times of the facts. */
Test(bugs, replay_36_does_not_shift_time)
{
    struct rig rig = town(BOILER("200"));
    rig_expect(&rig, "@2016-02-29T22:00 e1/A nox_zs 250x2\n", "03-01T00:00 task - - to duty\n");
}

/* 37. What depends on silence is replayed as fast as anything else: half a year of it in a moment.
 */
Test(bugs, replay_37_passes_silence_in_no_time, .timeout = 10)
{
    struct rig rig = town(BOILER("200"));
    rig_expect(&rig, "@2026-01-05T00:00 e1/A nox_zs 100\n@2026-07-05T00:00 tick\n",
               "01-05T04:00 alarm - -\n");
}

/* 38. A rule by the time of day is tried without waiting for the day: a whole season of windows. */
Test(bugs, replay_38_a_season_takes_a_moment, .timeout = 10)
{
    struct rig rig = town(ROTA);
    char *got = rig_play(&rig, "@2026-04-01T00:00 e1/A nox_zs 1\n@2026-12-31T00:00 tick\n");
    cr_expect_eq(count_of(got, "rota_start"), 153);
    cr_expect_eq(count_of(got, "rota_end"), 153);
    free(got);
}

/* 39. Hours of the day are the bundle's, whatever the zone of the machine. */
Test(bugs, windows_39_are_local)
{
    static const char *const zones[] = {"UTC", "America/New_York", "Pacific/Chatham"};
    struct rig rig = town(ROTA);
    rig.kinds = "rota_start rota_end";
    for (int i = 0; i < 3; i++) {
        setenv("TZ", zones[i], 1);
        rig_expect(&rig, "@2026-06-01T00:00 e1/A nox_zs 1\n@2026-06-01T20:00 tick\n",
                   "06-01T09:00 rota_start - -\n06-01T18:00 rota_end - -\n");
    }
}

/* ---- words ---- */

static int count_long(void *arg, const struct fact *cause, const struct decision *decision)
{
    size_t *long_ones = arg;
    (void)cause;
    *long_ones += decision->because_count > 6;
    for (int i = 0; i < decision->because_count; i++)
        *long_ones += strlen(decision->because[i]) > 100;
    return 0;
}

/* 44. Every decision of November says why in at most six lines, none longer than one reads at a
 * glance. */
Test(bugs, reasons_44_are_short)
{
    struct course course = course_november();
    struct engine *engine;
    size_t long_ones = 0;
    struct replay_observer observer = {.decided = count_long, .arg = &long_ones};
    engine_new(&engine, course.program, &course.options);
    cr_assert_eq(replay_run(engine, course.feed, INSTANT_NONE, &observer), 0);
    cr_expect_eq(long_ones, 0, "%zu reasons are too long", long_ones);
    engine_free(engine);
    course_close(&course);
}
