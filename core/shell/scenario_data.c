/* The data of a scenario: forecasts and readings.  scenario_events.c has the other kinds. */
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
#include <string.h>

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
static bool each_map(struct data_context *context, const struct yaml *node, const char *what,
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
static bool each_series(struct data_context *context, const struct schema *schema,
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

/* ---- forecasts --------------------------------------------------------------------------------- */

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
static const struct schema forecast_schema = {
    .english = "a forecast", .chinese = "预报", .fields = forecast_fields, .count = 4, .open = true};

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
    findings_add(findings, SEV_ERROR, "C052", yaml_place(item), "[210, 270]",
                 tr("a range is [low, high], the smaller number first",
                    "范围写作 [低, 高]，小的在前"));
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
                     tr("“primary” names %zu days, the forecast has %d",
                        "“primary” 写了 %zu 天，预报有 %d 天"),
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
    return each_series(context, &forecast_schema, node, &job, forecast_series) && good;
}

bool data_forecast(struct data_context *context, const struct yaml *node, struct fact_list *list)
{
    return each_map(context, node, "forecast", list, read_forecast);
}

/* ---- readings ---------------------------------------------------------------------------------- */

struct readings_nodes {
    const struct yaml *stations, *of, *from;
    span_ms late;
};
static const struct field readings_fields[] = {
    {"stations", FIELD_NODE, offsetof(struct readings_nodes, stations), false, 0, 0, NULL, NULL},
    {"of", FIELD_NODE, offsetof(struct readings_nodes, of), false, 0, 0, NULL, NULL},
    {"from", FIELD_NODE, offsetof(struct readings_nodes, from), false, 0, 0, NULL, NULL},
    {"late", FIELD_SPAN, offsetof(struct readings_nodes, late), false, 0, 0, NULL, NULL},
};
static const struct schema readings_schema = {
    .english = "readings", .chinese = "读数", .fields = readings_fields, .count = 4, .open = true};

struct readings_job {
    struct fact_list *list;
    const struct readings_nodes *nodes;
    struct who_texts {
        const char **items;
        size_t count;
    } subjects;
    instant_ms from;
};

static void subject_add(struct readings_job *job, const char *subject)
{
    job->subjects.items[job->subjects.count++] = subject;
}

static bool subject_station(struct data_context *context, const struct yaml *node,
                            struct readings_job *job)
{
    const struct policy *policy = context->policy;
    const char *text = schema_text(node, "stations", context->findings);
    if (text && policy_station(policy, text) >= 0) {
        subject_add(job, text);
        return true;
    }
    if (!text)
        return false;
    const char **names = xcalloc(policy->station_count + 1, sizeof *names);
    for (size_t i = 0; i < policy->station_count; i++)
        names[i] = policy->stations[i].id;
    const char *near = str_nearest(text, names, policy->station_count);
    char *all = str_join(names, policy->station_count < 20 ? policy->station_count : 20, ", ");
    char *hint = near ? xasprintf(tr("did you mean “%s”?", "是否想写 “%s”？"), near)
                      : xasprintf(tr("stations of the bundle: %s", "政策包中的站点：%s"), all);
    findings_add(context->findings, SEV_ERROR, "C058", yaml_place(node), hint,
                 tr("there is no station “%s”", "没有站点 “%s”"), text);
    free(hint);
    free(all);
    free(names);
    return false;
}

static bool has_part(const struct recipient *recipient, const char *part)
{
    for (int i = 0; i < recipient->line_count; i++)
        if (str_equal(recipient->lines[i].id, part))
            return true;
    for (int i = 0; i < recipient->outlet_count; i++)
        if (str_equal(recipient->outlets[i].id, part))
            return true;
    return false;
}

/* A station, a recipient, or RECIPIENT/LINE, RECIPIENT/OUTLET: what the engine knows as a subject. */
bool data_subject_known(const struct policy *policy, const char *name)
{
    const char *slash = strchr(name, '/');
    char *owner = xstrndup(name, slash ? (size_t)(slash - name) : strlen(name));
    int recipient = registry_find(&policy->registry, owner);
    free(owner);
    if (policy_station(policy, name) >= 0)
        return true;
    return recipient >= 0 &&
           (!slash || has_part(&policy->registry.recipients[recipient], slash + 1));
}

static bool subject_any(struct data_context *context, const struct yaml *node,
                        struct readings_job *job)
{
    const char *text = schema_text(node, "of", context->findings);
    if (!text)
        return false;
    subject_add(job, text);
    if (data_subject_known(context->policy, text))
        return true;
    findings_add(context->findings, SEV_ERROR, "C058", yaml_place(node),
                 tr("a station, an enterprise, or e.g. 210106-0117/DA001, 210106-0117/L1",
                    "站点、企业，或如 210106-0117/DA001、210106-0117/L1"),
                 tr("there is no station, enterprise, line or outlet “%s”",
                    "没有站点、企业、生产线或排口 “%s”"),
                 text);
    return false;
}

static bool readings_subjects(struct data_context *context, const struct yaml *at,
                              struct readings_job *job)
{
    const struct policy *policy = context->policy;
    const struct yaml *stations = job->nodes->stations, *of = job->nodes->of;
    const struct yaml *named = stations ? stations : of;
    bool good = true;
    if (!stations == !of) {
        findings_add(context->findings, SEV_ERROR, "C059", yaml_place(at), NULL,
                     tr("readings have either “stations” or “of”",
                        "读数须写 stations（站点）或 of（排口、生产线等）之一"));
        return false;
    }
    size_t count = named->kind == YAML_LIST ? named->count : 1;
    job->subjects.items = arena_alloc(context->arena, (count + policy->station_count + 1) *
                                                          sizeof *job->subjects.items);
    if (stations && named->kind == YAML_SCALAR && str_equal(named->text, "all")) {
        for (size_t i = 0; i < policy->station_count; i++)
            if (policy->stations[i].area >= 0)
                subject_add(job, policy->stations[i].id);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        const struct yaml *node = named->kind == YAML_LIST ? named->items[i] : named;
        good &= stations ? subject_station(context, node, job) : subject_any(context, node, job);
    }
    return good;
}

static void add_reading(struct data_context *context, struct readings_job *job,
                        const struct series *series, const char *subject, size_t step,
                        const struct run_value *run)
{
    struct fact *fact = fact_list_add(job->list);
    struct reading_value *value = arena_alloc(context->arena, sizeof *value);
    *value = (struct reading_value){series->name, run->value, run->flag};
    fact->kind = FACT_READING;
    fact->time = job->from + (span_ms)step * series->step;
    fact->arrival = fact->time + series->step + job->nodes->late;
    fact->subject = subject;
    fact->reading = (struct reading){value, 1, series->step};
    data_identify(context, fact);
}

/* Step by step, and all subjects within a step, as they would arrive. */
static bool readings_series(struct data_context *context, const struct series *series,
                            const struct yaml *node, void *arg)
{
    struct readings_job *job = arg;
    size_t count;
    struct run_value *values = run_values_read(node, series->name, &count, context->findings);
    if (!values)
        return false;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; !values[i].silent && k < job->subjects.count; k++)
            add_reading(context, job, series, job->subjects.items[k], i, &values[i]);
    }
    free(values);
    return true;
}

static bool read_readings(struct data_context *context, const struct yaml *node,
                          struct fact_list *list)
{
    struct readings_nodes nodes = {0};
    struct readings_job job = {.list = list, .nodes = &nodes, .from = context->moment};
    bool good = schema_read(&readings_schema, node, &nodes, context->findings);
    good &= readings_subjects(context, node, &job);
    if (nodes.from)
        good &= data_moment(context, nodes.from, "from", &job.from);
    return each_series(context, &readings_schema, node, &job, readings_series) && good;
}

bool data_readings(struct data_context *context, const struct yaml *node, struct fact_list *list)
{
    return each_map(context, node, "readings", list, read_readings);
}
