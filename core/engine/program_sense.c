/* What is well written and cannot be meant.
 *
 * Bounds are compared where that is cheap and sure: a level that can never be the highest because a
 * higher one holds whenever it does; a lift that can hold while an issue does; a condition no value
 * can meet.  Dated figures are taken at their newest.  All of it is warning, not error: the rule
 * does what it says. */
#include "base/lang.h"
#include "base/str.h"
#include "engine/codes.h"
#include "engine/program.h"

/* ---- one condition makes another hold ---- */

static bool is_lower_bound(enum clause_test test)
{
    return test == TEST_ABOVE || test == TEST_AT_LEAST;
}

static bool is_upper_bound(enum clause_test test)
{
    return test == TEST_BELOW || test == TEST_AT_MOST;
}

/* Every value that meets a's bound meets b's. */
static bool bound_implies(const struct condition *a, const struct condition *b)
{
    micro x = figure_newest(&a->bound, false), y = figure_newest(&b->bound, false);
    if (x == MICRO_NONE || y == MICRO_NONE)
        return false;
    if (is_lower_bound(a->test) && is_lower_bound(b->test))
        return x > y || (x == y && (a->test == TEST_ABOVE || b->test == TEST_AT_LEAST));
    if (is_upper_bound(a->test) && is_upper_bound(b->test))
        return x < y || (x == y && (a->test == TEST_BELOW || b->test == TEST_AT_MOST));
    return false;
}

static span_ms lasting_of(const struct condition *condition)
{
    span_ms span = figure_newest(&condition->lasting, true);
    return span == MICRO_NONE ? 0 : span;
}

static bool implies(const struct condition *a, const struct condition *b);

static bool some_item_implies(const struct condition *a, const struct condition *b)
{
    for (int i = 0; i < a->count; i++) {
        if (implies(&a->items[i], b))
            return true;
    }
    return false;
}

static bool implies_some_item(const struct condition *a, const struct condition *b)
{
    for (int i = 0; i < b->count; i++) {
        if (implies(a, &b->items[i]))
            return true;
    }
    return false;
}

/* Sure when true; false also means "cannot be told". */
static bool implies(const struct condition *a, const struct condition *b)
{
    if (a->joint || b->joint)
        return false;
    if (a->kind == CONDITION_ANY) {
        for (int i = 0; i < a->count; i++) {
            if (!implies(&a->items[i], b))
                return false;
        }
        return true;
    }
    if (b->kind == CONDITION_ALL) {
        for (int i = 0; i < b->count; i++) {
            if (!implies(a, &b->items[i]))
                return false;
        }
        return true;
    }
    if (a->kind == CONDITION_ALL && some_item_implies(a, b))
        return true;
    if (b->kind == CONDITION_ANY)
        return implies_some_item(a, b);
    return a->kind == CONDITION_CLAUSE && b->kind == CONDITION_CLAUSE && a->view == b->view &&
           a->series == b->series && bound_implies(a, b) && lasting_of(a) >= lasting_of(b);
}

static void check_ladder(struct compiler *c, const struct rule *rule)
{
    for (int i = 0; i + 1 < rule->level_count; i++) {
        const struct rule_level *lower = &rule->levels[i], *higher = &rule->levels[i + 1];
        struct place at = {rule->file, higher->line, 0};
        if (implies(lower->when, higher->when))
            warn(c, R_LADDER, at, tr("a higher level asks for more", "级别越高, 条件应越严"),
                 tr("'%s' can never be the level: whenever it holds, '%s' holds too",
                    "'%s' 永远不会成为当前级别: 它成立时 '%s' 也成立"),
                 lower->name ? lower->name : "", higher->name ? higher->name : "");
    }
}

/* ---- lifting while issuing ---- */

typedef bool clause_seen(void *arg, const struct condition *clause);

/* The first clause the callback says true to, depth first. */
static const struct condition *find_clause(const struct condition *condition, clause_seen *seen,
                                           void *arg)
{
    if (condition->kind == CONDITION_CLAUSE)
        return seen(arg, condition) ? condition : NULL;
    for (int i = 0; i < condition->count; i++) {
        const struct condition *found = find_clause(&condition->items[i], seen, arg);
        if (found)
            return found;
    }
    return NULL;
}

/* Some value meets both: the lower bound leaves room below the upper one. */
static bool overlaps(void *arg, const struct condition *issue)
{
    const struct condition *lift = arg;
    if (issue->series != lift->series || issue->series < 0 || !is_lower_bound(issue->test) ||
        !is_upper_bound(lift->test))
        return false;
    micro low = figure_newest(&issue->bound, false), high = figure_newest(&lift->bound, false);
    if (low == MICRO_NONE || high == MICRO_NONE)
        return false;
    return low < high ||
           (low == high && issue->test == TEST_AT_LEAST && lift->test == TEST_AT_MOST);
}

struct lift_check {
    struct compiler *c;
    const struct rule *rule;
};

/* Reports and goes on: never says true. */
static bool check_lift_clause(void *arg, const struct condition *lift)
{
    const struct lift_check *check = arg;
    const struct rule *rule = check->rule;
    for (int i = 0; i < rule->level_count; i++) {
        union {
            const struct condition *from;
            void *to;
        } clause = {.from = lift};
        if (!find_clause(rule->levels[i].when, overlaps, clause.to))
            continue;
        warn(check->c, R_LIFT, (struct place){rule->file, lift->line, 0},
             tr("the bound to end should not be above the bound to begin",
                "结束条件的界限不应高于启动条件"),
             tr("this can hold for a value of %s that also issues",
                "%s 的同一个值既满足启动又满足结束"),
             lift->words);
        break;
    }
    return false;
}

/* ---- never ---- */

static bool impossible_value(struct compiler *c, const struct condition *clause)
{
    const struct series *series = c->policy ? &c->policy->series[clause->series] : NULL;
    micro bound = figure_newest(&clause->bound, false);
    bool index = series && (series->kind == SERIES_AQI || series->kind == SERIES_IAQI);
    micro highest = index ? 500 * MICRO : series ? series->high : MICRO_MAX;
    micro lowest = index ? 0 : series ? series->low : -MICRO_MAX;
    if (!series || bound == MICRO_NONE || (!index && series->high <= series->low))
        return false;
    switch (clause->test) {
    case TEST_ABOVE:
        return bound >= highest;
    case TEST_AT_LEAST:
        return bound > highest;
    case TEST_BELOW:
        return bound <= lowest;
    case TEST_AT_MOST:
        return bound < lowest;
    default:
        return false;
    }
}

static bool check_possible(void *arg, const struct condition *clause)
{
    const struct lift_check *check = arg;
    if (clause->series >= 0 && impossible_value(check->c, clause))
        warn(check->c, R_NEVER, (struct place){check->rule->file, clause->line, 0}, NULL,
             tr("no value of %s can meet this", "%s 不可能达到该值"), clause->words);
    return false;
}

/* all{ above 200, at_most 150 } of one series through one view. */
static void check_contradiction(struct compiler *c, const struct rule *rule,
                                const struct condition *condition)
{
    for (int i = 0; i < condition->count; i++) {
        const struct condition *a = &condition->items[i];
        check_contradiction(c, rule, a);
        for (int k = 0; condition->kind == CONDITION_ALL && k < condition->count; k++) {
            const struct condition *b = &condition->items[k];
            if (a->kind != CONDITION_CLAUSE || b->kind != CONDITION_CLAUSE || a->view != b->view ||
                a->series != b->series || a->series < 0 || !is_lower_bound(a->test) ||
                !is_upper_bound(b->test))
                continue;
            micro low = figure_newest(&a->bound, false), high = figure_newest(&b->bound, false);
            bool strict = a->test == TEST_ABOVE || b->test == TEST_BELOW;
            /* two runs at different times may both be; only observed values end at the same step */
            if (low != MICRO_NONE && high != MICRO_NONE &&
                (low > high || (low == high && strict)) &&
                (condition->joint || a->view == VIEW_OBSERVED))
                warn(c, R_NEVER, (struct place){rule->file, b->line, 0}, NULL,
                     tr("%s cannot be above one bound and below the other at once",
                        "%s 不可能同时高于一个界限又低于另一个"),
                     a->words);
        }
    }
}

static void check_conditions(struct compiler *c, const struct rule *rule,
                             const struct condition *root)
{
    struct lift_check check = {c, rule};
    if (!root)
        return;
    find_clause(root, check_possible, &check);
    check_contradiction(c, rule, root);
}

void check_sense(struct compiler *c, const struct rule *rule)
{
    struct lift_check check = {c, rule};
    for (int i = 0; i < rule->level_count; i++)
        check_conditions(c, rule, rule->levels[i].when);
    check_conditions(c, rule, rule->lift_when);
    check_conditions(c, rule, rule->on);
    check_ladder(c, rule);
    if (rule->lift_when)
        find_clause(rule->lift_when, check_lift_clause, &check);
    span_ms lead = figure_newest(&rule->lead, true),
            merge = figure_newest(&rule->merge_within, true);
    if (rule->kind == RULE_WARNING && lead != MICRO_NONE && merge != MICRO_NONE && lead < merge)
        warn(c, R_LEAD, (struct place){rule->file, rule->line, 0},
             tr("a new warning within merge_within of a lift should be seen before it begins",
                "解除后 merge_within 内的新过程应能提前看到"),
             tr("lead is shorter than merge_within", "lead 短于 merge_within"));
}
