/* The data of a scenario: what its readers share, and forecasts. */
#include "shell/scenario_data.h"
#include "base/arena.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "shell/scenario_event.h"
#include "shell/shorthand.h"
#include <stdlib.h>

struct fact *fact_list_add(struct fact_list *list)
{
    xgrow((void **)&list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count] = (struct fact){0};
    return &list->items[list->count++];
}

void fact_list_release(struct fact_list *list)
{
    free(list->items);
    *list = (struct fact_list){0};
}

bool data_moment(const struct data_context *context, const struct yaml *node, const char *what,
                 instant_ms *ret)
{
    struct moment moment;
    if (!moment_read_any(node, what, &moment, context->findings))
        return false;
    *ret = (moment.from_inject ? context->moment : context->start) + moment.offset;
    return true;
}

void data_identify(struct data_context *context, struct fact *fact)
{
    fact->source = "scenario";
    fact->id = arena_printf(context->arena, "%s/%d", context->id, context->serial++);
}

/* A map, or every map of a list. */
bool data_each_map(struct data_context *context, const struct yaml *node, const char *what,
                   struct fact_list *list,
                   bool (*read)(struct data_context *, const struct yaml *, struct fact_list *))
{
    bool good = true;
    if (node->kind != YAML_LIST)
        return schema_is_map(node, what, context->findings) && read(context, node, list);
    for (size_t i = 0; i < node->count; i++)
        good &= schema_is_map(node->items[i], what, context->findings) &&
                read(context, node->items[i], list);
    return good;
}

static bool in_schema(const struct schema *schema, const char *key)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (str_equal(schema->fields[i].key, key))
            return true;
    }
    return false;
}

/* Keys beside the schema's must be series.  `each` is called for those that are. */
bool data_each_series(struct data_context *context, const struct schema *schema,
                      const struct yaml *node, void *arg,
                      bool (*each)(struct data_context *, const struct series *,
                                   const struct yaml *, void *))
{
    const struct policy *policy = context->policy;
    bool good = true, any = false;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml *key = node->keys[i];
        if (in_schema(schema, key->text))
            continue;
        int series = policy_series(policy, key->text);
        any = true;
        if (series >= 0) {
            good &= each(context, &policy->series[series], node->items[i], arg);
            continue;
        }
        const char **names = xcalloc(policy->series_count + schema->count, sizeof *names);
        for (size_t k = 0; k < policy->series_count; k++)
            names[k] = policy->series[k].name;
        for (size_t k = 0; k < schema->count; k++)
            names[policy->series_count + k] = schema->fields[k].key;
        const char *near = str_nearest(key->text, names, policy->series_count + schema->count);
        char *hint = near ? xasprintf(tr("did you mean “%s”?", "是否想写 “%s”？"), near) : NULL;
        findings_add(context->findings, SEV_ERROR, "C050", yaml_place(key), hint,
                     tr("“%s” is neither a key of %s nor a series of the bundle",
                        "“%s” 既不是%s的键，也不是政策包中的序列"),
                     key->text, tr(schema->english, schema->chinese));
        free(hint);
        free(names);
        good = false;
    }
    if (!any)
        findings_add(context->findings, SEV_ERROR, "C051", yaml_place(node),
                     tr("add e.g. “aqi_day: [210, 180]” or “pm25: 120x24”",
                        "请加上如 aqi_day: [210, 180] 或 pm25: 120x24"),
                     tr("no series is given", "没有给出任何序列"));
    return good && any;
}

/* ---- forecasts ---- */

struct forecast_nodes {
    const struct yaml *at, *from, *primary;
    const char *area;
};
static const struct field forecast_fields[] = {
    {"at", FIELD_NODE, offsetof(struct forecast_nodes, at), false, 0, 0, NULL, NULL},
    {"from", FIELD_NODE, offsetof(struct forecast_nodes, from), false, 0, 0, NULL, NULL},
    {"primary", FIELD_NODE, offsetof(struct forecast_nodes, primary), false, 0, 0, NULL, NULL},
    {"area", FIELD_TEXT, offsetof(struct forecast_nodes, area), false, 0, 0, NULL, NULL},
};
static const struct schema forecast_schema = {.english = "a forecast",
                                              .chinese = "预报",
                                              .fields = forecast_fields,
                                              .count = 4,
                                              .open = true};

struct forecast_job {
    struct fact_list *list;
    const struct forecast_nodes *nodes;
    const char *area;
    instant_ms issued;
};

/* A number, [low, high] or null. */
static bool forecast_value(const struct yaml *item, micro *low, micro *high,
                           struct findings *findings)
{
    *low = *high = MICRO_NONE;
    if (yaml_is_null(item))
        return true;
    if (item->kind == YAML_SCALAR) {
        bool good = yaml_micro(item, low, findings);
        *high = *low;
        return good;
    }
    bool pair = item->kind == YAML_LIST && item->count == 2 &&
                yaml_micro(item->items[0], low, findings) &&
                yaml_micro(item->items[1], high, findings);
    if (pair && *low <= *high)
        return true;
    findings_add(
        findings, SEV_ERROR, "C052", yaml_place(item), "[210, 270]",
        tr("a range is [low, high], the smaller number first", "范围写作 [低, 高]，小的在前"));
    return false;
}

/* The values of one series: a list, or a run of shorthand. */
static bool forecast_values(struct data_context *context, const struct yaml *node,
                            struct forecast *forecast)
{
    bool run = node->kind == YAML_SCALAR, good = true;
    size_t count = run ? 0 : node->count;
    struct run_value *values = NULL;
    if (run && !(values = run_values_read(node, forecast->series, &count, context->findings)))
        return false;
    if (count == 0 || count > BULLETIN_STEPS_MAX || node->kind == YAML_MAP) {
        findings_add(context->findings, SEV_ERROR, "C053", yaml_place(node), NULL,
                     tr("a forecast is a list of 1 to %d values", "预报应为 1 至 %d 个值的列表"),
                     BULLETIN_STEPS_MAX);
        free(values);
        return false;
    }
    micro *low = arena_alloc(context->arena, count * sizeof *low);
    micro *high = arena_alloc(context->arena, count * sizeof *high);
    for (size_t i = 0; i < count; i++) {
        if (run)
            low[i] = high[i] = values[i].silent ? MICRO_NONE : values[i].value;
        else
            good &= forecast_value(node->items[i], &low[i], &high[i], context->findings);
    }
    free(values);
    forecast->low = low;
    forecast->high = high;
    forecast->count = (int)count;
    return good;
}

static bool primary_bit(const struct yaml *node, unsigned *ret, struct findings *findings)
{
    *ret = 0;
    if (yaml_is_null(node))
        return true;
    enum pollutant pollutant =
        node->kind == YAML_SCALAR ? pollutant_of(node->text) : POLLUTANT_NONE;
    if (pollutant == POLLUTANT_NONE) {
        findings_add(findings, SEV_ERROR, "C054", yaml_place(node), "pm25 pm10 so2 no2 co o3",
                     tr("“primary” must name a pollutant", "“primary” 应为污染物名"));
        return false;
    }
    *ret = 1U << pollutant;
    return true;
}

/* One name for all days, or one for each. */
static bool forecast_primary(struct data_context *context, const struct yaml *node,
                             struct forecast *forecast)
{
    bool good = true;
    unsigned *primary = arena_alloc(context->arena, (size_t)forecast->count * sizeof *primary);
    forecast->primary = primary;
    if (!node)
        return true;
    if (node->kind == YAML_LIST && node->count != (size_t)forecast->count) {
        findings_add(context->findings, SEV_ERROR, "C055", yaml_place(node), NULL,
                     tr("“primary” names %u days, the forecast has %d",
                        "“primary” 写了 %u 天，预报有 %d 天"),
                     node->count, forecast->count);
        return false;
    }
    for (int i = 0; i < forecast->count; i++) {
        const struct yaml *item = node->kind == YAML_LIST ? node->items[i] : node;
        if (i == 0 || item != node)
            good &= primary_bit(item, &primary[i], context->findings);
        else
            primary[i] = primary[0];
    }
    return good;
}

static bool forecast_series(struct data_context *context, const struct series *series,
                            const struct yaml *node, void *arg)
{
    struct forecast_job *job = arg;
    struct fact fact = {.kind = FACT_FORECAST, .time = job->issued, .arrival = job->issued};
    fact.subject = job->area;
    fact.forecast = (struct forecast){
        .series = series->name,
        .issued = job->issued,
        .start = step_start(job->issued, series->step, context->policy->zone),
        .step = series->step,
    };
    bool good = true;
    if (job->nodes->from)
        good = data_moment(context, job->nodes->from, "from", &fact.forecast.start);
    if (good && fact.forecast.start !=
                    step_start(fact.forecast.start, series->step, context->policy->zone)) {
        findings_add(context->findings, SEV_ERROR, "C056", yaml_place(job->nodes->from), NULL,
                     tr("“from” is not the start of a step of %s", "“from” 不是 %s 的时段起点"),
                     series->name);
        good = false;
    }
    good &= forecast_values(context, node, &fact.forecast) &&
            forecast_primary(context, job->nodes->primary, &fact.forecast);
    if (!good)
        return false;
    data_identify(context, &fact);
    *fact_list_add(job->list) = fact;
    return true;
}

bool data_area(struct data_context *context, const struct yaml *at, const char *area)
{
    if (policy_area(context->policy, area) >= 0)
        return true;
    const char *names[64];
    size_t count = 0;
    for (; count < context->policy->area_count && count < 64; count++)
        names[count] = context->policy->areas[count].code;
    char *all = str_join(names, count, ", ");
    char *hint = xasprintf(tr("areas of the bundle: %s", "政策包中的区域：%s"), all);
    findings_add(context->findings, SEV_ERROR, "C057", yaml_place(at), hint,
                 tr("there is no area “%s”", "没有区域 “%s”"), area);
    free(hint);
    free(all);
    return false;
}

static bool read_forecast(struct data_context *context, const struct yaml *node,
                          struct fact_list *list)
{
    struct forecast_nodes nodes = {0};
    struct forecast_job job = {list, &nodes, context->policy->city, context->moment};
    bool good = schema_read(&forecast_schema, node, &nodes, context->findings);
    if (nodes.at)
        good &= data_moment(context, nodes.at, "at", &job.issued);
    if (nodes.area) {
        job.area = nodes.area;
        good &= data_area(context, yaml_get(node, "area"), nodes.area);
    }
    return data_each_series(context, &forecast_schema, node, &job, forecast_series) && good;
}

bool data_forecast(struct data_context *context, const struct yaml *node, struct fact_list *list)
{
    return data_each_map(context, node, "forecast", list, read_forecast);
}
