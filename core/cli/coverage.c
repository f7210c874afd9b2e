/* Coverage: which of a policy's sentences its cases have put to the test. */
#include "cli/coverage.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/output.h"
#include <stdlib.h>

enum { MISSING_SHOWN = 12 };
const char *const coverage_words[] = {"rule", "clause", "row", NULL};

/* ---- taking in ---- */

static struct covered_rule *rule_named(const struct coverage *coverage, const char *name)
{
    for (size_t i = 0; i < coverage->rule_count; i++)
        if (str_equal(coverage->rules[i].name, name))
            return &coverage->rules[i];
    return NULL;
}

static const char *test_word(enum clause_test test)
{
    static const char *const words[] = {
        [TEST_ABOVE] = ">", [TEST_AT_LEAST] = ">=",   [TEST_BELOW] = "<",     [TEST_AT_MOST] = "<=",
        [TEST_IS] = "is",   [TEST_ONE_OF] = "one of", [TEST_WHERE] = "where", [TEST_DONE] = "done",
    };
    return words[test];
}

/* The figure, of a dated one the newest, or the limit's name. */
static void put_bound(struct buf *buf, const struct figure *bound)
{
    const struct yaml *figure;
    switch (bound->kind) {
    case FIGURE_NONE:
        break;
    case FIGURE_CONST:
        micro_print(buf, bound->value);
        break;
    case FIGURE_DATED:
        figure = bound->node;
        if (figure && figure_is_dated(figure))
            figure = yaml_get(figure->items[figure->count - 1], "value");
        buf_puts(buf, figure && figure->text ? figure->text : bound->path ? bound->path : "?");
        break;
    case FIGURE_LIMIT:
        buf_printf(buf, "limit %s", bound->path ? bound->path : "");
        break;
    }
}

/* "aqi_day > 200", "boiler_state is off" */
static void put_clause(struct buf *buf, const struct policy *policy, const struct condition *clause)
{
    buf_printf(buf, "%s %s", clause->words ? clause->words : "", test_word(clause->test));
    if (clause->bound.kind != FIGURE_NONE || clause->state_count > 0)
        buf_putc(buf, ' ');
    put_bound(buf, &clause->bound);
    for (int i = 0; i < clause->state_count && clause->series >= 0; i++)
        buf_printf(buf, "%s%s", i ? "|" : "",
                   policy->series[clause->series].states[clause->states[i]]);
}

/* Clauses that must hold at the same instants are asked together, so they count as one.  `opens`:
 * it is one of those by which the rule comes to act at all. */
static void note_condition(struct covered_rule *rule, const struct policy *policy,
                           const struct condition *condition, const char *level, bool opens)
{
    if (!condition)
        return;
    bool asked = condition->kind == CONDITION_CLAUSE || condition->joint;
    if (asked && condition->number < rule->conditions) {
        struct buf words = {0};
        buf_printf(&words, "%s: ", level);
        if (condition->joint)
            buf_puts(&words, "jointly");
        else
            put_clause(&words, policy, condition);
        rule->lines[condition->number] = condition->line;
        rule->opens[condition->number] = opens;
        free(rule->words[condition->number]);
        rule->words[condition->number] = buf_detach(&words);
    }
    for (int i = 0; i < condition->count && !condition->joint; i++)
        note_condition(rule, policy, &condition->items[i], level, opens);
}

static void note_rule(struct coverage *coverage, const struct policy *policy,
                      const struct rule *rules, const struct rule *rule)
{
    if (rule_named(coverage, rule->name))
        return;
    xgrow((void **)&coverage->rules, coverage->rule_count, &coverage->rule_capacity,
          sizeof *coverage->rules);
    size_t conditions = (size_t)rule->condition_count;
    struct covered_rule *covered = &coverage->rules[coverage->rule_count++];
    *covered = (struct covered_rule){
        .name = xstrdup(rule->name),
        .file = xstrdup(rule->file),
        .line = rule->line,
        .conditions = rule->condition_count,
        .seen = xcalloc(conditions + 1, 1),
        .opens = xcalloc(conditions + 1, sizeof(bool)),
        .lines = xcalloc(conditions + 1, sizeof(int)),
        .words = xcalloc(conditions + 1, sizeof(char *)),
        .follows = rule->kind == RULE_ROTA && rule->during_rule >= 0
                       ? xstrdup(rules[rule->during_rule].name)
                       : NULL,
        .follows_level = rule->during_level,
    };
    for (int i = 0; i < rule->level_count; i++)
        note_condition(covered, policy, rule->levels[i].when,
                       rule->levels[i].name ? rule->levels[i].name : "when", true);
    note_condition(covered, policy, rule->lift_when, rule->kind == RULE_WARNING ? "lift" : "clear",
                   false);
    note_condition(covered, policy, rule->on, "on", true);
}

static void note_rows(struct coverage *coverage, const struct policy *policy)
{
    coverage->levels = (int)policy->level_count;
    coverage->recipients = policy->registry.count;
    coverage->rows = xcalloc(coverage->recipients * policy->level_count + 1, 1);
    coverage->row_names = xcalloc(coverage->recipients + 1, sizeof(char *));
    coverage->level_names = xcalloc(policy->level_count + 1, sizeof(char *));
    for (int level = 0; level < coverage->levels; level++)
        coverage->level_names[level] = xstrdup(policy->levels[level].name);
    for (size_t i = 0; i < coverage->recipients; i++) {
        const struct recipient *recipient = &policy->registry.recipients[i];
        coverage->row_names[i] = xasprintf("%s %s", recipient->id, recipient->name);
        for (int level = 0; level < coverage->levels && recipient->duty_counts; level++)
            coverage->rows[i * policy->level_count + (size_t)level] =
                recipient->duty_counts[level] > 0;
    }
}

void coverage_prepare(struct coverage *coverage, const char *folder, struct program *program)
{
    size_t count;
    const struct rule *rules = program_rules(program, &count);
    if (!coverage->folder) {
        coverage->folder = xstrdup(folder);
        note_rows(coverage, program_policy(program));
    }
    for (size_t i = 0; i < count; i++)
        note_rule(coverage, program_policy(program), rules, &rules[i]);
}

void coverage_clause(void *arg, const struct rule *rule, int condition, bool held)
{
    struct coverage *coverage = arg;
    struct covered_rule *covered = rule_named(coverage, rule->name);
    if (covered && condition >= 0 && condition < covered->conditions)
        covered->seen[condition] |= held ? 2 : 1;
}

/* A rota that follows a warning decides nothing of its own: its orders are in the warning's plan.
 */
static void note_followers(struct coverage *coverage, const struct record *record, int level)
{
    for (size_t i = 0; i < coverage->rule_count; i++) {
        struct covered_rule *rule = &coverage->rules[i];
        if (rule->follows && record->planned && level >= rule->follows_level &&
            str_equal(rule->follows, record->rule))
            rule->decided = true;
    }
}

void coverage_run(struct coverage *coverage, const struct run *run)
{
    for (size_t i = 0; i < run->record_count; i++) {
        const struct record *record = &run->records[i];
        struct covered_rule *rule = record->rule ? rule_named(coverage, record->rule) : NULL;
        if (rule)
            rule->decided = true;
        int level = record->level ? policy_level(run->policy, record->level) : -1;
        note_followers(coverage, record, level);
        if (record->kind != DECISION_ORDER || record->recipient < 0 || level < 0 ||
            (size_t)record->recipient >= coverage->recipients || level >= coverage->levels)
            continue;
        coverage->rows[record->recipient * coverage->levels + level] |= 2;
    }
}

/* ---- telling ---- */

static bool is_clause(const struct covered_rule *rule, int condition)
{
    return rule->words[condition] != NULL;
}

/* An alarm that data are missing is a decision too, and a directive raises a warning whose levels
 * never held: such a rule has not been put to the test. */
static bool never_opened(const struct covered_rule *rule)
{
    bool opens = false;
    for (int i = 0; i < rule->conditions; i++) {
        if (rule->opens[i] && (rule->seen[i] & 2))
            return false;
        opens |= rule->opens[i];
    }
    return opens;
}

void coverage_count(const struct coverage *coverage, enum coverage_part part, size_t *ret_covered,
                    size_t *ret_total)
{
    size_t covered = 0, total = 0;
    for (size_t i = 0; i < coverage->rule_count && part != COVERAGE_ROW; i++) {
        const struct covered_rule *rule = &coverage->rules[i];
        if (part == COVERAGE_RULE) {
            covered += rule->decided && !never_opened(rule);
            total++;
        }
        for (int k = 0; k < rule->conditions && part == COVERAGE_CLAUSE; k++) {
            if (!is_clause(rule, k))
                continue;
            covered += (size_t)(rule->seen[k] & 1) + (size_t)(rule->seen[k] >> 1 & 1);
            total += 2;
        }
    }
    for (size_t i = 0; part == COVERAGE_ROW && i < coverage->recipients * (size_t)coverage->levels;
         i++) {
        total += coverage->rows[i] & 1;
        covered += coverage->rows[i] == 3;
    }
    *ret_covered = covered;
    *ret_total = total;
}

static void print_rules(FILE *stream, const struct coverage *coverage)
{
    for (size_t i = 0; i < coverage->rule_count; i++) {
        const struct covered_rule *rule = &coverage->rules[i];
        if (!rule->decided)
            fprintf(stream,
                    tr("    %s:%d: %s never decided anything\n", "    %s:%d：%s 从未作出决定\n"),
                    rule->file, rule->line, rule->name);
        else if (never_opened(rule))
            fprintf(stream,
                    tr("    %s:%d: the conditions of %s never held\n",
                       "    %s:%d：%s 的启动条件从未成立\n"),
                    rule->file, rule->line, rule->name);
    }
}

static void print_clauses(FILE *stream, const struct coverage *coverage)
{
    for (size_t i = 0; i < coverage->rule_count; i++) {
        const struct covered_rule *rule = &coverage->rules[i];
        for (int k = 0; k < rule->conditions; k++) {
            if (!is_clause(rule, k) || rule->seen[k] == 3)
                continue;
            fprintf(stream, "    %s:%d: %s/%s %s\n", rule->file, rule->lines[k], rule->name,
                    rule->words[k],
                    rule->seen[k] == 2   ? tr("always held", "始终成立")
                    : rule->seen[k] == 1 ? tr("never held", "从未成立")
                                         : tr("was never asked", "从未判断"));
        }
    }
}

static void print_rows(FILE *stream, const struct coverage *coverage)
{
    size_t shown = 0, missing = 0;
    for (size_t i = 0; i < coverage->recipients; i++) {
        for (int level = 0; level < coverage->levels; level++) {
            if (coverage->rows[i * (size_t)coverage->levels + (size_t)level] != 1)
                continue;
            if (shown < MISSING_SHOWN) {
                fprintf(stream, "    %s %s\n", coverage->row_names[i],
                        coverage->level_names[level]);
                shown++;
            }
            missing++;
        }
    }
    if (missing > shown)
        fprintf(stream, tr("    and %zu more\n", "    另有 %zu 行\n"), missing - shown);
}

static int percent(size_t covered, size_t total)
{
    return total ? (int)(covered * 100 / total) : 100;
}

void coverage_print(FILE *stream, const struct coverage *coverage, unsigned parts)
{
    const char *titles[] = {tr("rules", "规则"),
                            tr("clauses (held, did not hold)", "条件（成立、不成立）"),
                            tr("list rows", "清单行")};
    fprintf(stream, tr("coverage of %s\n", "%s 的覆盖情况\n"), coverage->folder);
    for (int part = 0; part < COVERAGE_PARTS; part++) {
        size_t covered, total;
        if (!(parts >> part & 1))
            continue;
        coverage_count(coverage, (enum coverage_part)part, &covered, &total);
        fprintf(stream, "  %3d%%  %zu/%zu  %s\n", percent(covered, total), covered, total,
                titles[part]);
        if (part == COVERAGE_RULE)
            print_rules(stream, coverage);
        else if (part == COVERAGE_CLAUSE)
            print_clauses(stream, coverage);
        else
            print_rows(stream, coverage);
    }
}

void coverage_json(struct buf *buf, const struct coverage *coverage, unsigned parts)
{
    struct json_writer writer = {.buf = buf};
    jw_begin(&writer, '{');
    jw_key(&writer, "bundle");
    jw_text(&writer, coverage->folder);
    for (int part = 0; part < COVERAGE_PARTS; part++) {
        size_t covered, total;
        if (!(parts >> part & 1))
            continue;
        coverage_count(coverage, (enum coverage_part)part, &covered, &total);
        jw_key(&writer, coverage_words[part]);
        jw_begin(&writer, '{');
        jw_key(&writer, "covered");
        jw_int(&writer, (int64_t)covered);
        jw_key(&writer, "total");
        jw_int(&writer, (int64_t)total);
        jw_key(&writer, "percent");
        jw_int(&writer, percent(covered, total));
        jw_end(&writer, '}');
    }
    jw_end(&writer, '}');
}

void coverage_release(struct coverage *coverage)
{
    for (size_t i = 0; i < coverage->rule_count; i++) {
        struct covered_rule *rule = &coverage->rules[i];
        for (int k = 0; k < rule->conditions; k++)
            free(rule->words[k]);
        free(rule->words);
        free(rule->lines);
        free(rule->opens);
        free(rule->seen);
        free(rule->name);
        free(rule->follows);
        free(rule->file);
    }
    for (size_t i = 0; i < coverage->recipients; i++)
        free(coverage->row_names[i]);
    for (int i = 0; i < coverage->levels; i++)
        free(coverage->level_names[i]);
    free(coverage->row_names);
    free(coverage->level_names);
    free(coverage->rules);
    free(coverage->rows);
    free(coverage->folder);
    *coverage = (struct coverage){0};
}
