/* Walking all conditions, and the proofs. */
#include "shell/readership.h"
#include "base/xalloc.h"
#include "engine/rule.h"
#include "model/policy.h"
#include <string.h>

struct readership {
    const struct policy *policy;
    bool *reads;
    bool anything; /* a function reads what it likes */
};

static void read_condition(struct readership *readership, const struct condition *condition)
{
    if (!condition)
        return;
    for (int i = 0; i < condition->count; i++)
        read_condition(readership, &condition->items[i]);
    if (condition->kind != CONDITION_CLAUSE)
        return;
    readership->anything |= condition->test == TEST_WHERE;
    if (condition->series >= 0)
        readership->reads[condition->series] = true;
}

static void read_rule(struct readership *readership, const struct rule *rule)
{
    for (int i = 0; i < rule->level_count; i++)
        read_condition(readership, rule->levels[i].when);
    read_condition(readership, rule->lift_when);
    read_condition(readership, rule->on);
}

static void read_series(struct readership *readership, const char *name)
{
    int series = name ? policy_series(readership->policy, name) : -1;
    if (series >= 0)
        readership->reads[series] = true;
}

static void read_proofs(struct readership *readership)
{
    const struct registry *registry = &readership->policy->registry;
    for (int kind = 0; kind < PROOF_KINDS; kind++)
        read_series(readership, readership->policy->evidence.series[kind]);
    for (size_t i = 0; i < registry->count; i++) {
        const struct recipient *recipient = &registry->recipients[i];
        read_series(readership, recipient->proof.series);
        for (int j = 0; j < recipient->line_count; j++)
            read_series(readership, recipient->lines[j].proof.series);
    }
}

/* Indices are made of the concentrations. */
static void read_pollutants(struct readership *readership)
{
    const struct policy *policy = readership->policy;
    for (size_t i = 0; i < policy->series_count; i++)
        readership->reads[i] |= policy->series[i].kind == SERIES_MEASURED &&
                                policy->series[i].pollutant != POLLUTANT_NONE;
}

bool *readership_of(const struct program *program)
{
    const struct policy *policy = program_policy(program);
    struct readership readership = {policy, xcalloc(policy->series_count + 1, sizeof(bool)), false};
    size_t count;
    const struct rule *rules = program_rules(program, &count);
    for (size_t i = 0; i < count; i++)
        read_rule(&readership, &rules[i]);
    read_proofs(&readership);
    read_pollutants(&readership);
    if (readership.anything)
        memset(readership.reads, true, policy->series_count * sizeof(bool));
    return readership.reads;
}
