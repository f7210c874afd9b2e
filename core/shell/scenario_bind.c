/* Scenarios: the half of reading that needs the bundle.
 *
 * Levels, rules, stations, series and recipients are checked against the compiled bundle, all data
 * is read once to find its mistakes, and the facts that are known beforehand are put into one feed.
 */
#include "base/lang.h"
#include "base/str.h"
#include "model/feed_review.h"
#include "model/policy.h"
#include "shell/scenario_event.h"
#include "shell/scenario_inner.h"
#include <stdlib.h>

enum { LEVELS_SHOWN = 8 };

static void bind_start(struct scenario *scenario)
{
    if (scenario->start_text)
        instant_parse(scenario->start_text, scenario->policy->zone, &scenario->start);
}

static void bind_feeds(struct scenario *scenario, struct findings *findings)
{
    const struct policy *policy = scenario->policy;
    for (size_t i = 0; i < scenario->feed_count; i++) {
        const struct scenario_feed *feed = &scenario->feeds[i];
        span_ms offset = feed->offset;
        instant_ms from;
        if (feed->rebase && instant_parse(feed->rebase, policy->zone, &from) == 0)
            offset += scenario->start - from;
        if (offset % DAY_MS != 0)
            findings_add(
                findings, SEV_WARNING, "C096", yaml_place(feed->node),
                tr("rebase from the same time of day that “start” has",
                   "请让 rebase 与 start 在一天中的同一时刻"),
                tr("the file is moved by a part of a day: daily values will not fall on days",
                   "文件平移的不是整天：日值将对不上自然日"));
        if (feed->path)
            feed_add_file(scenario->feed, feed->path, offset, findings);
    }
}

static struct data_context context_of(struct scenario *scenario, const char *id,
                                      struct findings *findings)
{
    return (struct data_context){.policy = scenario->policy,
                                 .arena = &scenario->arena,
                                 .start = scenario->start,
                                 .moment = scenario->start,
                                 .id = id,
                                 .findings = findings};
}

/* forecast and readings at the top of the file. */
static void bind_tables(struct scenario *scenario, struct findings *findings)
{
    const struct yaml *forecast = yaml_get(scenario->root, "forecast");
    const struct yaml *readings = yaml_get(scenario->root, "readings");
    struct fact_list list = {0};
    struct data_context context = context_of(scenario, "forecast", findings);
    if (forecast)
        data_forecast(&context, forecast, &list);
    context.id = "readings";
    if (readings)
        data_readings(&context, readings, &list);
    for (size_t i = 0; i < list.count; i++)
        feed_add_fact(scenario->feed, &list.items[i]);
    fact_list_release(&list);
}

/* A fault's subjects must be somebody: a station, an area, or a part of a recipient. */
static void check_fault(const struct scenario *scenario, const struct inject *inject,
                        struct findings *findings)
{
    const struct policy *policy = scenario->policy;
    const struct yaml *of = yaml_get(yaml_get(inject->node, "fault"), "of");
    for (int i = 0; i < inject->fault.of.count; i++) {
        const char *name = inject->fault.of.items[i];
        if (policy_area(policy, name) < 0 && !data_subject_known(policy, name))
            findings_add(
                findings, SEV_ERROR, "C058", yaml_place(of->kind == YAML_LIST ? of->items[i] : of),
                NULL,
                tr("there is no station, area or recipient “%s”", "没有站点、区域或企业 “%s”"),
                name);
    }
}

static void check_when(const struct scenario *scenario, const struct inject *inject,
                       struct findings *findings)
{
    const char *level = inject->when.level;
    if (!level || str_equal(level, "none") || policy_level(scenario->policy, level) >= 0)
        return;
    const char *names[LEVELS_SHOWN];
    size_t count = 0;
    for (; count < scenario->policy->level_count && count < LEVELS_SHOWN; count++)
        names[count] = scenario->policy->levels[count].name;
    char *all = str_join(names, count, ", ");
    findings_add(findings, SEV_ERROR, "C040",
                 yaml_place(yaml_get(yaml_get(inject->node, "when"), "level")), all,
                 tr("“%s” refers to “%s”, which does not exist", "“%s” 所指的 “%s” 不存在"),
                 "level", level);
    free(all);
}

static void bind_injects(struct scenario *scenario, struct findings *findings)
{
    for (size_t i = 0; i < scenario->inject_count; i++) {
        const struct inject *inject = &scenario->injects[i];
        struct fact_list list = {0};
        struct data_context context = context_of(scenario, inject->id, findings);
        if (inject->trigger == TRIGGER_AT)
            context.moment += inject->at;
        if (inject->kind == INJECT_DATA)
            data_inject(&context, inject->node, &list);
        else if (inject->kind == INJECT_FAULT)
            check_fault(scenario, inject, findings);
        check_when(scenario, inject, findings);
        fact_list_release(&list);
    }
}

static void check_history(const struct scenario *scenario, struct findings *findings)
{
    const struct yaml *node = yaml_get(scenario->root, "history");
    for (size_t i = 0; i < scenario->history_count; i++) {
        const char *level = scenario->history[i].level;
        if (level && !str_equal(level, "none") && policy_level(scenario->policy, level) < 0)
            findings_add(findings, SEV_ERROR, "C040", yaml_place(yaml_get(node->items[i], "level")),
                         NULL,
                         tr("“%s” refers to “%s”, which does not exist", "“%s” 所指的 “%s” 不存在"),
                         "level", level);
    }
}

int scenario_bind(struct scenario *scenario, struct program *program, struct findings *findings)
{
    size_t errors = findings->errors;
    scenario->policy = program_policy(program);
    bind_start(scenario);
    feed_free(scenario->feed);
    int err = feed_new(&scenario->feed, scenario->policy->zone, scenario->policy);
    if (err < 0)
        return err;
    bind_feeds(scenario, findings);
    bind_tables(scenario, findings);
    bind_injects(scenario, findings);
    check_history(scenario, findings);
    bots_check(&scenario->bots, &scenario->policy->registry, findings);
    for (size_t i = 0; i < scenario->expect_count; i++)
        expect_check(&scenario->expects[i], program, findings);
    feed_sort(scenario->feed, findings);
    feed_review(scenario->feed, findings);
    return findings->errors == errors ? 0 : ERR_INVALID;
}
