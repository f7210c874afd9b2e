/* Watches: the rules of the design that look at outlets, lines and events. */
#include "base/xalloc.h"
#include "rig.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char REGISTRY[] =
    "- id: \"210106-0117\"\n"
    "  name: 沈阳示例铸造有限公司\n"
    "  credit_code: 91210106XXXXXXXXXX\n"
    "  district: \"210106\"\n"
    "  industry: foundry\n"
    "  emits: [pm]\n"
    "  grade: B\n"
    "  class: normal\n"
    "  day: {so2: 0, nox: 0, pm: 1, vocs: 0}\n"
    "  lines:\n"
    "    - {id: L1, name: 1号线, day: {so2: 0, nox: 0, pm: 1, vocs: 0}, points: {production_kw: "
    "p1, "
    "treatment_kw: t1}, limits: {running: 50, off: 5}}\n"
    "  outlets: [{id: DA001, kind: heating_boiler, mn: m1, limits: {nox: 200}},\n"
    "            {id: DA002, kind: furnace, mn: m2, limits: {nox: 200}}]\n"
    "  measures: {yellow: [], orange: [], red: []}\n"
    "  contacts: [{name: 值班室, phone: \"024-00000000\"}]\n"
    "- {id: d210106, kind: office, name: 铁西区值班室, district: \"210106\", role: district}\n"
    "- {id: enforce, kind: office, name: 执法队, district: \"210106\", role: enforcement}\n"
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
static const char BOILER[] =
    "return watch \"boiler-exceedance\" { title = \"供热锅炉连续超标\",\n"
    "  per = outlets { kind = \"heating_boiler\" }, on_unknown = \"task\",\n"
    "  when = { observed = \"nox_zs\", above = limit \"nox\" },\n"
    "  steps = { { lasting = \"2h\", to = \"district\", text = \"核查启停与治污设施\" },\n"
    "            { lasting = \"4h\", to = \"enforcement\", text = \"立即手工比对监测\" } },\n"
    "  clear_when = { observed = \"nox_zs\", at_most = limit \"nox\" } }\n";
static const char TREATMENT[] =
    "return watch \"treatment-off\" { title = \"治污设施未运行而生产\",\n"
    "  per = lines { has = { \"production_kw\", \"treatment_kw\" } }, on_unknown = \"task\",\n"
    "  when = all { { observed = \"production_kw\", above = limit \"running\" },\n"
    "               { observed = \"treatment_kw\", at_most = limit \"off\" }, lasting = \"15m\" "
    "},\n"
    "  steps = { { to = \"enterprise\" }, { lasting = \"1h\", to = \"enforcement\" } },\n"
    "  clear_when = { observed = \"treatment_kw\", above = limit \"off\" } }\n";
static const char STRAW[] =
    "return watch \"straw-fire\" { title = \"秸秆火点\",\n"
    "  per = event { kind = \"straw_fire\", at_least = { confidence = 0.8 }, merge = { \"2km\", "
    "\"3h\" } },\n"
    "  steps = { { to = grid \"group\" },\n"
    "            { after = \"30m\", unless = \"done\", to = grid \"village\" },\n"
    "            { after = \"1h\", unless = \"done\", to = grid \"town\" },\n"
    "            { after = \"2h\", unless = \"done\", to = grid \"county\" } },\n"
    "  clear_when = { receipt = \"done\" } }\n";

static const struct rig boiler = {.rule = BOILER, .registry = REGISTRY};
static const struct rig treatment = {.rule = TREATMENT, .registry = REGISTRY};
static const struct rig straw = {.rule = STRAW, .registry = REGISTRY, .grid = GRID};

Test(watch, a_boiler_is_checked_after_2_h_and_measured_by_hand_after_4_h)
{
    struct rig rig = boiler;
    rig.words = true;
    rig_expect(&rig, "@2026-01-05T00:00 210106-0117/DA001 nox_zs 180 210x5 190\n",
               "01-05T03:00 task - - to d210106\n"
               "  nox_zs > 200 for 2h from 2026-01-05T01:00\n"
               "01-05T05:00 task - - to enforce\n"
               "  nox_zs > 200 for 4h from 2026-01-05T01:00\n"
               "01-05T07:00 clear - -\n"
               "  nox_zs <= 200 for 1h from 2026-01-05T06:00\n");
}

Test(watch, other_outlets_do_not_concern_the_rule)
{
    rig_expect(&boiler, "@2026-01-05T00:00 210106-0117/DA002 nox_zs 210x5 190\n", "");
}

Test(watch, a_stopped_outlet_counts_as_zero)
{
    rig_expect(&boiler, "@2026-01-05T00:00 210106-0117/DA001 nox_zs 210x2 999!F\n",
               "01-05T02:00 task - - to d210106\n01-05T03:00 clear - -\n");
}

Test(watch, an_invalid_hour_breaks_the_run)
{
    rig_expect(&boiler, "@2026-01-05T00:00 210106-0117/DA001 nox_zs 210x1 210!D 210x1\n", "");
    rig_expect(&boiler, "@2026-01-05T00:00 210106-0117/DA001 nox_zs 210x1 - 210x2\n",
               "01-05T04:00 task - - to d210106\n");
}

Test(watch, a_silent_monitor_becomes_a_task_once)
{
    rig_expect(&boiler,
               "@2026-01-05T00:00 210106-0117/DA001 nox_zs 180\n"
               "@2026-01-05T12:00 tick\n"
               "@2026-01-05T12:00 210106-0117/DA001 nox_zs 180\n"
               "@2026-01-05T20:00 tick\n",
               "01-05T04:00 task - - to d210106\n01-05T16:00 task - - to d210106\n");
}

/* A logger that comes back makes up for the night, value by value; that is one silence. */
Test(watch, what_is_made_up_for_is_no_new_silence)
{
    rig_expect(&boiler,
               "@2026-01-05T00:00 210106-0117/DA001 nox_zs 180\n"
               "@2026-01-05T12:00 tick\n"
               "@2026-01-05T12:00 late 2026-01-05T01:00 210106-0117/DA001 nox_zs 180\n"
               "@2026-01-05T12:01 late 2026-01-05T02:00 210106-0117/DA001 nox_zs 180\n"
               "@2026-01-05T12:02 late 2026-01-05T03:00 210106-0117/DA001 nox_zs 180\n"
               "@2026-01-05T12:03 late 2026-01-05T11:00 210106-0117/DA001 nox_zs 180\n"
               "@2026-01-05T20:00 tick\n",
               "01-05T04:00 task - - to d210106\n01-05T15:00 task - - to d210106\n");
}

Test(watch, treatment_off_needs_both_at_the_same_instants)
{
    /* Production runs throughout; treatment stands still only in every second step: no 15 minutes
     * together. */
    rig_expect(&treatment,
               "@2026-01-05T00:00 210106-0117/L1 production_kw 80x6\n"
               "@2026-01-05T00:00 210106-0117/L1 treatment_kw 1 9 1 9 1 9\n",
               "");
    rig_expect(&treatment,
               "@2026-01-05T00:00 210106-0117/L1 production_kw 80x4\n"
               "@2026-01-05T00:00 210106-0117/L1 treatment_kw 9 1x3\n",
               "01-05T00:20 task - - to 210106-0117\n");
}

Test(watch, treatment_off_goes_on_to_enforcement_and_clears)
{
    rig_expect(&treatment,
               "@2026-01-05T00:00 210106-0117/L1 production_kw 80x13\n"
               "@2026-01-05T00:00 210106-0117/L1 treatment_kw 1x12 9\n",
               "01-05T00:15 task - - to 210106-0117\n"
               "01-05T01:00 task - - to enforce\n"
               "01-05T01:05 clear - -\n");
}

Test(watch, a_straw_fire_climbs_the_grid)
{
    rig_expect(&straw,
               "@2026-10-10T14:00 incident straw_fire 122.81 42.01 0.9 fire-1\n"
               "@2026-10-10T18:00 tick\n",
               "10-10T14:00 task - - to g1\n10-10T14:30 task - - to v1\n"
               "10-10T15:00 task - - to t1\n10-10T16:00 task - - to c1\n");
}

Test(watch, a_doubtful_fire_is_none)
{
    rig_expect(&straw, "@2026-10-10T14:00 incident straw_fire 122.81 42.01 0.7 fire-1\n", "");
}

Test(watch, the_same_fire_seen_again_is_one_instance)
{
    struct rig rig = straw;
    rig.kinds = "task";
    rig_expect(&rig,
               "@2026-10-10T14:00 incident straw_fire 122.81 42.01 0.9 fire-1\n"
               "@2026-10-10T14:10 incident straw_fire 122.82 42.01 0.9 fire-2\n"
               "@2026-10-10T14:20 incident straw_fire 122.91 42.01 0.9 fire-3\n"
               "@2026-10-10T14:29 tick\n",
               "10-10T14:00 task - - to g1\n10-10T14:20 task - - to g1\n");
}

Test(watch, done_ends_the_climb)
{
    /* The instance's own id is as good a subject for a receipt as a task's. */
    rig_expect(&straw,
               "@2026-10-10T14:00 incident straw_fire 122.81 42.01 0.9 fire-1\n"
               "@2026-10-10T14:40 receipt done straw-fire/fire-1/2026-10-10T14:00\n"
               "@2026-10-10T18:00 tick\n",
               "10-10T14:00 task - - to g1\n10-10T14:30 task - - to v1\n10-10T14:40 clear - -\n");
}

Test(watch, levels_of_a_watch_rise_with_the_value)
{
    struct rig rig = {.registry = REGISTRY};
    rig.rule = "return watch \"park-gas\" { title = \"有毒有害气体\", per = outlets { kind = "
               "\"furnace\" },\n"
               "  levels = { { \"attention\", when = { observed = \"nox_zs\", above = 100 } },\n"
               "             { \"alarm\", when = { observed = \"nox_zs\", above = 300 } } },\n"
               "  clear_when = { observed = \"nox_zs\", at_most = 50, lasting = \"2h\" } }\n";
    rig_expect(&rig, "@2026-01-05T00:00 210106-0117/DA002 nox_zs 120 350 200 40 60 40x2\n",
               "01-05T01:00 alarm - attention\n01-05T02:00 raise attention alarm\n"
               "01-05T07:00 clear alarm -\n");
}

Test(watch, a_where_function_decides_like_a_figure)
{
    struct rig rig = boiler;
    rig.rule = "return watch \"w\" { title = \"t\", per = outlets { kind = \"heating_boiler\" },\n"
               "  when = { observed = \"nox_zs\", where = function(v) return v.value > 200 end, "
               "lasting = \"2h\" },\n"
               "  clear_when = { observed = \"nox_zs\", where = function(v) return v.value <= 200 "
               "end } }\n";
    rig_expect(&rig, "@2026-01-05T00:00 210106-0117/DA001 nox_zs 210x3 190\n",
               "01-05T02:00 alarm - -\n01-05T04:00 clear - -\n");
}

Test(watch, a_rule_that_fails_raises_its_own_alarm_and_loses_nothing)
{
    struct rig rig = boiler;
    rig.words = true;
    rig.rule =
        "return watch \"broken\" { title = \"t\", per = outlets { kind = \"heating_boiler\" },\n"
        "  when = { observed = \"nox_zs\", where = function(v) return v.value > nil end } }\n";
    char *got = rig_play(&rig, "@2026-01-05T00:00 210106-0117/DA001 nox_zs 210\n");
    cr_expect(strstr(got, "01-05T01:00 alarm"), "%s", got);
    cr_expect(strstr(got, "rule.lua:2:"), "it names file and line: %s", got);
    free(got);
}

Test(watch, the_same_failure_is_told_once_a_day)
{
    struct rig rig = boiler;
    rig.rule =
        "return watch \"broken\" { title = \"t\", per = outlets { kind = \"heating_boiler\" },\n"
        "  when = { observed = \"nox_zs\", where = function(v) return v.value > nil end } }\n";
    rig_expect(&rig, "@2026-01-05T00:00 210106-0117/DA001 nox_zs 210x25\n",
               "01-05T01:00 alarm - -\n01-06T01:00 alarm - -\n");
}

Test(watch, states_saved_and_loaded_decide_the_same)
{
    const char *facts = "@2026-01-05T00:00 210106-0117/DA001 nox_zs 180 210x5 190 210x2\n"
                        "@2026-01-05T12:00 tick\n"
                        "@2026-01-05T12:00 210106-0117/DA001 nox_zs 180x3\n"
                        "@2026-01-06T00:00 tick\n";
    struct rig rig = boiler;
    rig.words = true;
    char *whole = rig_play(&rig, facts);
    for (rig.save_at = 1; rig.save_at < 8; rig.save_at++) {
        char *pieces = rig_play(&rig, facts);
        cr_expect_str_eq(pieces, whole, "saved at every %d facts", rig.save_at);
        free(pieces);
    }
    free(whole);
}

Test(watch, a_where_function_must_answer_true_or_false)
{
    struct rig rig = boiler;
    rig.words = true;
    rig.rule =
        "return watch \"broken\" { title = \"t\", per = outlets { kind = \"heating_boiler\" },\n"
        "  when = { observed = \"nox_zs\", where = function(v) return v.value - 300 end } }\n";
    rig_expect(&rig, "@2026-01-05T00:00 210106-0117/DA001 nox_zs 210\n",
               "01-05T01:00 alarm - -\n"
               "  script failed: rule.lua:2: where must answer true or false, not a number\n");
}
