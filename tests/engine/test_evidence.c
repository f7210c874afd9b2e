/* Evidence: what the meters show of an order, from its effect until it is released. */
#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "rig.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* An enterprise whose lines have meters of each sort, and its district's offices. */
#define ENTRY(measures)                                                                                \
    "- id: \"e1\"\n"                                                                                   \
    "  name: 示例铸造有限公司\n"                                                               \
    "  credit_code: 91210106XXXXXXXXXX\n"                                                              \
    "  district: \"210106\"\n"                                                                         \
    "  industry: foundry\n"                                                                            \
    "  emits: [pm]\n"                                                                                  \
    "  grade: C\n"                                                                                     \
    "  class: normal\n"                                                                                \
    "  day: {so2: 0, nox: 0, pm: 4, vocs: 0}\n"                                                        \
    "  lines:\n"                                                                                       \
    "    - {id: L1, name: 1#炉, day: {so2: 0, nox: 0, pm: 1, vocs: 0},\n"                             \
    "       proof: {power: {mn: M1, point: d20105, stopped_below_kw: 15, normal_kw: 100}}}\n"          \
    "    - {id: L2, name: 2#炉, day: {so2: 0, nox: 0, pm: 1, vocs: 0},\n"                             \
    "       proof: {flow: {mn: M2, point: a01014, stopped_below_m3h: 200}}}\n"                         \
    "    - {id: L3, name: 3#炉, day: {so2: 0, nox: 0, pm: 1, vocs: 0},\n"                             \
    "       proof: {mark: {mn: M3, point: p99101, stopped: [F]}}}\n"                                   \
    "    - {id: L4, name: 4#炉, day: {so2: 0, nox: 0, pm: 1, vocs: 0}, safe_minimum: 不低于20%,\n" \
    "       proof: {power: {mn: M4, point: d20405, stopped_below_kw: 15, normal_kw: 100}}}\n"          \
    "  proof: {gate: {mn: M5, point: gate, at_most: 0}}\n"                                             \
    "  measures:\n"                                                                                    \
    "    yellow: " measures "\n"                                                                       \
    "    orange: " measures "\n"                                                                       \
    "    red: " measures "\n"                                                                          \
    "  contacts: [{name: 值班室, phone: \"024-00000000\"}]\n"                                       \
    "- id: duty-210106\n"                                                                              \
    "  kind: office\n"                                                                                 \
    "  name: 示例区值守\n"                                                                        \
    "  district: \"210106\"\n"                                                                         \
    "  role: district\n"                                                                               \
    "  contacts: [{name: 值班室, phone: \"024-00000000\"}]\n"                                       \
    "- id: law-210106\n"                                                                               \
    "  kind: office\n"                                                                                 \
    "  name: 示例区执法大队\n"                                                                  \
    "  district: \"210106\"\n"                                                                         \
    "  role: enforcement\n"                                                                            \
    "  contacts: [{name: 值班室, phone: \"024-00000000\"}]\n"
#define STOP(line) "[{do: stop, lines: [" line "]}]"

static const char MEASURES[] =
    "measures:\n"
    "  stop: {kind: stop, text: \"{lines}停止生产\", proof: 用电监控}\n"
    "  limit: {kind: limit, text: \"{lines}限产{percent}%\", proof: 用电监控}\n"
    "  ban_trucks: {kind: ban, text: \"停止使用国{stage}及以下重型载货车辆\", proof: 门禁,\n"
    "    evidence: {staying: 0s}}\n"
    "  ban_machinery: {kind: ban, text: \"停止使用国{stage}及以下机械\", proof: 检查}\n";
static const char INVENTORY[] = "day:\n"
                                "  industry: {so2: 1, nox: 1, pm: 5, vocs: 1}\n"
                                "  mobile: {so2: 1, nox: 1, pm: 1, vocs: 1}\n"
                                "  dust: {so2: 0, nox: 0, pm: 1, vocs: 0}\n"
                                "  other: {so2: 0, nox: 0, pm: 1, vocs: 0}\n";
static const char SERIES[] =
    "  flue_flow: {kind: measured, step: 1h, span: 1h, unit: m³/h, low: 0, high: 1000000, valid: "
    "N}\n"
    "  mark: {kind: state, step: 1h, span: 1h, states: [N, F], valid: N}\n"
    "  trucks: {kind: measured, step: 1h, span: 1h, unit: 辆次, low: 0, high: 1000, valid: N}\n";
#define TERMS(more)              \
    "evidence:\n"                \
    "  within: 2h\n"             \
    "  no_data_after: 3h\n" more \
    "  series: {power: production_kw, flow: flue_flow, mark: mark, gate: trucks}\n"
static const char RULE[] =
    "return warning \"heavy-pollution\" { title = \"重污染天气预警\", basis = doc \"plan\",\n"
    "  area = \"210100\",\n"
    "  levels = { { \"yellow\", issue_when = { forecast = \"aqi_day\", above = 150 } },\n"
    "             { \"orange\", issue_when = { forecast = \"aqi_day\", above = 200 } } },\n"
    "  lift_when = { forecast = \"aqi_day\", at_most = 150, lasting = \"24h\" } }\n";

/* Ordered at 16:00, in force at once: two hours are over at 18:00. */
#define ISSUE "@2015-11-01T16:00 forecast aqi_day 2015-11-01 180 180 [pm25]\n"

static struct rig rig_of(const char *registry)
{
    return (struct rig){.policy = TERMS("  staying: 10m\n"),
                        .series = SERIES,
                        .rule = RULE,
                        .registry = registry,
                        .measures = MEASURES,
                        .inventory = INVENTORY,
                        .kinds = "evidence task"};
}

Test(evidence, below_in_time_and_staying_is_obeyed)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig.words = true;
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1/L1 production_kw 90x12 3x12\n",
               "11-01T17:10 evidence yellow yellow to e1 e1/L1 obeyed\n"
               "  seen: production_kw 3 at 2015-11-01T17:05 since 2015-11-01T17:00, learnt "
               "2015-11-01T17:10\n"
               "  asked: production_kw < 15 by 2015-11-01T18:00\n");
}

Test(evidence, below_after_the_time_is_late_and_was_not_obeyed_before)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig.policy = TERMS("  above_for: 30m\n");
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1/L1 production_kw 90x28 3x2\n",
               "11-01T18:25 evidence yellow yellow to e1 e1/L1 late\n");
}

Test(evidence, above_after_the_time_is_a_task_for_the_inspectors)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig.texts = true;
    rig_expect(
        &rig, ISSUE "@2015-11-01T16:00 e1/L1 production_kw 42.5x40\n",
        "11-01T18:05 evidence yellow yellow to e1 e1/L1 not_obeyed\n"
        "11-01T18:05 task yellow yellow to law-210106\n"
        "  示例铸造有限公司（e1）：重污染天气预警（黄色）要求自2015年11月1日16时起，1#炉停止"
        "生产，应于2015年11月1日18时前执行到位（指令编号50bbd1a6eb55）。用电监测功率（监测点 "
        "d20105）2015年11月1日18时至2015年11月1日18时5分为 42.5 kW，应低于 15 "
        "kW，自2015年11月1日16时起未见执行到位。请立即现场核查，并反馈处置结果。\n");
}

Test(evidence, the_bound_itself_is_not_below)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig.kinds = "evidence";
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1/L1 production_kw 15x25\n",
               "11-01T18:05 evidence yellow yellow to e1 e1/L1 not_obeyed\n");
}

Test(evidence, rising_again_is_not_obeyed_and_inspectors_are_sent_once_a_day)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1/L1 production_kw 3x36 80x2 3x4 80x2\n",
               "11-01T16:10 evidence yellow yellow to e1 e1/L1 obeyed\n"
               "11-01T19:05 evidence yellow yellow to e1 e1/L1 not_obeyed\n"
               "11-01T19:05 task yellow yellow to law-210106\n"
               "11-01T19:20 evidence yellow yellow to e1 e1/L1 late\n"
               "11-01T19:35 evidence yellow yellow to e1 e1/L1 not_obeyed\n");
}

Test(evidence, a_rise_before_the_time_is_over_is_no_offence)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1/L1 production_kw 3x4 80x10 3x20\n",
               "11-01T16:10 evidence yellow yellow to e1 e1/L1 obeyed\n");
}

Test(evidence, what_was_before_the_order_does_not_count)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig_expect(&rig,
               "@2015-11-01T15:00 e1/L1 production_kw 3x12\n" ISSUE "@2015-11-01T16:00 e1/L1 "
               "production_kw 80x24 3x2\n",
               "11-01T18:10 evidence yellow yellow to e1 e1/L1 obeyed\n");
}

/* Never heard: the meter is not connected, and nobody is sent. */
Test(evidence, no_data_is_neither_obeyed_nor_guilty)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig.words = true;
    rig_expect(&rig, ISSUE "@2015-11-02T08:00 tick\n",
               "11-01T19:00 evidence yellow yellow to e1 e1/L1 no_data\n"
               "  never heard: production_kw\n"
               "  asked: production_kw < 15 by 2015-11-01T18:00\n");
}

/* Readings that are invalid are no readings. */
Test(evidence, a_meter_that_falls_silent_is_looked_at_once)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig_expect(&rig,
               ISSUE "@2015-11-01T16:00 e1/L1 production_kw 3x24 ?x10 3!Dx40 3x4 -x60\n"
                     "@2015-11-02T08:00 tick\n",
               "11-01T16:10 evidence yellow yellow to e1 e1/L1 obeyed\n"
               "11-01T21:00 evidence yellow yellow to e1 e1/L1 no_data\n"
               "11-01T21:00 task yellow yellow to duty-210106\n"
               "11-01T22:20 evidence yellow yellow to e1 e1/L1 obeyed\n"
               "11-02T01:30 evidence yellow yellow to e1 e1/L1 no_data\n");
}

Test(evidence, silence_shows_no_staying)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig.policy = TERMS("  staying: 4h\n");
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1/L1 production_kw 3x2 -x60 3x2\n",
               "11-01T19:10 evidence yellow yellow to e1 e1/L1 no_data\n"
               "11-01T19:10 task yellow yellow to duty-210106\n");
}

Test(evidence, released_with_the_order)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig_expect(&rig,
               ISSUE "@2015-11-01T16:00 e1/L1 production_kw 3x4\n"
                     "@2015-11-01T17:00 forecast aqi_day 2015-11-01 90 90 [pm25]\n"
                     "@2015-11-01T17:00 e1/L1 production_kw 90x40\n"
                     "@2015-11-02T08:00 tick\n",
               "11-01T16:10 evidence yellow yellow to e1 e1/L1 obeyed\n");
}

/* The raise asks nothing new of the line: the watch goes on under the first order. */
Test(evidence, goes_on_when_the_level_rises)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig_expect(&rig,
               ISSUE "@2015-11-01T16:00 e1/L1 production_kw 3x4\n"
                     "@2015-11-01T17:00 forecast aqi_day 2015-11-01 250 250 [pm25]\n"
                     "@2015-11-01T18:00 e1/L1 production_kw 90x4\n",
               "11-01T16:10 evidence yellow yellow to e1 e1/L1 obeyed\n"
               "11-01T18:05 evidence yellow yellow to e1 e1/L1 not_obeyed\n"
               "11-01T18:05 task yellow yellow to law-210106\n");
}

Test(evidence, until_obeyed_ends_it)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig.policy = TERMS("  until: obeyed\n");
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1/L1 production_kw 3x30 90x10\n",
               "11-01T16:05 evidence yellow yellow to e1 e1/L1 obeyed\n");
}

Test(evidence, announced_for_tomorrow_is_watched_from_then)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig_expect(&rig,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 90 180 180 [pm25]\n"
               "@2015-11-01T16:00 e1/L1 production_kw 90x96\n"
               "@2015-11-02T00:00 e1/L1 production_kw 90x12 3x12\n",
               "11-02T01:10 evidence yellow yellow to e1 e1/L1 obeyed\n");
}

/* ---- the other proofs ---- */

Test(evidence, a_limit_is_shown_by_what_is_left_of_normal)
{
    struct rig rig = rig_of(ENTRY("[{do: limit, lines: [L1], percent: 30}]"));
    rig.words = true;
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1/L1 production_kw 70x2\n",
               "11-01T16:10 evidence yellow yellow to e1 e1/L1 obeyed\n"
               "  seen: production_kw 70 at 2015-11-01T16:05 since 2015-11-01T16:00, learnt "
               "2015-11-01T16:10\n"
               "  asked: production_kw <= 70 by 2015-11-01T18:00\n");
}

/* Ordered to stop, allowed to keep its safety minimum of 20 % of 100 kW. */
Test(evidence, a_safety_minimum_is_never_held_against_a_line)
{
    struct rig rig = rig_of(ENTRY(STOP("L4")));
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1/L4 production_kw 20x40\n",
               "11-01T16:10 evidence yellow yellow to e1 e1/L4 obeyed\n");
}

Test(evidence, flow_below)
{
    struct rig rig = rig_of(ENTRY(STOP("L2")));
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1/L2 flue_flow 5000 150 5000\n",
               "11-01T18:00 evidence yellow yellow to e1 e1/L2 obeyed\n"
               "11-01T19:00 evidence yellow yellow to e1 e1/L2 not_obeyed\n"
               "11-01T19:00 task yellow yellow to law-210106\n");
}

Test(evidence, an_operating_mark)
{
    struct rig rig = rig_of(ENTRY(STOP("L3")));
    rig.words = true;
    rig.kinds = "evidence";
    rig_expect(
        &rig, ISSUE "@2015-11-01T16:00 e1/L3 mark 0 1 0\n",
        "11-01T18:00 evidence yellow yellow to e1 e1/L3 obeyed\n"
        "  seen: mark F at 2015-11-01T17:00 since 2015-11-01T17:00, learnt 2015-11-01T18:00\n"
        "  asked: mark F by 2015-11-01T18:00\n"
        "11-01T19:00 evidence yellow yellow to e1 e1/L3 not_obeyed\n"
        "  seen: mark N at 2015-11-01T18:00 since 2015-11-01T18:00, learnt 2015-11-01T19:00\n"
        "  asked: mark F by 2015-11-01T18:00\n");
}

Test(evidence, banned_trucks_at_the_gate)
{
    struct rig rig = rig_of(ENTRY("[{do: ban_trucks, stage_at_most: 4}]"));
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1 trucks 3 0 0 2\n",
               "11-01T18:00 evidence yellow yellow to e1 e1 obeyed\n"
               "11-01T20:00 evidence yellow yellow to e1 e1 not_obeyed\n"
               "11-01T20:00 task yellow yellow to law-210106\n");
}

/* Only the catalogue knows which measure a gate shows. */
Test(evidence, a_measure_that_says_nothing_of_evidence_is_not_shown_by_a_gate)
{
    struct rig rig = rig_of(ENTRY("[{do: ban_machinery, stage_at_most: 3}]"));
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1 trucks 3 3 3 3\n@2015-11-02T08:00 tick\n", "");
}

Test(evidence, without_terms_nothing_is_watched)
{
    struct rig rig = rig_of(ENTRY(STOP("L1")));
    rig.policy = NULL;
    rig_expect(&rig, ISSUE "@2015-11-01T16:00 e1/L1 production_kw 90x60\n@2015-11-02T08:00 tick\n",
               "");
}

/* ---- late values ---- */

/* 补传: the meter was cut off, and what it kept comes after newer values. */
Test(evidence, values_that_come_late_find_their_place)
{
    struct rig rig = rig_of(ENTRY(STOP("L2")));
    rig.policy = TERMS("");
    rig_expect(&rig,
               ISSUE "@2015-11-01T16:00 e1/L2 flue_flow 5000\n"
                     "@2015-11-01T19:00 e1/L2 flue_flow 100\n"
                     "@2015-11-01T20:30 late 2015-11-01T18:00 e1/L2 flue_flow 100\n",
               "11-01T20:00 evidence yellow yellow to e1 e1/L2 no_data\n"
               "11-01T20:00 task yellow yellow to duty-210106\n"
               "11-01T20:00 evidence yellow yellow to e1 e1/L2 late\n"
               "11-01T20:30 evidence yellow yellow to e1 e1/L2 obeyed\n");
}

/* … hour by hour, when the silence has long been told. */
Test(evidence, what_a_silent_meter_had_kept_is_told_without_calling_it_connected)
{
    struct rig rig = rig_of(ENTRY(STOP("L2")));
    rig.policy = TERMS("");
    rig_expect(&rig,
               ISSUE "@2015-11-01T16:00 e1/L2 flue_flow 100\n"
                     "@2015-11-02T08:00 late 2015-11-01T17:00 e1/L2 flue_flow 100\n"
                     "@2015-11-02T08:01 late 2015-11-01T18:00 e1/L2 flue_flow 900\n"
                     "@2015-11-02T08:02 late 2015-11-01T19:00 e1/L2 flue_flow 900\n"
                     "@2015-11-02T10:00 tick\n",
               "11-01T17:00 evidence yellow yellow to e1 e1/L2 obeyed\n"
               "11-01T20:00 evidence yellow yellow to e1 e1/L2 no_data\n"
               "11-01T20:00 task yellow yellow to duty-210106\n"
               "11-02T08:01 evidence yellow yellow to e1 e1/L2 not_obeyed\n"
               "11-02T08:01 task yellow yellow to law-210106\n");
}

/* A value that was wrong is sent again: nobody stays accused by it. */
Test(evidence, a_correction_corrects_the_result)
{
    struct rig rig = rig_of(ENTRY(STOP("L2")));
    rig.policy = TERMS("");
    rig.kinds = "evidence";
    rig_expect(&rig,
               ISSUE "@2015-11-01T17:00 e1/L2 flue_flow 100 900\n"
                     "@2015-11-01T19:30 late 2015-11-01T18:00 e1/L2 flue_flow 90\n",
               "11-01T18:00 evidence yellow yellow to e1 e1/L2 obeyed\n"
               "11-01T19:00 evidence yellow yellow to e1 e1/L2 not_obeyed\n"
               "11-01T19:30 evidence yellow yellow to e1 e1/L2 obeyed\n");
}

/* ---- its state ---- */

/* A policy change in the middle: what is asked stays as it was ordered, of lines that still are. */
struct turn {
    struct bundle *bundle;
    struct program *program;
    struct engine *engine;
};

static void begin(struct turn *turn, const struct rig *rig)
{
    struct findings findings = {0};
    struct engine_options options = {.approvals = APPROVALS_ALL};
    turn->bundle = rig_bundle(rig);
    cr_assert_geq(program_new(&turn->program, turn->bundle, &findings), 0);
    findings_release(&findings);
    engine_new(&turn->engine, turn->program, &options);
}

static void end(struct turn *turn)
{
    engine_free(turn->engine);
    program_free(turn->program);
    bundle_free(turn->bundle);
}

static char *inherit(struct turn *to, const struct turn *from)
{
    struct buf bytes = {0};
    char *dropped = NULL;
    engine_save(from->engine, &bytes);
    cr_assert_eq(engine_load(to->engine, bytes.data, bytes.size, &dropped), 0);
    buf_release(&bytes);
    return dropped;
}

static void forecast(struct turn *turn, instant_ms at)
{
    static const micro values[] = {180 * (micro)MICRO, 180 * (micro)MICRO};
    static const unsigned primary[] = {1u << PM25, 1u << PM25};
    struct fact fact = {.kind = FACT_FORECAST, .time = at, .arrival = at, .source = "t", .id = "f"};
    struct step step;
    fact.subject = "210100";
    fact.forecast = (struct forecast){.series = "aqi_day",
                                      .issued = at,
                                      .start = at - 16 * (span_ms)HOUR_MS,
                                      .step = DAY_MS,
                                      .count = 2,
                                      .low = values,
                                      .high = values,
                                      .primary = primary};
    cr_assert_eq(engine_step(turn->engine, &fact, &step), 0);
}

/* What is told of a reading of the last five minutes; ticks first. */
static const char *reading(struct turn *turn, instant_ms at, const char *subject, micro value)
{
    struct reading_value one = {.series = "production_kw", .value = value};
    struct fact fact = {
        .kind = FACT_READING, .time = at, .arrival = at + 5 * (span_ms)MINUTE_MS, .source = "t"};
    struct step step;
    instant_ms due;
    fact.id = "r";
    fact.subject = subject;
    fact.reading = (struct reading){&one, 1, 5 * (span_ms)MINUTE_MS};
    while ((due = engine_due_by(turn->engine, fact.arrival)) != INSTANT_NONE) {
        struct fact tick = {.kind = FACT_TICK, .time = due, .arrival = due, .source = "t"};
        tick.id = "";
        engine_step(turn->engine, &tick, &step);
    }
    cr_assert_eq(engine_step(turn->engine, &fact, &step), 0);
    for (size_t i = 0; i < step.count; i++)
        if (step.decisions[i].kind == DECISION_EVIDENCE)
            return step.decisions[i].result;
    return NULL;
}

Test(evidence, survives_a_change_of_policy)
{
    const instant_ms start = 1446364800000; /* 2015-11-01T16:00+08:00 */
    struct rig old = rig_of(ENTRY(STOP("L1, L4"))), new = old;
    struct turn before, after;
    char *registry = xstrdup(old.registry);
    memcpy(strstr(registry, "stopped_below_kw: 15"), "stopped_below_kw: 90", 20); /* L1 */
    memcpy(strstr(registry, "{id: L4"), "{id: L5", 7);
    for (char *at = registry; (at = strstr(at, "[L1, L4]")) != NULL; at++)
        memcpy(at, "[L1, L5]", 8);
    new.registry = registry;
    begin(&before, &old);
    begin(&after, &new);
    forecast(&before, start);
    char *dropped = inherit(&after, &before);
    cr_expect_str_eq(dropped, "evidence of e1/L4");
    /* 50 kW: below the new figure, not below the one that was ordered. */
    cr_expect_null(reading(&after, start, "e1/L1", 50 * (micro)MICRO));
    cr_expect_str_eq(reading(&after, start + 2 * (span_ms)HOUR_MS, "e1/L1", 50 * (micro)MICRO),
                     "not_obeyed");
    free(dropped);
    free(registry);
    end(&before);
    end(&after);
}

Test(evidence, is_saved_whatever_it_knows)
{
    const char *facts = ISSUE "@2015-11-01T16:00 e1/L1 production_kw 3x10 80x4 3x20 80x2 -x70 3x4\n"
                              "@2015-11-01T17:00 e1/L2 flue_flow 5000 5000 100 100\n"
                              "@2015-11-01T17:00 e1/L3 mark 0 1 1 0\n"
                              "@2015-11-01T17:00 e1 trucks 1 0 0 2\n"
                              "@2015-11-02T12:00 tick\n";
    struct rig rig =
        rig_of(ENTRY("[{do: stop, lines: [L1, L2, L3, L4]}, {do: ban_trucks, stage_at_most: 4}]"));
    rig.words = rig.texts = true;
    char *whole = rig_play(&rig, facts);
    rig.save_at = 1;
    char *saved = rig_play(&rig, facts);
    cr_expect_str_eq(whole, saved);
    cr_expect(strstr(whole, "not_obeyed") && strstr(whole, "late") && strstr(whole, "no_data") &&
                  strstr(whole, " obeyed"),
              "%s", whole);
    free(whole);
    free(saved);
}
