/* policy.yaml into the policy.
 *
 * Everything later files refer to (levels, documents, districts, parks, industries) is declared
 * here.  What cannot be used is left out after its finding was made; the bundle as a whole then
 * fails. */
#include "base/lang.h"
#include "base/limits.h"
#include "model/policy_reader.h"
#include "model/schema.h"

static const char *const uses[] = {"low", "mid", "high", NULL};
static const char *const approvers[] = {"auto", "one", "two", NULL};
static const char *const pollutants[] = {"pm25", "pm10", "so2", "no2", "co", "o3", NULL};

/* What policy.yaml holds besides the fields of struct policy. */
struct policy_file {
    const struct yaml *districts, *parks, *industries, *documents, *areas, *stations, *pollutants,
        *required, *levels, *approvals, *rules, *figures, *size_limit, *evidence;
    int forecast_use;
};
struct target {
    struct policy policy;
    struct policy_file file;
};

#define POLICY(member) offsetof(struct target, policy.member)
#define FILE_NODE(member) offsetof(struct target, file.member)
static const struct field policy_fields[] = {
    FIELD("authority", FIELD_TEXT, POLICY(authority), .required = true),
    FIELD("author", FIELD_TEXT, POLICY(author)),
    FIELD("city", FIELD_ID, POLICY(city), .required = true),
    FIELD("zone", FIELD_TEXT, POLICY(zone_name), .required = true),
    FIELD("valid_from", FIELD_DATE, POLICY(valid_from), .required = true),
    FIELD("valid_to", FIELD_DATE, POLICY(valid_to)),
    FIELD("standards", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("documents", FIELD_MAP, FILE_NODE(documents)),
    FIELD("districts", FIELD_LIST, FILE_NODE(districts)),
    FIELD("parks", FIELD_TEXTS, FILE_NODE(parks)),
    FIELD("industries", FIELD_NODE, FILE_NODE(industries)),
    FIELD("areas", FIELD_LIST, FILE_NODE(areas), .required = true, .low = 1),
    FIELD("stations", FIELD_LIST, FILE_NODE(stations), .required = true),
    FIELD("pollutants", FIELD_TEXTS, FILE_NODE(pollutants), .required = true, .low = 1,
          .words = pollutants),
    FIELD("required", FIELD_TEXTS, FILE_NODE(required), .words = pollutants),
    FIELD("settle_after", FIELD_SPAN, POLICY(settle_after), .high = DAY_MS),
    FIELD("stations_min_share", FIELD_MICRO, POLICY(stations_min_share), .high = MICRO),
    FIELD("bulletin_max_age", FIELD_SPAN, POLICY(bulletin_max_age), .low = HOUR_MS,
          .high = 31 * (int64_t)DAY_MS),
    FIELD("unknown_alarm", FIELD_SPAN, POLICY(unknown_alarm), .low = MINUTE_MS,
          .high = 31 * (int64_t)DAY_MS),
    FIELD("forecast_use", FIELD_WORD, FILE_NODE(forecast_use), .words = uses),
    FIELD("levels", FIELD_LIST, FILE_NODE(levels), .required = true, .low = 1, .high = LEVELS_MAX),
    FIELD("approvals", FIELD_MAP, FILE_NODE(approvals)),
    FIELD("acknowledge", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("escalation", FIELD_LIST, FIELD_NOT_STORED, .high = CHASE_RUNGS_MAX),
    FIELD("working_hours", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("recipients_max", FIELD_INT, POLICY(recipients_max)),
    FIELD("size_limit", FIELD_MAP, FILE_NODE(size_limit)),
    FIELD("evidence", FIELD_MAP, FILE_NODE(evidence)),
    FIELD("rules", FIELD_TEXTS, FILE_NODE(rules), .required = true, .high = RULES_MAX),
    FIELD("figures", FIELD_MAP, FILE_NODE(figures)),
};
static const struct schema policy_schema = {"policy.yaml", "policy.yaml ", policy_fields,
                                            sizeof policy_fields / sizeof *policy_fields, false};

static const struct field approval_fields[] = {
    FIELD("remind_after", FIELD_SPAN, offsetof(struct policy, remind_after), .low = MINUTE_MS,
          .high = 7 * (int64_t)DAY_MS),
    FIELD("deputy_after", FIELD_SPAN, offsetof(struct policy, deputy_after), .low = MINUTE_MS,
          .high = 7 * (int64_t)DAY_MS),
    FIELD("expires_after", FIELD_SPAN, offsetof(struct policy, expires_after), .low = MINUTE_MS,
          .high = 31 * (int64_t)DAY_MS),
};
static const struct schema approval_schema = {"“approvals”", "“approvals”", approval_fields, 3,
                                              false};
static const struct field size_fields[] = {
    FIELD("times_usual", FIELD_MICRO, offsetof(struct policy, times_usual), .low = MICRO,
          .high = 1000 * (int64_t)MICRO),
    FIELD("share_percent", FIELD_INT, offsetof(struct policy, list_percent_max), .low = 1,
          .high = 100, .unit = "%"),
    FIELD("source", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct schema size_schema = {"“size_limit”", "“size_limit”", size_fields, 3, false};

static const struct field document_fields[] = {
    FIELD("title", FIELD_TEXT, offsetof(struct document, title), .required = true),
    FIELD("number", FIELD_TEXT, offsetof(struct document, number)),
    FIELD("date", FIELD_DATE, offsetof(struct document, date)),
    FIELD("url", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("note", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct schema document_schema = {"a document", "文件", document_fields, 5, false};

static void read_documents(struct policy_reader *reader, const struct yaml *map)
{
    struct policy *policy = reader->policy;
    policy->documents = arena_alloc(reader->arena, map->count * sizeof *policy->documents);
    for (size_t i = 0; i < map->count; i++) {
        struct document *document = &policy->documents[policy->document_count];
        document->key = map->keys[i]->text;
        if (names_find(&reader->documents, document->key) < 0) /* twice: said by the parser */
            names_declare(&reader->documents, document->key, map->keys[i], reader->findings);
        if (schema_read(&document_schema, map->items[i], document, reader->findings))
            policy->document_count++;
    }
}

static const struct field level_fields[] = {
    FIELD("name", FIELD_ID, offsetof(struct level, name), .required = true),
    FIELD("title", FIELD_TEXT, offsetof(struct level, title), .required = true),
    FIELD("response", FIELD_TEXT, offsetof(struct level, response)),
    FIELD("share", FIELD_INT, offsetof(struct level, share_percent), .high = 100, .unit = "%"),
    FIELD("approve", FIELD_ONE_OF, offsetof(struct level, approve), .words = approvers),
    FIELD("signer", FIELD_TEXT, offsetof(struct level, signer)),
    FIELD("deputy", FIELD_TEXT, offsetof(struct level, deputy)),
};
static const struct schema level_schema = {"a level", "级别", level_fields,
                                           sizeof level_fields / sizeof *level_fields, false};

/* The ladder rises, so what it asks must not fall on the way up.  `below`: the next lower level
 * without a mistake, or NULL. */
static void check_level_share(struct policy_reader *reader, const struct level *below,
                              const struct level *level, const struct yaml *node)
{
    if (!below || level->share_percent >= below->share_percent)
        return;
    const struct yaml *share = yaml_get(node, "share");
    findings_add(reader->findings, SEV_ERROR, "P011", yaml_place(share ? share : node),
                 tr("levels are written lowest first", "级别由低到高书写"),
                 tr("level “%s” asks %d%%, less than “%s” below it (%d%%)",
                    "级别“%s”要求 %d%%，低于其下一级“%s”的 %d%%"),
                 level->name, level->share_percent, below->name, below->share_percent);
}

static void read_levels(struct policy_reader *reader, const struct yaml *list)
{
    struct policy *policy = reader->policy;
    const struct level *below = NULL;
    policy->levels = arena_alloc(reader->arena, list->count * sizeof *policy->levels);
    for (size_t i = 0; i < list->count; i++) {
        struct level level = {0};
        const struct yaml *node = list->items[i];
        bool sound = schema_read(&level_schema, node, &level, reader->findings);
        reader->levels.incomplete |= !level.name;
        if (!level.name || names_declare(&reader->levels, level.name, yaml_get(node, "name"),
                                         reader->findings) < 0)
            continue;
        policy->levels[policy->level_count] = level;
        if (sound) { /* a share that was refused is not the 0 that stands for it */
            check_level_share(reader, below, &level, node);
            below = &policy->levels[policy->level_count];
        }
        policy->level_count++;
    }
}

#define LON_AND_LAT                                                              \
    FIELD("lon", FIELD_MICRO, FIELD_NOT_STORED, .low = -180 * (int64_t)MICRO,    \
          .high = 180 * (int64_t)MICRO, .unit = "°"),                            \
        FIELD("lat", FIELD_MICRO, FIELD_NOT_STORED, .low = -90 * (int64_t)MICRO, \
              .high = 90 * (int64_t)MICRO, .unit = "°")

static const struct field station_fields[] = {
    FIELD("id", FIELD_ID, offsetof(struct station, id), .required = true),
    FIELD("name", FIELD_TEXT, offsetof(struct station, name), .required = true),
    FIELD("district", FIELD_TEXT, offsetof(struct station, district)),
    LON_AND_LAT,
    FIELD("group", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct schema station_schema = {"a station", "站点", station_fields,
                                             sizeof station_fields / sizeof *station_fields, true};

static void read_stations(struct policy_reader *reader, const struct yaml *list)
{
    struct policy *policy = reader->policy;
    policy->stations = arena_alloc(reader->arena, list->count * sizeof *policy->stations);
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml *node = list->items[i];
        struct station station = {.area = -1, .node = node};
        schema_read(&station_schema, node, &station, reader->findings);
        reader->stations.incomplete |= !station.id;
        if (!station.id || names_declare(&reader->stations, station.id, yaml_get(node, "id"),
                                         reader->findings) < 0)
            continue;
        policy_refer_district(reader, yaml_get(node, "district"));
        policy->stations[policy->station_count++] = station;
    }
}

/* An area and what was written of its stations. */
struct area_entry {
    struct area area;
    const struct yaml *stations;
};
static const struct field area_fields[] = {
    FIELD("code", FIELD_ID, offsetof(struct area_entry, area.code), .required = true),
    FIELD("name", FIELD_TEXT, offsetof(struct area_entry, area.name), .required = true),
    FIELD("stations", FIELD_TEXTS, offsetof(struct area_entry, stations),
          .high = AREA_STATIONS_MAX),
};
static const struct schema area_schema = {"an area", "区域", area_fields, 3, false};

/* A station's hours count for one area only; a second one would have to say which. */
static void join_area(struct policy_reader *reader, struct area *area, int number,
                      const struct yaml *item)
{
    int station = names_refer(&reader->stations, item->text, item, reader->findings);
    if (station < 0)
        return;
    struct station *joined = &reader->policy->stations[station];
    if (joined->area >= 0) {
        findings_add(reader->findings, SEV_ERROR, "P012", yaml_place(item),
                     tr("a station counts for one area", "一个站点只能计入一个区域"),
                     tr("station “%s” belongs to area “%s” already", "站点“%s”已属于区域“%s”"),
                     item->text, reader->policy->areas[joined->area].code);
        return;
    }
    joined->area = number;
    area->stations[area->station_count++] = station;
}

static void read_area(struct policy_reader *reader, const struct yaml *node)
{
    struct policy *policy = reader->policy;
    struct area_entry entry = {0};
    schema_read(&area_schema, node, &entry, reader->findings);
    const struct yaml *code = yaml_get(node, "code");
    if (!entry.area.code ||
        names_declare(&reader->areas, entry.area.code, code, reader->findings) < 0)
        return;
    size_t count = entry.stations ? entry.stations->count : 0;
    entry.area.stations = arena_alloc(reader->arena, (count + 1) * sizeof *entry.area.stations);
    for (size_t i = 0; i < count; i++)
        join_area(reader, &entry.area, (int)policy->area_count, entry.stations->items[i]);
    if (count == 0 &&
        (!yaml_get(node, "stations") || yaml_get(node, "stations")->kind == YAML_LIST))
        findings_add(reader->findings, SEV_WARNING, "P004", yaml_place(node),
                     tr("no station must not read as good air: its series stay unknown",
                        "没有站点不等于空气良好：该区域各序列始终未知"),
                     tr("area “%s” has no stations", "区域“%s”没有站点"), entry.area.code);
    policy->areas[policy->area_count++] = entry.area;
}

static void read_areas(struct policy_reader *reader, const struct yaml *list)
{
    struct policy *policy = reader->policy;
    policy->areas = arena_alloc(reader->arena, list->count * sizeof *policy->areas);
    for (size_t i = 0; i < list->count; i++)
        read_area(reader, list->items[i]);
    for (size_t i = 0; i < policy->station_count; i++) {
        const struct station *station = &policy->stations[i];
        if (station->area < 0)
            findings_add(reader->findings, SEV_WARNING, "P013", yaml_place(station->node), NULL,
                         tr("station “%s” belongs to no area: its readings count for none",
                            "站点“%s”不属于任何区域，其数据不参与计算"),
                         station->id);
    }
}

struct district {
    const char *code, *name;
};
static const struct field district_fields[] = {
    FIELD("code", FIELD_ID, offsetof(struct district, code), .required = true),
    FIELD("name", FIELD_TEXT, offsetof(struct district, name), .required = true),
    LON_AND_LAT,
};
static const struct schema district_schema = {"a district", "区县", district_fields, 4, false};

static void read_districts(struct policy_reader *reader, const struct yaml *list)
{
    reader->has_districts = true;
    for (size_t i = 0; i < list->count; i++) {
        struct district district = {0};
        schema_read(&district_schema, list->items[i], &district, reader->findings);
        if (district.code)
            names_declare(&reader->districts, district.code, yaml_get(list->items[i], "code"),
                          reader->findings);
    }
}

/* A list of words, or a map from the word to its Chinese name. */
static void read_industries(struct policy_reader *reader, const struct yaml *node)
{
    if (node->kind == YAML_SCALAR && !schema_is_list(node, "industries", reader->findings))
        return;
    reader->has_industries = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml *word = node->kind == YAML_MAP ? node->keys[i] : node->items[i];
        if (node->kind == YAML_MAP)
            schema_text(node->items[i], word->text, reader->findings);
        if (schema_text(word, "industries", reader->findings))
            names_declare(&reader->industries, word->text, word, reader->findings);
    }
    if (names_find(&reader->industries, "other") < 0)
        names_declare(&reader->industries, "other", NULL, reader->findings);
}

static unsigned pollutant_bits(const struct yaml *list)
{
    unsigned bits = 0;
    for (size_t i = 0; list && i < list->count; i++) {
        enum pollutant pollutant = pollutant_of(list->items[i]->text);
        if (pollutant != POLLUTANT_NONE)
            bits |= 1u << pollutant;
    }
    return bits;
}

static void read_pollutants(struct policy_reader *reader, const struct policy_file *file)
{
    struct policy *policy = reader->policy;
    policy->pollutants = pollutant_bits(file->pollutants);
    policy->required = file->required ? pollutant_bits(file->required) : policy->pollutants;
    if (!file->pollutants || !file->required)
        return;
    for (size_t i = 0; i < file->required->count; i++) {
        const struct yaml *item = file->required->items[i];
        if (policy->pollutants >> pollutant_of(item->text) & 1)
            continue;
        findings_add(reader->findings, SEV_ERROR, "P005", yaml_place(item),
                     tr("add it to “pollutants”, or drop it here", "请加入 pollutants，或在此删去"),
                     tr("“%s” is required but not among the pollutants counted",
                        "“%s”列为必需，却不在参评污染物之中"),
                     item->text);
    }
}

static void check_head(struct policy_reader *reader, const struct yaml *root)
{
    struct policy *policy = reader->policy;
    if (policy->zone_name && zone_parse(policy->zone_name, &policy->zone) < 0)
        findings_add(reader->findings, SEV_ERROR, "P010", yaml_place(yaml_get(root, "zone")),
                     tr("write Asia/Shanghai, UTC or an offset such as +08:00; zones with summer "
                        "time are not supported",
                        "请写 Asia/Shanghai、UTC 或 +08:00 之类的偏移；不支持实行夏令时的时区"),
                     tr("unknown zone “%s”", "未知时区“%s”"), policy->zone_name);
    if (policy->valid_to < policy->valid_from)
        findings_add(reader->findings, SEV_ERROR, "P003", yaml_place(yaml_get(root, "valid_to")),
                     NULL,
                     tr("“valid_to” %s lies before “valid_from” %s", "失效日期 %s 早于生效日期 %s"),
                     yaml_text(root, "valid_to"), yaml_text(root, "valid_from"));
    if (policy->deputy_after < policy->remind_after)
        findings_add(reader->findings, SEV_WARNING, "P014", yaml_place(yaml_get(root, "approvals")),
                     NULL,
                     tr("the deputy would be asked before the signer is reminded",
                        "尚未提醒签发人，就已转请其代理人"));
    if (policy->city && policy->area_count > 0 && policy_area(policy, policy->city) < 0)
        findings_add(
            reader->findings, SEV_ERROR, "P015", yaml_place(yaml_get(root, "city")),
            tr("a warning for the city needs an area of that code", "全市预警需要一个同代码的区域"),
            tr("city “%s” is not among the areas", "城市“%s”不在区域之中"), policy->city);
}

static void set_defaults(struct policy *policy)
{
    policy->valid_to = INT64_MAX;
    policy->settle_after = 30 * MINUTE_MS;
    policy->stations_min_share = MICRO * 3 / 4;
    policy->bulletin_max_age = 36 * (span_ms)HOUR_MS;
    policy->unknown_alarm = 3 * HOUR_MS;
    policy->remind_after = 30 * MINUTE_MS;
    policy->deputy_after = 60 * MINUTE_MS;
}

void policy_refer_district(struct policy_reader *reader, const struct yaml *node)
{
    if (node && node->kind == YAML_SCALAR && reader->has_districts)
        names_refer(&reader->districts, node->text, node, reader->findings);
}

void policy_reader_init(struct policy_reader *reader, struct arena *arena, struct policy *policy,
                        struct findings *findings)
{
    *reader = (struct policy_reader){
        .arena = arena,
        .policy = policy,
        .findings = findings,
        .levels = {.english = "level", .chinese = "级别"},
        .documents = {.english = "document", .chinese = "文件（documents）"},
        .stations = {.english = "station", .chinese = "站点"},
        .areas = {.english = "area", .chinese = "区域"},
        .measures = {.english = "measure", .chinese = "措施"},
        .recipients = {.english = "registry entry", .chinese = "清单条目"},
        .districts = {.english = "district", .chinese = "区县"},
        .parks = {.english = "park", .chinese = "园区"},
        .industries = {.english = "industry", .chinese = "行业"},
    };
}

void policy_reader_release(struct policy_reader *reader)
{
    struct names *all[] = {&reader->levels,    &reader->documents, &reader->stations,
                           &reader->areas,     &reader->measures,  &reader->recipients,
                           &reader->districts, &reader->parks,     &reader->industries};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        names_tell(all[i], reader->findings);
        names_release(all[i]);
    }
    findings_release(&reader->proof_findings);
}

/* Only what has the right shape: the schema has said what has not. */
static const struct yaml *part(const struct yaml *root, const char *key, enum yaml_kind kind)
{
    const struct yaml *node = yaml_get(root, key);
    return node && node->kind == kind ? node : NULL;
}

static void read_chase(struct policy_reader *reader, const struct yaml *root)
{
    chase_read(reader, part(root, "acknowledge", YAML_MAP), part(root, "escalation", YAML_LIST),
               part(root, "working_hours", YAML_SCALAR));
}

void policy_read(struct policy_reader *reader, const struct yaml *root)
{
    struct policy *policy = reader->policy;
    set_defaults(policy);
    struct target target = {.policy = *policy, .file = {.forecast_use = FORECAST_MID}};
    struct policy_file *file = &target.file;
    schema_read(&policy_schema, root, &target, reader->findings);
    *policy = target.policy;
    policy->root = root;
    policy->forecast_use = (enum forecast_use)file->forecast_use;
    policy->figures = file->figures;
    if (file->approvals)
        schema_read(&approval_schema, file->approvals, policy, reader->findings);
    if (file->size_limit)
        schema_read(&size_schema, file->size_limit, policy, reader->findings);
    if (file->documents)
        read_documents(reader, file->documents);
    if (file->evidence)
        evidence_read(reader, file->evidence);
    if (file->districts)
        read_districts(reader, file->districts);
    read_pollutants(reader, file);
    if (file->industries)
        read_industries(reader, file->industries);
    for (size_t i = 0; file->parks && i < file->parks->count; i++)
        names_declare(&reader->parks, file->parks->items[i]->text, file->parks->items[i],
                      reader->findings);
    reader->has_parks = file->parks != NULL;
    reader->levels.incomplete = !file->levels;
    reader->stations.incomplete = !file->stations;
    reader->documents.incomplete = yaml_get(root, "documents") && !file->documents;
    if (file->levels)
        read_levels(reader, file->levels);
    read_chase(reader, root);
    if (file->stations)
        read_stations(reader, file->stations);
    if (file->areas)
        read_areas(reader, file->areas);
    if (file->figures)
        figures_check(reader, file->figures);
    check_head(reader, root);
}
