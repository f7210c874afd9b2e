/* where= functions: what they see, and that they cannot hang, remember or touch anything. */
#include "base/str.h"
#include "engine/script_case.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct ratio before(void *arg, int k)
{
    (void)arg;
    return k <= 2 ? (struct ratio){(wide)(100 * k + 1) * MICRO, 2} : (struct ratio){0};
}

static struct ratio other(void *arg, const char *series)
{
    (void)arg;
    return str_equal(series, "o3") ? ratio_of(42 * (micro)MICRO) : (struct ratio){0};
}

static const struct where_value value = {
    .subject = "s1",
    .series = "pm25",
    .time = 1447041600000, /* 2015-11-09 12:00 in Shenyang, a Monday */
    .value = {(wide)168 * MICRO, 1},
    .before = before,
    .other = other,
};

static struct script_case with_body(const char *body)
{
    char text[1000];
    snprintf(text, sizeof text,
             "local function near(a, b) return a > b - 0.001 and a < b + 0.001 end\n"
             "return watch \"w\" { per = stations {}, when = { observed = \"pm25\", where = "
             "function(v)\n"
             "  %s\nend } }",
             body);
    return script_case_new(text);
}

static int ask(struct script_case *script_case, bool *ret, const char **reterr)
{
    const struct rule *rule = script_case_rule(script_case);
    return script_where_value(script_case->program, rule->levels[0].when->where, &value, ret,
                              reterr);
}

static void expect_answer(const char *body, bool wanted)
{
    struct script_case script_case = with_body(body);
    bool answer = !wanted;
    const char *failure = "";
    cr_expect(ask(&script_case, &answer, &failure) == 0, "%s: %s", body, failure);
    cr_expect(answer == wanted, "%s", body);
    script_case_release(&script_case);
}

static void expect_failure(const char *body, const char *part)
{
    struct script_case script_case = with_body(body);
    bool answer;
    const char *failure = "";
    cr_expect(ask(&script_case, &answer, &failure) == ERR_SCRIPT, "%s", body);
    cr_expect(str_starts(failure, "rule.lua:3: ") && strstr(failure, part), "%s: %s", body,
              failure);
    script_case_release(&script_case);
}

/* In Lua 0 and "no" would hold; here they are mistakes, told with the line where the function
 * begins. */
Test(where, answers_true_false_or_nothing)
{
    struct script_case script_case = with_body("return 0");
    bool answer;
    const char *failure = "";
    cr_expect(ask(&script_case, &answer, &failure) == ERR_SCRIPT);
    cr_expect(str_starts(failure, "rule.lua:") && strstr(failure, "true or false, not a number"),
              "%s", failure);
    script_case_release(&script_case);
}

Test(where, sees_the_value_and_its_time)
{
    expect_answer("return v.value == 168 and v.subject == 's1' and v.series == 'pm25'", true);
    expect_answer("return v.hour == 12 and v.month == 11 and v.day == 9 and v.weekday == 1", true);
    expect_answer("return v.time == 1447041600000", true);
    expect_answer(
        "return near(v:before(1), 50.5) and near(v:before(2), 100.5) and v:before(3) == nil", true);
    expect_answer("return v:other('o3') == 42 and v:other('nox_zs') == nil", true);
    expect_answer("return nil", false);
}

Test(where, mistakes_name_file_and_line)
{
    expect_failure("return v.valeu > 3", "did you mean 'value'");
    expect_failure("return v:before(0)", "1 to 10000");
    expect_failure("return v:other('pm2.5')", "unknown series");
    expect_failure("v.value = 3", "read-only");
    expect_failure("return v.subject < 3", "compare");
    expect_failure("while true do end", "200000 steps");
    expect_failure("local s = ('x'):rep(30000) while true do local t = s .. 'y' end",
                   "more memory");
    expect_failure("return ('a'):rep(9000):find('.-.-.-b')", "steps");
    expect_failure("return watch 'x' {}", "only be used while a script loads");
    expect_failure("return season('x')", "only be used while a script loads");
}

/* Peers' bugs 3 and 1: the next call has its full budget, and the box is whole after a failure. */
Test(where, a_failure_leaves_the_next_call_whole)
{
    struct script_case script_case =
        with_body("if v:before(1) == nil then while true do end end return v.value == 168");
    bool answer;
    const char *failure;
    for (int i = 0; i < 20; i++) {
        struct where_value lonely = value;
        lonely.before = NULL;
        const struct rule *rule = script_case_rule(&script_case);
        int number = rule->levels[0].when->where;
        cr_expect(script_where_value(script_case.program, number, &lonely, &answer, &failure) ==
                  ERR_SCRIPT);
        cr_expect(script_where_value(script_case.program, number, &value, &answer, &failure) == 0 &&
                  answer);
    }
    script_case_release(&script_case);
}

/* A table a function carries is read-only, however it is reached. */
Test(where, carried_tables_cannot_be_changed)
{
    struct script_case script_case = script_case_new(
        "local t = { inner = { n = 1 }, list = { 3, 1, 2 } }\n"
        "return watch \"w\" { per = stations {}, when = any {\n"
        "  { observed = \"pm25\", where = function(v) local s = t.inner s.n = s.n + 1 return true "
        "end },\n"
        "  { observed = \"pm25\", where = function(v) table.insert(t.list, 4) return true end },\n"
        "  { observed = \"pm25\", where = function(v) table.sort(t.list) return true end },\n"
        "  { observed = \"pm25\", where = function(v)\n"
        "      local sum = 0 for _, n in ipairs(t.list) do sum = sum + n end\n"
        "      for k, n in pairs(t.inner) do sum = sum + n end\n"
        "      return sum == 7 and #t.list == 3 and table.concat(t.list) == '312' end },\n"
        "} }");
    const struct condition *when = script_case_rule(&script_case)->levels[0].when;
    for (int i = 0; i < 4; i++) {
        bool answer = false;
        const char *failure = "";
        int err = script_where_value(script_case.program, when->items[i].where, &value, &answer,
                                     &failure);
        if (i < 3)
            cr_expect(err == ERR_SCRIPT && strstr(failure, "read-only"), "%d: %s", i, failure);
        else
            cr_expect(err == 0 && answer, "%s", failure);
    }
    script_case_release(&script_case);
}

Test(where, sees_a_recipient)
{
    struct script_case script_case = script_case_new(
        "return rota \"r\" { during = season \"01-01 .. 12-31\", measure = \"stop\",\n"
        "  who = enterprises { where = function(r)\n"
        "    assert(r.id == 'e1' and r.grade == 'B' and r.class == 'normal' and r.kind == "
        "'enterprise')\n"
        "    assert(r.park == '示例化工园' and r.industry == 'foundry' and r.district == "
        "'210102')\n"
        "    assert(r.day.vocs == 0.1 and #r.lines == 1 and r.lines[1].id == 'L1' and "
        "r.lines[1].day.pm == 0.1)\n"
        "    assert(r.emits[2] == 'vocs' and r.attr 'name' == r.name and r.attr 'phase' == nil)\n"
        "    r.lines[1].day.pm = 9\n"
        "    return r.lines[1].day.pm == 0.1 end } }");
    const struct rule *rule = script_case_rule(&script_case);
    const struct registry *registry = &program_policy(script_case.program)->registry;
    bool answer = false;
    const char *failure = "";
    int err = script_where_recipient(script_case.program, rule->who.where,
                                     &registry->recipients[registry_find(registry, "e1")], &answer,
                                     &failure);
    cr_expect(err == 0 && answer, "%s", failure);
    script_case_release(&script_case);
}

/* Equal questions, equal answers: asked in any order, in any number, by any program. */
Test(where, answers_do_not_depend_on_what_was_asked_before)
{
    static const char body[] = "local t = {} for i = 1, v.value % 13 do t[i] = i * 7 % 5 end\n"
                               "table.sort(t) local s = table.concat(t, ',') return #s % 2 == 1";
    bool answers[2][200];
    for (int run = 0; run < 2; run++) {
        struct script_case script_case = with_body(body);
        const struct rule *rule = script_case_rule(&script_case);
        for (int i = 0; i < 200; i++) {
            int n = run == 0 ? i : 199 - i;
            struct where_value one = value;
            const char *failure = "";
            one.value = ratio_of(n * (micro)MICRO);
            cr_assert(script_where_value(script_case.program, rule->levels[0].when->where, &one,
                                         &answers[run][n], &failure) == 0,
                      "%s", failure);
        }
        script_case_release(&script_case);
    }
    cr_expect(memcmp(answers[0], answers[1], sizeof answers[0]) == 0);
}
