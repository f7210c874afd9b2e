/* Expectations: what they refer to.
 *
 * First within the scenario (of, after, objective), then in the bundle (levels, rules, measures,
 * recipients).  A name that leads nowhere is a finding with the nearest that exists: an expectation
 * about nobody would always be met. */
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/policy.h"
#include "shell/scenario.h"
#include <stdlib.h>

/* The position of `id` among `ids`, or -1 with a finding. */
static int refer(const struct yaml *node, const char *what, const char *id, const char *const *ids,
                 size_t count, struct findings *findings)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(ids[i], id))
            return (int)i;
    }
    const char *near = str_nearest(id, ids, count);
    char *hint = near ? xasprintf(tr("did you mean “%s”?", "是否想写 “%s”？"), near) : NULL;
    findings_add(findings, SEV_ERROR, "C040", yaml_place(node), hint,
                 tr("“%s” refers to “%s”, which does not exist", "“%s” 所指的 “%s” 不存在"), what,
                 id);
    free(hint);
    return -1;
}

#define COLLECT(ids, array, total)                        \
    const char **ids = xcalloc((total) + 1, sizeof *ids); \
    for (size_t at = 0; at < (total); at++)               \
    ids[at] = (array)[at].id ? (array)[at].id : ""

void expect_link(struct expect *expect, const struct scenario *scenario, struct findings *findings)
{
    const struct yaml *of = yaml_get(expect->node, "of");
    const struct yaml *after = yaml_get(expect->node, "after");
    const struct yaml *objective = yaml_get(expect->node, "objective");
    COLLECT(expects, scenario->expects, scenario->expect_count);
    COLLECT(injects, scenario->injects, scenario->inject_count);
    COLLECT(objectives, scenario->objectives, scenario->objective_count);
    if (of && of->kind == YAML_SCALAR)
        expect->of = refer(of, "of", of->text, expects, scenario->expect_count, findings);
    if (after && after->kind == YAML_SCALAR)
        expect->after =
            refer(after, "after", after->text, injects, scenario->inject_count, findings);
    if (objective && objective->kind == YAML_SCALAR)
        expect->objective = refer(objective, "objective", objective->text, objectives,
                                  scenario->objective_count, findings);
    free(expects);
    free(injects);
    free(objectives);
    if (expect->of >= 0 && scenario->expects[expect->of].kind != EXPECT_ORDERS &&
        scenario->expects[expect->of].kind != EXPECT_TASK)
        findings_add(findings, SEV_ERROR, "C041", yaml_place(of), NULL,
                     tr("“of” must name an expectation of kind orders or task, “%s” is %s",
                        "“of” 应指 orders 或 task 类预期，而 “%s” 属 %s 类"),
                     of->text, expect_kind_word(scenario->expects[expect->of].kind));
    if ((after != NULL) != (expect->within >= 0))
        findings_add(findings, SEV_ERROR, "C042", yaml_place(after ? after : expect->node), NULL,
                     tr("“after” and “within” go together", "“after” 与 “within” 须一并写明"));
}

static void check_level(const struct yaml *node, const char *what, const char *level,
                        const struct policy *policy, struct findings *findings)
{
    const char *levels[16] = {"none"};
    size_t count = 1;
    for (size_t i = 0; i < policy->level_count && count < 16; i++)
        levels[count++] = policy->levels[i].name;
    if (level)
        refer(node, what, level, levels, count, findings);
}

static void check_steps(const struct expect *expect, const struct policy *policy,
                        struct findings *findings)
{
    const struct yaml *is = yaml_get(expect->node, "is");
    for (int i = 0; i < expect->step_count; i++)
        check_level(is->items[i], "is", expect->steps[i].level, policy, findings);
}

void expect_check(const struct expect *expect, struct program *program, struct findings *findings)
{
    const struct policy *policy = program_policy(program);
    size_t rule_count;
    const struct rule *rules = program_rules(program, &rule_count);
    const struct yaml *node = expect->node;
    if (expect->rule) {
        const char **names = xcalloc(rule_count + 1, sizeof *names);
        for (size_t i = 0; i < rule_count; i++)
            names[i] = rules[i].name;
        refer(yaml_get(node, "rule"), "rule", expect->rule, names, rule_count, findings);
        free(names);
    }
    /* A watch may have levels of its own, which only its script knows: then the rule is named. */
    if (!expect->rule || expect->kind == EXPECT_LEVEL)
        check_level(yaml_get(node, expect->kind == EXPECT_LEVEL ? "is" : "level"), "level",
                    expect->level, policy, findings);
    check_steps(expect, policy, findings);
    who_check(&expect->where, &policy->registry, findings);
    if (expect->measure && !registry_measure(&policy->registry, expect->measure))
        findings_add(findings, SEV_ERROR, "C040", yaml_place(yaml_get(node, "measure")), NULL,
                     tr("“%s” refers to “%s”, which does not exist", "“%s” 所指的 “%s” 不存在"),
                     "measure", expect->measure);
}
