/* The tables of HJ 633 out of YAML.
 *
 * What leaves here is sound: break points rise, a column is as long as the index or says what holds
 * above it, levels reach the last index, and the editions follow each other in time without
 * overlap. */
#include "base/arena.h"
#include "base/lang.h"
#include "base/yaml.h"
#include "model/aqi.h"
#include "model/schema.h"
#include <stdlib.h>
#include <string.h>

enum {
    LEVELS_ROWS_MAX = 8,
    INDEX_MAX = 1000, /* a larger index is a slip of the pen */
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A column as written; the pollutant's key is the map's key. */
struct column_text {
    const struct yaml *breaks, *above;
    int places;
};
static const struct field column_fields[] = {
    {.key = "breaks",
     .type = FIELD_LIST,
     .offset = offsetof(struct column_text, breaks),
     .required = true,
     .low = 1,
     .high = AQI_BREAKS_MAX},
    {.key = "above", .type = FIELD_NODE, .offset = offsetof(struct column_text, above)},
    {.key = "places",
     .type = FIELD_INT,
     .offset = offsetof(struct column_text, places),
     .low = 0,
     .high = 6},
};
static const struct schema column_schema = {.english = "a column of break points",
                                            .chinese = "一列浓度限值",
                                            .fields = column_fields,
                                            .count = COUNT(column_fields)};

struct level_text {
    const char *name, *colour;
    int up_to;
};
static const struct field level_fields[] = {
    {.key = "up_to",
     .type = FIELD_INT,
     .offset = offsetof(struct level_text, up_to),
     .required = true,
     .low = 1,
     .high = INDEX_MAX},
    {.key = "name",
     .type = FIELD_TEXT,
     .offset = offsetof(struct level_text, name),
     .required = true},
    {.key = "colour",
     .type = FIELD_TEXT,
     .offset = offsetof(struct level_text, colour),
     .required = true},
};
static const struct schema level_schema = {.english = "a level of the index",
                                           .chinese = "指数级别",
                                           .fields = level_fields,
                                           .count = COUNT(level_fields)};

struct standard_text {
    const char *name, *title, *number;
    int64_t valid_from, valid_to;
    bool missing_forbids;
    int missing_above, primary_above;
    const struct yaml *index, *daily, *hourly, *levels;
};
#define STANDARD_FIELD(name_, type_, required_)                                        \
    {                                                                                  \
        .key = #name_, .type = type_, .offset = offsetof(struct standard_text, name_), \
        .required = required_                                                          \
    }
static const struct field standard_fields[] = {
    STANDARD_FIELD(name, FIELD_ID, true),
    STANDARD_FIELD(title, FIELD_TEXT, false),
    STANDARD_FIELD(number, FIELD_TEXT, true),
    STANDARD_FIELD(valid_from, FIELD_DATE, true),
    STANDARD_FIELD(valid_to, FIELD_DATE, false),
    STANDARD_FIELD(missing_forbids, FIELD_BOOL, true),
    STANDARD_FIELD(missing_above, FIELD_INT, true),
    STANDARD_FIELD(primary_above, FIELD_INT, true),
    {.key = "index",
     .type = FIELD_LIST,
     .offset = offsetof(struct standard_text, index),
     .required = true,
     .low = 2,
     .high = AQI_BREAKS_MAX},
    STANDARD_FIELD(daily, FIELD_MAP, true),
    STANDARD_FIELD(hourly, FIELD_MAP, true),
    {.key = "levels",
     .type = FIELD_LIST,
     .offset = offsetof(struct standard_text, levels),
     .required = true,
     .low = 1,
     .high = LEVELS_ROWS_MAX},
};
static const struct schema standard_schema = {.english = "an AQI standard",
                                              .chinese = "AQI 标准",
                                              .fields = standard_fields,
                                              .count = COUNT(standard_fields)};

struct hours_text {
    int day, ozone_8h;
};
static const struct field hours_fields[] = {
    {.key = "day",
     .type = FIELD_INT,
     .offset = offsetof(struct hours_text, day),
     .required = true,
     .low = 1,
     .high = 24},
    {.key = "ozone_8h",
     .type = FIELD_INT,
     .offset = offsetof(struct hours_text, ozone_8h),
     .required = true,
     .low = 1,
     .high = 8},
};
static const struct schema hours_schema = {.english = "the hours a mean needs",
                                           .chinese = "均值所需小时数",
                                           .fields = hours_fields,
                                           .count = COUNT(hours_fields)};

struct root_text {
    const struct yaml *hours_min, *standards;
};
static const struct field root_fields[] = {
    {.key = "hours_min",
     .type = FIELD_MAP,
     .offset = offsetof(struct root_text, hours_min),
     .required = true},
    {.key = "standards",
     .type = FIELD_LIST,
     .offset = offsetof(struct root_text, standards),
     .required = true,
     .low = 1},
};
static const struct schema root_schema = {.english = "the AQI standards",
                                          .chinese = "AQI 标准文件",
                                          .fields = root_fields,
                                          .count = COUNT(root_fields)};

static bool not_rising(const struct yaml *node, const char *what, struct findings *findings)
{
    findings_add(
        findings, SEV_ERROR, "A001", yaml_place(node),
        tr("write the figures from small to large, each only once", "请从小到大书写，不得重复"),
        tr("`%s` must rise, but %s does not exceed the figure before it",
           "`%s` 应逐项增大，但 %s 不大于前一项"),
        what, node->text);
    return false;
}

/* A list of rising figures from 0.  False when any is wrong; all are looked at. */
static bool read_rising(const struct yaml *list, const char *what, micro *ret,
                        struct findings *findings)
{
    bool good = true;
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml *item = list->items[i];
        if (!schema_micro(item, what, 0, MICRO_MAX, NULL, &ret[i], findings)) {
            ret[i] = i > 0 ? ret[i - 1] + 1 : 0; /* so that the next one is judged by itself */
            good = false;
        } else if (i > 0 && ret[i] <= ret[i - 1]) {
            good = not_rising(item, what, findings);
        }
    }
    return good;
}

static bool read_index(const struct yaml *list, struct aqi_standard *standard,
                       struct findings *findings)
{
    micro figures[AQI_BREAKS_MAX];
    if (!read_rising(list, "index", figures, findings))
        return false;
    bool good = true;
    for (size_t i = 0; i < list->count; i++) {
        standard->index[i] = (int)(figures[i] / MICRO);
        if (figures[i] % MICRO == 0 && figures[i] <= INDEX_MAX * (micro)MICRO)
            continue;
        findings_add(findings, SEV_ERROR, "A002", yaml_place(list->items[i]), NULL,
                     tr("an index is a whole number from 0 to %d, not %s",
                        "指数应为 0 至 %d 的整数，不能是 %s"),
                     INDEX_MAX, list->items[i]->text);
        good = false;
    }
    standard->count = (int)list->count;
    return good;
}

static bool wrong_count(const struct yaml *breaks, const char *key, int wanted,
                        struct findings *findings)
{
    bool more = (int)breaks->count > wanted;
    findings_add(
        findings, SEV_ERROR, "A003", yaml_place(breaks),
        more ? tr("one figure for each index", "与 index 一一对应")
             : tr("complete the column, or add `above`: the index that holds beyond its "
                  "end, or none",
                  "补全该列，或用 above 写明超出时的分指数（没有则写 none）"),
        tr("`%s` has %u break points, the index has %d", "`%s` 有 %u 个限值，而 index 有 %d 个"),
        key, breaks->count, wanted);
    return false;
}

/* What holds above the last break point. */
static bool read_above(const struct column_text *text, const char *key, int full,
                       const struct aqi_standard *standard, struct aqi_column *column,
                       struct findings *findings)
{
    int count = (int)text->breaks->count;
    if (count > full || (count < full && !text->above))
        return wrong_count(text->breaks, key, full, findings);
    column->above = full > 0 ? standard->index[full - 1] : AQI_UNKNOWN;
    if (!text->above)
        return true;
    const struct yaml *node = text->above;
    if (node->kind == YAML_SCALAR && strcmp(node->text, "none") == 0) {
        column->above = AQI_UNKNOWN;
        return true;
    }
    int64_t above;
    if (!schema_micro(node, "above", 0, (int64_t)INDEX_MAX * MICRO, NULL, &above, findings))
        return false;
    column->above = (int)(above / MICRO);
    if (above % MICRO == 0 && column->above >= standard->index[count - 1])
        return true;
    findings_add(findings, SEV_ERROR, "A004", yaml_place(node), NULL,
                 tr("`above` of `%s` must be a whole number of at least %d, the last index of "
                    "the column, not %s",
                    "`%s` 的 above 应为不小于该列末项分指数 %d 的整数，不能是 %s"),
                 key, standard->index[count - 1], node->text);
    return false;
}

static bool read_column(const struct yaml *node, const char *key, struct aqi_standard *standard,
                        struct aqi_column *column, struct findings *findings)
{
    struct column_text text = {0};
    if (!schema_read(&column_schema, node, &text, findings))
        return false;
    column->places = text.places;
    if (!read_rising(text.breaks, key, column->breaks, findings) ||
        !read_above(&text, key, standard->count, standard, column, findings))
        return false;
    column->count = (int)text.breaks->count;
    return true;
}

/* The columns of one mode: a map of pollutants. */
static bool read_mode(const struct yaml *map, enum aqi_mode mode, struct aqi_standard *standard,
                      struct findings *findings)
{
    if (!map)
        return false;
    const struct yaml *nodes[POLLUTANTS] = {0};
    struct field fields[POLLUTANTS];
    for (enum pollutant p = 0; p < POLLUTANTS; p++)
        fields[p] = (struct field){.key = pollutant_key(p),
                                   .type = FIELD_MAP,
                                   .offset = (size_t)p * sizeof *nodes,
                                   .required = true};
    struct schema schema = {.english = mode == AQI_DAILY ? "the daily table" : "the hourly table",
                            .chinese = mode == AQI_DAILY ? "日报各列" : "小时报各列",
                            .fields = fields,
                            .count = POLLUTANTS};
    bool good = schema_read(&schema, map, nodes, findings);
    for (enum pollutant p = 0; p < POLLUTANTS; p++) {
        if (nodes[p])
            good &= read_column(nodes[p], fields[p].key, standard, &standard->column[mode][p],
                                findings);
    }
    return good;
}

static bool read_levels(const struct yaml *list, struct aqi_standard *standard,
                        struct findings *findings)
{
    bool good = true;
    int before = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct level_text text = {0};
        if (!schema_read(&level_schema, list->items[i], &text, findings)) {
            good = false;
            continue;
        }
        if (text.up_to <= before)
            good = not_rising(yaml_get(list->items[i], "up_to"), "up_to", findings);
        before = text.up_to;
        standard->levels[standard->level_count].up_to = text.up_to;
        standard->levels[standard->level_count].name = text.name;
        standard->levels[standard->level_count].colour = text.colour;
        standard->level_count++;
    }
    if (good && before < standard->index[standard->count - 1]) {
        findings_add(findings, SEV_ERROR, "A005", yaml_place(list), NULL,
                     tr("the levels end at %d, the index goes to %d", "级别只到 %d，而指数可至 %d"),
                     before, standard->index[standard->count - 1]);
        good = false;
    }
    return good;
}

static bool read_standard(const struct yaml *node, struct aqi_standard *standard,
                          struct findings *findings)
{
    struct standard_text text = {.valid_to = INT64_MAX};
    bool good = schema_read(&standard_schema, node, &text, findings);
    standard->name = text.name;
    standard->number = text.number;
    standard->title = text.title ? text.title : text.number;
    standard->valid_from = text.valid_from;
    standard->valid_to = text.valid_to;
    standard->missing_forbids = text.missing_forbids;
    standard->missing_above = text.missing_above;
    standard->primary_above = text.primary_above;
    if (!text.index || !read_index(text.index, standard, findings))
        return false; /* all else is measured by the index */
    good &= read_mode(text.daily, AQI_DAILY, standard, findings);
    good &= read_mode(text.hourly, AQI_HOURLY, standard, findings);
    good &= text.levels && read_levels(text.levels, standard, findings);
    if (good && text.valid_to <= text.valid_from) {
        findings_add(findings, SEV_ERROR, "A006", yaml_place(yaml_get(node, "valid_to")), NULL,
                     tr("`%s` ends before it begins", "`%s` 的废止日不晚于实施日"), text.name);
        good = false;
    }
    return good;
}

/* Two editions may not hold on one day, nor share a name. */
static bool check_editions(const struct yaml *list, const struct aqi_standard *standards,
                           struct findings *findings)
{
    bool good = true;
    for (size_t i = 0; i < list->count; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct aqi_standard *a = &standards[k], *b = &standards[i];
            bool apart = a->valid_to <= b->valid_from || b->valid_to <= a->valid_from;
            if (apart && strcmp(a->name, b->name) != 0)
                continue;
            findings_add(findings, SEV_ERROR, "A007", yaml_place(list->items[i]),
                         tr("close the earlier one with `valid_to`, and give each its own name",
                            "请为较早的标准写明 valid_to，并使用不同名称"),
                         tr("`%s` and `%s` overlap", "`%s` 与 `%s` 重叠"), a->name, b->name);
            good = false;
        }
    }
    return good;
}

static int by_date(const void *a, const void *b)
{
    int64_t from_a = ((const struct aqi_standard *)a)->valid_from;
    int64_t from_b = ((const struct aqi_standard *)b)->valid_from;
    return (from_a > from_b) - (from_a < from_b);
}

int aqi_standards_read(struct arena *arena, const struct yaml *root, struct aqi_standards *ret,
                       struct findings *findings)
{
    struct root_text text = {0};
    struct hours_text hours = {0};
    bool good = schema_read(&root_schema, root, &text, findings);
    if (text.hours_min)
        good &= schema_read(&hours_schema, text.hours_min, &hours, findings);
    if (!text.standards)
        return ERR_INVALID;
    size_t count = text.standards->count;
    struct aqi_standard *items = arena_alloc(arena, count * sizeof *items);
    for (size_t i = 0; i < count; i++)
        good &= read_standard(text.standards->items[i], &items[i], findings);
    if (!good || !check_editions(text.standards, items, findings))
        return ERR_INVALID;
    qsort(items, count, sizeof *items, by_date);
    ret->items = items;
    ret->count = count;
    ret->hours_min_day = hours.day;
    ret->hours_min_8h = hours.ozone_8h;
    return 0;
}
