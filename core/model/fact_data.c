/* What the data of each kind of fact must be.
 *
 * One function per kind, one table that names them.  Times in here may be local (in the bundle's
 * zone); the envelope's carry their offset. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/limits.h"
#include "model/fact_intake.h"
#include "model/fact_words.h"
#include "model/series.h"
#include <stdlib.h>
#include <string.h>

const char *const decision_act_names[ACTS] = {
    "approve", "hold",    "file",     "lift",   "override", "break_glass", "pause",
    "resume",  "correct", "withdraw", "reload", "rollback", "accept",      "test"};
const char *const receipt_kind_names[RECEIPTS] = {"delivered", "read", "acknowledged", "refused",
                                                  "done"};

/* Reading ------------------------------------------------------------------------------------- */

/* A flag is one letter, as HJ 212 has it. */
static char flag_of(struct intake *intake, const json_t *value, struct spot spot)
{
    const char *text = json_string_value(value);
    if (text && text[0] > ' ' && text[0] < 0x7f && !text[1])
        return text[0];
    intake_refuse(intake, spot,
                  tr("e.g. \"N\" normal, \"D\" broken, \"M\" maintenance",
                     "例如 \"N\" 正常、\"D\" 故障、\"M\" 维护"),
                  tr("a flag is one letter", "数据标识应为单个字母"));
    return 0;
}

static int value_compare(const void *a, const void *b)
{
    return strcmp(((const struct reading_value *)a)->series,
                  ((const struct reading_value *)b)->series);
}

static void read_values(struct intake *intake, const json_t *values, struct reading *reading)
{
    struct reading_value *items =
        arena_alloc(intake->arena, json_object_size(values) * sizeof *items);
    json_t *walk = (json_t *)(uintptr_t)values; /* jansson's iterators take no const */
    int count = 0;
    for (void *at = json_object_iter(walk); at; at = json_object_iter_next(walk, at)) {
        const char *series = json_object_iter_key(at);
        micro value = MICRO_NONE;
        intake_number(intake, json_object_iter_value(at), spot_in("values", series), &value);
        if (!*series)
            intake_refuse(intake, spot_of("values"), NULL,
                          tr("a series has no name", "序列名为空"));
        items[count++] =
            (struct reading_value){.series = arena_strdup(intake->arena, series), .value = value};
    }
    qsort(items, (size_t)count, sizeof *items, value_compare);
    reading->values = items;
    reading->count = count;
}

/* `flag` holds for all values, `flags` names them one by one and wins. */
static void read_flags(struct intake *intake, const struct reading *reading)
{
    struct reading_value *values =
        (struct reading_value *)(uintptr_t)reading->values; /* made above, not yet shared */
    const json_t *one = intake_member(intake, "flag", false);
    char flag = one ? flag_of(intake, one, spot_of("flag")) : 0;
    for (int i = 0; i < reading->count; i++)
        values[i].flag = flag;
    const json_t *each = intake_member(intake, "flags", false);
    if (each && !json_is_object(each))
        intake_refuse(intake, spot_of("flags"),
                      tr("e.g. {\"pm25\":\"M\"}", "例如 {\"pm25\":\"M\"}"),
                      tr("must be an object", "应为对象"));
    json_t *walk = (json_t *)(uintptr_t)each;
    for (void *at = json_object_iter(walk); at; at = json_object_iter_next(walk, at)) {
        const char *series = json_object_iter_key(at);
        struct reading_value key = {.series = series};
        struct reading_value *value =
            bsearch(&key, values, (size_t)reading->count, sizeof *values, value_compare);
        flag = flag_of(intake, json_object_iter_value(at), spot_in("flags", series));
        if (value)
            value->flag = flag;
        else
            intake_refuse(intake, spot_in("flags", series), NULL,
                          tr("there is no such value", "values 中没有这一项"));
    }
}

static void read_reading(struct intake *intake)
{
    struct reading *reading = &intake->fact->reading;
    reading->period = intake_span(intake, "period", false, HOUR_MS);
    const json_t *values = intake_member(intake, "values", true);
    if (!values)
        return;
    if (!json_is_object(values) || json_object_size(values) == 0) {
        intake_refuse(intake, spot_of("values"), tr("e.g. {\"pm25\":168}", "例如 {\"pm25\":168}"),
                      tr("must be an object that is not empty", "应为非空对象"));
        return;
    }
    if (json_object_size(values) > READING_VALUES_MAX) {
        intake_refuse(intake, spot_of("values"), NULL,
                      tr("holds more than %d values", "超过 %d 项"), READING_VALUES_MAX);
        return;
    }
    read_values(intake, values, reading);
    read_flags(intake, reading);
}

/* Forecast ------------------------------------------------------------------------------------ */

/* A number, [low, high] or null. */
static void read_step(struct intake *intake, const json_t *value, size_t number, micro *low,
                      micro *high)
{
    struct spot spot = spot_at("values", number);
    *low = *high = MICRO_NONE;
    if (!json_is_array(value)) {
        if (intake_number(intake, value, spot, low))
            *high = *low;
        return;
    }
    bool pair = json_array_size(value) == 2 &&
                intake_number(intake, json_array_get(value, 0), spot, low) &&
                intake_number(intake, json_array_get(value, 1), spot, high);
    if (!pair || *low == MICRO_NONE || *high == MICRO_NONE || *low > *high)
        intake_refuse(intake, spot, tr("e.g. [210, 270]", "例如 [210, 270]"),
                      tr("a range is [low, high], two numbers, the smaller one first",
                         "区间应为 [低, 高] 两个数字，小者在前"));
}

static unsigned primary_of(struct intake *intake, const json_t *name, struct spot spot)
{
    const char *text = json_string_value(name);
    enum pollutant pollutant = text ? pollutant_of(text) : POLLUTANT_NONE;
    if (pollutant != POLLUTANT_NONE)
        return 1u << pollutant;
    intake_refuse(intake, spot, "pm25 pm10 so2 no2 co o3",
                  tr("is no pollutant: %s", "不是污染物名称：%s"), text ? text : "?");
    return 0;
}

static unsigned primaries_of(struct intake *intake, const json_t *list, struct spot spot)
{
    unsigned set = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        set |= primary_of(intake, json_array_get(list, i), spot);
    return set;
}

/* One entry per step, each a list or null. */
static void read_primary_steps(struct intake *intake, const json_t *list, unsigned *primary,
                               size_t count)
{
    if (json_array_size(list) != count) {
        intake_refuse(intake, spot_of("primary"), NULL,
                      tr("has %zu entries for %zu values", "有 %zu 项，而预报值有 %zu 个"),
                      json_array_size(list), count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(list, i);
        if (json_is_array(entry))
            primary[i] = primaries_of(intake, entry, spot_at("primary", i));
        else if (!json_is_null(entry))
            intake_refuse(intake, spot_at("primary", i),
                          tr("names for all steps: [\"pm25\"]; by step: [[\"pm25\"], null]",
                             "各时段相同：[\"pm25\"]；逐时段：[[\"pm25\"], null]"),
                          tr("must be a list or null", "应为列表或 null"));
    }
}

static void read_primary(struct intake *intake, unsigned *primary, size_t count)
{
    const json_t *list = intake_member(intake, "primary", false);
    if (!list)
        return;
    if (!json_is_array(list)) {
        intake_refuse(intake, spot_of("primary"), tr("e.g. [\"pm25\"]", "例如 [\"pm25\"]"),
                      tr("must be a list", "应为列表"));
        return;
    }
    if (!json_is_string(json_array_get(list, 0))) {
        if (json_array_size(list) > 0)
            read_primary_steps(intake, list, primary, count);
        return;
    }
    unsigned all = primaries_of(intake, list, spot_of("primary"));
    for (size_t i = 0; i < count; i++)
        primary[i] = all;
}

static void read_steps(struct intake *intake, const json_t *values, struct forecast *forecast)
{
    size_t count = json_array_size(values);
    if (!json_is_array(values) || count == 0 || count > BULLETIN_STEPS_MAX) {
        intake_refuse(intake, spot_of("values"),
                      tr("e.g. [[210, 270], 180, null]", "例如 [[210, 270], 180, null]"),
                      tr("must be a list of 1 to %d values", "应为 1 至 %d 个值的列表"),
                      BULLETIN_STEPS_MAX);
        return;
    }
    micro *low = arena_alloc(intake->arena, count * sizeof *low);
    micro *high = arena_alloc(intake->arena, count * sizeof *high);
    unsigned *primary = arena_alloc(intake->arena, count * sizeof *primary);
    for (size_t i = 0; i < count; i++)
        read_step(intake, json_array_get(values, i), i, &low[i], &high[i]);
    read_primary(intake, primary, count);
    forecast->low = low;
    forecast->high = high;
    forecast->primary = primary;
    forecast->count = (int)count;
}

static void read_forecast(struct intake *intake)
{
    struct forecast *forecast = &intake->fact->forecast;
    instant_ms time = intake->event->time;
    forecast->series = intake_text(intake, "series", true);
    forecast->issued = intake_instant(intake, "issued", time == INSTANT_NONE, time);
    forecast->start = intake_instant(intake, "start", true, INSTANT_NONE);
    forecast->step = intake_span(intake, "step", true, DAY_MS);
    if (time == INSTANT_NONE)
        intake->fact->time = forecast->issued;
    const json_t *values = intake_member(intake, "values", true);
    if (values)
        read_steps(intake, values, forecast);
}

/* The others ---------------------------------------------------------------------------------- */

static void read_directive(struct intake *intake)
{
    struct directive *directive = &intake->fact->directive;
    directive->level = intake_text(intake, "level", true);
    directive->number = intake_text(intake, "number", false);
    directive->from = intake_instant(intake, "from", false, intake->event->time);
    directive->to = intake_instant(intake, "to", false, INSTANT_NONE);
    if (directive->to != INSTANT_NONE && directive->to <= directive->from)
        intake_refuse(intake, spot_of("to"), NULL, tr("must be after `from`", "应晚于 from"));
}

static void read_incident(struct intake *intake)
{
    struct incident *incident = &intake->fact->incident;
    incident->kind = intake_text(intake, "kind", true);
    incident->text = intake_text(intake, "text", false);
    incident->confidence = intake_figure(intake, "confidence", 0, MICRO);
    micro lon = intake_figure(intake, "lon", -180 * (micro)MICRO, 180 * (micro)MICRO);
    micro lat = intake_figure(intake, "lat", -90 * (micro)MICRO, 90 * (micro)MICRO);
    if ((lon == MICRO_NONE) != (lat == MICRO_NONE))
        intake_refuse(intake, spot_of(lon == MICRO_NONE ? "lat" : "lon"), NULL,
                      tr("`lon` and `lat` belong together", "lon 与 lat 应同时给出"));
    incident->placed = lon != MICRO_NONE && lat != MICRO_NONE;
    incident->lon = json_number_value(json_object_get(intake->event->data, "lon"));
    incident->lat = json_number_value(json_object_get(intake->event->data, "lat"));
    struct buf body = {0};
    json_canonical(&body, intake->event->data);
    incident->body = arena_strdup(intake->arena, buf_str(&body));
    buf_release(&body);
}

const char *decision_act_name(enum decision_act act)
{
    return decision_act_names[act];
}

bool act_is_of_engine(enum decision_act act)
{
    return act < ACT_PAUSE;
}

/* How many recipients the plan had when the person looked at it. */
static int read_count(struct intake *intake)
{
    micro count = intake_figure(intake, "count", MICRO, RECIPIENTS_MAX * (micro)MICRO);
    if (count == MICRO_NONE)
        return 0;
    if (count % MICRO != 0)
        intake_refuse(intake, spot_of("count"), NULL, tr("must be a whole number", "应为整数"));
    return (int)(count / MICRO);
}

static void read_decision(struct intake *intake)
{
    struct decision_fact *decision = &intake->fact->decision;
    int act = intake_word(intake, "act", decision_act_names, ACTS);
    decision->act = act < 0 ? ACT_APPROVE : (enum decision_act)act; /* with a finding already */
    decision->by = intake_text(intake, "by", true);
    decision->note = intake_text(intake, "note", false);
    decision->plan = intake_text(intake, "plan", false);
    decision->level = intake_text(intake, "level", act == ACT_OVERRIDE);
    decision->text = intake_text(intake, "text", act == ACT_CORRECT);
    decision->until = intake_instant(intake, "until", act == ACT_HOLD, INSTANT_NONE);
    decision->count = read_count(intake);
}

static void read_receipt(struct intake *intake)
{
    struct receipt *receipt = &intake->fact->receipt;
    int kind = intake_word(intake, "kind", receipt_kind_names, RECEIPTS);
    receipt->kind = kind < 0 ? RECEIPT_DELIVERED : (enum receipt_kind)kind;
    receipt->channel = intake_text(intake, "channel", false);
    receipt->by = intake_text(intake, "by", false);
    receipt->reason = intake_text(intake, "reason", false);
}

static void read_policy(struct intake *intake)
{
    const char *hash = intake_text(intake, "hash", true);
    intake->fact->policy.hash = hash;
    if (hash && (strlen(hash) != 64 || strspn(hash, "0123456789abcdef") != 64))
        intake_refuse(
            intake, spot_of("hash"), NULL,
            tr("must be a SHA-256 in 64 lower-case hex digits", "应为 64 位小写十六进制 SHA-256"));
}

static void read_failure(struct intake *intake)
{
    intake->fact->failure.rule = intake_text(intake, "rule", true);
    intake->fact->failure.message = intake_text(intake, "message", true);
}

/* The table ----------------------------------------------------------------------------------- */

const struct fact_form *fact_form(enum fact_kind kind)
{
    static const char *const none[] = {NULL};
    static const char *const reading[] = {"values", "period", "flag", "flags", NULL};
    static const char *const forecast[] = {"series", "issued",  "start", "step",
                                           "values", "primary", NULL};
    static const char *const directive[] = {"level", "from", "to", "number", NULL};
    static const char *const incident[] = {"kind", "lon", "lat", "confidence", "text", NULL};
    static const char *const decision[] = {"act",  "by",    "note",  "plan", "level",
                                           "text", "until", "count", NULL};
    static const char *const receipt[] = {"kind", "channel", "by", "reason", NULL};
    static const char *const policy[] = {"hash", NULL};
    static const char *const failure[] = {"rule", "message", NULL};
    static const struct fact_form forms[] = {
        [FACT_READING] = {read_reading, false, true, reading},
        [FACT_FORECAST] = {read_forecast, false, true, forecast},
        [FACT_DIRECTIVE] = {read_directive, false, true, directive},
        [FACT_INCIDENT] = {read_incident, true, true, incident},
        [FACT_DECISION] = {read_decision, false, true, decision},
        [FACT_RECEIPT] = {read_receipt, false, true, receipt},
        [FACT_TICK] = {NULL, true, false, none},
        [FACT_POLICY] = {read_policy, false, false, policy},
        [FACT_FAILURE] = {read_failure, false, false, failure},
    };
    return &forms[kind];
}
