/* The data of a scenario: readings, of stations or of what an enterprise has. */
#include "base/arena.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "shell/scenario_event.h"
#include "shell/shorthand.h"
#include <stdlib.h>
#include <string.h>

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

/* A station, a recipient, or RECIPIENT/LINE, RECIPIENT/OUTLET: what the engine knows as a subject.
 */
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
    return data_each_series(context, &readings_schema, node, &job, readings_series) && good;
}

bool data_readings(struct data_context *context, const struct yaml *node, struct fact_list *list)
{
    return data_each_map(context, node, "readings", list, read_readings);
}
