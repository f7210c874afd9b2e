/* What a script says, as the structs the engine evaluates. */
#include "base/str.h"
#include "engine/script_case.h"
#include <criterion/criterion.h>
#include <string.h>

static const char warning_text[] =
    "return warning \"heavy-pollution\" {\n"
    "  title = \"重污染天气预警\", basis = doc { \"plan\", article = \"4.2\" },\n"
    "  area = p.city, only = { primary = \"pm25\" },\n"
    "  levels = {\n"
    "    { \"yellow\", issue_when = any {\n"
    "        { timeline = \"aqi_day\", above = p.dated, lasting = \"24h\" },\n"
    "        { timeline = \"aqi_day\", above = 150.5, lasting = p.spans.day } } },\n"
    "    { \"red\", response = \"一级\", issue_when = { timeline = \"aqi_day\", above = 300 } } "
    "},\n"
    "  lift_when = all { { observed = \"aqi_24h\", at_most = p.medium },\n"
    "                    { forecast = \"aqi_day\", at_most = 150, lasting = \"36h\" } },\n"
    "  merge_within = \"30h\",\n"
    "}\n";

Test(program, reads_a_warning)
{
    struct script_case script_case = script_case_new(warning_text);
    const struct rule *rule = script_case_rule(&script_case);
    const struct policy *policy = program_policy(script_case.program);
    cr_expect(rule->kind == RULE_WARNING && str_equal(rule->name, "heavy-pollution"));
    cr_expect(str_equal(rule->title, "重污染天气预警") && str_equal(rule->article, "4.2"));
    cr_expect(rule->basis == policy_document(policy, "plan"));
    cr_expect(str_equal(rule->file, "rule.lua") && rule->line == 1);
    cr_expect(rule->area == 0 && rule->only_primary == 1u << PM25);
    cr_expect(rule->lead.value == 60 * HOUR_MS && rule->merge_within.value == 30 * HOUR_MS);
    cr_expect(rule->downgrade == DOWNGRADE_HOLD);
    cr_assert(rule->level_count == 2);
    cr_expect(rule->levels[0].level == 0 && rule->levels[1].level == 2);
    cr_expect(str_equal(rule->levels[0].response, "Ⅲ级") &&
              str_equal(rule->levels[1].response, "一级"));
    cr_expect(str_equal(rule->levels[0].approve, "one") &&
              str_equal(rule->levels[1].approve, "two"));
    cr_expect(rule->levels[0].line == 5 && rule->levels[1].line == 8);
    script_case_release(&script_case);
}

/* A clause's number names it in traces and coverage: depth first, in the order written. */
Test(program, numbers_conditions_depth_first)
{
    struct script_case script_case = script_case_new(warning_text);
    const struct rule *rule = script_case_rule(&script_case);
    const struct condition *any = rule->levels[0].when, *lift = rule->lift_when;
    cr_assert(any->kind == CONDITION_ANY && any->count == 2 && lift->kind == CONDITION_ALL);
    cr_expect(any->number == 0 && any->items[0].number == 1 && any->items[1].number == 2);
    cr_expect(rule->levels[1].when->number == 3);
    cr_expect(lift->number == 4 && lift->items[1].number == 6 && rule->condition_count == 7);
    cr_expect(any->items[1].line == 7 && lift->items[1].line == 10);
    cr_expect(str_equal(any->items[0].words, "aqi_day"));
    script_case_release(&script_case);
}

Test(program, figures_remember_where_they_are_written)
{
    struct script_case script_case = script_case_new(warning_text);
    const struct rule *rule = script_case_rule(&script_case);
    const struct condition *any = rule->levels[0].when;
    const struct figure *dated = &any->items[0].bound, *plain = &any->items[1].bound;
    const struct figure *span = &any->items[1].lasting, *lift = &rule->lift_when->items[0].bound;
    cr_expect(dated->kind == FIGURE_DATED && dated->node && str_equal(dated->path, "dated"));
    cr_expect(str_equal(dated->file, "policy.yaml"));
    cr_expect(plain->kind == FIGURE_CONST && plain->value == 150500000);
    cr_expect(str_equal(plain->file, "rule.lua") && plain->line == 7);
    cr_expect(span->kind == FIGURE_CONST && span->value == 24 * HOUR_MS);
    cr_expect(lift->value == 150 * MICRO && str_equal(lift->path, "medium"));
    script_case_release(&script_case);
}

Test(program, reads_a_joint_condition_steps_and_targets)
{
    struct script_case script_case = script_case_new(
        "return watch \"w\" {\n"
        "  per = lines { has = { \"production_kw\", \"treatment_kw\" }, park = p.parks },\n"
        "  on_unknown = \"task\",\n"
        "  when = all { { observed = \"production_kw\", above = limit \"running\" },\n"
        "               { observed = \"treatment_kw\", at_most = limit \"off\" }, lasting = "
        "\"15m\" },\n"
        "  steps = { { to = \"enterprise\" }, { lasting = \"1h\", to = grid \"town\" },\n"
        "            { after = \"2h\", unless = \"done\", to = within { \"1.5km\", who = sites { "
        "livelihood = true } } },\n"
        "            { after = \"3h\", to = \"district\", text = \"核查\" } },\n"
        "}\n");
    const struct rule *rule = script_case_rule(&script_case);
    const struct condition *when = rule->levels[0].when;
    cr_expect(rule->level_count == 1 && !rule->levels[0].name && rule->levels[0].level == -1);
    cr_expect(when->joint && when->lasting.value == 15 * MINUTE_MS);
    cr_expect(when->items[0].bound.kind == FIGURE_LIMIT &&
              str_equal(when->items[0].bound.path, "running"));
    cr_expect(rule->per.kind == SUBJECT_LINE && rule->per.has_count == 2 && rule->per.count == 1);
    cr_expect(rule->per.attributes[0].count == 1 && rule->per.where == -1);
    cr_expect(rule->on_unknown == UNKNOWN_TASK && !rule->lift_when);
    cr_assert(rule->step_count == 4);
    cr_expect(rule->steps[0].to.kind == TARGET_SUBJECT);
    cr_expect(rule->steps[1].to.kind == TARGET_GRID && str_equal(rule->steps[1].to.name, "town"));
    cr_expect(rule->steps[2].to.metres == 1500 * (micro)MICRO &&
              str_equal(rule->steps[2].unless, "done"));
    cr_expect_str_eq(rule->steps[2].to.who.attributes[0].values[0], "true");
    cr_expect(rule->steps[3].to.kind == TARGET_NAMED && rule->steps[3].after.value == 3 * HOUR_MS);
    script_case_release(&script_case);
}

Test(program, reads_events_and_rotas)
{
    struct script_case script_case = script_case_new(
        "return watch \"w\" {\n"
        "  per = event { kind = \"straw_fire\", at_least = { confidence = 0.8 }, merge = { "
        "\"2km\", \"3h\" } },\n"
        "  clear_when = { receipt = \"done\" },\n"
        "}, rota \"r\" {\n"
        "  during = season \"11-01 .. 03-31\", on = { forecast = \"iaqi_o3_day\", above = 100 },\n"
        "  hours = \"20:00 .. 07:00\", days = \"holidays\", who = enterprises { emits = \"vocs\" "
        "},\n"
        "  measure = \"limit\", percent = 30,\n"
        "}, rota \"s\" { during = calendar \"heating\", who = enterprises {}, measure = \"stop\" "
        "}\n");
    cr_assert(script_case.program, "%s", script_case_findings(&script_case.findings));
    size_t count;
    const struct rule *rules = program_rules(script_case.program, &count);
    cr_assert(count == 3);
    cr_expect(rules[0].per.merge_metres == 2000 * (micro)MICRO &&
              rules[0].per.merge_span == 3 * HOUR_MS);
    cr_expect(rules[0].per.attributes[1].at_least && rules[0].per.attributes[1].bound == 800000);
    cr_expect(rules[0].lift_when->view == VIEW_RECEIPT && rules[0].lift_when->series == -1);
    cr_expect(rules[0].level_count == 0);
    cr_expect(rules[1].has_season && rules[1].season.from_month == 11 && rules[1].has_hours);
    cr_expect(rules[1].area == 0 && str_equal(rules[1].workdays, "holidays"));
    cr_expect(str_equal(rules[1].duty.measure->id, "limit") && rules[1].duty.percent == 30);
    cr_expect(!rules[1].except.present && rules[1].during_rule == -1);
    cr_expect(str_equal(rules[2].heating, "heating") && rules[2].area == -1);
    script_case_release(&script_case);
}

Test(program, a_level_may_name_a_rule_that_comes_later)
{
    struct script_case script_case = script_case_new(
        "return rota \"r\" { during = level { \"w\", at_least = \"orange\" }, who = sites {}, "
        "measure = \"stop\" },\n"
        "  warning \"w\" { area = p.city, lift_when = { observed = \"aqi_24h\", at_most = 100 },\n"
        "    levels = { { \"yellow\", issue_when = { timeline = \"aqi_day\", above = 200 } } } "
        "}\n");
    cr_assert(script_case.program, "%s", script_case_findings(&script_case.findings));
    size_t count;
    const struct rule *rules = program_rules(script_case.program, &count);
    cr_expect(rules[0].during_rule == 1 && rules[0].during_level == 1);
    script_case_release(&script_case);
}

Test(program, the_same_texts_give_the_same_findings_in_the_same_order)
{
    char first[4000] = "";
    for (int i = 0; i < 5; i++) {
        struct script_case script_case =
            script_case_new("return watch \"w\" { zz = 1, aa = 2, mm = 3, per = 1, when = 2, "
                            "[true] = 3, [{}] = 4, steps = {{ q = 1 }} }");
        const char *found = script_case_findings(&script_case.findings);
        if (i == 0)
            strncpy(first, found, sizeof first - 1);
        cr_expect_str_eq(found, first);
        script_case_release(&script_case);
    }
}
