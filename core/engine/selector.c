/* Selectors: which recipients a rule speaks of.
 *
 * An attribute is looked up in the C struct first (id, district, industry, park, emits, grade,
 * class, kind), then among the keys the list's author wrote (phase, livelihood, stage …).  A
 * recipient without the attribute is not selected.  All attributes must match; of an attribute's
 * values any one does.  The `where` function is asked last, and only about recipients that the
 * attributes left. */
#include "engine/plan.h"

#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

static const char *class_name(enum supply_class supply)
{
    static const char *const names[] = {
        [CLASS_NORMAL] = "normal",
        [CLASS_GUARANTEED] = "guaranteed",
        [CLASS_SMALL] = "small",
        [CLASS_LONG_STOPPED] = "long_stopped",
    };

    return names[supply];
}

static const char *kind_name(enum recipient_kind kind)
{
    static const char *const names[] = {
        [RECIPIENT_ENTERPRISE] = "enterprise",
        [RECIPIENT_SITE] = "site",
        [RECIPIENT_FLEET] = "fleet",
        [RECIPIENT_OFFICE] = "office",
    };

    return names[kind];
}

/* *ret: the attribute's text in the struct, or NULL.  False: the struct does not know the key. */
static bool struct_attribute(const struct recipient *recipient, const char *key, const char **ret)
{
    const struct {
        const char *key, *value;
    } known[] = {
        {"id", recipient->id},
        {"name", recipient->name},
        {"district", recipient->district},
        {"industry", recipient->industry},
        {"park", recipient->park},
        {"grade", recipient->grade == GRADE_NONE ? NULL : grade_name(recipient->grade)},
        {"class", class_name(recipient->supply)},
        {"kind", kind_name(recipient->kind)},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (strcmp(known[i].key, key) == 0) {
            *ret = known[i].value;
            return true;
        }
    return false;
}

static bool is_wanted(const struct selector_attribute *attribute, const char *value)
{
    for (int i = 0; i < attribute->count; i++)
        if (str_equal(attribute->values[i], value))
            return true;
    return false;
}

static bool reaches(const struct selector_attribute *attribute, const char *value)
{
    micro number;

    return value && micro_parse(value, &number) == 0 && number >= attribute->bound;
}

static bool value_matches(const struct selector_attribute *attribute, const char *value)
{
    return value && (attribute->at_least ? reaches(attribute, value) : is_wanted(attribute, value));
}

static bool node_matches(const struct selector_attribute *attribute, const struct yaml *node)
{
    const struct yaml *value = yaml_get(node, attribute->key);

    if (!value || value->kind == YAML_MAP)
        return false;
    if (value->kind == YAML_SCALAR)
        return value_matches(attribute, value->text);
    for (size_t i = 0; i < value->count; i++)
        if (value->items[i]->kind == YAML_SCALAR && value_matches(attribute, value->items[i]->text))
            return true;
    return false;
}

static bool emits(const struct selector_attribute *attribute, const struct recipient *recipient)
{
    for (int i = 0; i < recipient->emit_count; i++)
        if (is_wanted(attribute, recipient->emits[i]))
            return true;
    return false;
}

static bool attribute_matches(const struct selector_attribute *attribute,
                              const struct recipient *recipient)
{
    const char *value;

    if (strcmp(attribute->key, "emits") == 0)
        return emits(attribute, recipient);
    if (struct_attribute(recipient, attribute->key, &value))
        return value_matches(attribute, value);
    return node_matches(attribute, recipient->node);
}

static bool kind_matches(enum subject_kind kind, const struct recipient *recipient)
{
    return (kind == SUBJECT_ENTERPRISE && recipient->kind == RECIPIENT_ENTERPRISE) ||
           (kind == SUBJECT_SITE && recipient->kind == RECIPIENT_SITE) ||
           (kind == SUBJECT_FLEET && recipient->kind == RECIPIENT_FLEET);
}

static bool attributes_match(const struct selector *selector, const struct recipient *recipient)
{
    if (!kind_matches(selector->kind, recipient))
        return false;
    for (int i = 0; i < selector->count; i++)
        if (!attribute_matches(&selector->attributes[i], recipient))
            return false;
    return true;
}

unsigned char *selector_recipients(struct program *program, const struct selector *selector,
                                   const char **reterr)
{
    const struct registry *registry = &program_policy(program)->registry;
    unsigned char *selected = xcalloc(registry->count + 1, 1);

    for (size_t i = 0; i < registry->count && selector->present; i++) {
        bool yes = attributes_match(selector, &registry->recipients[i]);

        if (yes && selector->where >= 0 &&
            script_where_recipient(program, selector->where, &registry->recipients[i], &yes,
                                   reterr) < 0) {
            free(selected);
            return NULL;
        }
        selected[i] = yes;
    }
    return selected;
}
