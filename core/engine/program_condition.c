/* Conditions: clauses, and any{} and all{} around them.
 *
 * A clause looks at one series through one view and makes one test.  Conditions are numbered depth
 * first within the rule; the number names a clause in traces and coverage, so it must not depend on
 * anything but the text. */
#include "base/lang.h"
#include "base/str.h"
#include "engine/codes.h"
#include "engine/program.h"
#include <string.h>

enum { CONDITIONS_MAX = 256 };

static const char *const view_words[] = {"observed", "forecast", "timeline", "receipt"};
static const char *const test_words[] = {"above", "at_least", "below", "at_most",
                                         "is",    "one_of",   "where"};

static const struct series *series_of(const struct compiler *c, const struct condition *clause)
{
    return c->policy && clause->series >= 0 ? &c->policy->series[clause->series] : NULL;
}

/* ---- where a clause looks ---- */

/* The clause's one view; NULL when it has none or several. */
static const struct written *find_view(struct compiler *c, const struct written *value,
                                       unsigned views, struct condition *clause)
{
    const struct written *found = NULL;
    int count = 0;
    for (unsigned i = 0; i < sizeof view_words / sizeof *view_words; i++) {
        const struct written *view = written_get(value, view_words[i]);
        if (!view)
            continue;
        count++;
        found = view;
        clause->view = (enum clause_view)i;
        if (!(views & 1u << i))
            complain(c, R_CLAUSE, view, NULL, tr("%s cannot be used here", "此处不能用 %s"),
                     view_words[i]);
    }
    if (count == 0)
        complain(
            c, R_CLAUSE, value,
            tr("write observed=, forecast= or timeline=", "写上 observed=、forecast= 或 timeline="),
            tr("the clause does not say where it looks", "条款没有写明看哪里的数据"));
    else if (count > 1)
        complain(c, R_CLAUSE, value,
                 tr("make two clauses of it in any{…} or all{…}",
                    "请拆成两个条款, 放进 any{…} 或 all{…}"),
                 tr("the clause looks in %d places", "条款同时看了 %d 处"), count);
    return count == 1 && (views & 1u << clause->view) ? found : NULL;
}

static bool read_view(struct compiler *c, const struct written *view, struct condition *clause)
{
    if (!view)
        return false;
    if (clause->view == VIEW_RECEIPT) {
        static const char *const done[] = {"done"};
        int which;
        clause->series = -1;
        clause->test = TEST_DONE;
        clause->words = "receipt";
        return slot_choice(c, view, done, 1, &which);
    }
    if (!name_series(c, view, &clause->series))
        return false;
    const struct series *series = series_of(c, clause);
    clause->words = series ? series->name : "series";
    return true;
}

/* ---- what it tests ---- */

static bool read_states(struct compiler *c, const struct written *value, struct condition *clause)
{
    const char *const *texts;
    int count;
    const struct series *series = series_of(c, clause);
    if (series && series->kind != SERIES_STATE) {
        complain(
            c, R_STATE, value,
            tr("use above, at_least, below or at_most", "请用 above、at_least、below 或 at_most"),
            tr("%s has numbers, not states", "%s 是数值, 不是状态"), series->name);
        return false;
    }
    if (!slot_texts(c, value, &texts, &count) || !series)
        return !c->policy;
    int *states = arena_alloc(c->arena, (size_t)count * sizeof *states);
    for (int i = 0; i < count; i++) {
        for (int state = 0; state < series->state_count; state++) {
            if (strcmp(series->states[state], texts[i]) == 0)
                states[clause->state_count++] = state;
        }
        if (clause->state_count <= i) {
            complain_unknown(c, R_STATE, value, tr("state", "状态"), texts[i], series->states,
                             (size_t)series->state_count);
            return false;
        }
    }
    clause->states = states;
    return true;
}

static bool read_bound(struct compiler *c, const struct written *value, struct condition *clause)
{
    const struct series *series = series_of(c, clause);
    bool limits = c->rule->per.kind == SUBJECT_OUTLET || c->rule->per.kind == SUBJECT_LINE;
    if (series && series->kind == SERIES_STATE) {
        complain(c, R_STATE, value, tr("use is = or one_of =", "请用 is = 或 one_of ="),
                 tr("%s has states, not numbers", "%s 是状态, 不是数值"), series->name);
        return false;
    }
    if (!slot_number(c, value, limits, &clause->bound))
        return false;
    if (clause->bound.kind == FIGURE_CONST && clause->bound.value < 0 &&
        (!series || series->low >= 0)) {
        complain(c, R_RANGE, value, NULL, tr("%s is negative", "%s 是负数"), value->key);
        return false;
    }
    return true;
}

/* The clause's one test. */
static bool read_test(struct compiler *c, const struct written *value, struct condition *clause)
{
    const struct written *found = NULL;
    int count = 0;
    for (unsigned i = 0; i < sizeof test_words / sizeof *test_words; i++) {
        const struct written *test = written_get(value, test_words[i]);
        if (!test)
            continue;
        count++;
        found = test;
        clause->test = (enum clause_test)i == TEST_WHERE ? TEST_WHERE : (enum clause_test)i;
    }
    if (count > 1)
        complain(c, R_TESTS, value,
                 tr("make two clauses of it in all{…}", "请拆成两个条款, 放进 all{…}"),
                 tr("the clause has %d tests", "条款有 %d 个判断"), count);
    else if (count == 0)
        complain(c, R_CLAUSE, value,
                 tr("write above=, at_least=, below= or at_most=",
                    "写上 above=、at_least=、below= 或 at_most="),
                 tr("the clause tests nothing", "条款没有判断"));
    if (count != 1)
        return false;
    if (clause->test == TEST_WHERE)
        return slot_where(c, found, &clause->where);
    if (clause->test == TEST_IS || clause->test == TEST_ONE_OF)
        return read_states(c, found, clause);
    return read_bound(c, found, clause);
}

/* ---- lasting ---- */

/* (n-1)·step + span must meet `lasting` exactly for some n. */
static void check_steps(struct compiler *c, const struct written *value,
                        const struct series *series, const struct figure *lasting)
{
    span_ms span = figure_newest(lasting, true);
    if (!series || span == MICRO_NONE || series->step <= 0)
        return;
    span_ms more = span > series->span ? span - series->span : 0;
    span_ms steps = (more + series->step - 1) / series->step;
    span_ms rounded = steps * series->step + series->span;
    if (rounded == span)
        return;
    struct buf text = {0};
    span_print(&text, rounded);
    warn(c, R_STEPS, value->at, NULL,
         tr("lasting is no whole number of steps of %s; it counts as %s",
            "lasting 不是 %s 步长的整数倍, 按 %s 计"),
         series->name, buf_str(&text));
    buf_release(&text);
}

static void read_clause_lasting(struct compiler *c, const struct written *value,
                                struct condition *clause)
{
    const struct written *lasting = written_get(value, "lasting");
    if (!lasting)
        return;
    if (clause->view == VIEW_RECEIPT)
        complain(c, R_CLAUSE, lasting, NULL, tr("a receipt does not last", "回执没有持续时间"));
    else if (slot_span(c, lasting, &clause->lasting) &&
             !(c->lifting && clause->view == VIEW_FORECAST))
        check_steps(c, lasting, series_of(c, clause), &clause->lasting);
}

static bool read_clause(struct compiler *c, const struct written *value, unsigned views,
                        struct condition *clause)
{
    SLOT_KNOWN(c, value, tr("a clause", "条款"), 0, "observed", "forecast", "timeline", "receipt",
               "above", "at_least", "below", "at_most", "is", "one_of", "where", "lasting");
    clause->series = -1;
    bool seen = read_view(c, find_view(c, value, views, clause), clause);
    if (clause->view == VIEW_RECEIPT) {
        for (unsigned i = 0; i < sizeof test_words / sizeof *test_words; i++) {
            if (written_get(value, test_words[i]))
                complain(c, R_TESTS, value, NULL,
                         tr("a receipt needs no test", "回执条款不需要判断"));
        }
        read_clause_lasting(c, value, clause);
        return seen;
    }
    bool tested = read_test(c, value, clause);
    read_clause_lasting(c, value, clause);
    return seen && tested;
}

/* ---- any, all ---- */

static bool read_into(struct compiler *c, const struct written *value, unsigned views,
                      struct condition *ret);

/* The clauses of a joint all{} hold together, so they must be plain clauses of one step. */
static void check_joint(struct compiler *c, const struct written *value, struct condition *group)
{
    const struct series *first = NULL;
    for (int i = 0; i < group->count; i++) {
        const struct condition *item = &group->items[i];
        const struct series *series = item->kind == CONDITION_CLAUSE ? series_of(c, item) : NULL;
        if (item->kind != CONDITION_CLAUSE || item->lasting.kind != FIGURE_NONE)
            complain(c, R_CLAUSE, value, NULL,
                     tr("with lasting, all{…} holds plain clauses without lasting of their own",
                        "带 lasting 的 all{…} 里只能是不带 lasting 的条款"));
        else if (first && series && series->step != first->step)
            complain(c, R_CLAUSE, value, NULL,
                     tr("%s and %s have different steps and cannot hold together",
                        "%s 与 %s 步长不同, 不能同时判断"),
                     first->name, series->name);
        first = first ? first : series;
    }
    if (first)
        check_steps(c, written_get(value, "lasting"), first, &group->lasting);
}

static bool read_group(struct compiler *c, const struct written *value, unsigned views,
                       struct condition *group)
{
    bool is_all = written_is(value, "all");
    int count = written_items(value);
    if (is_all)
        SLOT_KNOWN(c, value, "all", CONDITIONS_MAX, "lasting");
    else
        SLOT_KNOWN(c, value, "any", CONDITIONS_MAX, "");
    group->kind = is_all ? CONDITION_ALL : CONDITION_ANY;
    group->series = -1;
    if (count == 0)
        complain(c, R_EMPTY, value, NULL, tr("%s{} holds no clause", "%s{} 中没有条款"),
                 value->word);
    group->items = arena_alloc(c->arena, ((size_t)count + 1) * sizeof *group->items);
    bool right = count > 0;
    for (int i = 0; i < count; i++) {
        const struct written *item = &value->items[i];
        if (item->index != i + 1)
            complain(c, R_MISSING, item, NULL,
                     tr("item %d before it is nil", "它前面的第 %d 项是 nil"), i + 1);
        if (read_into(c, item, views, &group->items[group->count]))
            group->count++;
        else
            right = false;
    }
    const struct written *lasting = is_all ? written_get(value, "lasting") : NULL;
    if (slot_span(c, lasting, &group->lasting)) {
        group->joint = true;
        check_joint(c, value, group);
    }
    return right;
}

static bool read_into(struct compiler *c, const struct written *value, unsigned views,
                      struct condition *ret)
{
    *ret = (struct condition){
        .number = c->rule->condition_count++, .line = value->at.line, .where = -1};
    if (value->kind == WRITTEN_BROKEN)
        return false;
    if (c->rule->condition_count > CONDITIONS_MAX) {
        if (c->rule->condition_count == CONDITIONS_MAX + 1)
            complain(c, R_SIZE, value, NULL, tr("more than %d conditions", "条件超过 %d 个"),
                     CONDITIONS_MAX);
        return false;
    }
    if (value->kind != WRITTEN_TABLE) {
        complain(c, R_TYPE, value, NULL,
                 tr("a condition is a table { … }, not %s", "条件应为表 { … }, 不是%s"),
                 written_kind_name(value));
        return false;
    }
    if (written_is(value, "any") || written_is(value, "all"))
        return read_group(c, value, views, ret);
    if (value->word) {
        complain(c, R_TYPE, value, NULL, tr("%s is no condition", "%s 不是条件"), value->word);
        return false;
    }
    if (written_items(value) > 0 && value->items[0].kind == WRITTEN_TABLE) {
        complain(
            c, R_CLAUSE, value, tr("write any{ … } or all{ … }", "写作 any{ … } 或 all{ … }"),
            tr("a list of clauses that does not say any or all", "条款列表没有写明 any 还是 all"));
        return false;
    }
    return read_clause(c, value, views, ret);
}

struct condition *read_condition(struct compiler *c, const struct written *value, unsigned views)
{
    if (!value)
        return NULL;
    struct condition *condition = arena_alloc(c->arena, sizeof *condition);
    return read_into(c, value, views, condition) ? condition : NULL;
}
