/* series.yaml: what every value means.
 *
 * A concentration that the index is made of must be in the unit of the index's tables; a step must
 * fit the day, so that steps begin at the same time every day. */
#include "base/lang.h"
#include "base/str.h"
#include "model/policy_reader.h"
#include "model/schema.h"
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"measured", "aqi", "iaqi", "state", NULL};
static const char *const pollutants[] = {"pm25", "pm10", "so2", "no2", "co", "o3", NULL};
/* Units seen in HJ 212, GB 3095 and meters; any other one is asked about. */
static const char *const units[] = {
    "µg/m³", "mg/m³", "ng/m³", "mg/L", "ppm",  "ppb", "%",   "℃",   "kW",  "kWh",  "A",
    "V",     "m/s",   "m³",    "m³/h", "m³/s", "t",   "t/h", "t/d", "kg",  "kg/h", "L/s",
    "Pa",    "kPa",   "MPa",   "hPa",  "°",    "mm",  "h",   "1",   "辆次"};

struct series_entry {
    struct series series;
    int kind, pollutant;
    const struct yaml *codes, *states;
};
#define ENTRY(member) offsetof(struct series_entry, member)
static const struct field series_fields[] = {
    FIELD("kind", FIELD_WORD, ENTRY(kind), .required = true, .words = kinds),
    FIELD("pollutant", FIELD_WORD, ENTRY(pollutant), .words = pollutants),
    FIELD("step", FIELD_SPAN, ENTRY(series.step), .required = true, .low = SECOND_MS,
          .high = 366 * (int64_t)DAY_MS),
    FIELD("span", FIELD_SPAN, ENTRY(series.span), .required = true, .low = SECOND_MS,
          .high = 366 * (int64_t)DAY_MS),
    FIELD("unit", FIELD_TEXT, ENTRY(series.unit)),
    FIELD("low", FIELD_MICRO, ENTRY(series.low)),
    FIELD("high", FIELD_MICRO, ENTRY(series.high)),
    FIELD("codes", FIELD_TEXTS, ENTRY(codes)),
    FIELD("states", FIELD_TEXTS, ENTRY(states), .low = 2, .high = 100),
    FIELD("valid", FIELD_FLAGS, ENTRY(series.valid_flags)),
    FIELD("stopped", FIELD_FLAGS, ENTRY(series.stopped_flags)),
    FIELD("title", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("note", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct schema series_schema = {"a series", "序列", series_fields,
                                            sizeof series_fields / sizeof *series_fields, false};

struct series_check {
    struct policy_reader *reader;
    const struct yaml *node;
    const struct series_entry *entry;
};

static struct place place_of(const struct series_check *check, const char *key)
{
    const struct yaml *value = yaml_get(check->node, key);
    return yaml_place(value ? value : check->node);
}

/* An index is reckoned over one hour or over 24 (HJ 633), and given by the hour or by the day. */
static bool index_span_is_good(const struct series *series)
{
    if (series->step == HOUR_MS)
        return series->span == HOUR_MS || series->span == DAY_MS;
    return series->step == DAY_MS && series->span == DAY_MS;
}

static void check_span(const struct series_check *check)
{
    const struct series *series = &check->entry->series;
    bool index = series->kind == SERIES_AQI || series->kind == SERIES_IAQI;
    if (index ? index_span_is_good(series) : series->span % series->step == 0)
        return;
    bool by_step = index && series->step != HOUR_MS && series->step != DAY_MS;
    findings_add(
        check->reader->findings, SEV_ERROR, "V003", place_of(check, by_step ? "step" : "span"),
        index ? tr("an index has step: 1h with span: 1h or 24h, or step: 24h with span: 24h",
                   "指数序列写 step: 1h 配 span: 1h 或 24h，或 step: 24h 配 span: 24h")
              : NULL,
        index ? tr("no index is reckoned over the step and span of “%s”",
                   "没有按“%s”的 step 和 span 计算的指数")
              : tr("the span of “%s” is not a whole number of its steps",
                   "“%s”的 span 不是 step 的整数倍"),
        series->name);
}

static void check_steps(const struct series_check *check)
{
    const struct series *series = &check->entry->series;
    if (series->step == 0 || series->span == 0)
        return;
    if (DAY_MS % series->step == 0 || series->step % DAY_MS == 0) {
        check_span(check);
        return;
    }
    findings_add(check->reader->findings, SEV_ERROR, "V005", place_of(check, "step"),
                 tr("use 1m, 5m, 15m, 1h, 24h or the like", "请用 1m、5m、15m、1h、24h 之类"),
                 tr("the step of “%s” does not fit the day", "“%s”的 step 不能整除一天"),
                 series->name);
}

/* The Greek letter and the micro sign look the same and are typed alike. */
static bool is_unit(const char *text, const char *unit)
{
    if (strcmp(text, unit) == 0)
        return true;
    return strcmp(unit, "µg/m³") == 0 && strcmp(text, "μg/m³") == 0;
}

static void check_pollutant_unit(const struct series_check *check)
{
    const struct series *series = &check->entry->series;
    const char *wanted = series->pollutant == CO ? "mg/m³" : "µg/m³";
    if (is_unit(series->unit, wanted))
        return;
    findings_add(check->reader->findings, SEV_ERROR, "V002", place_of(check, "unit"),
                 series->pollutant == CO ? tr("write mg/m³", "请写 mg/m³")
                                         : tr("write µg/m³", "请写 µg/m³"),
                 tr("“%s” is in %s; the index tables take %s in %s",
                    "“%s”的单位是 %s；指数表中 %s 的单位是 %s"),
                 series->name, series->unit, pollutant_label(series->pollutant), wanted);
}

static void check_unit(const struct series_check *check)
{
    const struct series *series = &check->entry->series;
    if (!series->unit) {
        if (!yaml_get(check->node, "unit"))
            findings_add(check->reader->findings, SEV_ERROR, "V001", yaml_place(check->node),
                         tr("add e.g. unit: mg/m³", "请补写，例如 unit: mg/m³"),
                         tr("the measured series “%s” has no unit", "实测序列“%s”没有单位"),
                         series->name);
        return;
    }
    if (series->pollutant != POLLUTANT_NONE) {
        check_pollutant_unit(check);
        return;
    }
    size_t count = sizeof units / sizeof *units;
    for (size_t i = 0; i < count; i++) {
        if (is_unit(series->unit, units[i]))
            return;
    }
    char *all = str_join(units, count, " ");
    findings_add(check->reader->findings, SEV_WARNING, "V002", place_of(check, "unit"), all,
                 tr("“%s” is in the unusual unit “%s”", "“%s”的单位“%s”不常见"), series->name,
                 series->unit);
    free(all);
}

static void check_bounds(const struct series_check *check)
{
    const struct series *series = &check->entry->series;
    bool has_low = yaml_get(check->node, "low"), has_high = yaml_get(check->node, "high");
    if (!has_low || !has_high)
        findings_add(check->reader->findings, SEV_WARNING, "V004", yaml_place(check->node),
                     tr("add low and high: what lies outside is a broken sensor",
                        "请补写 low 和 high：超出即视为仪器故障"),
                     tr("the measured series “%s” has no bounds", "实测序列“%s”没有上下限"),
                     series->name);
    else if (series->low >= series->high)
        findings_add(check->reader->findings, SEV_ERROR, "V006", place_of(check, "high"), NULL,
                     tr("“%s”: low is not below high, so that no reading is valid",
                        "“%s”的 low 不小于 high，任何读数都无效"),
                     series->name);
}

static void check_flags(const struct series_check *check)
{
    const struct series *series = &check->entry->series;
    for (const char *flag = series->stopped_flags; flag && *flag; flag++) {
        if (series->valid_flags && strchr(series->valid_flags, *flag))
            findings_add(check->reader->findings, SEV_ERROR, "V008", place_of(check, "stopped"),
                         NULL,
                         tr("flag %c of “%s” means both valid and stopped",
                            "“%2$s”的标识 %1$c 既表示有效又表示停运"),
                         *flag, series->name);
    }
}

/* Keys that make no sense for the kind are not ignored but named. */
static void refuse_keys(const struct series_check *check, const char *const *keys)
{
    for (; *keys; keys++) {
        const struct yaml *value = yaml_get(check->node, *keys);
        if (value)
            findings_add(check->reader->findings, SEV_ERROR, "V009", yaml_place(value), NULL,
                         tr("“%s” of kind %s cannot have “%s”", "“%s”的类型为 %s，不能有“%s”"),
                         check->entry->series.name, kinds[check->entry->kind], *keys);
    }
}

static void need_key(const struct series_check *check, const char *key)
{
    if (!yaml_get(check->node, key))
        findings_add(check->reader->findings, SEV_ERROR, "V010", yaml_place(check->node), NULL,
                     tr("“%s” of kind %s needs “%s”", "“%s”的类型为 %s，必须写明“%s”"),
                     check->entry->series.name, kinds[check->entry->kind], key);
}

static void check_kind(const struct series_check *check)
{
    static const char *const no_measured[] = {"states", NULL};
    static const char *const no_index[] = {"unit",   "low",   "high",    "codes",
                                           "states", "valid", "stopped", NULL};
    static const char *const no_pollutant[] = {"pollutant", NULL};
    static const char *const no_state[] = {"pollutant", "unit", "low", "high", NULL};
    switch (check->entry->series.kind) {
    case SERIES_MEASURED:
        refuse_keys(check, no_measured);
        check_unit(check);
        check_bounds(check);
        break;
    case SERIES_AQI:
        refuse_keys(check, no_index);
        refuse_keys(check, no_pollutant);
        break;
    case SERIES_IAQI:
        refuse_keys(check, no_index);
        need_key(check, "pollutant");
        break;
    case SERIES_STATE:
        refuse_keys(check, no_state);
        need_key(check, "states");
        break;
    }
    check_steps(check);
    check_flags(check);
}

static void read_one(struct policy_reader *reader, struct names *codes, const struct yaml *key,
                     const struct yaml *node)
{
    struct series_entry entry = {
        .series = {.name = key->text,
                   .low = -MICRO_MAX,
                   .high = MICRO_MAX,
                   .valid_flags = "N",
                   .stopped_flags = ""},
        .kind = -1,
        .pollutant = POLLUTANT_NONE,
    };
    bool good = schema_read(&series_schema, node, &entry, reader->findings);
    if (entry.kind < 0)
        return;
    entry.series.kind = (enum series_kind)entry.kind;
    entry.series.pollutant = (enum pollutant)entry.pollutant;
    if (entry.kind == SERIES_AQI || entry.kind == SERIES_IAQI)
        entry.series.low = 0; /* no index is below 0; a bulletin may say more than the table does */
    if (good)
        check_kind(&(struct series_check){reader, node, &entry});
    for (size_t i = 0; entry.codes && i < entry.codes->count; i++)
        names_declare(codes, entry.codes->items[i]->text, entry.codes->items[i], reader->findings);
    schema_texts(reader->arena, entry.codes, &entry.series.codes, &entry.series.code_count);
    schema_texts(reader->arena, entry.states, &entry.series.states, &entry.series.state_count);
    reader->policy->series[reader->policy->series_count++] = entry.series;
}

/* An index over pollutants nobody measures would stay unknown for ever. */
static void check_pollutants(struct policy_reader *reader, const struct yaml *map)
{
    const struct policy *policy = reader->policy;
    unsigned measured = 0;
    for (size_t i = 0; i < policy->series_count; i++) {
        const struct series *series = &policy->series[i];
        if (series->kind == SERIES_MEASURED && series->pollutant != POLLUTANT_NONE)
            measured |= 1u << series->pollutant;
    }
    for (int p = 0; p < POLLUTANTS; p++) {
        if (policy->required >> p & ~measured >> p & 1)
            findings_add(reader->findings, SEV_WARNING, "V011", yaml_place(map),
                         tr("add a series of kind measured for it, or change “required”",
                            "请补写该污染物的实测序列，或修改 required"),
                         tr("no series measures %s, which the index requires",
                            "没有序列测量 %s，而指数计算必需它"),
                         pollutant_label((enum pollutant)p));
    }
}

struct series_file {
    const struct yaml *series;
};
static const struct field file_fields[] = {
    FIELD("series", FIELD_MAP, offsetof(struct series_file, series), .required = true),
};
static const struct schema file_schema = {"series.yaml", "series.yaml ", file_fields, 1, false};

void series_read(struct policy_reader *reader, const struct yaml *root)
{
    struct series_file file = {0};
    if (!schema_read(&file_schema, root, &file, reader->findings))
        return;
    struct names codes = {.english = "code", .chinese = "监测因子编码"};
    struct policy *policy = reader->policy;
    policy->series = arena_alloc(reader->arena, file.series->count * sizeof *policy->series);
    for (size_t i = 0; i < file.series->count; i++)
        read_one(reader, &codes, file.series->keys[i], file.series->items[i]);
    names_release(&codes);
    check_pollutants(reader, file.series);
}
