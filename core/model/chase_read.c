/* Reading the chase, and its hours. */
#include "base/lang.h"
#include "model/policy_reader.h"
#include "model/schema.h"

static const char *const kind_words[] = {"escalation", "reminder", NULL}; /* as enum chase_kind */
static const char *const hours_words[] = {"any", "working", NULL};        /* as enum chase_hours */
static const char *const target_words[] = {"recipient", "second_contact", "district", "enforcement",
                                           NULL};

enum { DAYS_LOOKED_AT = 60 }; /* for the next working day: no holiday is longer */

static const struct field rung_fields[] = {
    FIELD("after", FIELD_SPAN, offsetof(struct chase_rung, after), .required = true,
          .high = 7 * (int64_t)DAY_MS),
    FIELD("to", FIELD_TEXT, offsetof(struct chase_rung, to), .required = true),
    FIELD("kind", FIELD_WORD, offsetof(struct chase_rung, kind), .words = kind_words),
    FIELD("repeat", FIELD_SPAN, offsetof(struct chase_rung, repeat), .low = MINUTE_MS,
          .high = 7 * (int64_t)DAY_MS),
    FIELD("times", FIELD_INT, offsetof(struct chase_rung, times), .low = 1, .high = 20),
    FIELD("hours", FIELD_WORD, offsetof(struct chase_rung, hours), .words = hours_words),
};
static const struct schema rung_schema = {"a rung of “escalation”", "escalation 的一级",
                                          rung_fields, 6, false};

static void read_acknowledge(struct policy_reader *reader, const struct yaml *map)
{
    struct chase_policy *chase = &reader->policy->chase;
    size_t levels = reader->policy->level_count;
    chase->acknowledge = arena_alloc(reader->arena, (levels + 1) * sizeof *chase->acknowledge);
    for (size_t i = 0; i < map->count; i++) {
        span_ms span;
        names_refer(&reader->levels, map->keys[i]->text, map->keys[i], reader->findings);
        int level = policy_level(reader->policy, map->keys[i]->text);
        if (yaml_span(map->items[i], &span, reader->findings) && level >= 0)
            chase->acknowledge[level] = span;
    }
}

/* What is asked for more often needs to say how far apart. */
static void check_rung(struct policy_reader *reader, const struct chase_rung *rung,
                       const struct yaml *node)
{
    const struct chase_policy *chase = &reader->policy->chase;
    if (rung->times > 1 && rung->repeat == 0)
        findings_add(reader->findings, SEV_ERROR, "P030", yaml_place(yaml_get(node, "times")),
                     tr("add `repeat: 30m`", "请补充 repeat: 30m"),
                     tr("%d letters without a time between them", "发送 %d 次，但未写明间隔"),
                     rung->times);
    if (chase->rung_count > 0 && rung->after < chase->rungs[chase->rung_count - 1].after)
        findings_add(
            reader->findings, SEV_ERROR, "P031", yaml_place(yaml_get(node, "after")),
            tr("rungs are written in the order in which they are climbed", "各级按先后次序书写"),
            tr("this rung comes before the one above it", "本级早于上一级"));
}

static void read_escalation(struct policy_reader *reader, const struct yaml *list)
{
    struct chase_policy *chase = &reader->policy->chase;
    for (size_t i = 0; i < list->count && i < CHASE_RUNGS_MAX; i++) {
        struct chase_rung rung = {.times = 1};
        if (!schema_read(&rung_schema, list->items[i], &rung, reader->findings))
            continue;
        check_rung(reader, &rung, list->items[i]);
        chase->rungs[chase->rung_count++] = rung;
    }
}

void chase_read(struct policy_reader *reader, const struct yaml *acknowledge,
                const struct yaml *escalation, const struct yaml *working)
{
    struct hours *hours = &reader->policy->chase.working;
    *hours = (struct hours){0, 24 * 60};
    if (acknowledge)
        read_acknowledge(reader, acknowledge);
    if (escalation)
        read_escalation(reader, escalation);
    if (working && hours_parse(working->text, hours) < 0)
        findings_add(reader->findings, SEV_ERROR, "P032", yaml_place(working),
                     tr("write “08:30 .. 17:00”", "请写作“08:30 .. 17:00”"),
                     tr("“%s” are no hours of the day", "“%s”不是一天内的时段"), working->text);
    if (escalation && !acknowledge)
        findings_add(
            reader->findings, SEV_WARNING, "P033", yaml_place(escalation),
            tr("add `acknowledge: {yellow: 2h}`", "请补充 acknowledge: {yellow: 2h}"), "%s",
            tr("without a deadline the ladder is never climbed", "未规定签收时限，不会逐级升级"));
}

/* Offices are known only when the registry is. */
void chase_check(struct policy_reader *reader)
{
    const struct yaml *list = yaml_get(reader->policy->root, "escalation");
    for (size_t i = 0; list && list->kind == YAML_LIST && i < list->count; i++) {
        const struct yaml *to = yaml_get(list->items[i], "to");
        if (!to || to->kind != YAML_SCALAR || schema_word(target_words, to->text) >= 0 ||
            registry_find(&reader->policy->registry, to->text) >= 0)
            continue;
        findings_add(reader->findings, SEV_ERROR, "P034", yaml_place(to),
                     tr("recipient, second_contact, district, enforcement, or an office's id",
                        "可写 recipient、second_contact、district、enforcement，或单位编号"),
                     tr("nobody is called “%s”", "没有“%s”这个对象"), to->text);
    }
}

/* ---- hours --------------------------------------------------------------------- */

instant_ms chase_working(const struct policy *policy, instant_ms at)
{
    const struct hours *hours = &policy->chase.working;
    int64_t today = civil_day(at, policy->zone);
    for (int64_t day = today; day < today + DAYS_LOOKED_AT; day++) {
        instant_ms midnight = day * DAY_MS - policy->zone;
        instant_ms from = midnight + hours->from_minute * (int64_t)MINUTE_MS;
        instant_ms to = midnight + hours->to_minute * (int64_t)MINUTE_MS;
        if (calendar_workday(&policy->calendar, day) && at < to)
            return at > from ? at : from;
    }
    return at;
}

instant_ms chase_at(const struct policy *policy, const struct chase_rung *rung, instant_ms deadline,
                    int number)
{
    instant_ms at = deadline + rung->after + number * rung->repeat;
    return rung->hours == CHASE_WORKING ? chase_working(policy, at) : at;
}
