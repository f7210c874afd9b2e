/* watch "name" { … }: something followed one by one, with steps to take. */
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "engine/codes.h"
#include "engine/program.h"
#include <string.h>

enum { STEPS_MAX = 32 };

static const unsigned watched_kinds =
    1u << SUBJECT_OUTLET | 1u << SUBJECT_LINE | 1u << SUBJECT_STATION | 1u << SUBJECT_EVENT |
    1u << SUBJECT_ENTERPRISE | 1u << SUBJECT_SITE | 1u << SUBJECT_FLEET;

/* ---- steps ---- */

static void check_step_times(struct compiler *c, const struct written *value,
                             const struct watch_step *step)
{
    bool event = c->rule->per.kind == SUBJECT_EVENT && c->rule->per.present;
    if (step->lasting.kind != FIGURE_NONE && step->after.kind != FIGURE_NONE)
        complain(c, R_TESTS, value,
                 tr("lasting: how long `when` has held; after: since the watch opened",
                    "lasting: when 已持续多久; after: 立案后多久"),
                 tr("a step has lasting or after, not both", "一个步骤只能写 lasting 或 after"));
    if (event && step->lasting.kind != FIGURE_NONE)
        complain(c, R_KEY, value, tr("write after =", "请写 after ="),
                 tr("an event does not last", "事件没有持续时间"));
}

static bool read_step(struct compiler *c, const struct written *value, struct watch_step *step)
{
    static const char *const receipts[] = {"delivered", "read", "acknowledged", "done"};
    int unless;
    *step = (struct watch_step){.line = value->at.line, .to.who.where = -1};
    if (value->kind != WRITTEN_TABLE || value->word) {
        if (value->kind != WRITTEN_BROKEN)
            complain(c, R_TYPE, value,
                     tr("write { lasting = \"2h\", to = \"district\" }",
                        "写作 { lasting = \"2h\", to = \"district\" }"),
                     tr("a step is a table, not %s", "步骤应为表, 不是%s"),
                     written_kind_name(value));
        return false;
    }
    SLOT_KNOWN(c, value, tr("a step", "步骤"), 0, "lasting", "after", "unless", "to", "text");
    slot_span(c, written_get(value, "lasting"), &step->lasting);
    slot_span(c, written_get(value, "after"), &step->after);
    if (slot_choice(c, written_get(value, "unless"), receipts, 4, &unless))
        step->unless = receipts[unless];
    slot_text(c, written_get(value, "text"), &step->text);
    check_step_times(c, value, step);
    return read_target(c, slot_needed(c, value, "to"), &step->to);
}

/* A later step that comes due earlier was meant otherwise. */
static void check_rising(struct compiler *c, const struct written *value,
                         const struct watch_step *before, const struct watch_step *step)
{
    micro lasting = figure_newest(&step->lasting, true), after = figure_newest(&step->after, true);
    bool both_last = before->lasting.kind != FIGURE_NONE && step->lasting.kind != FIGURE_NONE;
    bool both_after = before->after.kind != FIGURE_NONE && step->after.kind != FIGURE_NONE;
    if ((both_last && lasting < figure_newest(&before->lasting, true)) ||
        (both_after && after < figure_newest(&before->after, true)))
        warn(c, R_ORDER, value->at, NULL,
             tr("the step comes due before the one above it", "该步骤比上一步更早到期"));
}

static void read_steps(struct compiler *c, const struct written *value)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return;
    int count = written_items(value);
    if (value->kind != WRITTEN_TABLE || value->word || count != value->count || count > STEPS_MAX) {
        complain(c, R_TYPE, value, NULL,
                 tr("steps is a list of at most %d steps", "steps 是最多 %d 个步骤的列表"),
                 STEPS_MAX);
        return;
    }
    struct rule *rule = c->rule;
    rule->steps = arena_alloc(c->arena, ((size_t)count + 1) * sizeof *rule->steps);
    for (int i = 0; i < count; i++) {
        struct watch_step *step = &rule->steps[rule->step_count];
        if (!read_step(c, &value->items[i], step))
            continue;
        if (rule->step_count > 0)
            check_rising(c, &value->items[i], step - 1, step);
        rule->step_count++;
    }
}

/* ---- what is watched ---- */

static bool read_level(struct compiler *c, const struct written *value, struct rule_level *level)
{
    *level = (struct rule_level){.level = -1, .line = value->at.line, .approve = "auto"};
    if (value->kind != WRITTEN_TABLE || value->word) {
        if (value->kind != WRITTEN_BROKEN)
            complain(
                c, R_TYPE, value, tr("write { \"name\", when = … }", "写作 { \"名\", when = … }"),
                tr("a level is a table, not %s", "级别应为表, 不是%s"), written_kind_name(value));
        return false;
    }
    SLOT_KNOWN(c, value, tr("a level", "级别"), 1, "when");
    if (!written_item(value, 1))
        complain(c, R_MISSING, value, NULL, tr("the level has no name", "级别没有名字"));
    bool named = slot_text(c, written_item(value, 1), &level->name);
    level->when = read_condition(c, slot_needed(c, value, "when"), VIEWS_WATCH);
    return level->when && (named || !c->policy);
}

static void read_levels(struct compiler *c, const struct written *value)
{
    struct rule *rule = c->rule;
    int count = written_items(value);
    if (value->kind == WRITTEN_BROKEN)
        return;
    if (value->kind != WRITTEN_TABLE || value->word || count == 0 || count != value->count ||
        count > LEVELS_MAX) {
        complain(c, R_TYPE, value, NULL,
                 tr("levels is a list of one to %d levels", "levels 是 1 到 %d 个级别的列表"),
                 LEVELS_MAX);
        return;
    }
    rule->levels = arena_alloc(c->arena, (size_t)count * sizeof *rule->levels);
    for (int i = 0; i < count; i++) {
        struct rule_level *level = &rule->levels[rule->level_count];
        if (!read_level(c, &value->items[i], level))
            continue;
        for (int k = 0; k < rule->level_count; k++) {
            if (str_equal(rule->levels[k].name, level->name))
                complain(c, R_ORDER, &value->items[i], NULL,
                         tr("the level '%s' stands twice", "级别 '%s' 写了两次"), level->name);
        }
        rule->level_count++;
    }
}

/* `when` is one unnamed level. */
static void read_when(struct compiler *c, const struct written *value)
{
    struct rule *rule = c->rule;
    struct condition *when = read_condition(c, value, VIEWS_WATCH);
    if (!when)
        return;
    rule->levels = arena_alloc(c->arena, sizeof *rule->levels);
    rule->levels[0] =
        (struct rule_level){.level = -1, .line = value->at.line, .approve = "auto", .when = when};
    rule->level_count = 1;
}

static void read_trigger(struct compiler *c, const struct written *body)
{
    const struct written *when = written_get(body, "when"), *levels = written_get(body, "levels");
    bool event = c->rule->per.present && c->rule->per.kind == SUBJECT_EVENT;
    if (when && levels)
        complain(c, R_TESTS, levels, NULL,
                 tr("a watch has when or levels, not both", "watch 只能写 when 或 levels"));
    else if (event && (when || levels))
        complain(c, R_KEY, when ? when : levels,
                 tr("say it in event { … }", "请写在 event { … } 里"),
                 tr("the event itself is the occasion", "事件本身就是触发条件"));
    else if (!event && !when && !levels)
        complain(c, R_MISSING, body, NULL, tr("'when' is missing", "缺少 'when'"));
    else if (levels)
        read_levels(c, levels);
    else if (when)
        read_when(c, when);
}

void read_watch(struct compiler *c, const struct written *body)
{
    static const char *const unknowns[] = {"alarm", "task", "hold"};
    struct rule *rule = c->rule;
    int unknown;
    SLOT_KNOWN(c, body, "watch", 0, "title", "basis", "area", "per", "when", "levels", "on_unknown",
               "steps", "clear_when");
    read_heading(c, body);
    const struct written *per = written_get(body, "per"), *area = written_get(body, "area");
    read_selector(c, per, watched_kinds, &rule->per);
    if (per && area)
        complain(c, R_TESTS, area, NULL,
                 tr("a watch has per or area, not both", "watch 只能写 per 或 area"));
    else if (!per && !area)
        complain(c, R_MISSING, body,
                 tr("per = outlets{…}, lines{…}, stations{…}, event{…} …",
                    "per = outlets{…}、lines{…}、stations{…}、event{…} …"),
                 tr("'per' is missing", "缺少 'per'"));
    else if (area)
        name_area(c, area, &rule->area);
    read_trigger(c, body);
    read_steps(c, written_get(body, "steps"));
    if (slot_choice(c, written_get(body, "on_unknown"), unknowns, 3, &unknown))
        rule->on_unknown = (enum on_unknown)unknown;
    rule->lift_when = read_condition(c, written_get(body, "clear_when"), VIEWS_WATCH);
}
