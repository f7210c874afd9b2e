/* Names a rule uses and the bundle must have: series, levels, areas, documents, pollutants, and the
 * attributes selectors ask for.  Without a bundle (one script alone) every name is taken as right.
 */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "engine/codes.h"
#include "engine/program.h"
#include "model/bundle.h"
#include <stdlib.h>
#include <string.h>

/* Names for a suggestion; caller frees. */
#define NAMES_OF(array, count, field)                                       \
    ({                                                                      \
        const char **names_ = xcalloc((size_t)(count) + 1, sizeof *names_); \
        for (size_t i_ = 0; i_ < (size_t)(count); i_++)                     \
            names_[i_] = (array)[i_].field;                                 \
        names_;                                                             \
    })

/* Text, and the position `find` gives it; complains when there is none. */
static bool find_name(struct compiler *c, const struct written *value, int *ret,
                      int (*find)(const struct policy *, const char *), const char **ret_missing)
{
    const char *name;
    *ret = 0;
    *ret_missing = NULL;
    if (!slot_text(c, value, &name))
        return value && value->kind == WRITTEN_FIGURE && !c->policy;
    if (!c->policy)
        return true;
    int position = find(c->policy, name);
    if (position < 0) {
        *ret_missing = name;
        return false;
    }
    *ret = position;
    return true;
}

bool name_series(struct compiler *c, const struct written *value, int *ret)
{
    const char *missing;
    bool found = find_name(c, value, ret, policy_series, &missing);
    if (missing) {
        const char **names = NAMES_OF(c->policy->series, c->policy->series_count, name);
        complain_unknown(c, R_SERIES, value, tr("series", "数据序列"), missing, names,
                         c->policy->series_count);
        free(names);
    }
    return found;
}

bool name_level(struct compiler *c, const struct written *value, int *ret)
{
    const char *missing;
    bool found = find_name(c, value, ret, policy_level, &missing);
    if (missing) {
        const char **names = NAMES_OF(c->policy->levels, c->policy->level_count, name);
        complain_unknown(c, R_LEVEL, value, tr("level", "预警级别"), missing, names,
                         c->policy->level_count);
        free(names);
    }
    return found;
}

bool name_area(struct compiler *c, const struct written *value, int *ret)
{
    const char *missing;
    if (value && value->kind == WRITTEN_NUMBER) {
        complain(c, R_AREA, value, tr("write it in quotes: \"210100\"", "写在引号里: \"210100\""),
                 tr("an area code is a text", "区划代码是文本"));
        return false;
    }
    bool found = find_name(c, value, ret, policy_area, &missing);
    if (missing) {
        const char **names = NAMES_OF(c->policy->areas, c->policy->area_count, code);
        complain_unknown(c, R_AREA, value, tr("area", "区域"), missing, names,
                         c->policy->area_count);
        free(names);
    }
    return found;
}

bool name_pollutants(struct compiler *c, const struct written *value, unsigned *ret)
{
    const char *const *texts;
    int count;
    unsigned set = 0;
    if (!slot_texts(c, value, &texts, &count))
        return false;
    const char *known[POLLUTANTS];
    for (int i = 0; i < POLLUTANTS; i++)
        known[i] = pollutant_key((enum pollutant)i);
    for (int i = 0; i < count; i++) {
        enum pollutant pollutant = pollutant_of(texts[i]);
        if (pollutant == POLLUTANT_NONE)
            complain_unknown(c, R_CHOICE, value, tr("pollutant", "污染物"), texts[i], known,
                             POLLUTANTS);
        else
            set |= 1u << pollutant;
    }
    if (c->policy && (set & ~c->policy->pollutants))
        complain(c, R_CHOICE, value, NULL,
                 tr("the policy's AQI does not count this pollutant (pollutants in policy.yaml)",
                    "政策的 AQI 不统计该污染物 (policy.yaml 的 pollutants)"));
    *ret = set;
    return set != 0;
}

/* ---- the document ---- */

static void find_document(struct compiler *c, const struct written *value)
{
    const char *key;
    if (!slot_text(c, value, &key) || !c->policy)
        return;
    c->rule->basis = policy_document(c->policy, key);
    if (c->rule->basis)
        return;
    const char **names = NAMES_OF(c->policy->documents, c->policy->document_count, key);
    complain_unknown(c, R_DOCUMENT, value, tr("document", "文件"), key, names,
                     c->policy->document_count);
    free(names);
}

void name_basis(struct compiler *c, const struct written *value)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return;
    if (!written_is(value, "doc")) {
        complain(c, R_TYPE, value, tr("write basis = doc \"plan\"", "写作 basis = doc \"plan\""),
                 tr("basis needs doc \"…\", not %s", "basis 需要 doc \"…\", 不是%s"),
                 written_kind_name(value));
        return;
    }
    SLOT_KNOWN(c, value, "doc", 1, "article");
    if (!written_item(value, 1))
        complain(c, R_MISSING, value, NULL,
                 tr("doc needs a document: doc \"plan\"", "doc 后要写文件名"));
    find_document(c, written_item(value, 1));
    slot_text(c, written_get(value, "article"), &c->rule->article);
}

/* ---- limits ---- */

static bool limit_in(const struct yaml *node, const char *name)
{
    return yaml_get(yaml_get(node, "limits"), name) != NULL;
}

static bool limit_of(const struct recipient *recipient, const char *name)
{
    bool found = limit_in(recipient->node, name);
    for (int i = 0; i < recipient->outlet_count && !found; i++)
        found = limit_in(recipient->outlets[i].node, name);
    for (int i = 0; i < recipient->line_count && !found; i++)
        found = limit_in(recipient->lines[i].node, name);
    return found;
}

void name_limit(struct compiler *c, const struct written *value, const char *name)
{
    if (!c->policy || limit_in(c->policy->figures, name))
        return;
    for (size_t i = 0; i < c->policy->registry.count; i++) {
        if (limit_of(&c->policy->registry.recipients[i], name))
            return;
    }
    const struct yaml *limits = yaml_get(c->policy->figures, "limits");
    size_t count = limits && limits->kind == YAML_MAP ? limits->count : 0;
    const char **names = xcalloc(count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = limits->keys[i]->text;
    complain_unknown(c, R_NAME, value, tr("limit", "限值"), name, names, count);
    free(names);
}

/* ---- attributes of selectors ---- */

/* Keys every thing of the kind may have, written or not. */
static const char *const enterprise_keys[] = {
    "id", "name", "credit_code", "district", "industry", "park", "emits", "grade", "class", NULL};
static const char *const site_keys[] = {"id",         "name",    "district", "phase",
                                        "livelihood", "area_m2", NULL};
static const char *const fleet_keys[] = {"id", "name", "district", "vehicles_day", "stages", NULL};
static const char *const outlet_keys[] = {"id",   "kind",  "mn",    "district", "industry",
                                          "park", "emits", "grade", "class",    NULL};
static const char *const line_keys[] = {"id",    "name",  "district", "industry", "park",
                                        "emits", "grade", "class",    NULL};
static const char *const station_keys[] = {"id", "name", "district", NULL};

static const char *const *fixed_keys(enum subject_kind kind)
{
    switch (kind) {
    case SUBJECT_ENTERPRISE:
        return enterprise_keys;
    case SUBJECT_SITE:
        return site_keys;
    case SUBJECT_FLEET:
        return fleet_keys;
    case SUBJECT_OUTLET:
        return outlet_keys;
    case SUBJECT_LINE:
        return line_keys;
    default:
        return station_keys;
    }
}

/* Asks `each` about the nodes that things of the kind are written in, until it says true. */
typedef bool node_test(const struct yaml *node, const char *key, const char *value);

static bool recipient_matches(const struct recipient *recipient, enum subject_kind kind,
                              node_test *test, const char *key, const char *value)
{
    static const enum recipient_kind kinds[] = {
        [SUBJECT_SITE] = RECIPIENT_SITE, [SUBJECT_FLEET] = RECIPIENT_FLEET};
    bool parts = kind == SUBJECT_OUTLET || kind == SUBJECT_LINE;
    if (recipient->kind !=
        (parts || kind == SUBJECT_ENTERPRISE ? RECIPIENT_ENTERPRISE : kinds[kind]))
        return false;
    for (int i = 0; kind == SUBJECT_OUTLET && i < recipient->outlet_count; i++) {
        if (test(recipient->outlets[i].node, key, value))
            return true;
    }
    for (int i = 0; kind == SUBJECT_LINE && i < recipient->line_count; i++) {
        if (test(recipient->lines[i].node, key, value))
            return true;
    }
    return test(recipient->node, key, value);
}

static bool somebody(const struct policy *policy, enum subject_kind kind, node_test *test,
                     const char *key, const char *value)
{
    for (size_t i = 0; kind == SUBJECT_STATION && i < policy->station_count; i++) {
        if (test(policy->stations[i].node, key, value))
            return true;
    }
    for (size_t i = 0; kind != SUBJECT_STATION && i < policy->registry.count; i++) {
        if (recipient_matches(&policy->registry.recipients[i], kind, test, key, value))
            return true;
    }
    return false;
}

static bool has_key(const struct yaml *node, const char *key, const char *value)
{
    (void)value;
    return yaml_get(node, key) != NULL;
}

static bool has_value(const struct yaml *node, const char *key, const char *value)
{
    const struct yaml *written = yaml_get(node, key);
    if (!written)
        return false;
    if (written->kind == YAML_SCALAR)
        return strcmp(written->text, value) == 0;
    for (size_t i = 0; written->kind == YAML_LIST && i < written->count; i++) {
        if (written->items[i]->kind == YAML_SCALAR && strcmp(written->items[i]->text, value) == 0)
            return true;
    }
    return false;
}

static bool key_known(struct compiler *c, enum subject_kind kind, const struct written *value)
{
    const char *const *fixed = fixed_keys(kind);
    size_t count = 0;
    for (; fixed[count]; count++) {
        if (strcmp(fixed[count], value->key) == 0)
            return true;
    }
    if (somebody(c->policy, kind, has_key, value->key, NULL))
        return true;
    complain_unknown(c, R_KEY, value, tr("attribute", "属性"), value->key, fixed, count);
    return false;
}

static bool one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0)
            return true;
    }
    return false;
}

/* Attributes whose values are a closed list; NULL for others. */
static const char *const *closed_values(const char *key, size_t *ret_count)
{
    static const char *const classes[] = {"normal", "guaranteed", "small", "long_stopped"};
    static const char *const emissions[] = {"so2", "nox", "pm", "vocs"};
    static const char *grades[GRADE_NONE];
    for (int i = 0; i < GRADE_NONE; i++)
        grades[i] = grade_name((enum grade)i);
    *ret_count = 4;
    if (strcmp(key, "class") == 0)
        return classes;
    if (strcmp(key, "emits") == 0)
        return emissions;
    *ret_count = GRADE_NONE;
    return strcmp(key, "grade") == 0 ? grades : NULL;
}

/* Every value of that key anybody has, for a suggestion. */
struct value_list {
    const char **items;
    size_t count, capacity;
};

static void collect_value(struct value_list *list, const struct yaml *node, const char *key)
{
    const struct yaml *written = yaml_get(node, key);
    if (!written || written->kind != YAML_SCALAR ||
        one_of(written->text, list->items, list->count) || list->count >= 200)
        return;
    void *items = list->items;
    xgrow(&items, list->count, &list->capacity, sizeof *list->items);
    list->items = items;
    list->items[list->count++] = written->text;
}

/* Declared in policy.yaml: parks, districts, industries. */
static bool is_declared(const struct policy *policy, const char *key, const char *text)
{
    const char *plural = strcmp(key, "industry") == 0   ? "industries"
                         : strcmp(key, "district") == 0 ? "districts"
                         : strcmp(key, "park") == 0     ? "parks"
                                                        : NULL;
    const struct yaml *list = plural ? yaml_get(policy->root, plural) : NULL;
    for (size_t i = 0; list && i < list->count; i++) {
        const struct yaml *item = list->items[i];
        const char *name = list->kind == YAML_MAP      ? list->keys[i]->text
                           : item->kind == YAML_SCALAR ? item->text
                                                       : yaml_text(item, "code");
        if (str_equal(name, text))
            return true;
    }
    return false;
}

static void nobody_has(struct compiler *c, const struct written *value, const char *key,
                       const char *text)
{
    static const char *const references[] = {"park", "district", "industry", "id"};
    if (!one_of(key, references, 4) || is_declared(c->policy, key, text)) {
        warn(c, R_NOBODY, value->at, NULL, tr("nobody has %s = %.60s", "没有对象的 %s 是 %.60s"),
             key, text);
        return;
    }
    struct value_list list = {0};
    for (size_t i = 0; i < c->policy->registry.count; i++)
        collect_value(&list, c->policy->registry.recipients[i].node, key);
    complain_unknown(c, R_NAME, value, key, text, list.items, list.count);
    free(list.items);
}

void name_attribute(struct compiler *c, enum subject_kind kind, const struct written *value,
                    const struct selector_attribute *attribute)
{
    if (!c->policy || kind == SUBJECT_EVENT || !key_known(c, kind, value))
        return;
    size_t count;
    const char *const *closed = closed_values(attribute->key, &count);
    for (int i = 0; i < attribute->count; i++) {
        const char *text = attribute->values[i];
        if (closed && kind != SUBJECT_STATION) {
            if (!one_of(text, closed, count))
                complain_unknown(c, R_NAME, value, attribute->key, text, closed, count);
        } else if (!somebody(c->policy, kind, has_value, attribute->key, text)) {
            nobody_has(c, value, attribute->key, text);
        }
    }
}
