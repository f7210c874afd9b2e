/* Selectors (who) and targets (where a step goes). */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "engine/codes.h"
#include "engine/program.h"
#include "model/bundle.h"
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    enum subject_kind kind;
} selector_words[] = {
    {"enterprises", SUBJECT_ENTERPRISE},
    {"sites", SUBJECT_SITE},
    {"fleets", SUBJECT_FLEET},
    {"outlets", SUBJECT_OUTLET},
    {"lines", SUBJECT_LINE},
    {"stations", SUBJECT_STATION},
    {"event", SUBJECT_EVENT},
};
enum { SELECTOR_WORDS = sizeof selector_words / sizeof *selector_words };

/* ---- attributes ---- */

/* true/false and numbers as the registry would write them. */
static bool read_scalar_values(struct compiler *c, const struct written *value,
                               struct selector_attribute *attribute)
{
    const char **one = arena_alloc(c->arena, sizeof *one);
    struct buf text = {0};
    if (value->kind == WRITTEN_BOOL)
        buf_puts(&text, value->truth ? "true" : "false");
    else if (value->number != MICRO_NONE)
        micro_print(&text, value->number);
    *one = arena_strdup(c->arena, buf_str(&text));
    buf_release(&text);
    attribute->values = one;
    attribute->count = 1;
    return true;
}

static bool read_attribute(struct compiler *c, enum subject_kind kind, const struct written *value,
                           struct selector_attribute *attribute)
{
    *attribute = (struct selector_attribute){.key = arena_strdup(c->arena, value->key)};
    if (value->kind == WRITTEN_NUMBER && strcmp(value->key, "district") == 0) {
        complain(c, R_TYPE, value, tr("write it in quotes: \"210106\"", "写在引号里: \"210106\""),
                 tr("a district code is a text", "区划代码是文本"));
        return false;
    }
    bool scalar = value->kind == WRITTEN_BOOL || value->kind == WRITTEN_NUMBER;
    bool right = scalar ? read_scalar_values(c, value, attribute)
                        : slot_texts(c, value, &attribute->values, &attribute->count);
    if (right)
        name_attribute(c, kind, value, attribute);
    return right;
}

/* at_least = { confidence = 0.8 } */
static void read_at_least(struct compiler *c, const struct written *value,
                          struct selector *selector, struct selector_attribute *attributes)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return;
    if (value->kind != WRITTEN_TABLE || value->word || written_items(value) > 0) {
        complain(
            c, R_TYPE, value,
            tr("write at_least = { confidence = 0.8 }", "写作 at_least = { confidence = 0.8 }"),
            tr("at_least needs names and numbers", "at_least 需要名字和数字"));
        return;
    }
    for (int i = 0; i < value->count; i++) {
        struct figure figure;
        if (!slot_number(c, &value->items[i], false, &figure))
            continue;
        if (figure.kind == FIGURE_DATED && figure.node) {
            complain(c, R_TYPE, &value->items[i], NULL,
                     tr("a selector's figure cannot be dated", "选择条件的数值不能按日期变化"));
            continue;
        }
        attributes[selector->count++] =
            (struct selector_attribute){.key = arena_strdup(c->arena, value->items[i].key),
                                        .at_least = true,
                                        .bound = figure.value};
    }
}

/* merge = { "2km", "3h" } */
static void read_merge(struct compiler *c, const struct written *value, struct selector *selector)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return;
    if (value->kind != WRITTEN_TABLE || value->count != 2 || written_items(value) != 2) {
        complain(c, R_TYPE, value, NULL,
                 tr("merge needs a distance and a span: { \"2km\", \"3h\" }",
                    "merge 需要距离和时长: { \"2km\", \"3h\" }"));
        return;
    }
    slot_metres(c, &value->items[0], &selector->merge_metres);
    slot_plain_span(c, &value->items[1], &selector->merge_span);
}

static void read_has(struct compiler *c, const struct written *value, struct selector *selector)
{
    const char *const *names;
    int count;
    if (!slot_texts(c, value, &names, &count))
        return;
    for (int i = 0; c->policy && i < count; i++) {
        if (policy_series(c->policy, names[i]) >= 0)
            continue;
        const char **known = xcalloc(c->policy->series_count + 1, sizeof *known);
        for (size_t k = 0; k < c->policy->series_count; k++)
            known[k] = c->policy->series[k].name;
        complain_unknown(c, R_SERIES, value, tr("series", "数据序列"), names[i], known,
                         c->policy->series_count);
        free(known);
    }
    selector->has = names;
    selector->has_count = count;
}

/* Names with a meaning of their own; whatever else is written is an attribute. */
static bool is_own_name(const struct selector *selector, const char *key)
{
    bool event = selector->kind == SUBJECT_EVENT;
    return strcmp(key, "where") == 0 || (event && strcmp(key, "merge") == 0) ||
           (event && strcmp(key, "at_least") == 0) ||
           (selector->kind == SUBJECT_LINE && strcmp(key, "has") == 0);
}

static void read_attributes(struct compiler *c, const struct written *value,
                            struct selector *selector)
{
    const struct written *bounds = written_get(value, "at_least");
    size_t room =
        (size_t)value->count + (bounds && bounds->kind == WRITTEN_TABLE ? bounds->count : 0);
    struct selector_attribute *attributes = arena_alloc(c->arena, (room + 1) * sizeof *attributes);
    selector->attributes = attributes;
    for (int i = 0; i < value->count; i++) {
        const struct written *entry = &value->items[i];
        if (!entry->key)
            complain(c, R_KEY, entry, tr("write name = value", "写作 名 = 值"),
                     tr("item %d does not belong in %s", "%2$s 中不应有第 %1$d 项"), entry->index,
                     value->word);
        else if (!is_own_name(selector, entry->key) &&
                 read_attribute(c, selector->kind, entry, &attributes[selector->count]))
            selector->count++;
    }
    if (selector->kind == SUBJECT_EVENT)
        read_at_least(c, bounds, selector, attributes);
}

static bool wrong_selector(struct compiler *c, const struct written *value, unsigned kinds)
{
    const char *words[SELECTOR_WORDS];
    size_t count = 0;
    for (int i = 0; i < SELECTOR_WORDS; i++) {
        if (kinds & 1u << selector_words[i].kind)
            words[count++] = selector_words[i].word;
    }
    char *all = str_join(words, count, "{…}, ");
    complain(c, R_TYPE, value, NULL, tr("%s needs %s{…}, not %s", "%s 需要 %s{…}, 不是 %s"),
             value->key ? value->key : "who", all,
             value->word ? value->word : written_kind_name(value));
    free(all);
    return false;
}

bool read_selector(struct compiler *c, const struct written *value, unsigned kinds,
                   struct selector *ret)
{
    int found = -1;
    if (!value || value->kind == WRITTEN_BROKEN)
        return false;
    for (int i = 0; i < SELECTOR_WORDS; i++) {
        if (written_is(value, selector_words[i].word) && (kinds & 1u << selector_words[i].kind))
            found = i;
    }
    if (found < 0)
        return wrong_selector(c, value, kinds);
    *ret = (struct selector){
        .present = true, .kind = selector_words[found].kind, .where = -1, .line = value->at.line};
    read_attributes(c, value, ret);
    const struct written *where = written_get(value, "where");
    if (where && (ret->kind == SUBJECT_STATION || ret->kind == SUBJECT_EVENT))
        complain(c, R_KEY, where, NULL,
                 tr("where sees an enterprise, site or fleet; %s{…} has none",
                    "where 看的是企业、工地或车队; %s{…} 没有"),
                 value->word);
    else
        slot_where(c, where, &ret->where);
    if (ret->kind == SUBJECT_EVENT)
        read_merge(c, written_get(value, "merge"), ret);
    if (ret->kind == SUBJECT_LINE)
        read_has(c, written_get(value, "has"), ret);
    return true;
}

/* ---- targets ---- */

/* Roles an office may have; one nobody has yet is a warning, because offices are often added last.
 */
static const char *const office_roles[] = {"city", "district", "enforcement", "park", "grid"};

static bool office_is(const struct recipient *recipient, const char *name)
{
    const char *role = yaml_text(recipient->node, "role");
    return recipient->kind == RECIPIENT_OFFICE &&
           (str_equal(recipient->id, name) || (role && strcmp(role, name) == 0));
}

static void check_named_target(struct compiler *c, const struct written *value, const char *name)
{
    if (!c->policy)
        return;
    const struct registry *registry = &c->policy->registry;
    const char **known = xcalloc(registry->count + 8, sizeof *known);
    size_t count = 0;
    bool found = false, role = false;
    for (size_t i = 0; i < registry->count && !found; i++) {
        found = office_is(&registry->recipients[i], name);
        if (registry->recipients[i].kind == RECIPIENT_OFFICE)
            known[count++] = registry->recipients[i].id;
    }
    for (size_t i = 0; i < sizeof office_roles / sizeof *office_roles; i++) {
        role = role || strcmp(office_roles[i], name) == 0;
        known[count++] = office_roles[i];
    }
    known[count++] = "enterprise";
    if (!found && role)
        warn(c, R_NOBODY, value->at,
             tr("give an office that role in the registry", "请在名录中给单位写上 role"),
             tr("no office has the role '%s'", "没有单位的 role 是 '%s'"), name);
    else if (!found)
        complain_unknown(c, R_NAME, value, tr("office", "单位"), name, known, count);
    free(known);
}

static bool read_grid(struct compiler *c, const struct written *value, struct target *target)
{
    static const char *const levels[] = {"group", "village", "town", "county"};
    int level;
    SLOT_KNOWN(c, value, "grid", 1, "");
    const struct written *name = written_item(value, 1);
    if (!name)
        complain(c, R_MISSING, value, NULL,
                 tr("grid needs a level: grid \"group\"", "grid 后要写层级"));
    struct written called = name ? *name : *value;
    called.key = "grid"; /* how a complaint calls it */
    if (!name || !slot_choice(c, &called, levels, 4, &level))
        return false;
    target->kind = TARGET_GRID;
    target->name = levels[level];
    if (c->policy && c->policy->grid_count == 0)
        warn(c, R_NOBODY, value->at, NULL,
             tr("the policy has no grid.yaml", "政策中没有 grid.yaml"));
    return true;
}

static bool read_within(struct compiler *c, const struct written *value, struct target *target)
{
    unsigned kinds = 1u << SUBJECT_ENTERPRISE | 1u << SUBJECT_SITE | 1u << SUBJECT_FLEET;
    SLOT_KNOWN(c, value, value->word, 1, "who");
    const struct written *far = written_item(value, 1);
    target->kind = written_is(value, "within") ? TARGET_WITHIN : TARGET_DOWNWIND;
    if (!far)
        complain(c, R_MISSING, value, NULL,
                 tr("%s needs a distance: { \"500m\" }", "%s 需要距离: { \"500m\" }"), value->word);
    bool right = slot_metres(c, far, &target->metres);
    const struct written *who = written_get(value, "who");
    return (!who || read_selector(c, who, kinds, &target->who)) && right;
}

bool read_target(struct compiler *c, const struct written *value, struct target *ret)
{
    *ret = (struct target){.who.where = -1};
    if (!value || value->kind == WRITTEN_BROKEN)
        return false;
    if (written_is(value, "grid"))
        return read_grid(c, value, ret);
    if (written_is(value, "within") || written_is(value, "downwind"))
        return read_within(c, value, ret);
    if (!slot_text(c, value, &ret->name))
        return !c->policy && value->kind == WRITTEN_FIGURE;
    bool own = strcmp(ret->name, "enterprise") == 0 || strcmp(ret->name, "subject") == 0;
    ret->kind = own ? TARGET_SUBJECT : TARGET_NAMED;
    if (!own)
        check_named_target(c, value, ret->name);
    return true;
}
