/* warning "name" { … }: a ladder of levels for an area. */
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "engine/codes.h"
#include "engine/program.h"

static const char *const approvals[] = {"auto", "one", "two"};

/* `response` and `approve` are the policy's, unless the rule says otherwise. */
static void read_office(struct compiler *c, const struct written *value, struct rule_level *level)
{
    const struct level *known = c->policy ? &c->policy->levels[level->level] : NULL;
    int approve;
    level->response = known ? known->response : NULL;
    level->approve = known && known->approve ? known->approve : "one";
    slot_text(c, written_get(value, "response"), &level->response);
    if (slot_choice(c, written_get(value, "approve"), approvals, 3, &approve))
        level->approve = approvals[approve];
}

static bool read_level(struct compiler *c, const struct written *value, struct rule_level *level)
{
    *level = (struct rule_level){.line = value->at.line};
    if (value->kind != WRITTEN_TABLE || value->word) {
        if (value->kind != WRITTEN_BROKEN)
            complain(
                c, R_TYPE, value,
                tr("write { \"yellow\", issue_when = … }", "写作 { \"yellow\", issue_when = … }"),
                tr("a level is a table, not %s", "级别应为表, 不是%s"), written_kind_name(value));
        return false;
    }
    SLOT_KNOWN(c, value, tr("a level", "级别"), 1, "response", "approve", "issue_when");
    const struct written *name = written_item(value, 1);
    if (!name)
        complain(c, R_MISSING, value,
                 tr("write its name first: { \"yellow\", … }", "先写名字: { \"yellow\", … }"),
                 tr("the level has no name", "级别没有名字"));
    bool named = name_level(c, name, &level->level);
    if (named)
        slot_text(c, name, &level->name);
    level->when = read_condition(c, slot_needed(c, value, "issue_when"), VIEWS_WARNING);
    if (named)
        read_office(c, value, level);
    return named && level->when;
}

static void check_order(struct compiler *c, const struct written *value,
                        const struct rule_level *levels, int count)
{
    const struct rule_level *last = &levels[count];
    for (int i = 0; c->policy && i < count; i++) {
        if (levels[i].level == last->level)
            complain(c, R_ORDER, value, NULL,
                     tr("the level '%s' stands twice", "级别 '%s' 写了两次"), last->name);
        else if (levels[i].level > last->level)
            complain(c, R_ORDER, value, tr("the lowest level comes first", "最低级别写在最前"),
                     tr("'%s' comes after '%s'", "'%s' 写在 '%s' 之后"), last->name,
                     levels[i].name);
        else
            continue;
        return;
    }
}

static void read_levels(struct compiler *c, const struct written *value)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return;
    int count = written_items(value);
    if (value->kind != WRITTEN_TABLE || value->word || count == 0 || count != value->count ||
        count > LEVELS_MAX) {
        complain(
            c, R_TYPE, value,
            tr("write levels = { { \"yellow\", … }, … }", "写作 levels = { { \"yellow\", … }, … }"),
            tr("levels is a list of one to %d levels", "levels 是 1 到 %d 个级别的列表"),
            LEVELS_MAX);
        return;
    }
    struct rule *rule = c->rule;
    rule->levels = arena_alloc(c->arena, (size_t)count * sizeof *rule->levels);
    for (int i = 0; i < count; i++) {
        if (!read_level(c, &value->items[i], &rule->levels[rule->level_count]))
            continue;
        check_order(c, &value->items[i], rule->levels, rule->level_count);
        rule->level_count++;
    }
}

static void read_only(struct compiler *c, const struct written *value)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return;
    if (value->kind != WRITTEN_TABLE || value->word) {
        complain(c, R_TYPE, value, NULL,
                 tr("write only = { primary = \"pm25\" }", "写作 only = { primary = \"pm25\" }"));
        return;
    }
    SLOT_KNOWN(c, value, "only", 0, "primary");
    name_pollutants(c, slot_needed(c, value, "primary"), &c->rule->only_primary);
}

static void default_span(struct figure *figure, const struct rule *rule, int hours)
{
    if (figure->kind == FIGURE_NONE)
        *figure = (struct figure){.kind = FIGURE_CONST,
                                  .value = (span_ms)hours * HOUR_MS,
                                  .file = rule->file,
                                  .line = rule->line};
}

void read_warning(struct compiler *c, const struct written *body)
{
    static const char *const downgrades[] = {"hold", "follow"};
    struct rule *rule = c->rule;
    int downgrade;
    SLOT_KNOWN(c, body, "warning", 0, "title", "basis", "area", "only", "levels", "lift_when",
               "lead", "merge_within", "downgrade");
    read_heading(c, body);
    name_area(c, slot_needed(c, body, "area"), &rule->area);
    read_only(c, written_get(body, "only"));
    read_levels(c, slot_needed(c, body, "levels"));
    c->lifting = true;
    rule->lift_when = read_condition(c, slot_needed(c, body, "lift_when"), VIEWS_WARNING);
    c->lifting = false;
    slot_span(c, written_get(body, "lead"), &rule->lead);
    slot_span(c, written_get(body, "merge_within"), &rule->merge_within);
    default_span(&rule->lead, rule, 60);
    default_span(&rule->merge_within, rule, 36);
    if (slot_choice(c, written_get(body, "downgrade"), downgrades, 2, &downgrade))
        rule->downgrade = downgrade == 0 ? DOWNGRADE_HOLD : DOWNGRADE_FOLLOW;
}
