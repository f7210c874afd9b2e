/* Reading; and a trial, so that no word that the standard does not know is found out at night. */
#include "shell/cap_gateway.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "model/template.h"
#include "shell/cap_letter.h"
#include "shell/channel.h"
#include "shell/conf.h"
#include <string.h>

enum { FEED_ENTRIES = 50, WORDS_MAX = 12 };

static const char *const chains[] = {"all", "first", NULL};
static const char *const drills[] = {"exercise", "test", NULL};
static const char *const usual_categories[] = {"Env"}, *const usual_responses[] = {"Execute"},
                         *const usual_all_clear[] = {"AllClear"};
/* Severity by the four colours; certainty and urgency as for a forecast. */
static const struct cap_level usual_levels[] = {
    {"red", "RED", "Extreme", "Expected", "Likely"},
    {"orange", "ORANGE", "Severe", "Expected", "Likely"},
    {"yellow", "YELLOW", "Moderate", "Expected", "Likely"},
    {"blue", "BLUE", "Minor", "Expected", "Likely"},
};

struct written {
    struct cap_gateway gateway;
    const struct yaml *categories, *responses, *all_clear, *levels, *parameters, *event_codes,
        *geocodes, *polygon;
};
#define AT(member) offsetof(struct written, member)
#define OF(member) offsetof(struct written, gateway.member)
static const struct field fields[] = {
    FIELD("folder", FIELD_TEXT, OF(folder), .required = true),
    FIELD("sender", FIELD_ID, OF(sender), .required = true),
    FIELD("event", FIELD_TEXT, OF(event), .required = true),
    FIELD("sender_code", FIELD_ID, OF(sender_code)),
    FIELD("event_type", FIELD_ID, OF(event_type)),
    FIELD("identifier", FIELD_TEXT, OF(identifier)),
    FIELD("file", FIELD_TEXT, OF(file)),
    FIELD("language", FIELD_TEXT, OF(language)),
    FIELD("web", FIELD_TEXT, OF(web)),
    FIELD("contact", FIELD_TEXT, OF(contact)),
    FIELD("instruction", FIELD_TEXT, OF(instruction)),
    FIELD("audience", FIELD_TEXT, OF(audience)),
    FIELD("restriction", FIELD_TEXT, OF(restriction)),
    FIELD("categories", FIELD_TEXTS, AT(categories), .low = 1, .high = WORDS_MAX),
    FIELD("responses", FIELD_TEXTS, AT(responses), .low = 1, .high = WORDS_MAX),
    FIELD("all_clear", FIELD_TEXTS, AT(all_clear), .low = 1, .high = WORDS_MAX),
    FIELD("levels", FIELD_MAP, AT(levels)),
    FIELD("parameters", FIELD_MAP, AT(parameters)),
    FIELD("event_codes", FIELD_MAP, AT(event_codes)),
    FIELD("geocodes", FIELD_MAP, AT(geocodes)),
    FIELD("area", FIELD_TEXT, OF(area)),
    FIELD("polygon", FIELD_TEXTS, AT(polygon), .low = 3, .high = CAP_CORNERS_MAX),
    FIELD("valid", FIELD_SPAN, OF(valid), .low = HOUR_MS, .high = 30 * (int64_t)DAY_MS),
    FIELD("chain", FIELD_WORD, OF(chain), .words = chains),
    FIELD("drill_status", FIELD_WORD, OF(drill), .words = drills),
    FIELD("feed_file", FIELD_ID, OF(feed_file)),
    FIELD("feed_title", FIELD_TEXT, OF(feed_title)),
    FIELD("feed_entries", FIELD_INT, OF(feed_entries), .low = 1, .high = 1000),
    FIELD("link", FIELD_TEXT, OF(link)),
};
static const struct schema schema = {"a CAP gateway", "CAP 网关", fields,
                                     sizeof fields / sizeof *fields, true};

#define LEVEL(member) offsetof(struct cap_level, member)
static const struct field level_fields[] = {
    FIELD("colour", FIELD_ID, LEVEL(colour)),
    FIELD("severity", FIELD_TEXT, LEVEL(severity)),
    FIELD("urgency", FIELD_TEXT, LEVEL(urgency)),
    FIELD("certainty", FIELD_TEXT, LEVEL(certainty)),
};
static const struct schema level_schema = {"a level of CAP", "CAP 级别", level_fields,
                                           sizeof level_fields / sizeof *level_fields, false};

struct perusal {
    struct cap_gateway *gateway;
    struct arena *arena;
    struct findings *findings;
};

static struct cap_words words_of(struct perusal *perusal, const struct yaml *node,
                                 const char *const *usual)
{
    const char *const *items = usual;
    int count = 1;
    if (node)
        schema_texts(perusal->arena, node, &items, &count);
    return (struct cap_words){items, (size_t)count};
}

static void check_template(struct perusal *perusal, const char *text, const struct yaml *node)
{
    size_t count = 0;
    while (cap_letter_names[count])
        count++;
    template_check(text, cap_letter_names, count, yaml_place(node), perusal->findings);
}

static int read_values(struct perusal *perusal, const struct yaml *map, struct cap_value *values)
{
    int count = 0;
    for (size_t i = 0; map && i < map->count && i < CAP_VALUES_MAX; i++) {
        const char *name = map->keys[i]->text;
        const char *text = schema_text(map->items[i], name, perusal->findings);
        if (!text)
            continue;
        check_template(perusal, text, map->items[i]);
        values[count++] = (struct cap_value){name, text};
    }
    return count;
}

static struct cap_level *level_named(struct cap_gateway *gateway, const char *name)
{
    for (int i = 0; i < gateway->level_count; i++)
        if (str_equal(gateway->levels[i].name, name))
            return &gateway->levels[i];
    if (gateway->level_count == CAP_LEVELS_MAX)
        return NULL;
    gateway->levels[gateway->level_count] =
        (struct cap_level){name, "UNKNOWN", "Unknown", "Unknown", "Unknown"};
    return &gateway->levels[gateway->level_count++];
}

static void read_levels(struct perusal *perusal, const struct yaml *map)
{
    struct cap_gateway *gateway = perusal->gateway;
    gateway->level_count = (int)(sizeof usual_levels / sizeof *usual_levels);
    memcpy(gateway->levels, usual_levels, sizeof usual_levels);
    for (size_t i = 0; map && i < map->count; i++) {
        struct cap_level *level = level_named(gateway, map->keys[i]->text);
        if (level && schema_is_map(map->items[i], map->keys[i]->text, perusal->findings))
            schema_read(&level_schema, map->items[i], level, perusal->findings);
    }
}

/* Each corner "LAT,LON". */
static void read_outline(struct perusal *perusal, const struct yaml *list)
{
    struct cap_gateway *gateway = perusal->gateway;
    size_t count = list ? list->count : 0;
    struct cap_point *points = arena_alloc(perusal->arena, (count + 1) * sizeof *points);
    for (size_t i = 0; i < count; i++) {
        char *text = arena_strdup(perusal->arena, list->items[i]->text);
        char *comma = strchr(text, ',');
        if (comma)
            *comma = 0;
        if (!comma || micro_parse(text, &points[i].lat) < 0 ||
            micro_parse(comma + 1 + strspn(comma + 1, " "), &points[i].lon) < 0)
            findings_add(perusal->findings, SEV_ERROR, "D062", yaml_place(list->items[i]),
                         tr("41.8,123.4: latitude first", "例如 41.8,123.4，纬度在前"),
                         tr("this is no corner of a polygon", "不是多边形的顶点"));
    }
    gateway->outline = points;
    gateway->outline_count = count;
}

/* A warning, its update, its end and a drill, of every level, must all be printable. */
static void try_all(struct perusal *perusal, const struct yaml *node)
{
    static const char *const kinds[] = {"issue", "raise", "lift"};
    struct cap_gateway *gateway = perusal->gateway;
    struct findings found = {0};
    struct buf printed = {0};
    for (int i = 0; i < gateway->level_count * 3; i++) {
        struct message message = {.id = "0",
                                  .kind = "public",
                                  .subject = "0",
                                  .text = "0",
                                  .level = gateway->levels[i / 3].name,
                                  .decision_kind = kinds[i % 3],
                                  .references = i % 3 > 0 ? "1,1970-01-01T00:00:00+00:00" : NULL,
                                  .at = DAY_MS,
                                  .begin = INSTANT_NONE,
                                  .authority = "0",
                                  .city = "0"};
        cap_gateway_print(&printed, gateway, &message, &found);
        message.drill = true;
        cap_gateway_print(&printed, gateway, &message, &found);
    }
    if (found.errors > 0)
        findings_add(perusal->findings, SEV_ERROR, "D062", yaml_place(node), found.items[0].hint,
                     tr("no CAP message can be made of this: %s", "按此配置无法生成 CAP 消息：%s"),
                     found.items[0].message);
    findings_release(&found);
    buf_release(&printed);
}

static void set_defaults(struct cap_gateway *gateway)
{
    *gateway = (struct cap_gateway){.sender_code = "",
                                    .event_type = "",
                                    .identifier = "{id}",
                                    .file = "{id}.xml",
                                    .language = "zh-CN",
                                    .restriction = "演练或测试，不对外发布",
                                    .feed_file = "feed.atom",
                                    .feed_title = "预警信息",
                                    .feed_entries = FEED_ENTRIES};
}

int cap_gateway_read(struct cap_gateway **ret_gateway, struct arena *arena, const struct yaml *node,
                     const char *conf_path, struct findings *findings)
{
    struct cap_gateway *gateway = arena_alloc(arena, sizeof *gateway);
    struct perusal perusal = {gateway, arena, findings};
    struct written *written = arena_alloc(arena, sizeof *written);
    size_t errors = findings->errors;
    set_defaults(&written->gateway);
    *ret_gateway = gateway;
    if (!schema_read(&schema, node, written, findings))
        return ERR_INVALID;
    *gateway = written->gateway;
    gateway->folder = conf_beside(arena, conf_path, gateway->folder);
    gateway->categories = words_of(&perusal, written->categories, usual_categories);
    gateway->responses = words_of(&perusal, written->responses, usual_responses);
    gateway->all_clear = words_of(&perusal, written->all_clear, usual_all_clear);
    gateway->parameter_count = read_values(&perusal, written->parameters, gateway->parameters);
    gateway->event_code_count = read_values(&perusal, written->event_codes, gateway->event_codes);
    gateway->geocode_count = read_values(&perusal, written->geocodes, gateway->geocodes);
    read_levels(&perusal, written->levels);
    read_outline(&perusal, written->polygon);
    check_template(&perusal, gateway->identifier, yaml_get(node, "identifier"));
    check_template(&perusal, gateway->file, yaml_get(node, "file"));
    if (findings->errors == errors)
        try_all(&perusal, node);
    return findings->errors > errors ? ERR_INVALID : 0;
}
