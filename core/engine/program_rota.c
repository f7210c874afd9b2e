/* rota "name" { … }: who does what in which season. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/codes.h"
#include "engine/program.h"
#include "model/bundle.h"
#include <stdlib.h>
#include <string.h>

static const unsigned bound_kinds =
    1u << SUBJECT_ENTERPRISE | 1u << SUBJECT_SITE | 1u << SUBJECT_FLEET;

/* ---- during ---- */

/* The one text of season "…" and calendar "…". */
static bool word_text(struct compiler *c, const struct written *value, const char **ret)
{
    SLOT_KNOWN(c, value, value->word, 1, "");
    const struct written *text = written_item(value, 1);
    if (!text)
        complain(c, R_MISSING, value, NULL, tr("%s needs a text", "%s 后要写文本"), value->word);
    return slot_text(c, text, ret);
}

static void read_season(struct compiler *c, const struct written *value)
{
    const char *text;
    if (!word_text(c, value, &text))
        return;
    c->rule->has_season = season_parse(text, &c->rule->season) == 0;
    if (!c->rule->has_season)
        complain(c, str_has_fullwidth(text) ? R_WIDE : R_TYPE, value,
                 tr("write season \"05-01 .. 09-30\"", "写作 season \"05-01 .. 09-30\""),
                 tr("\"%.40s\" is no season", "\"%.40s\" 不是季节"), text);
}

static void read_calendar(struct compiler *c, const struct written *value)
{
    const char *name;
    if (!word_text(c, value, &name))
        return;
    c->rule->heating = name;
    const struct calendar *calendar = c->policy ? &c->policy->calendar : NULL;
    for (size_t i = 0; calendar && i < calendar->season_count; i++) {
        if (strcmp(calendar->seasons[i].name, name) == 0)
            return;
    }
    if (!calendar)
        return;
    const char **names = xcalloc(calendar->season_count + 1, sizeof *names);
    for (size_t i = 0; i < calendar->season_count; i++)
        names[i] = calendar->seasons[i].name;
    complain_unknown(c, R_NAME, value, tr("season of the calendar", "日历季节"), name, names,
                     calendar->season_count);
    free(names);
}

static void read_level(struct compiler *c, const struct written *value)
{
    const char *name;
    SLOT_KNOWN(c, value, "level", 1, "at_least");
    const struct written *rule = written_item(value, 1);
    if (!rule)
        complain(c, R_MISSING, value,
                 tr("write level { \"heavy-pollution\", at_least = \"yellow\" }",
                    "写作 level { \"heavy-pollution\", at_least = \"yellow\" }"),
                 tr("level needs the name of a warning", "level 要写预警规则的名字"));
    name_level(c, slot_needed(c, value, "at_least"), &c->rule->during_level);
    if (!slot_text(c, rule, &name))
        return;
    void *pending = c->pending;
    xgrow(&pending, c->pending_count, &c->pending_capacity, sizeof *c->pending);
    c->pending = pending;
    c->pending[c->pending_count++] = (struct pending){c->program->count, name, rule->at};
}

static void read_during(struct compiler *c, const struct written *value)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return;
    if (written_is(value, "season"))
        read_season(c, value);
    else if (written_is(value, "calendar"))
        read_calendar(c, value);
    else if (written_is(value, "level"))
        read_level(c, value);
    else
        complain(c, R_TYPE, value, NULL,
                 tr("during needs season \"…\", calendar \"…\" or level{…}, not %s",
                    "during 需要 season \"…\"、calendar \"…\" 或 level{…}, 不是%s"),
                 value->kind == WRITTEN_TABLE && value->word ? value->word
                                                             : written_kind_name(value));
}

/* ---- what is to be done ---- */

static void read_hours(struct compiler *c, const struct written *value)
{
    const char *text;
    if (!slot_text(c, value, &text))
        return;
    c->rule->has_hours = hours_parse(text, &c->rule->hours) == 0;
    if (!c->rule->has_hours)
        complain(c, str_has_fullwidth(text) ? R_WIDE : R_TYPE, value,
                 tr("write hours = \"09:00 .. 18:00\"", "写作 hours = \"09:00 .. 18:00\""),
                 tr("\"%.40s\" are no hours", "\"%.40s\" 不是时段"), text);
}

/* percent belongs to a limit, a stage to a ban. */
static void check_amounts(struct compiler *c, const struct written *body, const struct duty *duty)
{
    bool limit = duty->measure && duty->measure->kind == MEASURE_LIMIT;
    bool ban = duty->measure && duty->measure->kind == MEASURE_BAN;
    const struct written *percent = written_get(body, "percent");
    const struct written *stage = written_get(body, "stage_at_most");
    if (!duty->measure)
        return;
    if (limit && !percent)
        complain(c, R_MISSING, body, NULL, tr("'percent' is missing", "缺少 'percent'"));
    if (!limit && percent)
        complain(c, R_KEY, percent, NULL,
                 tr("'%s' is no limit and has no percent", "'%s' 不是限产, 没有 percent"),
                 duty->measure->id);
    if (!ban && stage)
        complain(c, R_KEY, stage, NULL,
                 tr("'%s' is no ban and has no stage", "'%s' 不是禁行, 没有 stage_at_most"),
                 duty->measure->id);
}

static void read_measure(struct compiler *c, const struct written *body)
{
    const char *id;
    struct duty *duty = &c->rule->duty;
    const struct written *value = slot_needed(c, body, "measure");
    slot_int(c, written_get(body, "percent"), 1, 99, &duty->percent);
    slot_text(c, written_get(body, "percent_of"), &duty->basis);
    slot_int(c, written_get(body, "stage_at_most"), 1, 9, &duty->stage_at_most);
    if (!slot_text(c, value, &id) || !c->policy)
        return;
    const struct registry *registry = &c->policy->registry;
    duty->measure = registry_measure(registry, id);
    if (!duty->measure) {
        const char **names = xcalloc(registry->measure_count + 1, sizeof *names);
        for (size_t i = 0; i < registry->measure_count; i++)
            names[i] = registry->measures[i].id;
        complain_unknown(c, R_NAME, value, tr("measure", "措施"), id, names,
                         registry->measure_count);
        free(names);
    }
    check_amounts(c, body, duty);
}

void read_rota(struct compiler *c, const struct written *body)
{
    static const char *const days[] = {"workdays", "holidays"};
    struct rule *rule = c->rule;
    int which;
    SLOT_KNOWN(c, body, "rota", 0, "title", "basis", "area", "during", "on", "hours", "days", "who",
               "except", "measure", "percent", "percent_of", "stage_at_most", "lead");
    read_heading(c, body);
    read_during(c, slot_needed(c, body, "during"));
    const struct written *area = written_get(body, "area");
    rule->on = read_condition(c, written_get(body, "on"), VIEWS_ROTA);
    if (area)
        name_area(c, area, &rule->area);
    else if (rule->on)
        rule->area = c->policy ? policy_area(c->policy, c->policy->city) : 0;
    read_hours(c, written_get(body, "hours"));
    if (slot_choice(c, written_get(body, "days"), days, 2, &which))
        rule->workdays = days[which];
    slot_span(c, written_get(body, "lead"), &rule->lead);
    read_selector(c, slot_needed(c, body, "who"), bound_kinds, &rule->who);
    if (read_selector(c, written_get(body, "except"), bound_kinds, &rule->except) &&
        rule->who.present && rule->who.kind != rule->except.kind)
        warn(c, R_NOBODY, written_get(body, "except")->at, NULL,
             tr("except names another kind than who and excepts nobody",
                "except 与 who 的对象种类不同, 不起作用"));
    read_measure(c, body);
}
